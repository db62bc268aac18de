"""One hash for a whole tree: names and bytes, never times or owners."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path


def files_of(tree: Path) -> list[Path]:
    """Give the files below a folder, or the file itself, in an order that is always the same."""
    if tree.is_file():
        return [tree]
    return sorted(
        (path for path in tree.rglob("*") if path.is_file()), key=lambda path: path.as_posix()
    )


def tree_digest(tree: Path) -> str:
    """Give the SHA-256 over the relative names and the content of every file."""
    total = hashlib.sha256()
    for path in files_of(tree):
        name = path.relative_to(tree).as_posix().encode()
        content = hashlib.sha256(path.read_bytes()).digest()
        total.update(len(name).to_bytes(4, "big") + name + content)
    return total.hexdigest()


def size_bytes(tree: Path) -> int:
    """Give the bytes of all files below a folder."""
    return sum(path.stat().st_size for path in files_of(tree))


def inputs_digest(paths: Iterable[Path], *words: str) -> str:
    """Give one hash for files, folders and words that something is made from."""
    total = hashlib.sha256()
    for path in paths:
        for file in files_of(path):
            if "__pycache__" not in file.parts:
                name = file.relative_to(path.parent).as_posix().encode()
                total.update(name + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    for word in words:
        total.update(b"\0" + word.encode())
    return total.hexdigest()
