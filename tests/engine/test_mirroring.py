"""Files of an agent travel as they are: every byte, every name, every hash, whatever happens."""

from __future__ import annotations

import hashlib
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from blake3 import blake3

from offline_backup_gui.adapters.clock import SystemClock
from offline_backup_gui.adapters.drives.folder import create_folder_drive
from offline_backup_gui.adapters.files import system_files
from offline_backup_gui.adapters.stores.drive import RootStore, VerbatimDriveStore
from offline_backup_gui.adapters.stores.names import FILE_NAMES
from offline_backup_gui.domain.blob_names import Refusal
from offline_backup_gui.domain.drive_manifest import BlobKind
from offline_backup_gui.domain.errors import BackupError, ErrorCode, Stopped
from offline_backup_gui.domain.findings import FindingCode
from offline_backup_gui.engine.context import Context, Progress
from offline_backup_gui.engine.mirror_sealing import SealedMirror, seal_mirrors
from offline_backup_gui.engine.mirror_state import DriveFolders, MirrorDrive, MirrorOrder
from offline_backup_gui.engine.mirroring import Mirroring, MirrorOutcome
from offline_backup_gui.engine.sessions import Sources
from offline_backup_gui.formats.mirror import FOLDER
from tests.engine.hooks import AtCall, Hook, HookedDrive
from tests.engine.office import Wish

MIB = 1 << 20
SIZES = {
    "Volume-1.BaseBlob": 9 * MIB + 13,
    "Ordner/Volume 2.AIBBlob": 4 * MIB,
    "Ordner/tief/größer.dat": 4 * MIB + 1,
    "Ordner/tief/small.xml": 700,
    "empty": 0,
    "one": 1,
}


class HookedMirror(HookedDrive):
    """A drive for files of others, with a hook."""

    naming = FILE_NAMES


class Staging:
    """A staging folder and drives to copy it onto; each `run` is the next process."""

    def __init__(self, base: Path, drives: int = 1) -> None:
        self.base, self.root = base, base / "staging"
        self.root.mkdir()
        self.mounts = [base / f"drive-{number}" for number in range(drives)]
        for mount in self.mounts:
            mount.mkdir()
        self.kind = BlobKind.BLOCK
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.fill(SIZES)

    def fill(self, sizes: dict[str, int]) -> None:
        for name, size in sizes.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(random.Random(name).randbytes(size))

    def context(self, wish: Wish | None = None) -> Context:
        clock = SystemClock()
        self.progress = Progress(clock)
        return Context(
            wish or Wish(),
            self.progress,
            clock,
            lambda code, **p: self.events.append((code, p)),
            system_files(),
        )

    def drives(self, hook: Hook | None = None) -> list[MirrorDrive]:
        def opener(mount: Path) -> Callable[[], DriveFolders]:
            def open_it() -> DriveFolders:
                store = (
                    VerbatimDriveStore(mount, "seed")
                    if hook is None
                    else HookedMirror(mount, "seed", hook)
                )
                return DriveFolders(store, RootStore(mount))

            return open_it

        return [
            MirrorDrive(mount.name, f"S-{mount.name}", str(mount), opener(mount))
            for mount in self.mounts
        ]

    def order(self) -> MirrorOrder:
        sources = Sources((os.fsencode(self.root),))
        return MirrorOrder("ab" * 16, "branch", "seed", self.kind, sources, (b"",))

    def run(
        self, hook: Hook | None = None, wish: Wish | None = None, **options: bool
    ) -> MirrorOutcome:
        return Mirroring(self.context(wish), self.order(), self.drives(hook), **options).run()

    def sealed(self, hook: Hook | None = None, wish: Wish | None = None) -> list[SealedMirror]:
        """Copy and seal, as the job does."""
        context, drives = self.context(wish), self.drives(hook)
        outcome = Mirroring(context, self.order(), drives).run()
        return seal_mirrors(context, self.order(), drives, outcome.files)

    def arrived(self) -> dict[str, bytes]:
        """Give what is on the drives together; a name on two of them is an error."""
        found: dict[str, bytes] = {}
        for mount in self.mounts:
            for path in (mount / "seed").rglob("*"):
                name = path.relative_to(mount / "seed").as_posix()
                assert not name.endswith(".part")
                if path.is_file() and not name.startswith(FOLDER):
                    assert name not in found
                    found[name] = path.read_bytes()
        return found

    def there(self) -> dict[str, bytes]:
        return {
            path.relative_to(self.root).as_posix(): path.read_bytes()
            for path in self.root.rglob("*")
            if path.is_file() and not path.is_symlink()
        }

    def codes(self) -> list[str]:
        return [code for code, _ in self.events]


@pytest.fixture
def staging(tmp_path: Path) -> Staging:
    return Staging(tmp_path)


@pytest.fixture
def two(tmp_path: Path) -> Staging:
    return Staging(tmp_path, drives=2)


def copies(calls: list[str]) -> Hook:
    """Note the names of the files that are begun."""

    def hook(operation: str, name: str, _label: str) -> None:
        if operation == "create" and not name.startswith(FOLDER):
            calls.append(name)

    return hook


def test_a_tree_arrives_as_it_is_with_the_hashes_an_import_job_asks_for(staging: Staging) -> None:
    outcome = staging.run(whole_md5=True)
    assert staging.arrived() == staging.there()
    assert outcome.left_out == ()
    (files,) = outcome.files
    assert [file.name for file in files] == sorted(SIZES)
    for file in files:
        data = staging.there()[file.name]
        blocks = [data[at : at + 4 * MIB] for at in range(0, len(data), 4 * MIB)]
        assert file.blocks == "".join(hashlib.md5(block).hexdigest() for block in blocks)
        assert file.md5 == hashlib.md5(data).hexdigest()
        assert file.blake3 == blake3(data).hexdigest()
        assert (file.size, file.verified) == (len(data), True)


def test_the_md5_of_whole_files_is_made_later_where_it_was_not_wanted_at_first(
    staging: Staging,
) -> None:
    assert {file.md5 for file in staging.run().files[0]} == {""}
    calls: list[str] = []
    (files,) = staging.run(copies(calls), whole_md5=True).files
    assert calls == []
    there = staging.there()
    assert all(file.md5 == hashlib.md5(there[file.name]).hexdigest() for file in files)


def test_a_second_run_copies_and_reads_nothing(staging: Staging) -> None:
    first = staging.run()
    calls: list[str] = []

    def hook(operation: str, name: str, _label: str) -> None:
        if operation in ("create", "write", "read_back"):
            calls.append(name)

    assert staging.run(hook) == first
    assert calls == []


@pytest.mark.parametrize("change", ["size", "time"])
def test_a_file_that_changed_since_is_copied_again(staging: Staging, change: str) -> None:
    staging.run()
    path = staging.root / "Volume-1.BaseBlob"
    if change == "size":
        path.write_bytes(b"shorter")
    else:
        data = path.read_bytes()[::-1]
        path.write_bytes(data)
        os.utime(path, ns=(1, 10**18))
    calls: list[str] = []
    staging.run(copies(calls))
    assert calls == ["Volume-1.BaseBlob"]
    assert staging.arrived() == staging.there()


@pytest.mark.parametrize("stop_after", range(0, 30, 3))
def test_a_run_that_was_stopped_goes_on_with_what_is_not_finished(
    two: Staging, stop_after: int
) -> None:
    with pytest.raises(Stopped):
        two.run(wish=Wish(stop_after))
    finished = set(two.arrived())
    calls: list[str] = []
    two.run(copies(calls))
    assert two.arrived() == two.there()
    assert sorted(calls) == sorted(set(SIZES) - finished)


class Pulled(Exception):
    """Ends a run at once, as a kill does."""


@pytest.mark.parametrize("number", range(1, 16, 2))
def test_a_run_that_died_anywhere_leaves_nothing_half_written(
    staging: Staging, number: int
) -> None:
    dead = False

    def hook(operation: str, _name: str, _label: str) -> None:
        nonlocal number, dead
        number -= operation in ("create", "write", "commit", "committed")
        dead = dead or not number
        if dead:
            raise Pulled

    with pytest.raises(Pulled):
        staging.run(hook)
    assert staging.arrived().items() <= staging.there().items()
    staging.run()
    assert staging.arrived() == staging.there()


def test_a_file_that_changes_while_it_is_read_is_copied_again(staging: Staging) -> None:
    path = staging.root / "Volume-1.BaseBlob"

    def change() -> None:
        path.write_bytes(bytes(9 * MIB))

    hook = AtCall(2, change, operation="write", name="Volume-1.BaseBlob")
    outcome = staging.run(hook)
    assert hook.acted
    assert outcome.left_out == ()
    assert staging.arrived() == staging.there()


@pytest.mark.parametrize("name", ["Volume-1.BaseBlob", "Ordner/tief/small.xml"])
def test_a_file_that_never_rests_is_listed_and_left_out(staging: Staging, name: str) -> None:
    path, count = staging.root / name, 0

    def hook(operation: str, writing: str, _label: str) -> None:
        nonlocal count
        if operation == "write" and writing == name:
            count += 1
            os.utime(path, ns=(count, count))

    outcome = staging.run(hook)
    assert [(line.path, line.reason) for line in outcome.left_out] == [
        (os.fsencode(path), "changed-while-read")
    ]
    expected = staging.there()
    del expected[name]
    assert staging.arrived() == expected


def test_a_file_that_shrinks_under_the_reader_is_no_short_copy(staging: Staging) -> None:
    path = staging.root / "Volume-1.BaseBlob"
    hook = AtCall(1, lambda: os.truncate(path, 5 * MIB), operation="create", name=path.name)
    staging.run(hook)
    assert staging.arrived() == staging.there()


def test_a_file_that_cannot_be_read_is_listed_and_the_others_arrive(staging: Staging) -> None:
    path = staging.root / "one"
    outcome = staging.run(AtCall(1, path.unlink, operation="objects"))
    assert [(line.path, line.reason) for line in outcome.left_out] == [
        (os.fsencode(path), "vanished")
    ]
    assert staging.arrived() == staging.there()


def test_what_is_no_file_is_listed(staging: Staging) -> None:
    (staging.root / "link").symlink_to("one")
    os.mkfifo(staging.root / "pipe")
    outcome = staging.run()
    assert sorted(os.path.basename(line.path) for line in outcome.left_out) == [b"link", b"pipe"]
    assert staging.arrived() == staging.there()


def flip(path: Path) -> Callable[[], None]:
    def act() -> None:
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 4
        path.write_bytes(data)

    return act


@pytest.mark.parametrize("name", ["Volume-1.BaseBlob", "Ordner/tief/small.xml"])
def test_a_bit_that_flips_on_the_drive_is_found_and_the_file_copied_again(
    staging: Staging, name: str
) -> None:
    bad = staging.mounts[0] / "seed" / name
    staging.run(AtCall(1, flip(bad), operation="read_back", name=name))
    assert ErrorCode.OBJECT_DAMAGED in staging.codes()
    assert staging.arrived() == staging.there()


def test_a_drive_that_never_holds_what_was_written_ends_the_run(staging: Staging) -> None:
    bad = staging.mounts[0] / "seed" / "one"

    def hook(operation: str, name: str, _label: str) -> None:
        if operation == "read_back" and name == "one":
            flip(bad)()

    with pytest.raises(BackupError) as caught:
        staging.run(hook)
    assert caught.value.code is ErrorCode.DRIVE_FAILING


def test_a_copy_that_was_exchanged_is_not_taken_for_a_finished_one(staging: Staging) -> None:
    staging.run()
    (staging.mounts[0] / "seed" / "one").write_bytes(b"longer")
    (staging.mounts[0] / "seed" / "Volume-1.BaseBlob").unlink()
    staging.run()
    assert staging.arrived() == staging.there()


def test_a_damaged_record_is_told_and_its_files_are_copied_again(staging: Staging) -> None:
    staging.run()
    for record in (staging.mounts[0] / "seed" / FOLDER).glob("0*.json"):
        flip(record)()
    calls: list[str] = []
    staging.run(copies(calls))
    assert ErrorCode.OBJECT_DAMAGED in staging.codes()
    assert sorted(calls) == sorted(SIZES)
    assert staging.arrived() == staging.there()


def test_two_drives_share_the_work_and_no_file_is_on_both(two: Staging) -> None:
    outcome = two.run()
    assert two.arrived() == two.there()
    loads = [sum(file.size for file in files) for files in outcome.files]
    assert abs(loads[0] - loads[1]) <= 2 * MIB
    calls: list[str] = []
    assert two.run(copies(calls)) == outcome
    assert calls == []


def test_a_file_that_two_drives_have_stays_on_one(two: Staging) -> None:
    first, second = two.mounts
    for mount in (first, second):
        two.mounts = [mount]
        two.run()
    two.mounts = [first, second]
    outcome = two.run()
    assert two.arrived() == two.there()
    assert list(map(len, outcome.files)) == [len(SIZES), 0]


def test_what_a_killed_run_left_half_written_is_removed(staging: Staging) -> None:
    left = staging.mounts[0] / "seed" / "Ordner" / ".Gone.BaseBlob.part"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half")
    staging.run()
    assert staging.arrived() == staging.there()


def test_a_copy_that_no_record_knows_is_not_left_beside_another(two: Staging) -> None:
    first, second = two.mounts
    two.mounts = [first]
    two.run()
    for record in (first / "seed" / FOLDER).glob("0*.json"):
        record.unlink()  # as if the run had been killed before it wrote one
    (first / "seed" / "somebody's").write_text("note")
    two.mounts = [first, second]
    two.run()
    assert (first / "seed" / "somebody's").read_text() == "note"
    (first / "seed" / "somebody's").unlink()
    assert two.arrived() == two.there()


def test_the_admin_sees_what_each_drive_is_doing(two: Staging) -> None:
    seen: dict[str, tuple[str, int, int]] = {}

    def hook(operation: str, name: str, _label: str) -> None:
        if operation in ("commit", "read_back") and name == "Volume-1.BaseBlob":
            for lane in two.progress.reading().lanes:
                if lane.label == "drive-0":
                    seen[operation] = (lane.state, lane.written_bytes, lane.to_verify_bytes)

    two.run(hook)
    size = SIZES["Volume-1.BaseBlob"]
    assert seen == {"commit": ("writing", size, 0), "read_back": ("verifying", size, size)}


def test_drives_that_are_too_small_are_told_before_the_first_byte(staging: Staging) -> None:
    create_folder_drive(str(staging.mounts[0]), 18 * MIB)
    calls: list[str] = []
    with pytest.raises(BackupError) as caught:
        staging.run(copies(calls))
    assert caught.value.code is ErrorCode.DRIVES_TOO_SMALL
    assert calls == []


def full(label: str) -> BackupError:
    return BackupError(ErrorCode.DRIVE_FULL, drive=label, path=label)


def test_what_a_full_drive_could_not_take_goes_onto_the_other(two: Staging) -> None:
    small = str(two.mounts[0])
    once = AtCall(2, lambda: raise_(full(small)), operation="write", label=small)
    two.run(once)
    assert once.acted
    assert two.arrived() == two.there()


def test_a_drive_that_says_it_has_room_and_takes_nothing_leaves_all_to_the_other(
    two: Staging,
) -> None:
    def hook(operation: str, name: str, label: str) -> None:
        if operation == "write" and label == str(two.mounts[0]) and not name.startswith(FOLDER):
            raise full(label)

    outcome = two.run(hook)
    assert list(map(len, outcome.files)) == [0, len(SIZES)]
    assert FindingCode.DRIVE_FULL in two.codes()
    assert two.arrived() == two.there()


def test_drives_that_fill_up_end_the_run_and_another_one_continues_it(two: Staging) -> None:
    def hook(operation: str, name: str, label: str) -> None:
        if operation == "write" and name.startswith("Volume-1"):
            raise full(label)

    with pytest.raises(BackupError) as caught:
        two.run(hook)
    assert caught.value.code is ErrorCode.DRIVES_TOO_SMALL
    finished = set(two.arrived())
    assert finished == set(SIZES) - {"Volume-1.BaseBlob"}
    two.mounts.append(two.base / "drive-2")
    two.mounts[-1].mkdir()
    calls: list[str] = []
    two.run(copies(calls))
    assert calls == ["Volume-1.BaseBlob"]
    assert two.arrived() == two.there()


def raise_(error: Exception) -> None:
    raise error


def test_the_other_drive_is_finished_when_one_is_pulled(two: Staging) -> None:
    pulled = str(two.mounts[0])

    def hook(operation: str, name: str, label: str) -> None:
        if operation in ("write", "create") and label == pulled:
            raise BackupError(ErrorCode.DRIVE_GONE, drive=label, path=label)

    with pytest.raises(BackupError) as caught:
        two.run(hook)
    assert caught.value.code is ErrorCode.DRIVE_GONE
    # What the pulled drive was to take is on the other one by now.
    assert two.arrived() == two.there()
    calls: list[str] = []
    two.run(copies(calls))
    assert calls == []
    assert two.arrived() == two.there()


def refused(staging: Staging, *reasons: Refusal) -> BackupError:
    """Run a copy that must be refused before its first byte; the first reason is raised."""
    calls: list[str] = []
    with pytest.raises(BackupError) as caught:
        staging.run(copies(calls))
    assert caught.value.code is ErrorCode.PLAN_BLOCKED
    assert caught.value.parameters["finding"] == FindingCode.BLOBS_REFUSED
    told = [p["reason"] for code, p in staging.events if code == FindingCode.BLOBS_REFUSED]
    assert [caught.value.parameters["reason"], *told] == list(reasons)
    assert calls == []
    assert staging.arrived() == {}
    return caught.value


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("a:b", Refusal.WINDOWS_NAME),
        ("trailing.", Refusal.ENDING),
        ("trailing ", Refusal.WINDOWS_NAME),
        ("NUL", Refusal.WINDOWS_NAME),
        ("bad\\slash", Refusal.CHARACTERS),
        ("line\nbreak", Refusal.CHARACTERS),
        ("\uffff", Refusal.CHARACTERS),
        (".x.part", Refusal.OWN_NAME),
        (".Offline-Backup-Mirror/x", Refusal.OWN_NAME),
        ("/".join(["x" * 200] * 6), Refusal.TOO_LONG),
    ],
)
def test_a_name_that_the_import_cannot_take_is_refused(
    staging: Staging, name: str, reason: Refusal
) -> None:
    staging.fill({name: 1})
    assert refused(staging, reason).parameters["names"] == (name,)


def test_a_name_that_is_no_text_is_refused(staging: Staging) -> None:
    Path(os.fsdecode(os.fsencode(staging.root) + b"/\xff")).write_bytes(b"x")
    assert refused(staging, Refusal.NOT_TEXT).parameters["names"] == ("\\xff",)


def test_every_reason_is_told_with_its_count(staging: Staging) -> None:
    staging.fill({"NUL": 1, "CON": 1, "ONE": 1})
    assert refused(staging, Refusal.WINDOWS_NAME, Refusal.SAME_NAME).parameters["count"] == 2


def test_an_agents_file_that_is_no_multiple_of_512_bytes_is_refused(staging: Staging) -> None:
    staging.kind = BlobKind.PAGE
    error = refused(staging, Refusal.PAGE_LENGTH)
    assert error.parameters["count"] == len(SIZES) - 2


def test_a_file_that_is_a_folder_to_windows_is_refused(staging: Staging) -> None:
    staging.fill({"ordner": 5})
    refused(staging, Refusal.SAME_NAME)


def test_two_names_that_are_one_on_windows_are_refused(staging: Staging) -> None:
    (staging.root / "ONE").write_bytes(b"x")
    refused(staging, Refusal.SAME_NAME)


def test_a_missing_staging_folder_is_told(staging: Staging) -> None:
    staging.root.rename(staging.base / "elsewhere")
    with pytest.raises(BackupError) as caught:
        staging.run()
    assert caught.value.code is ErrorCode.SOURCE_MISSING


@pytest.mark.parametrize(
    "name",
    ["", "/", "../outside", "a/../b", "/etc/passwd", "a//b", "./a", "a\0b", ".a.part", "c:a"],
)
def test_no_name_leads_out_of_the_container(tmp_path: Path, name: str) -> None:
    store = VerbatimDriveStore(tmp_path, "seed")
    for act in (store.create, store.read, store.delete, store.read_back):
        with pytest.raises(BackupError) as caught:
            act(name)
        assert caught.value.code is ErrorCode.OBJECT_NAME_NOT_ALLOWED
