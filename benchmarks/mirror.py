"""The byte-for-byte copy with MD5 for the data of an agent, against `cp -r` and `rclone copy`."""

from __future__ import annotations

import random
import shutil
import tempfile
import time
from pathlib import Path

from benchmarks.timing import in_own_process, median, peak_mb, save, spent_by
from offline_backup_gui.adapters.clock import SystemClock
from offline_backup_gui.adapters.stores.drive import VerbatimDriveStore
from offline_backup_gui.domain.job import Phase
from offline_backup_gui.engine.context import Context, Progress
from offline_backup_gui.engine.mirror_state import MirrorDrive
from offline_backup_gui.engine.mirroring import Mirroring

MIB = 1 << 20
# As an agent leaves them: a few large files that do not compress, and their small companions.
_LARGE_MIB = (700, 448, 300, 200, 150, 100, 60, 40, 30, 20)
_COMPANIONS = 40


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
        data = chooser.randbytes(chooser.randrange(2_000, 400_000))
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
    clock, moments = SystemClock(), {}

    def emit(code: str, **_parameters: object) -> None:
        moments.setdefault(code, (time.perf_counter(), time.process_time()))

    context = Context(_Go(), Progress(clock), clock, emit)
    Path(target).mkdir()
    drive = MirrorDrive("drive", VerbatimDriveStore(Path(target), "landing"))
    outcome = Mirroring(context, source.encode(), [drive]).run()
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
        },
        "each": each,
    }


def run(rounds: int, scale: float = 1.0, folder: str = "/dev/shm") -> dict[str, object]:
    """Compare on staging data and on files of every kind."""
    from benchmarks import corpora

    figures: dict[str, object] = {}
    makers = {"staging": staging, "mixed": lambda top, by: corpora.mixed(top, by / 2).size_bytes}
    for name, make in makers.items():
        base = Path(tempfile.mkdtemp(prefix="mirror-", dir=folder))
        try:
            size = make(base / "source", scale)
            figures[name] = {"bytes": size} | compare(base / "source", base, rounds)
        finally:
            shutil.rmtree(base)
    return save("mirror", rounds, figures)
