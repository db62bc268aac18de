"""Starts the processes that make small files, hands them work, ends them."""

from __future__ import annotations

import contextlib
import errno
import os
import queue
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from offline_backup_gui.adapters.files.maker import Made, answer_of, order
from offline_backup_gui.domain.file_traits import Kept

_PROGRAM = Path(__file__).with_name("maker.py")
_PIPE_BYTES = 1 << 20
_SET_PIPE_SIZE = 1031  # F_SETPIPE_SZ of Linux
_PIECES = 512  # fewer than IOV_MAX, which is 1,024
_END_S = 10.0


class Makers:
    """Several processes; any thread may call `make`, and waits for one that is idle."""

    def __init__(self, count: int) -> None:
        """Start them; OSError when there can be none."""
        self._all: list[subprocess.Popen[bytes]] = []
        self._idle: queue.SimpleQueue[subprocess.Popen[bytes]] = queue.SimpleQueue()
        try:
            for _ in range(count):
                self._all.append(_start())
        except BaseException:
            self.close()
            raise
        for process in self._all:
            self._idle.put(process)

    def make(
        self,
        folder: bytes,
        part: bytes,
        files: Sequence[tuple[bytes, Kept, memoryview]],
        *,
        replace: bool,
    ) -> Sequence[Made]:
        """Make files in a folder, see `TargetFiles.makers`; OSError when a process is gone."""
        rows = [
            (name, kept.mode, kept.uid, kept.gid, kept.mtime_ns, len(data))
            for name, kept, data in files
        ]
        process = self._idle.get()
        try:
            pieces = [memoryview(order(folder, part, rows, replace=replace))]
            pieces += [data for _, _, data in files if data]
            _write(process, pieces)
            return answer_of(lambda count: _read(process, count))
        finally:
            self._idle.put(process)

    def close(self) -> None:
        """Let them end. Each finishes the file it is at."""
        for process in self._all:
            assert process.stdin is not None
            with contextlib.suppress(OSError):
                process.stdin.close()
        for process in self._all:
            try:
                process.wait(_END_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            assert process.stdout is not None
            process.stdout.close()
        self._all = []


def _start() -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", str(_PROGRAM)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=0,
        start_new_session=True,  # Ctrl+C is for the restore: it ends its makers in order
    )
    assert process.stdin is not None
    if sys.platform == "linux":
        import fcntl

        with contextlib.suppress(OSError):  # the usual 64 KiB do as well, more slowly
            fcntl.fcntl(process.stdin, _SET_PIPE_SIZE, _PIPE_BYTES)
    return process


def _write(process: subprocess.Popen[bytes], pieces: list[memoryview]) -> None:
    assert process.stdin is not None
    while pieces:
        done = os.writev(process.stdin.fileno(), pieces[:_PIECES])
        whole = 0
        while whole < len(pieces) and done >= len(pieces[whole]):
            done -= len(pieces[whole])
            whole += 1
        pieces = pieces[whole:]
        if done:
            pieces[0] = pieces[0][done:]


def _read(process: subprocess.Popen[bytes], count: int) -> bytes:
    assert process.stdout is not None
    data = b""
    while len(data) < count:
        more = process.stdout.read(count - len(data))
        if not more:
            raise OSError(errno.EPIPE, os.strerror(errno.EPIPE))
        data += more
    return data
