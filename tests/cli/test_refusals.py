"""What is refused: each with its sentence and its exit code, and with nothing written."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from offline_backup_gui.app import build_services
from offline_backup_gui.formats.recovery_code import lines_of
from tests.cli.desk import PASSPHRASE, Desk, Said, on, snapshot

FAILED, WRONG_USAGE = 1, 2


def refused(desk: Desk, code: int, sentence: str, *arguments: object) -> Said:
    """Run a command that has to be refused, and compare the desk before and after."""
    before = snapshot(desk.home, desk.state)
    said = desk.here(*arguments)
    assert (said.code, said.out) == (code, ""), said
    assert sentence in said.err, said.err
    assert snapshot(desk.home, desk.state) == before
    return said


# --- the plan file


def _plan_text(desk: Desk) -> str:
    return desk.plan(desk.office()).read_text()


HOSTILE: dict[str, tuple[Callable[[str], bytes], str]] = {
    "an unknown key": (lambda t: ("source = []\n" + t).encode(), "Did you mean sources?"),
    "an unknown key in a table": (
        lambda t: t.replace("landing =", "landin =").encode(),
        "Did you mean destination.landing?",
    ),
    "a number for a text": (
        lambda t: t.replace('"branch-042"', "42").encode(),
        "The entry name in the plan cannot be used",
    ),
    "a text for a list": (
        lambda t: t.replace('["*.tmp"]', '"*.tmp"').encode(),
        "The entry exclude in the plan cannot be used",
    ),
    "a list of lists": (
        lambda t: t.replace('["*.tmp"]', '[["*.tmp"]]').encode(),
        "The entry exclude in the plan cannot be used",
    ),
    "an unknown model": (
        lambda t: t.replace('"standalone"', '"stand-alone"').encode(),
        "It says “stand-alone”",
    ),
    "a table for a text": (
        lambda t: t.replace('name = "branch-042"', "name = { a = 1 }").encode(),
        "The entry name in the plan cannot be used",
    ),
    "a text for a table": (
        lambda t: ('schedule = "21:00"\n' + t.replace("[schedule]", "[other]")).encode(),
        "entry this program does not know: other",
    ),
    "a name that leads elsewhere": (
        lambda t: t.replace("branch-042", "../../etc/passwd", 1).encode(),
        "The entry name in the plan cannot be used",
    ),
    "a name with a line end": (
        lambda t: t.replace("branch-042", "a\\nb", 1).encode(),
        "The entry name in the plan cannot be used",
    ),
    "an empty name": (
        lambda t: t.replace("branch-042", " ", 1).encode(),
        "The entry name in the plan cannot be used",
    ),
    "a NUL in a path": (
        lambda t: t.replace('["*.tmp"]', '["a\\u0000b"]').encode(),
        "The entry exclude in the plan cannot be used",
    ),
    "a NUL in the text": (lambda t: t.encode() + b"\0", "cannot be read"),
    "a key twice": (lambda t: ('name = "x"\n' + t).encode(), "cannot be read"),
    "no TOML": (lambda _: b"{]", "cannot be read"),
    "binary": (lambda _: bytes(range(256)), "not UTF-8"),
    "far too much": (lambda _: b"# " + b"x" * 3_000_000, "larger than 64 kB"),
    "far too deep": (lambda _: b"name = " + b"[" * 30_000, "nested too deeply"),
    "a deep key": (lambda _: b".".join([b"a"] * 20_000) + b" = 1", "nested too deeply"),
    "nothing": (lambda _: b"", "The entry name in the plan cannot be used"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_plan_file_is_refused(desk: Desk, name: str) -> None:
    make, sentence = HOSTILE[name]
    text = _plan_text(desk)
    (desk.home / "plan.toml").write_bytes(make(text))
    drives = desk.drives(1)
    for command in (("plan", "check", "plan.toml"), ("copy", "plan.toml", *on(drives))):
        refused(desk, WRONG_USAGE, sentence, *command)


def test_a_plan_file_that_is_not_there_or_no_file_is_refused(desk: Desk) -> None:
    refused(desk, WRONG_USAGE, "no plan called", "plan", "check", "nowhere.toml")
    refused(desk, WRONG_USAGE, "cannot be read", "plan", "check", ".")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("landing-042", "../landing"), "not a container name Azure accepts"),
        (("landing-042", "Landing"), "not a container name Azure accepts"),
        (("vault-042", "landing-042"), "Landing and vault container have the same name"),
        (('"21:00"', '"25:61"'), "“25:61” is not a time of day"),
    ],
)
def test_a_plan_that_cannot_work_is_refused_by_every_command(
    desk: Desk, change: tuple[str, str], sentence: str
) -> None:
    plan, drives = desk.plan(desk.office()), desk.drives(1)
    plan.write_text(plan.read_text().replace(*change))
    secret = ("--passphrase-file", desk.passphrase)
    refused(desk, FAILED, sentence, "copy", plan, *on(drives), *secret)
    for command in ("arrival", "vault", "increment"):
        refused(desk, FAILED, sentence, command, plan, *secret)
    checked = desk.here("plan", "check", plan)
    assert checked.code == FAILED
    assert sentence in checked.out


# --- sources


def test_sources_that_cannot_be_backed_up_are_refused(desk: Desk) -> None:
    source, drives = desk.office(), desk.drives(1)
    secret = ("--passphrase-file", desk.passphrase)
    gone = desk.plan(source, desk.home / "gone", file="gone.toml")
    refused(desk, FAILED, "gone is not there", "copy", gone, *on(drives), *secret)
    inner = desk.plan(source, source / "deep", file="inner.toml")
    refused(desk, FAILED, "is already part of", "copy", inner, *on(drives), *secret)
    none = desk.plan(file="none.toml")
    refused(desk, FAILED, "Nothing is chosen yet", "copy", none, *on(drives), *secret)
    inside = desk.plan(desk.home, file="inside.toml")
    refused(desk, FAILED, "lies inside the source", "copy", inside, *on(drives), *secret)


# --- drives


def test_drives_that_must_not_be_written_to_are_refused(desk: Desk) -> None:
    source, drives = desk.office(), desk.drives(2)
    plan = desk.plan(source / "deep")
    secret = ("--passphrase-file", desk.passphrase)

    def copy(sentence: str, *mounts: object) -> None:
        refused(desk, FAILED, sentence, "copy", plan, *on(list(map(Path, mounts))), *secret)  # type: ignore[arg-type]

    copy("The system runs from this drive", "/")
    copy(f"Holds {source / 'deep'}, which you want to back up", source)
    copy("which you want to back up", source / "deep" / "er")
    copy("On the same disk as", drives[0], drives[0])
    copy("On the same disk as", drives[0], f"{drives[0]}/../drive1/")
    (drives[0] / "inner").mkdir()
    copy("On the same disk as", drives[0], drives[0] / "inner")
    copy("There is no drive at", drives[0], desk.home / "nowhere")
    copy("There is no drive at", desk.passphrase)
    (desk.home / "account" / "x").mkdir(parents=True)
    copy("stands for the account", desk.home / "account")
    none = refused(desk, FAILED, "no drive at --drive", "copy", plan, *secret)
    assert "(drive-not-found)" in none.err
    link = desk.home / "link"
    link.symlink_to(drives[0])
    copy("On the same disk as", drives[0], link)


def test_two_mounts_of_one_disk_are_refused(desk: Desk) -> None:
    from msgspec.structs import replace

    from offline_backup_gui.app import build_services
    from offline_backup_gui.domain.drive import Bus, Drive
    from offline_backup_gui.services import build
    from offline_backup_gui.services.plan_file import read_plan_file

    plan, (one, two) = read_plan_file(desk.plan(desk.office())), desk.drives(2)

    def drive_at(path: str, known: object) -> Drive:
        return Drive("S1", "Disk", Bus.USB, 10**12, 10**12, (path,), device="sdb")

    world = replace(build_services(desk.state).world, drive_at=drive_at)
    findings = build(world).planning.check(plan, [str(one), str(two)])
    blocking = [finding for finding in findings if finding.severity == "blocker"]
    assert [finding.code for finding in blocking] == ["drive-same-disk"]


def test_a_drive_of_another_plan_is_refused_and_stays_as_it_is(desk: Desk) -> None:
    _, drives = desk.copied(1)
    second = desk.home / "second"
    second.mkdir()
    (second / "a").write_text("b")
    other = desk.plan(second, name="branch-043", file="other.toml")
    secret = ("--passphrase-file", desk.passphrase)
    refused(desk, FAILED, "Carries another backup", "copy", other, *on(drives), *secret)
    wrong = desk.home / "wrong.txt"
    wrong.write_text("another passphrase entirely")
    shutil.rmtree(desk.state)
    refused(desk, FAILED, "Carries another backup", "copy", other, *on(drives), *secret)
    refused(
        desk,
        FAILED,
        "Carries a backup that this passphrase does not open",
        "copy",
        other,
        *on(drives),
        "--passphrase-file",
        wrong,
    )


def test_drives_in_hand_that_hold_nothing_of_ours_are_refused(desk: Desk) -> None:
    (empty,) = desk.drives(1)
    into = ("--into", desk.landing)
    for command in (("verify", empty), ("receive", empty, *into)):
        refused(desk, FAILED, f"There is no backup at {empty}", *command)
    for absent in (("verify", "nowhere"), ("receive", "nowhere", *into)):
        refused(desk, FAILED, "There is no drive at nowhere", *absent)


def test_a_copy_that_needs_another_drive_waits_for_it_and_nothing_reads_it_in(desk: Desk) -> None:
    plan, drives = desk.plan(desk.office(files=2, file_bytes=50_000_000)), desk.drives(2)
    small, large = drives
    build_services(desk.state).drives.add_folder(str(small), 70_000_000)
    secret = ("--passphrase-file", desk.passphrase)
    copied = desk.here("copy", plan, "--drive", small, *secret)
    assert copied.code == 4
    assert "The drives are too small for this backup" in copied.err
    assert "the same command continues" in copied.out
    refused(desk, FAILED, "is not sealed yet", "receive", small, "--into", desk.landing)
    refused(desk, FAILED, "is not sealed yet", "verify", small)
    again = desk.here("copy", plan, "--drive", small, "--drive", large, "--json")
    assert (again.code, again.result["files"]) == (0, 3)
    assert desk.here("verify", *drives).code == 0


def test_a_drive_of_another_backup_is_not_read_into_a_container_in_use(desk: Desk) -> None:
    _, drives = desk.copied(1)
    assert desk.here("receive", *drives, "--into", desk.landing).code == 0
    stranger = Desk(desk.home.parent / "stranger")
    _, theirs = stranger.copied(1)
    refused(desk, FAILED, "belongs to another backup", "receive", *theirs, "--into", desk.landing)


# --- secrets


def test_a_wrong_passphrase_is_refused_everywhere(desk: Desk) -> None:
    plan, drives = desk.copied(1)
    assert desk.here("receive", *drives, "--into", desk.landing).code == 0
    wrong = desk.home / "wrong.txt"
    wrong.write_text(PASSPHRASE.upper())
    sentence, secret = "This passphrase does not open", ("--passphrase-file", wrong)
    to = ("--to", desk.home / "back")
    for command in (
        ("copy", plan, *on(drives)),
        ("verify", "--deep", *drives),
        ("arrival", plan),
        ("vault", plan),
        ("increment", plan),
        ("points", *drives),
        ("restore", *drives, *to),
        ("kit", plan, "--to", "kit.pdf"),
    ):
        refused(desk, FAILED, sentence, *command, *secret)
    shutil.rmtree(desk.state)
    refused(desk, FAILED, sentence, "copy", plan, *on(drives), *secret)


def test_without_a_secret_and_a_terminal_the_passphrase_is_asked_for_in_a_sentence(
    desk: Desk,
) -> None:
    plan, drives = desk.plan(desk.office()), desk.drives(1)
    sentence = "The passphrase is needed"
    refused(desk, FAILED, sentence, "copy", plan, *on(drives))
    assert desk.here("copy", plan, *on(drives), "--passphrase-file", desk.passphrase).code == 0
    shutil.rmtree(desk.state)
    for command in (("points", *drives), ("restore", *drives, "--to", "x"), ("increment", plan)):
        refused(desk, FAILED, sentence, *command)
    refused(desk, FAILED, sentence, "verify", "--deep", *drives)
    real = desk.say("copy", plan, *on(drives))
    assert (real.code, "Type the passphrase" in real.err) == (FAILED, True)


@pytest.mark.parametrize(
    "option",
    ["--passphrase-file", "--recovery-code-file", "--sas-file", "--connection-string-file"],
)
def test_a_secret_file_that_is_missing_empty_or_no_text_is_refused(desk: Desk, option: str) -> None:
    plan, drives = desk.plan(desk.office()), desk.drives(1)
    (desk.home / "empty").write_text("\n")
    (desk.home / "binary").write_bytes(b"\xff\xfe\xfd")
    (desk.home / "huge").write_bytes(b"x" * 70_000)
    secret = () if "pass" in option or "code" in option else ("--passphrase-file", desk.passphrase)
    for name in ("missing", "empty", "binary", "huge", "."):
        sentence = f"The secret cannot be read from {name}"
        refused(desk, FAILED, sentence, "copy", plan, *on(drives), option, name, *secret)


def test_a_code_that_is_no_code_names_its_first_line(desk: Desk) -> None:
    _, drives = desk.copied(1)
    (desk.home / "code").write_text("what is this")
    code = ("--recovery-code-file", "code")
    refused(desk, FAILED, "Line 1 of the recovery code", "points", *drives, *code)
    refused(desk, FAILED, "Line 1 of the recovery code", "verify", "--deep", *drives, *code)
    (desk.home / "code").write_text("\n".join(lines_of(bytes(20))))
    refused(desk, FAILED, "This recovery code does not open", "points", *drives, *code)


def test_an_address_that_is_no_account_is_refused(desk: Desk) -> None:
    _, drives = desk.copied(1)
    (desk.home / "sas").write_text("sv=2024&sig=abc")
    address = "http://contoso.blob.core.windows.net/landing"
    into = ("--into", address, "--sas-file", "sas")
    said = refused(desk, FAILED, "This is not the address", "receive", *drives, *into)
    assert "sig" not in said.err


# --- stores and targets


def test_stores_and_points_that_are_not_there_are_refused(desk: Desk) -> None:
    _, drives = desk.copied(1)
    to = ("--to", desk.home / "back")
    for command in (("points", "nowhere"), ("restore", "nowhere", *to)):
        refused(desk, FAILED, "There is no drive at nowhere", *command)
    (desk.home / "nothing").mkdir()
    refused(desk, FAILED, "There is no backup at nothing", "points", "nothing")
    unknown = ("--point", "20200101t000000z-0000000000000000")
    said = desk.here("restore", *drives, *to, *unknown)
    assert said.code == FAILED
    assert "There is no restore point 20200101t000000z" in said.err
    assert not (desk.home / "back").exists()


def test_a_target_that_is_a_file_is_refused(desk: Desk) -> None:
    _, drives = desk.copied(1)
    said = desk.here("restore", *drives, "--to", desk.passphrase)
    assert (said.code, desk.passphrase.read_text().strip()) == (FAILED, PASSPHRASE)
    assert "passphrase.txt" in said.err


def test_steps_out_of_their_order_are_refused(desk: Desk) -> None:
    plan, drives = desk.copied(1)
    before = desk.here("vault", plan)
    assert before.code == FAILED
    early = desk.here("increment", plan)
    assert early.code == FAILED
    assert "The first backup is not in the vault yet" in early.err
    assert desk.here("receive", *drives, "--into", desk.landing).code == 0
    next(desk.landing.glob("packs/*/*")).unlink()
    incomplete = desk.here("vault", plan)
    assert incomplete.code == FAILED
    assert "Not everything has arrived" in incomplete.err
    unknown = desk.plan(desk.home / "office", name="other", file="other.toml")
    refused(desk, WRONG_USAGE, "There is no plan called other", "track", unknown)


# --- state


def test_a_state_of_a_newer_version_is_left_alone(desk: Desk) -> None:
    plan, drives = desk.copied(1, own_process=True)
    with sqlite3.connect(desk.state / "state.db") as file:
        file.execute("PRAGMA user_version=99")
    file.close()
    before = (desk.state / "state.db").read_bytes()
    for command in (("track",), ("copy", plan, *on(drives)), ("points", *drives)):
        refused(desk, FAILED, "was written by a newer version", *command)
    assert (desk.state / "state.db").read_bytes() == before


def test_a_state_that_is_no_database_is_told(desk: Desk) -> None:
    plan, drives = desk.copied(1, own_process=True)
    for name in ("state.db", "state.db-wal", "state.db-shm"):
        (desk.state / name).unlink(missing_ok=True)
    (desk.state / "state.db").write_bytes(b"this is not a database" * 100)
    refused(desk, FAILED, "cannot be used", "copy", plan, *on(drives))
    shutil.rmtree(desk.state)
    desk.state.write_text("a file where the folder should be")
    refused(desk, FAILED, "cannot be used", "track")


def test_a_state_folder_that_cannot_be_made_is_told(desk: Desk) -> None:
    desk.state = Path("/proc/offline-backup-cannot-be-here")
    said = desk.here("track")
    assert said.code == FAILED
    assert "cannot be used" in said.err


# --- wrong usage


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("fly",),
        ("copy",),
        ("advise", "--model", "tape"),
        ("run", "seven"),
        ("restore", "x"),
        ("copy", "plan.toml", "--passphrase", "secret"),
        ("copy", "plan.toml", "--pass", "secret"),
    ],
)
def test_wrong_usage_has_its_own_code(desk: Desk, arguments: tuple[str, ...]) -> None:
    if not arguments:
        arguments = ("--nothing",)
    said = desk.here(*arguments)
    assert (said.code, said.out) == (WRONG_USAGE, "")
    assert "usage:" in said.err


def test_an_argument_that_is_no_text_is_refused(desk: Desk) -> None:
    said = refused(desk, WRONG_USAGE, "was not understood", "points", "bad\udcffname")
    assert "bad\\udcffname" in said.err


def test_json_gives_a_refusal_as_the_result(desk: Desk) -> None:
    said = desk.here("plan", "check", "nowhere.toml", "--json")
    assert said.code == WRONG_USAGE
    assert said.err == ""
    result = said.result
    assert (result["outcome"], result["code"]) == ("failed", "plan-not-found")
    assert result["parameters"] == {"name": "nowhere.toml"}
    assert result["message"].startswith("There is no plan called nowhere.toml.")


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is closed to root")
def test_a_source_that_is_closed_to_us_is_refused(desk: Desk) -> None:
    source = desk.office()
    source.chmod(0)
    try:
        plan = desk.plan(source)
        refused(desk, FAILED, "cannot be read", "copy", plan, *on(desk.drives(1)))
    finally:
        source.chmod(0o755)
