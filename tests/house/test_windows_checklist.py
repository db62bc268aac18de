"""The manual check list answers every row of docs/not-verified.md, or says that it cannot."""

from __future__ import annotations

import re

from tests.house.checkout import ROOT

_CHECKLIST = (ROOT / "docs" / "windows-checklist.md").read_text("utf-8")
_ROWS = [
    line.removeprefix("| ").split(" | ")[0].strip()
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
    assert [row for row in _ROWS if _spoken(row) not in page] == []


def test_every_step_answers_a_row() -> None:
    steps = re.findall(r"^\| ([A-Z]\d+) \|.*\| ([^|]+) \|$", _CHECKLIST, re.MULTILINE)
    assert len(steps) > 25
    numbers = {number for number, _ in steps}
    known = {_spoken(row) for row in _ROWS}
    wrong = [
        number
        for number, answers in steps
        if answers.removeprefix("as ") not in numbers and _spoken(answers) not in known
    ]
    assert wrong == []


def test_the_steps_fit_into_an_hour() -> None:
    assert 45 <= sum(map(int, _MINUTES.findall(_CHECKLIST))) <= 60
