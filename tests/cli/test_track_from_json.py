"""`track --from-json`: job bodies out of a file, whatever resource they are of."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from offline_backup_gui import words
from tests.cli.desk import Desk, on
from tests.formats.test_service_job import CORPUS


def test_every_official_body_is_told_and_no_enum_shows(desk: Desk, tmp_path: Path) -> None:
    for name, body in CORPUS.items():
        file = tmp_path / "body.json"
        file.write_text(json.dumps(body))
        told = desk.here("track", "--from-json", file, "--json")
        assert told.code == 0, (name, told)
        assert told.result["stages"], name
        assert not told.result["safe_to_erase"]
        spoken = desk.here("track", "--from-json", file)
        for text in (json.dumps(told.result), spoken.out):
            assert not any(
                word in text for word in ("StageName.", "StageStatus.", "JobFamily.", "Source.")
            ), name


def leaves(value: object, names: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], object]]:
    if isinstance(value, dict):
        for name, one in value.items():
            yield from leaves(one, (*names, name))
    elif isinstance(value, list):
        for one in value:
            yield from leaves(one, names)
    else:
        yield names, value


# The only values of a body that are not told: what is secret, and what is nothing.
SECRET = {"reverseShipmentLabelSasKey", "chainOfCustodySasKey", "secureErasureCertificateSasKey"}
SECRET |= {"passkey", "devicePassword", "bitLockerKey", "accountSasKey", "sasKey"}


def untold(body: object, text: str) -> list[tuple[tuple[str, ...], object]]:
    """Name the values of a body that stand in no line of the text, with the name they have."""
    lines = [" ".join(line.split()) for line in text.splitlines()]
    found = []
    for names, value in leaves(body):
        if value is None or str(value).isspace() or value == "" or SECRET & set(names):
            continue
        told = value if isinstance(value, str) else json.dumps(value)
        told = " ".join((told.partition("?")[0] if "sig=" in told else told).split())
        if not any(told in line and names[-1] in line for line in lines):
            found.append((names, value))
    return found


@pytest.mark.parametrize("name", CORPUS)
def test_no_value_of_an_official_body_is_left_out(desk: Desk, tmp_path: Path, name: str) -> None:
    file = tmp_path / "body.json"
    file.write_text(json.dumps(CORPUS[name]))
    assert untold(CORPUS[name], desk.here("track", "--from-json", file).out) == []
    told = desk.here("track", "--from-json", file, "--json").result["azure"]["said"]
    assert untold(CORPUS[name], "\n".join(f"{p}: {v}" for p, v in told.items())) == []


def test_a_value_that_is_left_out_would_be_seen() -> None:
    assert untold({"sku": {"name": "DataBox"}}, "sku model = DataBox") == [
        (("sku", "name"), "DataBox")
    ]


def test_our_words_stand_beside_azures_own(desk: Desk, tmp_path: Path) -> None:
    body = json.loads(json.dumps(next(b for n, b in CORPUS.items() if "JobsGetWaiting" in n)))
    details = body["properties"]["details"]
    details["actions"] = ["Resume", "Beam"]
    details["copyProgress"] += [
        {"serialNumber": "S1", "copyStatus": "HardwareError", "percentComplete": 40},
        {"serialNumber": "S2", "copyStatus": "Vanished"},
    ]
    body["properties"]["delayInformation"] = {"errorCode": "HighDemandDelay"}
    file = tmp_path / "body.json"
    file.write_text(json.dumps(body))
    said = desk.here("track", "--from-json", file).out
    spoken = words.load("en")
    (now,) = (line for line in said.splitlines() if line.startswith("  Read into Azure"))
    assert now.split()[3:5] == ["attention", "DataCopy"]
    assert f"S1: {spoken.text('drive-state.HardwareError')} (HardwareError) 40 %" in said
    assert "S2: Vanished\n" in said
    assert f"! {spoken.text('azure-action.Resume.title')} (Resume)" in said
    assert f"! {spoken.text('azure-action.unknown.title')} (Beam)" in said
    assert "Azure reports a delay: HighDemandDelay" in said


def test_devices_that_are_lost_are_trouble_with_a_sentence(desk: Desk, tmp_path: Path) -> None:
    body = json.loads(json.dumps(next(b for n, b in CORPUS.items() if "JobsGetWaiting" in n)))
    body["properties"]["allDevicesLost"] = True
    for step in body["properties"]["details"]["jobStages"][4:]:
        step["stageStatus"] = "None"
    file = tmp_path / "body.json"
    file.write_text(json.dumps(body))
    told = desk.here("track", "--from-json", file, "--json").result
    assert (told["state"], told["now_you"]) == ("state.trouble", "now.devices-lost")
    assert "due.return-device" not in [one["what"] for one in told["due"]]
    said = desk.here("track", "--from-json", file).out
    assert "Azure counts every device of this order as lost" in said


def test_a_page_gives_each_of_its_jobs(desk: Desk, tmp_path: Path) -> None:
    page = tmp_path / "page.json"
    page.write_text(json.dumps({"value": list(CORPUS.values())[:3], "nextLink": None}))
    told = desk.here("track", "--from-json", page, "--json")
    assert [job["azure"]["name"] for job in told.result["jobs"]] == [
        body["name"] for body in list(CORPUS.values())[:3]
    ]


def test_a_page_says_that_there_is_more(desk: Desk, tmp_path: Path) -> None:
    page, link = tmp_path / "page.json", "https://management.azure.com/jobs?$skipToken=2"
    for count in (1, 3):
        bodies = list(CORPUS.values())[:count]
        page.write_text(json.dumps({"value": bodies, "nextLink": link}))
        assert desk.here("track", "--from-json", page, "--json").result["next_link"] == link
        assert link in desk.here("track", "--from-json", page).out


@pytest.mark.parametrize(
    "content", [None, b"", b"{}", b"[1, 2]", b'{"properties": 1}', b"\xff\xfe"]
)
def test_a_file_without_a_job_is_refused_in_words(
    desk: Desk, tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "body.json"
    if content is not None:
        file.write_bytes(content)
    told = desk.here("track", "--from-json", file, "--json")
    assert (told.code, told.result["code"]) == (2, "azure-answer-unreadable")


def test_a_body_given_with_a_plan_is_remembered(desk: Desk, tmp_path: Path) -> None:
    plan = desk.plan(desk.office())
    (drive,) = desk.drives(1)
    assert desk.json("copy", plan, *on([drive]), "--passphrase-file", desk.passphrase).code == 0
    body = next(b for n, b in CORPUS.items() if "customer-disk" in n and "details" in str(b))
    file = tmp_path / "body.json"
    file.write_text(json.dumps(body))
    told = desk.here("track", plan, "--from-json", file, "--json")
    assert told.code == 0
    again = desk.here("track", plan, "--json")
    assert again.result["stages"] == told.result["stages"]
    assert any(stage["azure_name"] == "AwaitingShipmentDetails" for stage in again.result["stages"])


def test_a_body_of_another_route_is_refused(desk: Desk, tmp_path: Path) -> None:
    plan = desk.plan(desk.office())
    (drive,) = desk.drives(1)
    assert desk.json("copy", plan, *on([drive]), "--passphrase-file", desk.passphrase).code == 0
    file = tmp_path / "body.json"
    file.write_text(json.dumps(next(b for n, b in CORPUS.items() if n.endswith("JobsGet.json:0"))))
    told = desk.here("track", plan, "--from-json", file, "--json")
    assert (told.code, told.result["code"]) == (2, "value-not-understood")


def test_statuses_read_in_the_portal_move_the_timeline(desk: Desk) -> None:
    plan = desk.plan(desk.office())
    (drive,) = desk.drives(1)
    assert desk.json("copy", plan, *on([drive]), "--passphrase-file", desk.passphrase).code == 0
    told = desk.here("track", plan, "--status", "Received", "--json")
    received = next(one for one in told.result["stages"] if one["name"] == "stage.received")
    assert (received["status"], received["source"]) == ("done", "you")
    odd = desk.here("track", plan, "--status", "Beamed up", "--json")
    assert [s["status"] for s in odd.result["stages"]] == [
        s["status"] for s in told.result["stages"]
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        ("--status", "Received", "--on", "2999-01-01"),
        ("--status", "Received", "--on", "yesterday"),
        ("--on", "2026-01-01"),
    ],
)
def test_a_day_that_cannot_be_is_refused(desk: Desk, arguments: tuple[str, ...]) -> None:
    plan = desk.plan(desk.office())
    (drive,) = desk.drives(1)
    assert desk.json("copy", plan, *on([drive]), "--passphrase-file", desk.passphrase).code == 0
    told = desk.here("track", plan, *arguments, "--json")
    assert (told.code, told.result["code"]) == (2, "value-not-understood")
