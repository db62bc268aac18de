"""The manual check list answers every row of docs/not-verified.md, or says that it cannot.

A row is known by its beginning, up to the first comma, colon or semicolon: what follows may change.
"""

from __future__ import annotations

import re

from tests.house.checkout import ROOT

_CHECKLIST = (ROOT / "docs" / "windows-checklist.md").read_text("utf-8")
_ROWS = [
    re.split(r"[,:;]", line.removeprefix("| ").split(" | ")[0])[0].strip()
    for line in (ROOT / "docs" / "not-verified.md").read_text("utf-8").splitlines()
    if line.startswith("| ") and not line.startswith(("| What ", "| --- "))
]
_MINUTES = re.compile(r"^## [A-Z]\. .*\((\d+) minutes\)$", re.MULTILINE)


def _spoken(text: str) -> str:
    """Leave line ends out: prose is wrapped."""
    return " ".join(text.split())


def test_every_row_that_was_not_seen_is_in_the_check_list() -> None:
    """Whoever adds a row adds a step for it, or its name to what Windows cannot answer."""
    assert len(_ROWS) > 15
    page = _spoken(_CHECKLIST)
    missing = [row for row in _ROWS if _spoken(row) not in page]
    assert missing == [], "name these rows in docs/windows-checklist.md"


def test_every_step_says_what_it_answers() -> None:
    steps = re.findall(r"^\| ([A-Z]\d+) \|.*\| ([^|]+) \|$", _CHECKLIST, re.MULTILINE)
    numbers = [number for number, _ in steps]
    assert len(numbers) > 30
    assert len(set(numbers)) == len(numbers)
    lost = [
        number
        for number, answers in steps
        if answers.startswith("as ") and answers.removeprefix("as ") not in numbers
    ]
    assert lost == []


def test_the_steps_fit_into_an_hour() -> None:
    assert 45 <= sum(map(int, _MINUTES.findall(_CHECKLIST))) <= 60
