"""How far the copy is from the sum of what no copy can do without, and where its time goes."""

from __future__ import annotations

import hashlib
import mmap
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import zstandard
from blake3 import blake3
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from benchmarks.moments import Moments
from benchmarks.timing import in_own_process, median, peak_mb, save
from offline_backup_gui.domain.job import Phase
from offline_backup_gui.engine.chunking import chunker, cuts, zero_runs
from offline_backup_gui.engine.files import BUNDLE_BYTES, LARGE_BYTES, STRETCH_BYTES
from offline_backup_gui.formats.keys import Keyring
from tests.engine.office import MASTER, REPOSITORY_ID, Office

_PACK_BYTES = 64 << 20
_FLUSH_BYTES = 8 << 20


class Floor:
    """Does to the data what a copy must, one step after the other, in one thread."""

    def __init__(self, target: Path) -> None:
        self.cpu_s: dict[str, float] = defaultdict(float)
        self._target = target
        self._keyring = Keyring(REPOSITORY_ID, MASTER)
        self._cutter = chunker(self._keyring.chunker_seed)
        self._compressor = zstandard.ZstdCompressor(level=1)
        self._aead = AESGCM(bytes(32))
        self._buffer = memoryview(mmap.mmap(-1, STRETCH_BYTES))
        self._slab = memoryview(mmap.mmap(-1, _FLUSH_BYTES))
        self._used, self._frames = 0, 0
        self._seen: set[bytes] = set()
        self._file = -1
        self._written = _PACK_BYTES
        self.packs: list[Path] = []
        self.stored_bytes = 0

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        begun = time.thread_time()
        yield
        self.cpu_s[name] += time.thread_time() - begun

    def copy(self, top: Path) -> None:
        """Seal every file below a folder."""
        used = 0
        for folder, _, names in os.walk(top):
            for name in names:
                path = os.path.join(folder, name)
                size = os.stat(path).st_size
                if size >= LARGE_BYTES:
                    self._large(path, size)
                    continue
                if used + size > BUNDLE_BYTES:
                    self._seal(self._buffer[:used])
                    used = 0
                used += self._read(path, self._buffer[used : used + size])
        self._seal(self._buffer[:used])
        self._flush()
        os.close(self._file)

    def _read(self, path: str, room: memoryview) -> int:
        with self._step("read"):
            fd = os.open(path, os.O_RDONLY)
            count = os.readv(fd, [room]) if len(room) else 0
            os.close(fd)
        return count

    def _large(self, path: str, size: int) -> None:
        fd, at = os.open(path, os.O_RDONLY), 0
        while at < size:
            part = self._buffer[: min(STRETCH_BYTES, size - at)]
            with self._step("read"):
                count = os.preadv(fd, [part], at)
            at += count
            with self._step("cut"):
                pieces = []
                for start, end, hole in zero_runs(part, at - count):
                    if not hole:
                        begin = start
                        for cut in cuts(self._cutter, part[start:end]):
                            pieces.append((begin, start + cut))
                            begin = start + cut
            if at < size and len(pieces) > 1:
                at -= count - pieces.pop()[0]  # read again with what follows
            for start, end in pieces:
                self._seal(part[start:end])
        os.close(fd)

    def _seal(self, chunk: memoryview) -> None:
        if not len(chunk):
            return
        with self._step("blake3 keyed"):
            chunk_id = self._keyring.chunk_id(chunk)
        if chunk_id in self._seen:
            return
        self._seen.add(chunk_id)
        with self._step("zstd -1"):
            packed = self._compressor.compress(chunk)
        body = packed if len(packed) < 0.95 * len(chunk) else chunk
        if self._used + len(body) + 16 > _FLUSH_BYTES:
            self._flush()
        with self._step("aes-gcm"):
            self._frames += 1
            place = self._slab[self._used : self._used + len(body) + 16]
            self._aead.encrypt_into(self._frames.to_bytes(12, "big"), body, chunk_id, place)
        self._used += len(body) + 16

    def _flush(self) -> None:
        with self._step("write"):
            if self._written >= _PACK_BYTES:
                if self._file >= 0:
                    os.close(self._file)
                self.packs.append(self._target / f"{len(self.packs):04}")
                self._file = os.open(self.packs[-1], os.O_WRONLY | os.O_CREAT)
                self._written = 0
            self._written += os.write(self._file, self._slab[: self._used])
        self.stored_bytes += self._used
        self._used = 0

    def verify(self) -> None:
        """Read every pack back and hash it as the verify does."""
        room = self._buffer[: 4 << 20]
        for pack in self.packs:
            fd, md5, strong = os.open(pack, os.O_RDONLY), hashlib.md5(), blake3()
            while True:
                with self._step("read back"):
                    count = os.readv(fd, [room])
                if not count:
                    break
                with self._step("md5"):
                    md5.update(room[:count])
                with self._step("blake3 of packs"):
                    strong.update(room[:count])
            os.close(fd)


def primitives(source: str, target: str) -> dict[str, object]:
    """Time every step by the clock of its thread."""
    Path(target).mkdir()
    floor = Floor(Path(target))
    floor.copy(Path(source))
    copy_s = sum(floor.cpu_s.values())
    floor.verify()
    total = sum(floor.cpu_s.values())
    return {
        "cpu_s": dict(floor.cpu_s),
        "copy_cpu_s": copy_s,
        "verify_cpu_s": total - copy_s,
        "stored_bytes": floor.stored_bytes,
    }


def engine(source: str, base: str) -> dict[str, object]:
    """Copy and verify with the engine, in this process."""
    moments = Moments()
    mount = Path(base) / "drive"
    mount.mkdir(parents=True)
    office = Office(Path(base) / "office", (Path(source),))
    office.events = moments  # type: ignore[assignment]
    outcome = office.copy([mount])
    office.close()
    copy, verify, seal = (moments.first[phase] for phase in (Phase.COPY, Phase.VERIFY, Phase.SEAL))
    return {
        "copy_s": verify.wall_s - copy.wall_s,
        "copy_cpu_s": verify.cpu_s - copy.cpu_s,
        "verify_s": seal.wall_s - verify.wall_s,
        "verify_cpu_s": seal.cpu_s - verify.cpu_s,
        "stored_bytes": outcome.stored_bytes,
        "peak_mb": peak_mb(),
    }


# Whose code a sample was taken in: the first line that fits.
_GROUPS = (
    ("waiting for locks", r"futex|osq_lock|mutex|spin_lock|rwsem"),
    ("new pages of memory", r"clear_page|page_fault|alloc_pages|folio_alloc|shmem_get|charge"),
    ("copying by the system", r"copy_user|rep_movs|copy_page|_copy_to_iter|_copy_from_iter|copyin"),
    ("system, other", r"kernel|\[vdso\]|hypercall"),
    ("md5", r"libcrypto"),
    ("aes-gcm", r"_rust"),
    ("blake3", r"blake3"),
    ("zstd", r"zstd|backend_c"),
    ("fastcdc", r"fastcdc"),
    ("sqlite", r"sqlite"),
    ("copying in memory", r"memmove|memcpy|memset"),
    ("interpreter", r"python|libc|ld-linux|_struct|msgspec|_queue"),
)
_LINE = re.compile(r"\s*([0-9.]+)%\s+(\S+)\s+\[(.)\]\s+(\S+)")


def profile(source: str, base: Path) -> dict[str, object]:
    """Take samples of one copy with `perf` and give the share of each group, in per cent."""
    if shutil.which("perf") is None:
        return {"missing": "perf"}
    data = base / "perf.data"
    work = f"from benchmarks.floor import engine; engine({source!r}, {str(base / 'profiled')!r})"
    subprocess.run(
        ["perf", "record", "-q", "-F", "299", "-o", str(data), "--", sys.executable, "-c", work],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    report = subprocess.run(
        ["perf", "report", "-i", str(data), "--sort", "dso,symbol", "--stdio", "-q"],
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ).stdout
    shares: dict[str, float] = defaultdict(float)
    for line in report.splitlines():
        found = _LINE.match(line)
        if found is None:
            continue
        share, place, kind, symbol = found.groups()
        kernel = kind == "k"
        text = f"kernel {symbol}" if kernel else f"{place} {symbol}"
        group = next((name for name, fits in _GROUPS if re.search(fits, text)), "other")
        if not kernel and re.search(_GROUPS[10][1], symbol):
            group = "copying in memory"
        shares[group] += float(share)
    shutil.rmtree(base / "profiled")
    return {name: round(share, 1) for name, share in sorted(shares.items(), key=lambda i: -i[1])}


def run(rounds: int, scale: float = 0.5, folder: str = "/dev/shm") -> dict[str, object]:
    """Time primitives and engine in turn on the mixed files, then take a profile of the engine."""
    from benchmarks import corpora

    base = Path(tempfile.mkdtemp(prefix="floor-", dir=folder))
    source, target = str(base / "source"), base / "target"
    each: list[dict[str, dict[str, Any]]] = []
    try:
        size = corpora.mixed(base / "source", scale).size_bytes
        in_own_process("benchmarks.floor", "primitives", source, str(target))  # warms memory
        shutil.rmtree(target)
        for _ in range(rounds):
            one = {"floor": in_own_process("benchmarks.floor", "primitives", source, str(target))}
            shutil.rmtree(target)
            one["engine"] = in_own_process("benchmarks.floor", "engine", source, str(target))
            shutil.rmtree(target)
            each.append(one)
        shares = profile(source, base)
    finally:
        shutil.rmtree(base)
    cores = os.cpu_count() or 1

    def middle(part: str, key: str) -> float:
        return median([one[part][key] for one in each])

    def ratio(key: str, other: str, by: int = 1) -> float:
        return median([one["engine"][key] / (one["floor"][other] / by) for one in each], 2)

    figures = {
        "bytes": size,
        "cores": cores,
        "primitives_cpu_s": {
            name: median([one["floor"]["cpu_s"][name] for one in each])
            for name in each[0]["floor"]["cpu_s"]
        },
        "median": {
            f"{part}_{key}": middle(part, key)
            for part, keys in (
                ("floor", ("copy_cpu_s", "verify_cpu_s", "stored_bytes")),
                ("engine", ("copy_s", "copy_cpu_s", "verify_s", "verify_cpu_s", "stored_bytes")),
            )
            for key in keys
        },
        "ratios": {
            "copy_cpu_to_floor": ratio("copy_cpu_s", "copy_cpu_s"),
            "copy_wall_to_floor_on_all_cores": ratio("copy_s", "copy_cpu_s", cores),
            "verify_cpu_to_floor": ratio("verify_cpu_s", "verify_cpu_s"),
            "verify_wall_to_floor": ratio("verify_s", "verify_cpu_s"),
        },
        "profile_percent": shares,
        "each": each,
    }
    return save("floor", rounds, figures)
