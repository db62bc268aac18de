"""Mutates bytes and values, so that most cases get past a parser's first look."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

_TOKENS = (
    b"\x00", b"\xff", b"\xff\xff\xff\xff", b"\x80", b"\x7f", b"\xdd\xff\xff\xff\xff", b"..", b"/",
    b"../", b"\\", b"\0", b"9" * 40, b"-1", b"1e999", b"[[[[", b'{"', b'"', b"null", b"\xc3\x28",
    b"\xed\xa0\x80", b"OBPACK\x00\x01", b"OBPOINT\x01", b"\x28\xb5\x2f\xfd", b"\n", b" ", b"\r\n",
)  # fmt: skip
_NUMBERS = (
    0, 1, -1, 2, 15, 16, 17, 255, 256, 1 << 14, 1 << 20, (1 << 31) - 1, 1 << 31, (1 << 32) - 1,
    1 << 32, 1 << 40, 1 << 62, (1 << 63) - 1,
)  # fmt: skip
_VALUES: tuple[Any, ...] = (
    None, True, False, "", "x", b"", b"x", b"..", b"/", b"\0", [], {}, [[]], {"": 0}, 1.5, "\ud7ff",
    "../" * 9, b"x" * 300, "0" * 64, "\x1b[2J", bytes(32),
)  # fmt: skip

Mutator = Callable[[random.Random, Any], Any]


def mutated_bytes(chooser: random.Random, data: bytes) -> bytes:
    """Change a few bytes: flip, set, cut, double, insert, exchange, or lengthen."""
    found = bytearray(data)
    for _ in range(chooser.choice((1, 1, 1, 2, 3, 8))):
        at = chooser.randrange(len(found) + 1)
        way = chooser.randrange(8)
        if way == 0 and at < len(found):
            found[at] ^= 1 << chooser.randrange(8)
        elif way == 1 and at < len(found):
            found[at] = chooser.randrange(256)
        elif way == 2:
            del found[at : at + chooser.choice((1, 2, 4, 30))]
        elif way == 3:
            found[at:at] = found[at : at + chooser.choice((1, 4, 16))]
        elif way == 4:
            found[at:at] = chooser.choice(_TOKENS)
        elif way == 5:
            token = chooser.choice(_TOKENS)
            found[at : at + len(token)] = token
        elif way == 6:
            other = chooser.randrange(len(found) + 1)
            length = chooser.choice((1, 4, 8))
            found[at : at + length] = found[other : other + length]
        elif chooser.random() < 0.2:
            del found[at:]
    return bytes(found)


def mutated_text(chooser: random.Random, text: str) -> str:
    """Change a few letters."""
    return mutated_bytes(chooser, text.encode("utf-8", "surrogatepass")).decode("utf-8", "replace")


def mutated_value(chooser: random.Random, value: Any) -> Any:
    """Change something in a tree of plain values: one leaf, one key, one line, or the whole."""
    if isinstance(value, dict) and value and chooser.random() < 0.95:
        key = chooser.choice(list(value))
        way = chooser.random()
        if way < 0.08:
            return {name: part for name, part in value.items() if name != key}
        if way < 0.12:
            return {**value, chooser.choice(("zz", "k", "x", "c")): chooser.choice(_VALUES)}
        return {**value, key: mutated_value(chooser, value[key])}
    if isinstance(value, list) and value and chooser.random() < 0.9:
        at = chooser.randrange(len(value))
        way = chooser.random()
        if way < 0.15:
            return value[:at] + value[at + 1 :]
        if way < 0.3:
            return value + [value[at]] * chooser.choice((1, 2, 50))
        return [*value[:at], mutated_value(chooser, value[at]), *value[at + 1 :]]
    way = chooser.random()
    if way < 0.25:
        return chooser.choice(_VALUES)
    if way < 0.45:
        return chooser.choice(_NUMBERS)
    if isinstance(value, bool) or value is None:
        return not value
    if isinstance(value, int):
        return value + chooser.choice((-1, 1, 2, 1 << chooser.randrange(40)))
    if isinstance(value, bytes):
        return mutated_bytes(chooser, value)
    return mutated_text(chooser, value) if isinstance(value, str) else chooser.choice(_VALUES)


def corpus_case(chooser: random.Random, corpus: Sequence[Any], mutate: Mutator) -> Any:
    """Take a seed of the corpus and change it, sometimes more than once."""
    value = chooser.choice(corpus)
    for _ in range(chooser.choice((1, 1, 1, 2, 4))):
        value = mutate(chooser, value)
    return value


@dataclass(frozen=True)
class Parser:
    """One door: `read` is given a changed case of the corpus."""

    name: str
    corpus: Sequence[Any]
    mutate: Mutator
    read: Callable[[Any], object]

    def case(self, chooser: random.Random) -> Any:
        """Make the case that these random numbers lead to."""
        return corpus_case(chooser, self.corpus, self.mutate)
