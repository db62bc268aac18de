"""What README and docs name has to exist: files, links, commands, modules."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.house.checkout import ROOT, committed, pages, text_of

_LINK = re.compile(r"\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_MAKE = re.compile(r"^make ([a-z][a-z-]*)")
_COMMAND = re.compile(r"^(?:\.venv/bin/)?offline-backup ([a-z]+)\b")
_MODULE = re.compile(r"^offline_backup_gui(?:\.[a-z_0-9]+)+$")
_PATH = re.compile(r"^[\w.*-]+(?:/[\w.*-]+)*/?$")
_PACKAGE = ROOT / "offline_backup_gui"


def _text(page: Path) -> str:
    text = text_of(page)
    assert text is not None, f"{page} is not UTF-8"
    return text


def _spoken(page: Path) -> Iterator[str]:
    """Give what a page sets as code: inline pieces and the lines of fenced blocks."""
    text = _text(page)
    for block in _FENCE.findall(text):
        yield from (line.strip() for line in block.splitlines()[1:-1])
    yield from (found.strip() for found in _CODE.findall(_FENCE.sub("", text)))


def _targets() -> set[str]:
    return set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def _is_ours(path: str) -> bool:
    """Say whether a piece of code claims to be a file of this checkout.

    Object names such as `keys/passphrase.json` look alike; only our own folders and Python files
    count. What a command makes first is not there yet in a fresh clone.
    """
    if not _PATH.match(path) or not re.search(r"[A-Za-z]", path) or "node_modules" in path:
        return False
    first = path.split("/")[0]
    tops = {name.parts[0] for name in committed() if len(name.parts) > 1}
    rooms = {child.name for child in _PACKAGE.iterdir() if child.is_dir()}
    return path.endswith(".py") or ("/" in path and first in (tops | rooms) - {"__pycache__"})


def _exists(path: str, page: Path) -> bool:
    bases = (ROOT, ROOT / page.parent, _PACKAGE)
    return any(next(base.glob(path.rstrip("/")), None) is not None for base in bases)


@cache
def _help(*words: str) -> str:
    asked = subprocess.run(
        [sys.executable, "-m", "offline_backup_gui", *words, "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return asked.stdout if asked.returncode == 0 else ""


def _each_page() -> list[object]:
    return [pytest.param(page, id=str(page)) for page in pages()]


each_page = pytest.mark.parametrize("page", _each_page())


@each_page
def test_every_link_leads_somewhere(page: Path) -> None:
    links = [link.split("#")[0] for link in _LINK.findall(_text(page)) if "://" not in link]
    missing = [link for link in links if link and not (ROOT / page.parent / link).exists()]
    assert missing == []


@each_page
def test_every_file_a_page_names_is_there(page: Path) -> None:
    missing = [piece for piece in _spoken(page) if _is_ours(piece) and not _exists(piece, page)]
    assert missing == []


@each_page
def test_every_make_target_a_page_names_is_there(page: Path) -> None:
    named = {found[1] for piece in _spoken(page) if (found := _MAKE.match(piece))}
    assert named - _targets() == set()


@each_page
def test_every_module_a_page_names_is_there(page: Path) -> None:
    named = [piece for piece in _spoken(page) if _MODULE.match(piece)]
    assert [name for name in named if importlib.util.find_spec(name) is None] == []


@each_page
def test_every_command_a_page_names_is_there(page: Path) -> None:
    named = {found[1] for piece in _spoken(page) if (found := _COMMAND.match(piece))}
    unknown = {one for one in named if not re.search(rf"\b{one}\b", _help()) and not _help(one)}
    assert unknown == set()


def test_make_help_lists_what_can_be_made() -> None:
    told = subprocess.run(
        ["make", "help"], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    ).stdout
    assert {"setup", "run", "test", "lint", "screens"} <= set(
        re.findall(r"^make (\w+)", told, re.M)
    )


def test_the_readme_begins_with_its_two_commands() -> None:
    first = _FENCE.findall(_text(Path("README.md")))[0].splitlines()
    assert [line.split("#")[0].strip() for line in first[1:-1]] == ["make run", "make test"]


def test_decisions_are_numbered_without_gaps() -> None:
    records = sorted(page.name for page in pages() if page.parent == Path("docs/decisions"))
    assert [name[:4] for name in records] == [f"{n:03d}-" for n in range(1, len(records) + 1)]


def test_every_change_begins_with_its_kind() -> None:
    entries = [page for page in pages() if page.parts[0] == "changelog.d" and page.stem != "README"]
    assert len(entries) > 10
    kinds = re.compile(r"(?:Added|Changed|Fixed|Removed|Security): \S")
    assert [page.name for page in entries if not kinds.match(_text(page))] == []
