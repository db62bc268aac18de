"""Stopped, killed, cut off: the same command goes on, and nobody sees a traceback."""

from __future__ import annotations

import json
import os
import pty
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from offline_backup_gui.app import build_services
from offline_backup_gui.domain.job import ControlWord, JobKind, JobState
from offline_backup_gui.services.plan_file import read_plan_file
from offline_backup_gui.services.restores import Opening
from tests.cli.desk import PASSPHRASE, PROGRAM, Desk, on, snapshot

pytestmark = pytest.mark.timeout(120)


def until(condition: Callable[[], object], limit_s: float = 60.0) -> None:
    """Look until something is so."""
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.02)


class Running:
    """A copy in a process of its own that stands still until the test lets it go."""

    def __init__(self, desk: Desk, plan: Path, drives: list[Path]) -> None:
        self.desk, self.plan = desk, read_plan_file(plan)
        services = build_services(desk.state)
        repository_id = services.protection.create(PASSPHRASE)
        services.planning.keep(self.plan, repository_id=repository_id)
        mounts = [str(drive) for drive in drives]
        self.job_id = services.backups.prepare(self.plan.plan_id, JobKind.COPY, drives=mounts)
        self.store = desk.store()
        self.store.put_control(self.job_id, ControlWord.PAUSE)
        self.process = desk.begin("run", self.job_id, "--json")
        until(lambda: self.state() is JobState.PAUSED)

    def state(self) -> JobState:
        job = self.store.job(self.job_id)
        assert job is not None
        return job.state

    def ended(self) -> tuple[int, list[dict[str, Any]]]:
        out, err = self.process.communicate(timeout=60)
        assert b"Traceback" not in err, err.decode()
        return self.process.returncode, [json.loads(line) for line in out.decode().splitlines()]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_polite_signal_stops_and_the_same_command_finishes(
    desk: Desk, number: signal.Signals
) -> None:
    plan, drives = desk.plan(desk.office()), desk.drives(2)
    running = Running(desk, plan, drives)
    running.process.send_signal(number)
    code, lines = running.ended()
    assert (code, lines[-1]["outcome"]) == (4, "stopped")
    assert running.state() is JobState.STOPPED
    again = desk.json("copy", plan, *on(drives))
    assert (again.code, again.result["files"]) == (0, 7)
    assert desk.here("verify", *drives).code == 0


def test_a_signal_in_the_middle_of_the_copy_loses_nothing(desk: Desk) -> None:
    plan, drives = desk.plan(desk.office(files=12, file_bytes=6_000_000)), desk.drives(2)
    secret = ("--passphrase-file", desk.passphrase)
    process = desk.begin("copy", plan, *on(drives), *secret, "--json")
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["event"] == "prepare"
    until(lambda: process.poll() is not None or list(drives[0].rglob("landing-042/*")))
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=60)
    assert process.returncode in (0, 4), err  # a fast machine may have been done already
    assert desk.json("copy", plan, *on(drives)).result["files"] == 13
    assert desk.here("verify", *drives).code == 0


def test_two_runners_never_work_on_one_plan_and_a_kill_frees_it_at_once(desk: Desk) -> None:
    source = desk.office()
    plan, drives = desk.plan(source), desk.drives(2)
    first = Running(desk, plan, drives)
    before = snapshot(desk.home, desk.state)
    for command in (("copy", plan, *on(drives)), ("increment", plan), ("arrival", plan)):
        second = desk.here(*command)
        assert (second.code, second.out) == (5, "")
        assert "A job of this plan is already running" in second.err
    assert desk.say("run", first.job_id).code == 5
    assert desk.json("copy", plan, *on(drives)).result["code"] == "already-running"
    assert snapshot(desk.home, desk.state) == before
    assert first.state() is JobState.PAUSED

    first.process.kill()
    first.process.communicate()
    assert desk.here("track", plan).code == 0
    third = desk.json("copy", plan, *on(drives))
    assert (third.code, third.result["files"]) == (0, 7)
    assert first.state() is JobState.INTERRUPTED
    back = desk.home / "back"
    assert desk.here("restore", *drives, "--to", back).code == 0
    wanted = {name: data for name, data in snapshot(source).items() if name != "left.tmp"}
    assert snapshot(back / source.name) == wanted


def test_the_window_can_let_a_paused_process_go_on_or_stop_it(desk: Desk) -> None:
    plan, drives = desk.plan(desk.office()), desk.drives(1)
    running = Running(desk, plan, drives)
    running.store.put_control(running.job_id, ControlWord.STOP)
    code, lines = running.ended()
    assert (code, lines[-1]["outcome"]) == (4, "stopped")
    running.store.put_control(running.job_id, ControlWord.PAUSE)
    running.process = desk.begin("run", running.job_id, "--json")
    until(lambda: running.state() is JobState.PAUSED)
    running.store.put_control(running.job_id, ControlWord.GO)
    code, lines = running.ended()
    assert (code, lines[-1]["files"]) == (0, 7)


@pytest.mark.parametrize("wanted", [("routes",), ("routes", "--json"), ("copy",)])
def test_a_reader_that_leaves_is_no_reason_for_a_traceback(
    desk: Desk, wanted: tuple[str, ...]
) -> None:
    if wanted == ("copy",):
        plan, drives = desk.plan(desk.office()), desk.drives(1)
        secret = ("--passphrase-file", desk.passphrase)
        wanted = ("copy", str(plan), *map(str, on(drives)), *map(str, secret), "--json")
    reader, writer = os.pipe()
    process = subprocess.Popen(
        [*PROGRAM, *wanted],
        cwd=desk.home,
        env=desk.environ(),
        stdin=subprocess.DEVNULL,
        stdout=writer,
        stderr=subprocess.PIPE,
    )
    os.close(writer)
    os.close(reader)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, b"")
    if wanted[0] == "copy":
        assert desk.here("verify", *drives).code == 0


def test_a_bug_leaves_a_report_and_no_traceback(desk: Desk) -> None:
    broken = (
        "from offline_backup_gui.services.planning import Planning\n"
        "def bug(self, plan, mounts=None): raise ZeroDivisionError('a slip')\n"
        "Planning.check = bug\n"
        "from offline_backup_gui.__main__ import main\n"
        "raise SystemExit(main())\n"
    )
    plan = desk.plan(desk.office())
    said = desk.say("plan", "check", plan, program=(sys.executable, "-c", broken))
    assert (said.code, said.out) == (70, "")
    assert "Something in this program went wrong" in said.err
    (report,) = desk.home.glob("offline-backup-*.txt")
    assert str(report) in said.err
    assert "ZeroDivisionError: a slip" in report.read_text()
    as_json = desk.say("plan", "check", plan, "--json", program=(sys.executable, "-c", broken))
    assert (as_json.code, as_json.result["outcome"]) == (70, "bug")
    assert Path(as_json.result["report"]).exists()


def test_a_bug_inside_a_job_ends_it_as_failed(desk: Desk) -> None:
    broken = (
        "from offline_backup_gui.engine.copying import Copying\n"
        "def bug(self): raise ZeroDivisionError('a slip')\n"
        "Copying.run = bug\n"
        "from offline_backup_gui.__main__ import main\n"
        "raise SystemExit(main())\n"
    )
    plan, drives = desk.plan(desk.office()), desk.drives(1)
    secret = ("--passphrase-file", desk.passphrase)
    program = (sys.executable, "-c", broken)
    said = desk.say("copy", plan, *on(drives), *secret, program=program)
    assert said.code == 70
    (job,) = desk.store().jobs(read_plan_file(plan).plan_id)
    assert (job.state, job.outcome) == (JobState.FAILED, {"outcome": "bug"})
    assert desk.here("copy", plan, *on(drives)).code == 0


def test_secrets_are_nowhere_to_be_read(desk: Desk) -> None:
    plan, drives = desk.plan(desk.office(files=12, file_bytes=6_000_000)), desk.drives(1)
    sas = desk.home / "sas.txt"
    sas.write_text("sv=2024-11-04&sig=ThisIsTheSignature%3D")
    options = ("--passphrase-file", desk.passphrase, "--sas-file", sas)
    process = desk.begin("copy", plan, *on(drives), *options, "--json")
    until(lambda: (desk.state / "state.db").exists())
    proc = Path(f"/proc/{process.pid}")
    seen = [(proc / name).read_bytes() for name in ("cmdline", "environ")]
    seen += process.communicate(timeout=60)
    assert process.returncode == 0
    kept = [path for path in desk.state.rglob("*") if path.is_file()]
    assert not [path for path in kept if path.parent.name == "secrets"]
    # In the memory of this session, and nowhere in the state.
    mark = (desk.state / "session-mark").read_text()
    session = Path(os.environ["XDG_RUNTIME_DIR"]) / "offline-backup" / mark
    secrets = [path for path in session.rglob("*") if path.is_file()]
    seen += [path.read_bytes() for path in kept]
    seen += [path.read_bytes() for path in drives[0].rglob("*.json")]
    for needle in (PASSPHRASE.encode(), b"ThisIsTheSignature"):
        assert not [place for place in seen if needle in place]
    assert secrets
    assert all(path.stat().st_mode & 0o077 == 0 for path in (desk.state, *secrets))


# --- a lost state


def test_an_increment_goes_on_after_the_state_was_lost(desk: Desk) -> None:
    plan, drives = desk.copied(2)
    assert desk.here("receive", *drives, "--into", desk.landing).code == 0
    secret = ("--passphrase-file", desk.passphrase)
    shutil.rmtree(desk.state)
    assert desk.here("arrival", plan, *secret).code == 0
    shutil.rmtree(desk.state)
    assert desk.here("vault", plan, *secret).code == 0
    (desk.home / "office" / "one more").write_text("more")
    assert desk.here("increment", plan).code == 0
    shutil.rmtree(desk.state)
    for path in desk.landing.rglob("*"):
        if path.is_file():
            path.unlink()  # the landing container was emptied long ago
    (desk.home / "office" / "and more").write_text("still more")
    said = desk.json("increment", plan, *secret)
    assert (said.code, said.result["files"]) == (0, 9)
    assert said.result["sent_bytes"] < 300_000

    points = desk.json("points", desk.vault).result["points"]
    assert [point["files"] for point in points] == [9, 8, 7]
    assert _sequences(desk, desk.vault) == [1, 2, 3]
    back = desk.home / "back"
    assert desk.json("restore", desk.vault, "--to", back).code == 0
    wanted = {n: d for n, d in snapshot(desk.home / "office").items() if n != "left.tmp"}
    assert snapshot(back / "office") == wanted


def test_a_copy_goes_on_with_its_drives_after_the_state_was_lost(desk: Desk) -> None:
    plan, drives = desk.copied(2)
    before = {path for drive in drives for path in drive.rglob("packs/*/*")}
    shutil.rmtree(desk.state)
    (desk.home / "office" / "one more").write_text("more")
    said = desk.json("copy", plan, *on(drives), "--passphrase-file", desk.passphrase)
    assert (said.code, said.result["files"]) == (0, 8)
    assert before <= {path for drive in drives for path in drive.rglob("packs/*/*")}
    assert _sequences(desk, *drives) == [1, 2]
    assert desk.json("verify", "--deep", *drives).code == 0
    assert desk.here("receive", *drives, "--into", desk.landing).code == 0
    assert desk.here("arrival", plan).code == 0


def test_a_nearly_full_drive_is_known_again_after_the_state_was_lost(desk: Desk) -> None:
    plan, (drive,) = desk.plan(desk.office()), desk.drives(1)
    build_services(desk.state).drives.add_folder(str(drive), 67_200_000)
    secret = ("--passphrase-file", desk.passphrase)
    assert desk.here("copy", plan, *on([drive]), *secret).code == 0
    shutil.rmtree(desk.state)
    said = desk.here("copy", plan, *on([drive]), *secret)
    assert said.code == 0, said


def test_what_a_lost_drive_carried_is_missed_even_without_the_state(desk: Desk) -> None:
    source = desk.office(files=3, file_bytes=30_000_000)
    plan, drives = desk.plan(source), desk.drives(2)
    secret = ("--passphrase-file", desk.passphrase)
    assert desk.here("copy", plan, *on(drives), *secret).code == 0
    assert all(list(drive.rglob("packs/*/*")) for drive in drives)
    assert desk.here("receive", drives[0], "--into", desk.landing).code == 0
    shutil.rmtree(desk.state)
    said = desk.json("arrival", plan, *secret)
    assert (said.code, said.result["outcome"]) == (3, "incomplete")
    gone = {f"packs/{path.parent.name}/{path.name}" for path in drives[1].rglob("packs/*/*")}
    here = {f"packs/{path.parent.name}/{path.name}" for path in drives[0].rglob("packs/*/*")}
    assert set(said.result["missing"]) == gone - here
    assert gone - here


def _sequences(desk: Desk, *stores: Path) -> list[int]:
    services = build_services(desk.home / "another state")
    repository = services.restores.open(Opening(tuple(map(str, stores)), PASSPHRASE))
    assert not repository.library.chain.missing
    return [point.sequence for point in repository.library.chain.points]


# --- a person at the terminal


def test_a_person_is_asked_for_the_passphrase_and_sees_bars(desk: Desk) -> None:
    plan, drives = desk.plan(desk.office(files=12, file_bytes=6_000_000)), desk.drives(1)
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [*PROGRAM, "copy", str(plan), *map(str, on(drives))],
        cwd=desk.home,
        env={**desk.environ(), "TERM": "xterm", "COLUMNS": "100", "LINES": "40"},
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    )
    os.close(slave)
    seen = b""
    answered = False
    while True:
        try:
            piece = os.read(master, 65536)
        except OSError:
            break
        if not piece:
            break
        seen += piece
        if b"Passphrase: " in seen and not answered:
            os.write(master, PASSPHRASE.encode() + b"\n")
            answered = True
    os.close(master)
    assert process.wait(timeout=60) == 0, seen.decode()
    text = seen.decode()
    assert answered
    assert PASSPHRASE not in text
    assert "Sealed" in text
    assert "MB/s" in text
    assert "\x1b[" in text
