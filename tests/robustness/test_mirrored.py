"""Files that travel as they are: the copy is killed and its drives are pulled, again and again."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from tests.cli.desk import Desk, on
from tests.cli.test_as_is import agent_plan, plain_plan
from tests.drive_fixtures import MountedDrive, ntfs_drive
from tests.formats.manifest_by_the_book import departures
from tests.robustness.promises import Effort, Promise

_FIGURES = (
    "{files} files, {size_bytes} bytes on {drives} drives ({system}); {kills} kills, {pulls} times "
    "a drive pulled; {seconds} s in all"
)
PROMISES = (
    Promise(
        "mirrored-agent",
        "An agent's data, and plain folders as they are, arrive byte for byte however often a copy "
        "is killed and a drive pulled: a reader of drive manifests that is not ours finds nothing, "
        "the source is untouched, and a byte that changes on a drive is named with blob and block",
        _FIGURES,
    ),
    Promise("mirrored-plain", "The same with a tree of many small files", _FIGURES),
)
MIB = 1 << 20


def fill(folder: Path, sizes: list[int], chooser: random.Random) -> dict[str, bytes]:
    """Make files whose bytes are all different, a few hundred a folder; give them by name."""
    made: dict[str, bytes] = {}
    hour_ago = time.time() - 3600
    for number, size in enumerate(sizes):
        name = (
            f"Ordner {number // 300}/Datei {number}.dat"
            if len(sizes) > 50
            else f"V{number}.{'BaseBlob' if number else 'AIBBlob'}"
        )
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = chooser.randbytes(size)
        path.write_bytes(data)
        os.utime(path, (hour_ago, hour_ago))  # what an agent has left is copied when it rests
        made[name] = data
    return made


def stamps(folder: Path) -> dict[str, tuple[int, int, int]]:
    return {
        str(path): (info.st_size, info.st_mtime_ns, info.st_ctime_ns)
        for path in folder.rglob("*")
        for info in (path.lstat(),)
    }


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


class Trouble:
    """Kills the copy at random moments, or pulls a drive, and in the end lets it through."""

    def __init__(self, desk: Desk, plan: Path, drives: list[Path], chooser: random.Random) -> None:
        self.desk, self.plan, self.drives, self.chooser = desk, plan, drives, chooser
        self.kills = self.pulls = 0

    def copy(self, after_s: float, pulled: MountedDrive | None = None) -> int | None:
        """Begin a copy, and after a while kill it (None) or pull a drive (its exit code)."""
        running = self.desk.begin(*self._copying)
        assert running.stdout is not None
        for line in running.stdout:
            if json.loads(line)["event"] in ("copy", "result"):
                break
        with suppress(subprocess.TimeoutExpired):
            running.wait(self.chooser.uniform(0, after_s))
            running.communicate()
            return running.returncode
        if pulled is None:
            self.kills += 1
            running.send_signal(signal.SIGKILL)
            running.communicate()
            return None
        self.pulls += 1
        pulled.pull()
        running.communicate()
        pulled.plug_in()
        return running.returncode

    def whole(self) -> dict[str, object]:
        """Let the copy come to its end."""
        said = self.desk.say(*self._copying, timeout=3000)
        assert said.code == 0, said
        return said.result

    @property
    def _copying(self) -> tuple[object, ...]:
        # No agent made these files, and they are as new as this test.
        return ("copy", self.plan, *on(self.drives), "--unready", "--json")


def arrived(drives: list[Path], container: str) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for drive in drives:
        if (drive / "DriveManifest.xml").exists():
            assert list(departures(drive)) == []
        for path in (drive / container).rglob("*"):
            name = path.relative_to(drive / container).as_posix()
            if path.is_file() and not name.startswith(".offline-backup-mirror/"):
                assert name not in found
                found[name] = path.read_bytes()
    return found


def flip(path: Path, at: int) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        byte = file.read(1)
        file.seek(at)
        file.write(bytes([byte[0] ^ 1]))


@pytest.mark.parametrize("kind", ["agent", "plain"])
def test_files_arrive_however_often_the_copy_is_killed(
    tmp_path: Path, shelf: ExitStack, effort: Effort, kind: str
) -> None:
    begun = time.monotonic()
    chooser = effort.chooser(f"mirrored {kind}")
    desk, source = Desk(tmp_path / "desk"), tmp_path / "source"
    mounted: list[MountedDrive] = []
    if effort.long:
        mounted = [shelf.enter_context(ntfs_drive(2 << 30, tmp_path)) for _ in range(3)]
        drives = [drive.mount for drive in mounted]
    else:
        drives = desk.drives(3)
    if kind == "agent":
        sizes = [
            chooser.randrange(1, effort.pick(short=9000, long=500_000)) * 512 for _ in range(9)
        ]
        plan, container, below = agent_plan(desk, source), "seed-042", ""
    else:
        count = effort.pick(short=600, long=50_000)
        sizes = [int(chooser.paretovariate(1.1) * 500) % (8 * MIB) for _ in range(count)]
        plan, container, below = plain_plan(desk, source), "landing-042", "source/"
    made = fill(source, [0, *sizes], chooser)
    before = stamps(source)
    trouble = Trouble(desk, plan, drives, chooser)
    after_s = effort.pick(short=1, long=12)
    for number in range(effort.pick(short=3, long=10)):
        pulled = chooser.choice(mounted) if mounted and number % 3 == 2 else None
        code = trouble.copy(after_s, pulled)
        if pulled is not None and code is not None:
            assert code in (0, 4)
        if code == 0:
            break
    result = trouble.whole()
    assert (result["files"], result["exceptions"]) == (len(made), [])
    assert arrived(drives, container) == {below + name: data for name, data in made.items()}
    assert stamps(source) == before
    damage(desk, drives, container, chooser)
    effort.note(
        f"mirrored-{kind}",
        files=len(made),
        size_bytes=sum(map(len, made.values())),
        drives=len(drives),
        system="NTFS" if mounted else "folders",
        kills=trouble.kills,
        pulls=trouble.pulls,
        seconds=round(time.monotonic() - begun),
    )


def damage(desk: Desk, drives: list[Path], container: str, chooser: random.Random) -> None:
    """Change one byte of the largest file, and see it named with blob and block."""
    files = [p for drive in drives for p in (drive / container).rglob("*") if p.is_file()]
    path = max(files, key=lambda p: p.stat().st_size)
    drive = next(drive for drive in drives if drive in path.parents)
    at = chooser.randrange(path.stat().st_size)
    flip(path, at)
    said = desk.say("verify", drive, "--json", timeout=3000)
    assert said.code == 3, said
    blob = path.relative_to(drive).as_posix()
    assert said.result["damaged"] == [f"{blob} [{at // (4 * MIB)}]"]
