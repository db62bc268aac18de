"""What may lie in the repository, and what no committed file may hold."""

from __future__ import annotations

import re

from tests.house.checkout import committed, text_of

TOP = {
    ".ci",
    ".editorconfig",
    ".gitattributes",
    ".gitignore",
    "LICENSE",
    "Makefile",
    "README.md",
    "benchmarks",
    "changelog.d",
    "docs",
    "installer",
    "offline_backup_gui",
    "pyproject.toml",
    "requirements-dev.lock",
    "requirements.lock",
    "resources",
    "tests",
}

# Put together from halves, so that this file does not hold what it looks for.
_MACHINE = re.compile(r"(?<![\w.-])/(?:work|root)" + "/")
_REGISTRY = re.compile(
    "|".join(("pypi" + r"\.org", "python" + r"hosted\.org", "npm" + r"js\.(?:org|com)"))
    + "|"
    + "|".join((r"deb\." + "debian", r"crates\." + "io", r"proxy\." + r"golang"))
)
_UNFINISHED = re.compile(r"\b(?:TO" + "DO|FIX" + "ME|X" + "XX|NotImplemented" + r"Error)\b")
_SECRET = re.compile("-----BEGIN (?:[A-Z]+ )?PRIV" + "ATE KEY-----")


def _holding(pattern: re.Pattern[str], *, spare: frozenset[str] = frozenset()) -> list[str]:
    found = []
    for name in committed():
        text = None if name.name in spare else text_of(name)
        for number, line in enumerate((text or "").splitlines(), 1):
            if pattern.search(line):
                found.append(f"{name}:{number}: {line.strip()[:80]}")
    return found


def test_the_top_of_the_repository_is_as_agreed() -> None:
    assert {name.parts[0] for name in committed()} - TOP == set()


def test_no_file_names_a_place_on_the_machine_it_was_written_on() -> None:
    assert _holding(_MACHINE) == []


def test_no_file_names_a_registry() -> None:
    assert _holding(_REGISTRY) == []


def test_nothing_is_left_half_done() -> None:
    # The hashes of the npm lock may spell anything.
    assert _holding(_UNFINISHED, spare=frozenset({"package-lock.json"})) == []


def test_no_private_key_is_committed() -> None:
    assert _holding(_SECRET) == []


def test_no_room_is_a_lumber_room() -> None:
    lumber = {"utils", "common", "helpers", "manager", "core", "misc"}
    rooms = {
        part for name in committed() if name.suffix == ".py" for part in (*name.parts, name.stem)
    }
    assert rooms & lumber == set()


def test_lines_of_text_end_as_on_linux() -> None:
    assert [name for name in committed() if "\r\n" in (text_of(name) or "")] == []
