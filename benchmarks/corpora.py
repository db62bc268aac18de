"""The two sets of files that every benchmark uses, always the same for a seed.

"mixed": 4 GiB in some 16,000 files: text and source that compress, media that does not, zipped
office files, three disk images with runs of zeros of which the second is the first with 2.5 %
overwritten in place and the third the first with insertions. "small": 100,000 files of 1 to
20 KiB, three quarters of them text.
"""

from __future__ import annotations

import os
import random
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

SEED = 20261125
_KIB, _MIB = 1 << 10, 1 << 20
_IMAGE_BYTES = 448 * _MIB
_LETTERS = "etaoinshrdlucmfwypvbgk"
_WHEN_NS = 1_700_000_000_000_000_000


class Writer:
    """Text like people and programmers write it: words by Zipf's law, phrases that come back."""

    def __init__(self, chooser: random.Random) -> None:
        self._chooser = chooser
        words = [
            "".join(chooser.choices(_LETTERS, k=chooser.randint(2, 11))).encode()
            for _ in range(6000)
        ]
        weights = [1 / (rank + 8) for rank in range(len(words))]
        self._phrases = [
            b" ".join(chooser.choices(words, weights, k=chooser.randint(1, 9)))
            + chooser.choice([b" ", b" ", b", ", b".\n", b"(", b");\n    ", b" = ", b"\n\n"])
            for _ in range(40_000)
        ]
        self._weights = [1 / (rank + 40) for rank in range(len(self._phrases))]
        total, self._steps = 0.0, []
        for weight in self._weights:
            total += weight
            self._steps.append(total)

    def text(self, size: int) -> bytes:
        """Give `size` bytes of text; zstd -1 makes about a third of it."""
        made, length = [], 0
        while length < size:
            part = b"".join(
                self._chooser.choices(self._phrases, cum_weights=self._steps, k=2 + size // 40)
            )
            made.append(part)
            length += len(part)
        return b"".join(made)[:size]


@dataclass
class Corpus:
    """A tree of files with what is needed to change one per cent of it and to take that back."""

    top: Path
    files: list[Path] = field(default_factory=list)
    size_bytes: int = 0

    def add(self, name: str, data: bytes | bytearray) -> None:
        """Write one file, with a time that is not now."""
        path = self.top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        os.utime(path, ns=(_WHEN_NS, _WHEN_NS))
        self.files.append(path)
        self.size_bytes += len(data)


def mixed(top: Path, scale: float = 1.0) -> Corpus:
    """Make the mixed set; `scale` makes it smaller for a first look."""
    chooser = random.Random(SEED)
    writer, corpus = Writer(chooser), Corpus(top)
    number = 0
    for share, low, high, kind in (
        (0.14, 1, 80, "source"),
        (0.05, 40, 400, "notes"),
        (0.03, 400, 6000, "logs"),
    ):
        left = int(share * scale * 4096 * _MIB)
        while left > 0:
            size = min(left, int(chooser.uniform(low, high) * _KIB))
            corpus.add(f"{kind}/{number // 200:04}/{number:06}.txt", writer.text(size))
            number, left = number + 1, left - size
    left = int(0.11 * scale * 4096 * _MIB)
    while left > 0:
        size = min(left, int(chooser.uniform(20, 900) * _KIB))
        corpus.add(f"programs/{number // 100:04}/{number:06}.dll", _program(chooser, writer, size))
        number, left = number + 1, left - size
    left = int(0.032 * scale * 4096 * _MIB)
    while left > 0:
        size = min(left, int(chooser.uniform(20, 300) * _KIB))
        body = zlib.compress(writer.text(2 * size), 6)
        corpus.add(f"office/{number // 100:04}/{number:06}.docx", body)
        number, left = number + 1, left - len(body)
    images = int(_IMAGE_BYTES * scale)
    for name, data in _images(chooser, writer, images):
        corpus.add(f"images/{name}.vhd", data)
    left = int(scale * 4096 * _MIB) - corpus.size_bytes
    while left > 0:
        size = min(left, int(chooser.uniform(3, 150) * scale**0.5 * _MIB))
        corpus.add(f"media/{number:06}.mp4", chooser.randbytes(size))
        number, left = number + 1, left - size
    return corpus


def _program(chooser: random.Random, writer: Writer, size: int) -> bytes:
    """Give bytes like machine code: few values in patterns, some tables, some text."""
    blocks = []
    left = size
    opcodes = bytes(chooser.randrange(256) for _ in range(48))
    while left > 0:
        part = min(left, chooser.randrange(2000, 9000))
        draw = chooser.random()
        if draw < 0.6:
            raw = chooser.randbytes(part)
            blocks.append(raw.translate(bytes(opcodes[value % 48] for value in range(256))))
        elif draw < 0.8:
            blocks.append((chooser.randbytes(16) * (part // 16 + 1))[:part])
        elif draw < 0.9:
            blocks.append(chooser.randbytes(part))
        else:
            blocks.append(writer.text(part))
        left -= part
    return b"".join(blocks)


def _images(
    chooser: random.Random, writer: Writer, size: int
) -> Iterator[tuple[str, bytes | bytearray]]:
    first = bytearray()
    while len(first) < size:
        part = chooser.choice([64, 128, 256, 1024, 4096]) * _KIB
        draw = chooser.random()
        if draw < 0.33:
            first += bytes(part)
        elif draw < 0.66:
            first += writer.text(part)
        else:
            first += chooser.randbytes(part)
    del first[size:]
    yield "disk", first
    second = bytearray(first)
    left = size // 40
    while left > 0:
        part = chooser.choice([4, 8, 16, 64]) * _KIB
        at = chooser.randrange(0, max(1, size - part)) // 4096 * 4096
        second[at : at + part] = chooser.randbytes(part)
        left -= part
    yield "disk-later", second
    third = bytearray(first)
    for _ in range(4):
        at = chooser.randrange(size)
        third[at:at] = chooser.randbytes(chooser.randrange(1000, 100_000))
    yield "disk-shifted", third


def small(top: Path, count: int = 100_000) -> Corpus:
    """Make the set of small files."""
    chooser = random.Random(SEED + 1)
    writer, corpus = Writer(chooser), Corpus(top)
    text = writer.text(64 * _MIB)
    for number in range(count):
        size = int(chooser.uniform(1, 12) * _KIB)
        if chooser.random() < 0.1:
            size = int(chooser.uniform(12, 20) * _KIB)
        if chooser.random() < 0.75:
            at = chooser.randrange(len(text) - size)
            data = b"%d " % number + text[at : at + size]
        else:
            data = chooser.randbytes(size)
        corpus.add(f"{number // 5000:02}/{number // 100:04}/{number:06}", data)
    return corpus


@dataclass
class Change:
    """One per cent changed; `undo` brings every byte and time back."""

    kept: list[tuple[Path, int, bytes, int]]
    size_bytes: int

    def undo(self) -> None:
        """Take the change back."""
        for path, at, data, size in reversed(self.kept):
            with path.open("r+b") as file:
                file.seek(at)
                file.write(data)
                file.truncate(size)
            os.utime(path, ns=(_WHEN_NS, _WHEN_NS))


def change(corpus: Corpus, number: int) -> Change:
    """Change one per cent of the files, and one per cent of the first image in place."""
    chooser = random.Random(SEED * 100 + number)
    done = Change([], 0)
    ordinary = [path for path in corpus.files if path.suffix != ".vhd"]
    for path in chooser.sample(ordinary, len(corpus.files) // 100):
        size = path.stat().st_size
        part = chooser.randbytes(min(size, 40 * _KIB))
        at = chooser.randrange(0, size - len(part) + 1)
        _overwrite(done, path, at, part, size)
    for path in [path for path in corpus.files if path.name == "disk.vhd"]:
        size = path.stat().st_size
        left = size // 100
        while left > 0:
            part = chooser.randbytes(chooser.choice([4, 16, 64]) * _KIB)
            at = chooser.randrange(size - len(part)) // 4096 * 4096
            _overwrite(done, path, at, part, size)
            left -= len(part)
    return done


def _overwrite(done: Change, path: Path, at: int, data: bytes, size: int) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        done.kept.append((path, at, file.read(len(data)), size))
        file.seek(at)
        file.write(data)
    done.size_bytes += len(data)
