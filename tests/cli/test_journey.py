"""The whole journey of a backup by commands alone, with the shapes that scripts build on."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cli.desk import Desk, noise, on, snapshot
from tests.trees import make_socket

pytestmark = pytest.mark.timeout(120)


def test_a_script_walks_the_whole_journey(desk: Desk) -> None:
    source = desk.office()
    plan, drives = desk.plan(source), desk.drives(2)
    first = snapshot(source)

    checked = desk.json("plan", "check", plan)
    assert (checked.code, checked.result["outcome"]) == (0, "done")

    copied = desk.json("copy", plan, *on(drives), "--passphrase-file", desk.passphrase)
    assert copied.code == 0
    assert [line["event"] for line in copied.lines if line["event"] != "reading"] == [
        "prepare",
        "copy",
        "verify",
        "seal",
        "result",
    ]
    result = copied.result
    assert (result["outcome"], result["files"], result["exceptions"]) == ("done", 7, [])
    assert result["bytes"] == sum(len(data) for name, data in first.items() if data != b"/") - 10
    assert [(one["path"], one["sealed"]) for one in result["drives"]] == [
        (str(drive), True) for drive in drives
    ]
    assert sum(one["bytes"] for one in result["drives"]) > result["stored_bytes"] > 200_000

    verified = desk.json("verify", *drives)
    assert (verified.code, verified.result["outcome"]) == (0, "done")
    assert verified.result["damaged"] == verified.result["missing"] == []
    assert verified.result["objects"] == sum(one["objects"] - 1 for one in result["drives"])
    deep = desk.json("verify", "--deep", *drives)
    assert (deep.code, deep.result["bytes"]) == (0, verified.result["bytes"])

    received = desk.json("receive", *drives, "--into", desk.landing)
    assert (received.code, received.result["outcome"]) == (0, "done")
    arrived = desk.json("arrival", plan)
    assert (arrived.code, arrived.result["outcome"]) == (0, "done")
    assert arrived.result["expected"] == arrived.result["arrived"] > 0

    next(desk.landing.glob("packs/*/*")).unlink()
    incomplete = desk.json("arrival", plan)
    assert (incomplete.code, incomplete.result["outcome"]) == (3, "incomplete")
    assert len(incomplete.result["missing"]) == 1
    repaired = desk.json("arrival", plan, "--repair")
    assert (repaired.code, repaired.result["outcome"]) == (0, "done")
    assert repaired.result["repaired_bytes"] > 0
    assert repaired.result["missing"] == []

    moved = desk.json("vault", plan)
    assert (moved.code, moved.result["outcome"], moved.result["incomplete"]) == (0, "done", [])

    (source / "new.bin").write_bytes(noise(99, 50_000))
    (source / "Ümlaut.txt").write_text("Grüße aus Graz")
    second = snapshot(source)
    increment = desk.json("increment", plan)
    assert (increment.code, increment.result["files"]) == (0, 8)
    assert 50_000 < increment.result["sent_bytes"] < 400_000

    listed = desk.json("points", desk.vault)
    assert listed.code == 0
    newest, oldest = listed.result["points"]
    assert (newest["id"], oldest["id"]) == (increment.result["point"], result["point"])
    assert (newest["files"], newest["complete"], newest["exceptions"]) == (8, True, 0)

    for point, wanted in ((oldest["id"], first), (newest["id"], second)):
        target = desk.home / point
        restored = desk.json("restore", desk.vault, "--to", target, "--point", point)
        assert (restored.code, restored.result["differences"]) == (0, [])
        without = {name: data for name, data in wanted.items() if name != "left.tmp"}
        assert snapshot(target / source.name) == without

    tracked = desk.json("track", plan).result
    assert tracked["safe_to_erase"] is True
    assert tracked["stages"][0]["name"] == "stage.sealed"
    assert {"name", "azure_name", "status", "time", "source"} <= set(tracked["stages"][0])


def test_everything_comes_back_with_the_recovery_code_alone(desk: Desk) -> None:
    from offline_backup_gui.app import build_services

    plan, drives = desk.plan(desk.office()), desk.drives(1)
    services = build_services(desk.state)
    repository_id = services.protection.create("a passphrase long since forgotten")
    kit = services.protection.new_kit(repository_id)
    from offline_backup_gui.services.plan_file import read_plan_file

    services.planning.keep(read_plan_file(plan), repository_id=repository_id)
    assert desk.here("copy", plan, *on(drives), "--json").code == 0
    shutil.rmtree(desk.state)

    code = desk.home / "code.txt"
    code.write_text("\n".join(kit.lines))
    said = desk.here("points", drives[0], "--recovery-code-file", code, "--json")
    assert (said.code, len(said.result["points"])) == (0, 1)
    wrong = kit.lines[2]
    swapped = wrong[:-3] + ("2" if wrong[-3] != "2" else "3") + wrong[-2:]
    code.write_text("\n".join([*kit.lines[:2], swapped, *kit.lines[3:]]))
    mistyped = desk.here("points", drives[0], "--recovery-code-file", code)
    assert mistyped.code == 1
    assert "Line 3 of the recovery code" in mistyped.err
    code.write_text("\n".join(kit.lines))
    restored = desk.here(
        "restore", drives[0], "--to", desk.home / "back", "--recovery-code-file", code, "--json"
    )
    assert (restored.code, restored.result["files"]) == (0, 7)


def test_a_restore_takes_what_is_asked_for_and_replaces_only_when_told(desk: Desk) -> None:
    _, drives = desk.copied(1)
    back = desk.home / "back"
    some = desk.here("restore", drives[0], "--to", back, "--include", "*.txt", "--json")
    assert (some.code, some.result["files"]) == (0, 1)
    assert (back / "office" / "Ümlaut.txt").read_text() == "Grüße"

    (back / "office" / "Ümlaut.txt").write_text("changed since")
    before = snapshot(back)
    refused = desk.here("restore", drives[0], "--to", back)
    assert refused.code == 1
    assert "is not empty" in refused.err
    assert snapshot(back) == before

    replaced = desk.here("restore", drives[0], "--to", back, "--overwrite", "--json")
    assert (replaced.code, replaced.result["files"]) == (0, 7)
    assert (back / "office" / "Ümlaut.txt").read_text() == "Grüße"


def test_what_was_left_out_is_listed_and_told_by_the_exit_code(desk: Desk) -> None:
    source = desk.office()
    make_socket(source / "door")
    drives = desk.drives(1)
    plan = desk.plan(source)
    said = desk.here("copy", plan, *on(drives), "--passphrase-file", desk.passphrase, "--json")
    again = desk.here("copy", plan, *on(drives))
    assert (said.code, said.result["outcome"]) == (3, "exceptions")
    (left,) = said.result["exceptions"]
    assert (left["path"], left["reason"]) == (str(source / "door"), "socket")
    assert again.code == 3
    assert "a socket, which holds no data" in again.out


def test_damage_on_a_drive_is_named(desk: Desk) -> None:
    _, drives = desk.copied(1)
    pack = next(drives[0].glob("landing-042/packs/*/*"))
    data = bytearray(pack.read_bytes())
    data[len(data) // 2] ^= 1
    pack.write_bytes(data)
    said = desk.here("verify", drives[0], "--json")
    assert (said.code, said.result["outcome"]) == (3, "damaged")
    assert said.result["damaged"] == [f"packs/{pack.parent.name}/{pack.name}"]
    (event,) = said.events("object-damaged")
    assert event["parameters"]["name"] == said.result["damaged"][0]
    text = desk.here("verify", drives[0])
    assert text.code == 3
    assert f"damaged: packs/{pack.parent.name}/{pack.name}" in text.out


def test_the_kit_is_a_pdf_and_its_code_is_never_printed(desk: Desk) -> None:
    plan, _ = desk.copied(1)
    target = desk.home / "kit.pdf"
    said = desk.here("kit", plan, "--to", target)
    assert said.code == 0
    assert target.read_bytes().startswith(b"%PDF")
    assert str(target) in said.out
    letter = target.with_name("letter.pdf")
    again = desk.here("kit", plan, "--to", letter, "--paper", "Letter", "--json")
    assert again.result["path"] == str(letter)


def test_run_does_one_job_that_was_asked_for(desk: Desk) -> None:
    from offline_backup_gui.domain.job import JobKind, JobState
    from offline_backup_gui.services.plan_file import read_plan_file

    plan, drives = desk.copied(1)
    state = desk.store()
    plan_id = read_plan_file(plan).plan_id
    job_id = state.new_job(plan_id, JobKind.COPY, {"drives": [str(drives[0])]})
    said = desk.here("run", job_id, "--json")
    assert (said.code, said.result["job"]) == (0, job_id)
    job = state.job(job_id)
    assert job is not None
    assert job.state is JobState.DONE
    assert desk.here("run", 4711, "--json").result["code"] == "job-not-found"
    again = desk.here("run", job_id, "--json")
    assert (again.code, again.result["code"]) == (1, "move-not-allowed")
    state.close()


def test_plan_new_writes_a_plan_that_says_what_it_wants(desk: Desk, tmp_path: Path) -> None:
    said = desk.here("plan", "new", "fresh.toml")
    assert said.code == 0
    assert "fresh.toml" in said.out
    text = (desk.home / "fresh.toml").read_text()
    assert "deployment_model" in text
    checked = desk.here("plan", "check", "fresh.toml", "--json")
    assert checked.code == 1
    codes = {finding["code"] for finding in checked.result["findings"]}
    assert codes == {"source-not-found", "drive-not-there"}
    taken = desk.here("plan", "new", "fresh.toml")
    assert taken.code == 1
    assert "fresh.toml exists already" in taken.err
    assert (desk.home / "fresh.toml").read_text() == text
