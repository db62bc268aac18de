"""What was read in from one drive, so that a run that was cut off goes on and renames only once.

A line of JSON for each blob, written before the blob is begun (from then on the name is ours), and
another one when it is finished.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from offline_backup_gui.domain.decoding import json_decoder

_MOST_LINE_BYTES = 64 << 10


class Begun(Struct, frozen=True):
    """A blob that was begun: what names its bytes, where it goes, and whether it is there.

    `md5` of the whole blob is known when it is done; empty in lines of earlier versions.
    """

    fingerprint: str
    container: str
    name: str
    fate: str
    done: bool = False
    md5: bytes = b""


class IngestJournal:
    """Lines of one drive and one account, in a file of the state folder; `dry` only reads them."""

    def __init__(self, folder: Path, account: str, drive: str, *, dry: bool = False) -> None:
        self._dry = dry
        key = hashlib.blake2b(f"{account}\n{drive}".encode(), digest_size=16).hexdigest()
        self._path = folder / f"{key}.jsonl"
        self._begun: dict[str, Begun] = {}
        self._file: int | None = None

    def __enter__(self) -> IngestJournal:
        for line in self._lines():
            self._begun[line.fingerprint] = line
        if self._dry:
            return self
        self._path.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
        self._file = os.open(self._path, flags, 0o600)
        # A line that a kill cut off must not swallow the next one.
        os.write(self._file, b"\n")
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def begun(self, fingerprint: str) -> Begun | None:
        """Give what an earlier run decided for the same bytes."""
        return self._begun.get(fingerprint)

    def begin(self, lines: Iterable[Begun]) -> None:
        """Note blobs on the medium before any of them is begun."""
        if self._write(lines):
            assert self._file is not None
            os.fsync(self._file)

    def finish(self, lines: Iterable[Begun]) -> None:
        """Note blobs that are there. Lost with the power, they are only sent once more."""
        self._write(replace(line, done=True) for line in lines)

    def _write(self, lines: Iterable[Begun]) -> bool:
        if self._dry:
            return False
        assert self._file is not None, "not entered"
        data = memoryview(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
        some = bool(data)
        while data:
            data = data[os.write(self._file, data) :]
        return some

    def _lines(self) -> Iterable[Begun]:
        try:
            file = self._path.open("rb")
        except FileNotFoundError:
            return
        with file:
            while line := file.readline(_MOST_LINE_BYTES):
                try:
                    yield json_decoder(Begun).decode(line)
                except msgspec.DecodeError:
                    continue  # cut off by a kill; the blob of that line was not begun
