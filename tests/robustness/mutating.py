"""Grows and changes a tree at random, with everything in it that backup programs stumble over."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

from tests.trees import MIB, noise, prose

_SIZES = (0, 0, 1, 100, 3_000, 3_000, 20_000, 65_536, 300_000, MIB - 1, MIB, MIB + 1, 5 * MIB // 2)
_LARGE = (4 * MIB, 4 * MIB + 1, 8 * MIB - 1, 9 * MIB + 5)
_MODES = (0o644, 0o600, 0o400, 0o444, 0o755, 0o777, 0o4755, 0o2755, 0o664)
_FOLDER_MODES = (0o755, 0o700, 0o500, 0o1777, 0o775)
_MOMENTS_NS = (0, 1, -86_400_000_000_001, 2**31 * 10**9 + 7, 1_600_000_000_123_456_789)
_NAMES = (
    b"letter %d.txt",
    b"plan %d.txt",
    b"drawing %d.bin",
    b"folder %d",
    "Übung %d.txt".encode(),
    "e\u0301 and \u00e9 %d".encode(),
    b"new\nline %d",
    b" leading %d",
    b"trailing %d ",
    b"trailing dot %d.",
    b"-rf %d",
    b"back\\slash %d",
    b"quo\"te' %d",
    b"\xff\xfe\x80 not utf-8 %d",
    b"*?<>| [%d]",
    b"!#%d",
    b"CON.%d",
    b"file:stream %d",
    b".offline-backup-part-%d",
    b"\x01\x7f %d",
)


class Gardener:
    """Changes one tree; the same chooser and the same tree give the same changes."""

    def __init__(self, chooser: random.Random, top: bytes, most_bytes: int) -> None:
        self.chooser, self._top, self._most_bytes = chooser, top, most_bytes
        self._number = 0

    def plant(self, count: int) -> None:
        """Make the first tree."""
        os.makedirs(self._top, exist_ok=True)
        for _ in range(count // 8):
            self._new_folder()
        for _ in range(count):
            self._new_file()
        for change in (self._sparse_file, self._link_name, self._symbolic_link, self._fifo):
            change()
        self._large_file()

    def change(self) -> str:
        """Do one thing and say what it was."""
        if self._size() > self._most_bytes:
            self._shrink()
            return "shrink"
        changes: tuple[tuple[int, Callable[[], None]], ...] = (
            (14, self._new_file),
            (1, self._large_file),
            (4, self._new_folder),
            (6, self._write_anew),
            (4, self._write_inside),
            (3, self._same_size_and_time),
            (4, self._append),
            (3, self._cut_short),
            (3, self._shift),
            (4, self._remove_file),
            (1, self._remove_folder),
            (4, self._move_file),
            (3, self._move_folder),
            (2, self._swap),
            (2, self._file_becomes_folder),
            (1, self._folder_becomes_file),
            (3, self._link_name),
            (2, self._symbolic_link),
            (2, self._sparse_file),
            (2, self._copy),
            (4, self._mode),
            (4, self._time),
            (2, self._attribute),
            (1, self._fifo),
        )
        (change,) = self.chooser.choices([c for _, c in changes], [w for w, _ in changes])
        change()
        return change.__name__.strip("_")

    # --- what is there

    def _all(self, kind: Callable[[int], bool]) -> list[bytes]:
        found, waiting = [], [self._top]
        while waiting:
            with os.scandir(waiting.pop()) as entries:
                for entry in sorted(entries, key=lambda one: one.name):
                    mode = entry.stat(follow_symlinks=False).st_mode
                    if kind(mode):
                        found.append(entry.path)
                    if stat.S_ISDIR(mode):
                        waiting.append(entry.path)
        return found

    def _file(self) -> bytes | None:
        files = self._all(stat.S_ISREG)
        return self.chooser.choice(files) if files else None

    def _folder(self, *, inner: bool = False) -> bytes:
        # Deep enough is deep enough: the system takes no path of more than 4,095 bytes.
        folders = [path for path in self._all(stat.S_ISDIR) if len(path) < 2_500]
        if not inner:
            folders.append(self._top)
        return self.chooser.choice(folders) if folders else b""

    def _size(self) -> int:
        return sum(os.lstat(path).st_blocks * 512 for path in self._all(stat.S_ISREG))

    def _name(self, folder: bytes) -> bytes:
        self._number += 1
        name = self.chooser.choice(_NAMES) % self._number
        if self.chooser.random() < 0.02:
            name = name + b"n" * (255 - len(name))
        return folder + b"/" + name

    def _contents(self, size: int) -> bytes:
        seed = self.chooser.randrange(1 << 30)
        kind = self.chooser.randrange(10)
        if kind < 5:
            return noise(seed, size)
        if kind < 8:
            return (prose(seed, min(size, 50_000)) * (size // 50_000 + 1))[:size]
        if kind == 8:
            return bytes(size)
        return (noise(seed, 70_000) * (size // 70_000 + 1))[:size]

    def _put(self, path: bytes, data: bytes) -> None:
        # A file that only its owner may read is written by nobody, not even by a test without root.
        with contextlib.suppress(FileNotFoundError):
            os.chmod(path, os.lstat(path).st_mode | 0o600)
        Path(os.fsdecode(path)).write_bytes(data)

    # --- new things

    def _new_file(self) -> None:
        path = self._name(self._folder())
        self._put(path, self._contents(self.chooser.choice(_SIZES)))

    def _large_file(self) -> None:
        path = self._name(self._folder())
        self._put(path, self._contents(self.chooser.choice(_LARGE)))

    def _new_folder(self) -> None:
        os.mkdir(self._name(self._folder()))

    def _sparse_file(self) -> None:
        with open(self._name(self._folder()), "wb") as file:
            file.truncate(self.chooser.randrange(200_000, 12 * MIB))
            for _ in range(self.chooser.randrange(4)):
                file.seek(self.chooser.randrange(8 * MIB))
                file.write(noise(self.chooser.randrange(1 << 30), 70_000))

    def _copy(self) -> None:
        path = self._file()
        if path is not None:
            shutil.copyfile(path, self._name(self._folder()))

    def _link_name(self) -> None:
        path = self._file()
        if path is not None:
            os.link(path, self._name(self._folder()))

    def _symbolic_link(self) -> None:
        target = self.chooser.choice((b"nowhere", b"..", b"/etc/hostname", b"\xff\n", b"a/b"))
        os.symlink(target, self._name(self._folder()))

    def _fifo(self) -> None:
        os.mkfifo(self._name(self._folder()), 0o640)

    # --- new contents

    def _write_anew(self) -> None:
        path = self._file()
        if path is not None:
            self._put(path, self._contents(self.chooser.choice(_SIZES)))

    def _write_inside(self) -> None:
        path = self._file()
        if path is not None:
            os.chmod(path, os.lstat(path).st_mode | 0o600)
            with open(path, "r+b") as file:
                file.seek(self.chooser.randrange(os.path.getsize(path) + 1))
                file.write(noise(self.chooser.randrange(1 << 30), 3_000))

    def _same_size_and_time(self) -> None:
        path = self._file()
        if path is not None:
            before = os.lstat(path)
            if before.st_size < 12 * MIB:
                self._put(path, noise(self.chooser.randrange(1 << 30), before.st_size))
                os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    def _append(self) -> None:
        path = self._file()
        if path is not None:
            os.chmod(path, os.lstat(path).st_mode | 0o600)
            with open(path, "ab") as file:
                file.write(self._contents(self.chooser.choice(_SIZES)))

    def _cut_short(self) -> None:
        path = self._file()
        if path is not None:
            os.chmod(path, os.lstat(path).st_mode | 0o600)
            os.truncate(path, self.chooser.randrange(os.path.getsize(path) + 1))

    def _shift(self) -> None:
        path = self._file()
        if path is not None and os.path.getsize(path) < 12 * MIB:
            data = Path(os.fsdecode(path)).read_bytes()
            self._put(path, noise(self.chooser.randrange(1 << 30), 777) + data)

    # --- other names, other kinds

    def _remove_file(self) -> None:
        path = self._file()
        if path is not None:
            os.unlink(path)

    def _remove_folder(self) -> None:
        path = self._folder(inner=True)
        if path and len(os.listdir(path)) < 12:
            shutil.rmtree(path)

    def _move_file(self) -> None:
        path = self._file()
        if path is not None:
            os.rename(path, self._name(self._folder()))

    def _move_folder(self) -> None:
        path, to = self._folder(inner=True), self._folder()
        if path and not (to + b"/").startswith(path + b"/"):
            os.rename(path, self._name(to))

    def _swap(self) -> None:
        one, two = self._file(), self._file()
        if one is not None and two is not None and one != two:
            aside = self._top + b"/aside"
            os.rename(one, aside)
            os.rename(two, one)
            os.rename(aside, two)

    def _file_becomes_folder(self) -> None:
        path = self._file()
        if path is not None:
            os.unlink(path)
            os.mkdir(path)
            self._put(self._name(path), self._contents(self.chooser.choice(_SIZES)))

    def _folder_becomes_file(self) -> None:
        path = self._folder(inner=True)
        if path and len(os.listdir(path)) < 12:
            shutil.rmtree(path)
            self._put(path, self._contents(self.chooser.choice(_SIZES)))

    # --- what stands beside the contents

    def _mode(self) -> None:
        path = self._file()
        if path is not None and self.chooser.random() < 0.7:
            os.chmod(path, self.chooser.choice(_MODES))
            return
        # Others than root may not look into what is closed.
        modes = _FOLDER_MODES if os.geteuid() == 0 else _FOLDER_MODES[:2]
        os.chmod(self._folder(), self.chooser.choice(modes))

    def _time(self) -> None:
        path = self._file()
        if path is None or self.chooser.random() < 0.3:
            path = self._folder()
        moment = self.chooser.choice(_MOMENTS_NS) + self.chooser.randrange(10**9)
        os.utime(path, ns=(moment, moment))

    def _attribute(self) -> None:
        path = self._file()
        if path is not None:
            with contextlib.suppress(OSError, AttributeError):
                os.setxattr(path, "user.comment", self.chooser.randbytes(20))

    def _shrink(self) -> None:
        files = self._all(stat.S_ISREG)
        for path in sorted(files, key=lambda one: (-os.lstat(one).st_blocks, one))[
            : len(files) // 8 + 1
        ]:
            os.unlink(path)
