"""docs/cli.md says what the program says: every command, every option, every shape."""

from __future__ import annotations

import argparse
import json
import re
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from offline_backup_gui.adapters.state.store import StateStore
from offline_backup_gui.cli.arguments import parser
from offline_backup_gui.cli.exit_codes import ExitCode
from offline_backup_gui.domain.mail import MailSecurity, MailSettings
from offline_backup_gui.domain.plan import DeploymentModel, Destination, Plan, Route
from offline_backup_gui.domain.shipment import KeptJob, Source
from offline_backup_gui.domain.state import KeptPlan
from offline_backup_gui.formats.service_job import read_job
from offline_backup_gui.services.plan_file import parse_plan
from tests.cli.desk import Desk, on
from tests.cli.test_devices import disk
from tests.house.checkout import ROOT
from tests.mail_server import Mailbox, running_mail_server
from tests.services.test_papers import job_body

PAGE = (ROOT / "docs" / "cli.md").read_text("utf-8")
SECTIONS = {
    part.split("\n", 1)[0]: part for part in re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]
}
JOB = ROOT / "tests/azure/specs/importexport/2020-08-01/examples/GetJob.json"
SHOWN_IN_GENERAL = {"--json", "--help"}
FREE = {
    "parameters",
    "cells",
    "count_by_mark",
    "counts",
    "containers",
}  # what stands in them depends on the code and the row


def device(desk: Desk) -> Path:
    """Lay out a Data Box Disk with something that does not belong on it."""
    place = disk(desk, "disk", ("Hot",))
    (place / "BlockBlob" / "Hot" / "landing-042").mkdir()
    for name in ("BlockBlob/Hot/landing-042/x", "mine.txt"):
        (place / name).write_text("x")
    return place


def commands() -> dict[str, set[str]]:
    """Give every command with its options, as the parser knows them."""
    (subs,) = [a for a in parser()._actions if isinstance(a, argparse._SubParsersAction)]
    found: dict[str, set[str]] = {}
    for name, sub in subs.choices.items():
        inner = [a for a in sub._actions if isinstance(a, argparse._SubParsersAction)]
        parsers = [*inner[0].choices.values()] if inner else [sub]
        found[name] = {
            option
            for one in parsers
            for action in one._actions
            for option in action.option_strings
            if option.startswith("--")
        } - SHOWN_IN_GENERAL
    return found


def test_every_command_has_a_section() -> None:
    assert set(commands()) <= set(SECTIONS)


@pytest.mark.parametrize("command", sorted(commands()))
def test_every_option_of_a_command_is_explained_and_no_other(command: str) -> None:
    text = re.sub(r"```.*?```", "", SECTIONS[command], flags=re.DOTALL)
    assert set(re.findall(r"--[a-z][a-z-]*", text)) - SHOWN_IN_GENERAL == commands()[command]


def test_every_exit_code_is_in_the_table() -> None:
    rows = re.findall(r"^\| (\d+) \|", SECTIONS["What holds for every command"], re.MULTILINE)
    assert list(map(int, rows)) == sorted(ExitCode)


def test_the_plan_file_of_the_page_is_a_plan() -> None:
    (text,) = re.findall(r"```toml\n(.*?)```", SECTIONS["The plan file"], re.DOTALL)
    plan = parse_plan(text, "docs/cli.md", Path("/"))
    assert (plan.name, plan.schedule_times, len(plan.drives)) == ("branch-042", ("21:00",), 2)


# --- shapes


def example(command: str) -> Any:
    (text,) = re.findall(r"```json\n(.*?)```", SECTIONS[command], re.DOTALL)
    return json.loads(text)


def differences(shown: Any, said: Any, at: str = "") -> list[str]:
    """Name where two values differ in shape; null and empty lists agree with everything."""
    if shown is None or said is None:
        return []
    if isinstance(shown, dict) and isinstance(said, dict):
        if at.rsplit(".", 1)[-1] in FREE or not shown or not said:
            return []
        found = [f"{at}.{key}" for key in shown.keys() ^ said.keys()]
        for key in shown.keys() & said.keys():
            found += differences(shown[key], said[key], f"{at}.{key}")
        return found
    if isinstance(shown, list) and isinstance(said, list):
        if at.rsplit(".", 1)[-1] in FREE:
            return []
        return [one for value in said if shown for one in differences(shown[0], value, f"{at}[]")]
    numbers = (int, float)
    if isinstance(shown, bool) or isinstance(said, bool):
        return [] if type(shown) is type(said) else [at]
    if isinstance(shown, numbers) and isinstance(said, numbers):
        return []
    return [] if type(shown) is type(said) else [at]


def test_a_difference_in_shape_is_seen() -> None:
    assert differences({"a": [{"b": 1}]}, {"a": [{"b": 2.5}]}) == []
    assert differences({"a": 1}, {"a": "1"}) == [".a"]
    assert differences({"a": [{"b": 1}]}, {"a": [{"b": 1, "c": 2}]}) == [".a[].c"]
    assert differences({"a": True}, {"a": 1}) == [".a"]


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    """Walk the journey once and keep what every command said."""
    desk = Desk(tmp_path_factory.mktemp("page") / "desk")
    source = desk.office(files=3)
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(source / "printer.sock"))
        plan, drives = desk.plan(source), desk.drives(2)
        secret = ("--passphrase-file", desk.passphrase)
        # Drives of the machine that runs the test are of no use to an example without findings.
        gone = desk.plan(desk.home / "gone", file="gone.toml")
        calls: dict[str, tuple[object, ...]] = {
            "routes": (),
            "advise": ("--size", "7.2TB", "--line-mbps", "20"),
            "agents": ("--plan", plan),
            "staging": ("check", "--location", desk.home, "--size", "1000PB"),
            "drives": (),
            "plan": ("check", gone),
            "copy": (plan, *on(drives), *secret),
            "device": ("check", device(desk)),
            "verify": tuple(drives),
            "receive": (*drives, "--into", desk.landing),
            "arrival": (plan,),
            "vault": (plan,),
            "increment": (plan,),
            "points": (desk.vault,),
            "restore": (desk.vault, "--to", desk.home / "back"),
            "track": (plan,),
            "log": (ROOT / "tests/formats/service_logs/copy-2021-names-changed.xml",),
            "manifest": (
                "check",
                ROOT / "tests/formats/import_export/manifest-2011-export.xml",
            ),
            "kit": (plan, "--to", desk.home / "kit.pdf"),
            "papers": ("--from-json", JOB, "--to", desk.home / "papers"),
        }
        kept = {name: desk.here(name, *given, "--json").lines for name, given in calls.items()}
        kept["trouble"] = desk.here("plan", "check", "nowhere.toml", "--json").lines
    return kept


# Those of Azure need its stand-in: tests/azure/test_orders.py. `notify` has a test of its own.
ELSEWHERE = (
    "notify",
    "practice",
    "run",
    "update",
    "sign-in",
    "sign-out",
    "destination",
    "order",
    "import-job",
)


@pytest.mark.parametrize("command", [name for name in commands() if name not in ELSEWHERE])
def test_a_result_has_the_shape_the_page_shows(
    said: dict[str, list[dict[str, Any]]], command: str
) -> None:
    result = said[command][-1]
    assert result["event"] == "result"
    assert differences(example(command), result) == []


def test_a_sent_notice_has_the_shape_the_page_shows(tmp_path: Path) -> None:
    desk, made = Desk(tmp_path / "desk"), datetime.now(UTC) - timedelta(days=12)
    account = Destination("https://contoso.blob.core.windows.net", "landing", "vault")
    plan = Plan(
        "branch-042", DeploymentModel.STANDALONE, Route.IMPORT_EXPORT, (str(tmp_path),), account
    )
    body = job_body()
    body["properties"]["startTime"] = made.isoformat()
    body["properties"]["details"]["deliverToDcPackageDetails"] = {}
    with running_mail_server(Mailbox(Path(), Path(), security="none")) as mailbox:
        state = StateStore(desk.state)
        state.put_plan(KeptPlan(plan, "", False, made))
        state.put_service_job(plan.plan_id, KeptJob(read_job(body), made, Source.AZURE))
        state.put_mail(
            MailSettings("127.0.0.1", mailbox.port, MailSecurity.NONE, "a@b.example", ("c@d.eu",))
        )
        state.close()
        result = desk.here("notify", "send", "--json").result
        assert len(mailbox.mails) == 1
    assert result["told"][0]["due"] == [{"what": "due.tracking-number", "days": 3}]
    assert differences(example("notify"), result) == []


def test_events_readings_and_trouble_have_the_shape_the_page_shows(
    said: dict[str, list[dict[str, Any]]],
) -> None:
    general = SECTIONS["What holds for every command"]
    event, reading, trouble = map(json.loads, re.findall(r"^\{.*\}$", general, re.MULTILINE))
    told = [line for lines in said.values() for line in lines]
    readings = [line for line in told if line["event"] == "reading"]
    assert readings
    for line in readings:
        assert differences(reading, line) == []
    (start,) = [line for line in said["copy"] if line["event"] == "copy"]
    assert differences(event, start) == []
    assert differences(trouble, said["trouble"][-1]) == []
    assert trouble["message"] == said["trouble"][-1]["message"]


def test_readings_come_at_most_once_a_second() -> None:
    import io

    from offline_backup_gui import words
    from offline_backup_gui.cli.speaker import Speaker
    from offline_backup_gui.domain.job import Reading

    out = io.StringIO()
    speaker = Speaker(words.load("en"), as_json=True, out=out, err=io.StringIO())
    for _ in range(50):
        speaker.reading(Reading())
    assert len(out.getvalue().splitlines()) == 1
