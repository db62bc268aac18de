"""The sentences: complete in both languages, in our tone; numbers as people write them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from offline_backup_gui import words
from offline_backup_gui.adapters.drives.windows_registry import policies
from offline_backup_gui.domain.drive import Bus, Encryption, Health, Sign
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.findings import Finding, FindingCode, Severity

ENGLISH = words.load("en")
GERMAN = words.load("de")
BOTH = pytest.mark.parametrize("spoken", [ENGLISH, GERMAN], ids=["en", "de"])
FORBIDDEN = {
    "en": re.compile(r"\berrors?\b|\bfailed to\b|\binvalid\b|\bplease\b|!", re.IGNORECASE),
    "de": re.compile(r"\bFehler\w*|\bungültig\w*|\bbitte\b|!", re.IGNORECASE),
}


@BOTH
@pytest.mark.parametrize("code", ErrorCode)
def test_every_trouble_has_a_title_a_why_and_a_do_this(
    spoken: words.Words, code: ErrorCode
) -> None:
    message = spoken.trouble(BackupError(code))
    assert message.title
    assert message.why
    assert message.do
    assert message.code == code.value


@BOTH
@pytest.mark.parametrize("code", FindingCode)
def test_every_finding_has_a_title_a_why_and_a_do_this(
    spoken: words.Words, code: FindingCode
) -> None:
    message = spoken.finding(Finding(code, Severity.NOTE))
    assert message.title
    assert message.why
    assert message.do
    assert message.code == code.value


def test_both_languages_have_the_same_sentences() -> None:
    assert ENGLISH.known_keys() ^ GERMAN.known_keys() == frozenset()


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, "0 files"), (1, "1 file"), (2, "2 files"), (1000, "1,000 files"), ("1", "1 file")],
)
def test_a_number_comes_with_the_noun_that_fits_it(count: int | str, shown: str) -> None:
    table = {"a.b": "{files:n:file|files}", "unit.thousands": ",", "unit.decimal": "."}
    assert words.Words("en", table).text("a.b", files=count) == shown


def test_both_languages_fill_the_same_gaps() -> None:
    differing = {
        key
        for key in ENGLISH.known_keys()
        if words.gaps(ENGLISH.raw(key)) != words.gaps(GERMAN.raw(key))
    }
    assert differing == set()


@BOTH
def test_no_sentence_blames_or_shouts(spoken: words.Words) -> None:
    rude = {
        key: spoken.raw(key)
        for key in spoken.known_keys()
        if FORBIDDEN[spoken.language].search(spoken.raw(key))
    }
    assert rude == {}


def test_no_sentence_belongs_to_a_code_that_is_gone() -> None:
    known = {f"error.{code.value}" for code in ErrorCode}
    known |= {f"finding.{code.value}" for code in FindingCode}
    spoken = {
        key.rsplit(".", 1)[0]
        for key in ENGLISH.known_keys()
        if key.startswith(("error.", "finding."))
    }
    assert spoken == known


def test_sizes_are_decimal_and_written_as_the_language_writes_them() -> None:
    assert ENGLISH.size(7_200_000_000_000) == "7.2 TB"
    assert GERMAN.size(7_200_000_000_000) == "7,2 TB"
    assert ENGLISH.size(80_000_000_000_000) == "80 TB"
    assert ENGLISH.size(1) == "1 byte"
    assert ENGLISH.size(999) == "999 bytes"
    assert ENGLISH.size(999_960_000) == "1 GB"
    assert ENGLISH.exact(7_200_000_000_001) == "7,200,000,000,001 bytes"
    assert GERMAN.exact(54_400) == "54.400 Byte"


def test_a_speed_is_written_in_megabytes_a_second() -> None:
    assert ENGLISH.rate(412_000_000) == "412 MB/s"
    assert GERMAN.rate(1_500_000_000) == "1,5 GB/s"
    assert ENGLISH.rate(0) == "0 MB/s"


def test_durations_and_days_are_said_as_people_say_them() -> None:
    assert ENGLISH.duration(59) == "under a minute"
    assert ENGLISH.duration(12_000) == "3 h 20 min"
    assert ENGLISH.duration(86_400 * 3) == "3 days"
    assert ENGLISH.days(40.2) == "41 days"
    assert GERMAN.days(0.2) == "1 Tag"


def test_a_moment_is_written_in_the_time_of_the_place() -> None:
    at = datetime(2026, 6, 3, 22, 30, tzinfo=UTC)
    there = timezone(timedelta(hours=2))
    table = {key: ENGLISH.raw(key) for key in ENGLISH.known_keys()}
    assert words.Words("en", table, zone=there).moment(at) == "4 June 2026, 00:30"


def test_a_missing_fact_never_breaks_a_sentence() -> None:
    title = ENGLISH.trouble(BackupError(ErrorCode.DRIVE_FULL)).title
    assert title == "Drive (unnamed) is full"


def test_the_plural_follows_the_count() -> None:
    assert ENGLISH.text("unit.days", count=1) == "1 day"
    assert ENGLISH.text("unit.days", count=2) == "2 days"


def test_an_unknown_event_is_shown_as_it_is() -> None:
    assert ENGLISH.event("something-new", {}) == "something-new"
    assert ENGLISH.event("drive-gone", {"drive": "E:"}) == "Drive E: was unplugged"


def test_the_language_follows_the_environment() -> None:
    assert words.system_language({"OFFLINE_BACKUP_LANGUAGE": "de", "LANG": "en_US.UTF-8"}) == "de"
    assert words.system_language({"LANG": "de_AT.UTF-8"}) == "de"
    assert words.system_language({"LANG": "fr_FR.UTF-8"}) == "en"
    assert words.system_language({"OFFLINE_BACKUP_LANGUAGE": "stretched"}) == "stretched"


def test_the_stretched_language_is_longer_and_keeps_the_facts() -> None:
    stretched = words.load("stretched").trouble(BackupError(ErrorCode.DRIVE_FULL, drive="X7"))
    assert "X7" in stretched.title
    assert len(stretched.title) > len("Drive X7 is full")


_SAYING = frozenset({"BackupError", "Finding", "note", "tell", "_blocker", "_warning", "_note"})


def said_places() -> Iterator[tuple[str, frozenset[str], str]]:
    """Find where the program says something: key of the sentence, facts given, file."""
    for path in sorted(Path(words.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            facts = {keyword.arg for keyword in node.keywords}
            for argument in node.args:
                if isinstance(argument, ast.Dict):
                    facts |= {getattr(key, "value", None) for key in argument.keys}
            # What is gathered in a variable first cannot be read from the call.
            hidden = len(node.args) > 2 and not isinstance(node.args[2], ast.Dict)
            if name not in _SAYING or None in facts or hidden:
                continue
            for argument in node.args:
                kind = getattr(getattr(argument, "value", None), "id", "")
                if isinstance(argument, ast.Attribute) and kind in ("ErrorCode", "FindingCode"):
                    code = (ErrorCode if kind == "ErrorCode" else FindingCode)[argument.attr]
                    group = "error" if kind == "ErrorCode" else "finding"
                    given = frozenset(str(fact) for fact in facts)
                    yield f"{group}.{code.value}", given, f"{path.name}:{node.lineno}"


def test_every_place_gives_its_sentence_the_facts_it_asks_for() -> None:
    hungry = {
        f"{place} {key}": sorted(asked - given)
        for key, given, place in said_places()
        for asked in [
            frozenset().union(
                *(words.gaps(ENGLISH.raw(f"{key}.{part}")) for part in ("title", "why", "do"))
            )
        ]
        if asked - given - {"nearest", "suggestion"}
    }
    assert hungry == {}


@BOTH
@pytest.mark.parametrize("group", [Bus, Health, Encryption])
def test_everything_a_drive_can_be_has_a_word(
    spoken: words.Words, group: type[Bus | Health | Encryption]
) -> None:
    missing = [v for v in group if not spoken.has(f"{group.__name__.lower()}.{v.value}")]
    assert missing == []


@BOTH
def test_every_sign_of_failure_and_every_policy_has_its_words(spoken: words.Words) -> None:
    fatal = (Sign.VERDICT, Sign.ATTRIBUTE, Sign.SPARE, Sign.UNRELIABLE)
    assert all(spoken.has(f"sign.{sign.value}") for sign in fatal)
    found = policies(lambda _key, _name: 1)
    assert len(found) == 5
    assert all(spoken.has(f"policy.{name}") for name in found)
