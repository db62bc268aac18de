"""Five hundred awkward Windows objects: back as they were, or named; nothing in neither."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from offline_backup_gui.adapters.files import win32
from offline_backup_gui.adapters.files.posix import PosixFiles
from offline_backup_gui.adapters.files.reparse import target_of
from offline_backup_gui.adapters.files.sddl import descriptor_of
from offline_backup_gui.adapters.files.windows_bytes import BasicInfo
from offline_backup_gui.domain.file_ports import Files
from offline_backup_gui.engine.restore_order import RestoreOutcome
from tests.engine.office import Office
from tests.fake_ntfs import FakeNtfs, FakeWindowsFiles
from tests.windows_objects import (
    OBJECTS,
    Spec,
    Verdict,
    judge,
    make_all,
    name_bytes,
    picture,
    specs,
    told,
)

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the fake lies on a Unix folder")


class Stage:
    """A tree on the fake, an office that backs it up, and what was told of every object."""

    def __init__(self, base: Path, *, few: bool = False) -> None:
        self.door = FakeNtfs(str(base / "streams"))
        self.source = base / "server"
        self.source.mkdir()
        plain = [Spec(path=f"plain/{number}.txt") for number in range(4)]
        self.things = plain if few else specs()
        make_all(self.door, bytes(self.source), self.door.place, self.things)
        self.base, self.drive = base, base / "drive"
        self.drive.mkdir()
        self.office = Office(base / "state", (self.source,))
        self.office.files = FakeWindowsFiles(lambda: self.door)

    def judged(self, outcome: RestoreOutcome, to: Path, door: FakeNtfs | None = None) -> Verdict:
        """Say what came of every object."""
        left_out = [(line.path, line.reason) for line in outcome.point.left_out]
        top = bytes(to / self.source.name)
        names = told(left_out, outcome.differences, bytes(self.source), top)
        before = (self.door, bytes(self.source))
        return judge(before, (door or self.door, top), self.things, names)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    found = Stage(tmp_path_factory.mktemp("objects"))
    found.office.copy([found.drive])
    assert found.door.recalled == []  # nothing was brought from a cloud
    yield found
    found.office.close()


def restored(stage: Stage, to: Path) -> RestoreOutcome:
    return stage.office.restore([stage.office.store(stage.drive)], to)


def test_five_hundred_objects_come_back_as_they_were_or_are_named(
    stage: Stage, tmp_path: Path
) -> None:
    outcome = restored(stage, tmp_path / "to")
    verdict = stage.judged(outcome, tmp_path / "to")
    assert verdict.neither == []
    assert len(verdict.equal) + len(verdict.listed) == OBJECTS
    # On NTFS with all privileges, exactly what must be named is.
    assert verdict.listed == {spec.path: spec.expect for spec in stage.things if spec.expect}


def with_files(stage: Stage, files: Files, to: Path) -> RestoreOutcome:
    """Restore onto another system."""
    before, stage.office.files = stage.office.files, files
    try:
        return restored(stage, to)
    finally:
        stage.office.files = before


def test_on_fat_and_without_privileges_what_is_lost_is_named(stage: Stage, tmp_path: Path) -> None:
    doors = {
        "fat": FakeNtfs(str(tmp_path / "fat-streams"), flags=0),
        "plain user": FakeNtfs(str(tmp_path / "user-streams"), privileges=frozenset()),
    }
    for name, door in doors.items():
        outcome = with_files(
            stage, FakeWindowsFiles(partial(doors.__getitem__, name)), tmp_path / name
        )
        verdict = stage.judged(outcome, tmp_path / name, door)
        assert verdict.neither == [], name
        assert len(verdict.equal) + len(verdict.listed) == OBJECTS
        whys = " ".join(verdict.listed.values())
        for why in ("no-streams", "rights", "flags", "times") if name == "fat" else ("owner",):
            assert why in whys


def test_restored_on_a_unix_every_byte_is_there_and_the_rest_is_named(
    stage: Stage, tmp_path: Path
) -> None:
    outcome = with_files(stage, PosixFiles(), tmp_path / "unix")
    top = tmp_path / "unix" / stage.source.name
    left_out = [(line.path, line.reason) for line in outcome.point.left_out]
    names = told(left_out, outcome.differences, bytes(stage.source), bytes(top))
    assert {spec.path for spec in stage.things} - names.keys() == set()
    for spec in stage.things:
        path = bytes(top) + b"/" + name_bytes(spec.path)
        before = picture(stage.door, bytes(stage.source), spec.path)
        assert before is not None
        if "contents" in before and "other-system" in names[spec.path]:
            assert (
                hashlib.sha256(Path(os.fsdecode(path)).read_bytes()).hexdigest()
                == before["contents"]
            )
            for name, contents in spec.streams.items():
                assert Path(os.fsdecode(path + b":" + name_bytes(name))).read_bytes() == contents


def test_what_changes_in_rights_streams_or_attributes_alone_is_seen_by_the_next_copy(
    tmp_path: Path,
) -> None:
    stage = Stage(tmp_path, few=True)
    stage.office.copy([stage.drive])
    for act in (
        lambda fd: stage.door.put_security(fd, 4, descriptor_of("D:P(A;;FA;;;SY)")),
        lambda fd: stage.door.put(fd, win32.BASIC, BasicInfo(0, 0, 0, 0, 0x22).data()),
    ):
        access = win32.WRITE_DAC | win32.WRITE_ATTRIBUTES
        fd = stage.door.open(str(stage.source / "plain/1.txt"), access, win32.OPEN_EXISTING, 0)
        act(fd)
        os.close(fd)
        assert stage.office.copy([stage.drive]).point.complete
        to = tmp_path / f"to {stage.door.facts(str(stage.source / 'plain/1.txt')).attributes}"
        verdict = stage.judged(restored(stage, to), to)
        assert (verdict.listed, verdict.neither) == ({}, [])
    whole = f"{stage.source}/plain/2.txt:new:$DATA"
    os.write(stage.door.open(whole, win32.GENERIC_WRITE, win32.OPEN_ALWAYS, 0), b"new")
    stage.office.copy([stage.drive])
    verdict = stage.judged(restored(stage, tmp_path / "last"), tmp_path / "last")
    assert (verdict.listed, verdict.neither) == ({}, [])
    found = picture(stage.door, bytes(tmp_path / "last" / "server"), "plain/2.txt")
    assert found is not None
    assert found["streams"] == {"new": hashlib.sha256(b"new").hexdigest()}
    stage.office.close()


def test_a_stream_that_could_not_be_read_is_tried_again_and_stays_in_the_ledger(
    tmp_path: Path,
) -> None:
    stage = Stage(tmp_path, few=True)
    place = f"{stage.source}/plain/1.txt"
    fd = stage.door.open(place + ":s:$DATA", win32.GENERIC_WRITE, win32.OPEN_ALWAYS, 0)
    os.write(fd, b"secret")
    os.close(fd)
    facts = stage.door.facts(place)
    hidden = facts.streams["s"]
    os.rename(hidden, hidden + ".away")
    os.mkdir(hidden)  # it cannot be opened for reading and writing
    for _ in range(2):
        point = stage.office.copy([stage.drive]).point
        assert [(line.path, line.reason) for line in point.left_out] == [
            (place.encode() + b":s", "not-readable")
        ]
    os.rmdir(hidden)
    os.rename(hidden + ".away", hidden)
    assert stage.office.copy([stage.drive]).point.complete
    verdict = stage.judged(restored(stage, tmp_path / "to"), tmp_path / "to")
    assert (verdict.listed, verdict.neither) == ({}, [])
    stage.office.close()


def test_a_stream_stays_when_something_else_in_its_folder_changes(tmp_path: Path) -> None:
    stage = Stage(tmp_path, few=True)
    whole = f"{stage.source}/plain/1.txt:s:$DATA"
    os.write(stage.door.open(whole, win32.GENERIC_WRITE, win32.OPEN_ALWAYS, 0), b"stream")
    stage.office.copy([stage.drive])
    (stage.source / "plain" / "2.txt").write_bytes(b"changed")
    stage.office.copy([stage.drive])
    verdict = stage.judged(restored(stage, tmp_path / "to"), tmp_path / "to")
    assert (verdict.listed, verdict.neither) == ({}, [])
    stage.office.close()


def test_a_unix_backup_on_windows_gives_the_bytes_and_names_the_rest(tmp_path: Path) -> None:
    source, drive = tmp_path / "office", tmp_path / "drive"
    source.mkdir()
    drive.mkdir()
    for name in ("a.txt", "A.txt", "con", "bad?name", "x:y", "read-only"):
        (source / name).write_bytes(name.encode())
    (source / "read-only").chmod(0o444)
    os.symlink("a.txt", source / "link")
    os.mkfifo(source / "pipe")
    office = Office(tmp_path / "state", (source,))
    office.copy([drive])
    door = FakeNtfs(str(tmp_path / "streams"))
    office.files = FakeWindowsFiles(lambda: door)
    outcome = office.restore([office.store(drive)], tmp_path / "to")
    top = tmp_path / "to" / "office"
    told = {os.path.relpath(path, bytes(top)): why for path, why in outcome.differences.items()}
    kept = "other-system: owner, mode"
    assert told == {
        b".": kept,
        b"A.txt": kept,  # the first in byte order
        b"a.txt": "differs-in-case-only",
        b"con": kept,
        b"bad?name": "name-not-allowed",
        b"x:y": "name-not-allowed",
        b"read-only": kept,
        b"link": kept,
        b"pipe": "Windows has no FIFO",
    }
    assert (top / "A.txt").read_bytes() == b"A.txt"
    assert door.facts(str(top / "read-only")).attributes & 1
    assert target_of(door.facts(str(top / "link")).reparse) == b"a.txt"
    office.close()


def test_names_are_one_only_where_windows_takes_them_for_one(tmp_path: Path) -> None:
    """The pairs are those of the upper case table of Wine 8 (l_intl.nls)."""
    source, drive = tmp_path / "office", tmp_path / "drive"
    source.mkdir()
    drive.mkdir()
    two = [
        ("kap\u0131", "kapi"),
        ("\u00b5", "\u03bc"),
        ("\u017f", "s"),
        ("\U00010400", "\U00010428"),
    ]
    one = [("\u00c4", "\u00e4"), ("\u1f88", "\u1f80"), ("\u0416", "\u0436"), ("\u0178", "\u00ff")]
    for pair in two + one:
        for name in pair:
            (source / name).write_bytes(name.encode())
    office = Office(tmp_path / "state", (source,))
    office.copy([drive])
    door = FakeNtfs(str(tmp_path / "streams"))
    office.files = FakeWindowsFiles(lambda: door)
    outcome = office.restore([office.store(drive)], tmp_path / "to")
    office.close()
    top = tmp_path / "to" / "office"
    refused = {
        os.fsdecode(os.path.basename(path))
        for path, why in outcome.differences.items()
        if why == "differs-in-case-only"
    }
    kept = [name for pair in two for name in pair]
    assert refused == {sorted(pair, key=str.encode)[1] for pair in one}
    assert sorted(os.listdir(top)) == sorted(
        kept + [name for pair in one for name in {*pair} - refused]
    )
