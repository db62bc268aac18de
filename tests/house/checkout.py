"""The checkout as the house tests see it: which files are committed, and what they say."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


@cache
def committed() -> tuple[Path, ...]:
    """Give every committed file that is still there, relative to the checkout."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    ).stdout
    return tuple(Path(name) for name in listed.split("\0") if name and (ROOT / name).is_file())


def text_of(name: Path) -> str | None:
    """Give a file's text, or None when it is no text."""
    data = (ROOT / name).read_bytes()
    if b"\0" in data:
        return None
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


def pages() -> list[Path]:
    """Give every committed page of documentation."""
    return [name for name in committed() if name.suffix == ".md"]
