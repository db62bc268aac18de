"""`staging` and `drives prepare`: real folders, real processes, disks that are a table."""

from __future__ import annotations

import io
import json
import threading
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from offline_backup_gui import cli
from offline_backup_gui.app import build_services
from offline_backup_gui.domain.drive import Drive
from offline_backup_gui.services import Services, build
from tests.adapters.papers.test_papers import pages_of
from tests.cli.desk import Desk
from tests.services.test_preparing import ALL, PASSWORD, Disks, disk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "desk")


def test_a_location_that_is_too_small_by_far_ends_with_one_and_its_sentence(desk: Desk) -> None:
    said = desk.here("staging", "check", "--location", desk.home, "--size", "1000PB")
    assert said.code == 1
    assert "is too small by" in said.err + said.out
    result = desk.here("staging", "check", "--location", desk.home, "--size", "1", "--json")
    assert (result.code, result.result["outcome"], result.result["need_bytes"]) == (0, "done", 1)


def test_sources_are_measured_and_a_location_among_them_is_refused(desk: Desk) -> None:
    source = desk.office(files=2)
    said = desk.here(
        "staging", "check", "--source", source, "--location", source / "deep", "--json"
    )
    assert said.code == 1
    assert said.result["need_bytes"] > 0
    assert {f["code"] for f in said.result["findings"]} >= {"staging-on-source"}


def test_a_plan_with_a_job_name_azure_refuses_is_blocked(desk: Desk) -> None:
    plan = desk.home / "agent.toml"
    plan.write_text(
        'name = "x"\ndeployment_model = "mars"\nroute = "import-export"\nsources = []\n'
        '[destination]\naccount = "https://c.blob.core.windows.net"\nlanding = "aaa"\n'
        f'vault = "bbb"\n[agent]\nstaging_location = "{desk.home}"\nimport_job_name = "a_b"\n'
    )
    said = desk.here("staging", "check", plan, "--json")
    assert said.code == 1
    (finding,) = [f for f in said.result["findings"] if f["severity"] == "blocker"]
    assert finding["code"] == "import-job-name-not-allowed"
    assert finding["parameters"]["suggestion"] == "a-b"


def test_a_watch_follows_files_until_they_stand_still(desk: Desk) -> None:
    stage = desk.home / "stage"
    stage.mkdir()
    begin = threading.Event()

    def agent() -> None:
        begin.wait(30)
        (stage / "a.AIBBlob").write_bytes(bytes(5000))
        (stage / "a.BaseBlob").write_bytes(bytes(50))

    writer = threading.Thread(target=agent)
    writer.start()
    once = desk.here("staging", "watch", "--location", stage, "--once", "--json")
    assert (once.code, once.result["state"], once.result["outcome"]) == (4, "empty", "incomplete")
    begin.set()
    writer.join(30)
    said = desk.here(
        "staging", "watch", "--location", stage, "--every", "0.05", "--still", "0.002", "--json"
    )
    assert said.code == 0
    assert (said.result["state"], said.result["size_bytes"]) == ("ready", 5050)
    assert {line["state"] for line in said.events("staging")} >= {"resting", "ready"}


@pytest.mark.parametrize("wrong", [("--every", "0"), ("--still", "-1"), ("--size", "much")])
def test_a_watch_with_figures_that_mean_nothing_is_wrong_usage(
    desk: Desk, wrong: tuple[str, str]
) -> None:
    assert desk.here("staging", "watch", "--location", desk.home, *wrong, "--once").code == 2
    assert desk.here("staging", "watch", "--once").code == 2


# --- drives prepare


class Shop:
    """A computer with disks that can be erased, and its command line."""

    def __init__(self, home: Path, *drives: Drive) -> None:
        self.disks = Disks(*drives)
        self.home = home

    def build(self, _folder: Path | None = None) -> Services:
        world = build_services(self.home).world
        return build(replace(world, drive_source=self.disks, preparer=lambda: self.disks))

    def say(self, *given: object) -> tuple[int, str]:
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = cli.main(["drives", "prepare", *map(str, given)], self.build)
        return int(code), out.getvalue() + err.getvalue()


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path / "state", disk(1), disk(2), disk(3, is_system=True))


def _json(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text.splitlines()[-1])
    return found


def test_without_erase_nothing_happens_and_everything_is_said(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OFFLINE_BACKUP_LANGUAGE", "en")
    code, text = shop.say()
    assert code == 0
    assert "Would be erased: Disk" in text
    assert "lost would be Photos" in text
    assert "Will not be erased" in text
    assert "Nothing was changed" in text
    _, text = shop.say("--json")
    told = _json(text)
    assert [one["may_be_erased"] for one in told["drives"]] == [True, True, False]
    assert told["able"] is True
    assert shop.disks.done == []


def test_erase_prepares_the_drive_of_that_serial_alone_and_prints_no_key(shop: Shop) -> None:
    code, text = shop.say("/disks/1", "--erase", "SERIAL-1", "--json")
    assert code == 0
    (one,) = _json(text)["prepared"]
    assert (one["serial"], one["encryption"], one["key_kept"]) == ("SERIAL-1", "unlocked", True)
    assert shop.disks.done == ALL
    assert shop.disks.table["\\\\.\\PhysicalDrive2"] == disk(2)
    assert PASSWORD not in text
    assert PASSWORD[:13] not in text


def test_a_serial_that_is_not_among_the_named_drives_erases_nothing(shop: Shop) -> None:
    code, text = shop.say("/disks/1", "--erase", "SERIAL-2", "--json")
    assert code == 1
    assert _json(text)["code"] == "prepare-not-consented"
    code, text = shop.say("--erase", "SERIAL-3", "--json")
    assert (code, _json(text)["code"]) == (1, "plan-blocked")
    assert shop.disks.done == []


def test_where_it_cannot_be_done_it_is_said_with_one(desk: Desk) -> None:
    said = desk.here("drives", "prepare", "--json")
    assert (said.code, said.result["able"]) == (0, False)
    assert desk.here("drives", "--erase", "X").code == 2
    assert desk.here("drives", "prepare", "/nowhere", "--json").code == 1


def test_the_kit_of_an_agents_plan_holds_the_keys_of_its_drives(shop: Shop, tmp_path: Path) -> None:
    plan = tmp_path / "agent.toml"
    plan.write_text(
        'name = "seed"\ndeployment_model = "mars"\nroute = "import-export"\nsources = []\n'
        '[destination]\naccount = "https://c.blob.core.windows.net"\nlanding = "aaa"\n'
        f'vault = "bbb"\n[agent]\nstaging_location = "{tmp_path}"\n'
    )
    kit = tmp_path / "kit.pdf"
    arguments = ["kit", str(plan), "--to", str(kit), "--json"]
    with redirect_stdout(io.StringIO()):
        assert cli.main(arguments, shop.build) == 1
    assert not kit.exists()
    assert shop.say("--erase", "SERIAL-1")[0] == 0
    out = io.StringIO()
    with redirect_stdout(out):
        assert cli.main(arguments, shop.build) == 0
    assert PASSWORD not in out.getvalue()
    text = " ".join(pages_of(kit))
    assert PASSWORD.replace("-", " ") in text
    assert "SERIAL-1" in text
