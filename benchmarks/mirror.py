"""The byte-for-byte copy with MD5 for the data of an agent, against `cp -r` and `rclone copy`."""

from __future__ import annotations

import hashlib
import mmap
import os
import random
import shutil
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from blake3 import blake3

from benchmarks.timing import in_own_process, median, peak_mb, save, spent_by
from offline_backup_gui.adapters.clock import SystemClock
from offline_backup_gui.adapters.files import system_files
from offline_backup_gui.adapters.stores.drive import RootStore, VerbatimDriveStore
from offline_backup_gui.domain.drive_manifest import BlobKind
from offline_backup_gui.domain.job import Phase
from offline_backup_gui.engine.context import Context, Progress
from offline_backup_gui.engine.mirror_copy import BLOCK_BYTES
from offline_backup_gui.engine.mirror_state import DriveFolders, MirrorDrive, MirrorOrder
from offline_backup_gui.engine.mirroring import Mirroring
from offline_backup_gui.engine.sessions import Sources

MIB = 1 << 20
# As an agent leaves them: a few large files that do not compress, and their small companions.
_LARGE_MIB = (700, 448, 300, 200, 150, 100, 60, 40, 30, 20)
_COMPANIONS = 40
_CONTAINER = "landing"
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL


def staging(top: Path, scale: float = 1.0) -> int:
    """Make staging data of 2 GiB; give its size in bytes."""
    chooser = random.Random(20261125)
    top.mkdir(parents=True)
    total = 0
    for number, size in enumerate(_LARGE_MIB):
        with (top / f"Volume-{number}.BaseBlob").open("wb") as file:
            for _ in range(max(1, int(size * scale))):
                total += file.write(chooser.randbytes(MIB))
    for number in range(_COMPANIONS):
        data = chooser.randbytes(512 * chooser.randrange(4, 800))  # page blobs are made of pages
        (top / f"Volume-{number}.AIBBlob").write_bytes(data)
        total += len(data)
    return total


class _Go:
    """A Control that nobody asks to stop."""

    stopping = False

    def checkpoint(self) -> None:
        """Go on."""


def mirror(source: str, target: str) -> dict[str, object]:
    """Copy and verify in this process; give the times of both phases."""
    clock = SystemClock()
    moments: dict[str, tuple[float, float]] = {}

    def emit(code: str, **_parameters: object) -> None:
        moments.setdefault(code, (time.perf_counter(), time.process_time()))

    context = Context(_Go(), Progress(clock), clock, emit, system_files())
    mount = Path(target)
    mount.mkdir()

    def open_it() -> DriveFolders:
        return DriveFolders(VerbatimDriveStore(mount, _CONTAINER), RootStore(mount))

    drive = MirrorDrive("drive", "S-1", target, open_it)
    sources = Sources((os.fsencode(source),))
    pages = all(
        path.stat().st_size % 512 == 0 for path in Path(source).rglob("*") if path.is_file()
    )
    kind = BlobKind.PAGE if pages else BlobKind.BLOCK
    order = MirrorOrder("ab" * 16, "plan", _CONTAINER, kind, sources, (b"",))
    outcome = Mirroring(context, order, [drive]).run()
    ended = (time.perf_counter(), time.process_time())
    copy, verify = moments[Phase.COPY], moments[Phase.VERIFY]
    return {
        "copy_s": verify[0] - copy[0],
        "copy_cpu_s": verify[1] - copy[1],
        "verify_s": ended[0] - verify[0],
        "verify_cpu_s": ended[1] - verify[1],
        "files": len(outcome.files[0]),
        "peak_mb": peak_mb(),
    }


def primitives(source: str, target: str) -> dict[str, object]:
    """Do what no such copy can do without, in one thread, each step by the thread's clock."""
    cpu_s: dict[str, float] = defaultdict(float)
    room = memoryview(mmap.mmap(-1, BLOCK_BYTES))
    os.mkdir(target)
    clock = time.thread_time
    for number, path in enumerate(sorted(Path(source).rglob("*"))):
        if not path.is_file():
            continue
        strong, began = blake3(), clock()
        came, goes = os.open(path, os.O_RDONLY), os.open(f"{target}/{number}", _NEW, 0o600)
        cpu_s["open"] += clock() - began
        while True:
            began = clock()
            count = os.readv(came, [room])
            read = clock()
            part = room[:count]
            hashlib.md5(part).digest()
            hashed = clock()
            strong.update(part)
            named = clock()
            os.write(goes, part)
            cpu_s["write"] += clock() - named
            cpu_s["blake3"] += named - hashed
            cpu_s["md5"] += hashed - read
            cpu_s["read"] += read - began
            if not count:
                break
        os.close(came)
        os.close(goes)
    return dict(cpu_s)


def compare(source: Path, base: Path, rounds: int) -> dict[str, object]:
    """Let the three copy in turn, each into a new folder that is removed again."""
    target, config = base / "target", base / "rclone.conf"
    config.touch()
    rclone = ["rclone", "--config", str(config), "-q"]
    # The first copy of all pays for memory the system hands out for the first time.
    in_own_process("benchmarks.mirror", "mirror", str(source), str(target))
    shutil.rmtree(target)
    each: list[dict[str, object]] = []
    for _ in range(rounds):
        one = in_own_process("benchmarks.mirror", "mirror", str(source), str(target))
        shutil.rmtree(target)
        spent = spent_by(["cp", "-r", str(source), str(target)])
        one |= {"cp_s": spent.wall_s, "cp_cpu_s": spent.cpu_s}
        shutil.rmtree(target)
        spent = spent_by([*rclone, "copy", str(source), str(target)])
        one |= {"rclone_s": spent.wall_s, "rclone_cpu_s": spent.cpu_s}
        spent = spent_by([*rclone, "check", str(source), str(target)])
        one |= {"rclone_check_s": spent.wall_s}
        shutil.rmtree(target)
        steps = in_own_process("benchmarks.mirror", "primitives", str(source), str(target))
        one |= {f"primitive_{name}_cpu_s": took for name, took in steps.items()}
        one |= {"primitives_cpu_s": sum(float(str(took)) for took in steps.values())}
        shutil.rmtree(target)
        each.append(one)

    def middle(key: str) -> float:
        return median([float(str(one[key])) for one in each])

    def ratio(mine: str, other: str) -> float:
        return median([float(str(one[mine])) / float(str(one[other])) for one in each], 2)

    return {
        "median": {key: middle(key) for key in each[0]},
        "ratios": {
            "copy_to_cp": ratio("copy_s", "cp_s"),
            "copy_to_rclone": ratio("copy_s", "rclone_s"),
            "verify_to_rclone_check": ratio("verify_s", "rclone_check_s"),
            "cpu_to_rclone": ratio("copy_cpu_s", "rclone_cpu_s"),
            "cpu_to_primitives": ratio("copy_cpu_s", "primitives_cpu_s"),
            # What the best of all copies with these hashes would take, on every core.
            "primitives_on_all_cores_to_cp": round(
                ratio("primitives_cpu_s", "cp_s") / (os.cpu_count() or 1), 2
            ),
        },
        "each": each,
    }


def run(rounds: int, scale: float = 1.0, folder: str = "/dev/shm") -> dict[str, object]:
    """Compare on staging data and on files of every kind."""
    from benchmarks import corpora

    figures: dict[str, object] = {}

    def mixed(top: Path, by: float) -> int:
        return corpora.mixed(top, by / 2).size_bytes

    makers: dict[str, Callable[[Path, float], int]] = {"staging": staging, "mixed": mixed}
    for name, make in makers.items():
        base = Path(tempfile.mkdtemp(prefix="mirror-", dir=folder))
        try:
            size = make(base / "source", scale)
            figures[name] = {"bytes": size} | compare(base / "source", base, rounds)
        finally:
            shutil.rmtree(base)
    return save("mirror", rounds, figures)
