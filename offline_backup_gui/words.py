"""Every sentence shown to people, by key and language; free of Qt, for the command line too.

The sentences lie in `resources/words/<language>/*.toml`. A placeholder may carry a kind:
`{size_bytes:bytes}` (decimal units), `{size_bytes:exact}`, `{files:count}`, `{speed:rate}`,
`{days:days}`, `{seconds:duration}`, `{at:date}`, `{at:moment}`, `{route:term:route}` (looks up the
word "route.<value>"), `{files:n:file|files}` (the number with the noun that fits it). A key with
the forms `one` and `other` is chosen by the parameter `count`.
"""

from __future__ import annotations

import locale
import os
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from datetime import datetime, tzinfo
from pathlib import Path
from string import Formatter

from msgspec import Struct

from offline_backup_gui.domain.errors import BackupError, Parameter
from offline_backup_gui.domain.findings import Finding

LANGUAGES = ("en", "de")
LANGUAGE_VARIABLE = "OFFLINE_BACKUP_LANGUAGE"
STRETCHED = "stretched"
Value = Parameter | datetime

_UNITS = ("bytes", "kB", "MB", "GB", "TB", "PB")
_GROUP = re.compile(r"^\[([\w-]+)", re.MULTILINE)
_ACCENTS = str.maketrans("aeiouAEIOUnc", "åéîöüÅÉÎÖÜñç")


class Message(Struct, frozen=True):
    """What happened, why, and what to do first. `code` is shown in small print."""

    title: str
    why: str
    do: str
    code: str = ""


def resources() -> Path:
    """Give the folder of icons, sentences and data files, in a checkout as in an installation."""
    return Path(__file__).resolve().parent.parent / "resources"


def system_language(environ: Mapping[str, str] | None = None) -> str:
    """Give the language to begin with: the variable, the locale of the shell, else Windows'."""
    environ = os.environ if environ is None else environ
    wanted = [
        environ.get(name, "") for name in (LANGUAGE_VARIABLE, "LC_ALL", "LC_MESSAGES", "LANG")
    ]
    if sys.platform == "win32":  # pragma: no cover - Windows shells set none of these
        import ctypes

        wanted.append(
            locale.windows_locale.get(ctypes.windll.kernel32.GetUserDefaultUILanguage(), "")
        )
    for value in wanted:
        if value == STRETCHED:
            return STRETCHED
        if value[:2].lower() in LANGUAGES:
            return value[:2].lower()
    return LANGUAGES[0]


def load(language: str | None = None) -> Words:
    """Read the sentences of a language ("en", "de", "stretched"), or of the system's."""
    language = language or system_language()
    source = language if language in LANGUAGES else LANGUAGES[0]
    return Words(language, _Sentences(resources() / "words" / source))


class _Sentences(Mapping[str, str]):
    """The flat table of a folder of TOML files.

    A file is parsed when a group of it ("cli" of "cli.done") is first asked for: all of them
    take longer than many a command.
    """

    def __init__(self, folder: Path) -> None:
        self._table: dict[str, str] = {}
        texts = [path.read_text("utf-8") for path in sorted(folder.glob("*.toml"))]
        self._unread = [(frozenset(_GROUP.findall(text)), text) for text in texts]

    def __getitem__(self, key: str) -> str:
        self._read(key.partition(".")[0])
        return self._table[key]

    def __iter__(self) -> Iterator[str]:
        self._read(None)
        return iter(self._table)

    def __len__(self) -> int:
        self._read(None)
        return len(self._table)

    def _read(self, group: str | None) -> None:
        for wanted in [one for one in self._unread if group is None or group in one[0]]:
            self._table.update(_flat("", tomllib.loads(wanted[1])))
        self._unread = [one for one in self._unread if group is not None and group not in one[0]]


class Words:
    """The sentences of one language, with its way to write sizes, numbers and dates."""

    def __init__(self, language: str, table: Mapping[str, str], zone: tzinfo | None = None) -> None:
        """Take the flat table of sentences; `zone` is the computer's own when left out."""
        self.language = language
        self._table = table
        self._zone = zone
        self._formatter = _Filler(self)

    def known_keys(self) -> frozenset[str]:
        """Name every sentence there is."""
        return frozenset(self._table)

    def raw(self, key: str) -> str:
        """Give a sentence with its gaps unfilled; KeyError when there is none."""
        return self._table[key]

    def has(self, key: str) -> bool:
        """Say whether there is a sentence of this key (with or without plural forms)."""
        return key in self._table or f"{key}.other" in self._table

    def text(self, key: str, /, **parameters: Value) -> str:
        """Fill a sentence; KeyError for an unknown key, which is a slip of ours."""
        if key not in self._table:
            key = f"{key}.one" if parameters.get("count") == 1 else f"{key}.other"
        text = self._formatter.vformat(self._table[key], (), parameters)
        return _stretch(text) if self.language == STRETCHED else text

    def term(self, group: str, value: str) -> str:
        """Give the word for a value of a group ("bus", "usb"); an unknown value is shown raw."""
        key = f"{group}.{value}"
        return self.text(key) if key in self._table else value

    def finding(self, finding: Finding) -> Message:
        """Word a finding."""
        return self._message("finding", finding.code.value, finding.parameters)

    def trouble(self, error: BackupError) -> Message:
        """Word an expected trouble."""
        return self._message("error", error.code.value, error.parameters)

    def event(self, code: str, parameters: Mapping[str, Parameter]) -> str:
        """Word something that happened in a job, as one line; an unknown code is shown raw."""
        for group in ("event", "finding", "error"):
            for key in (f"{group}.{code}", f"{group}.{code}.title"):
                if self.has(key):
                    return self.text(key, **parameters)
        if f"phase.{code}" in self._table:
            return self.text(f"phase.{code}")
        return code

    def _message(self, group: str, code: str, parameters: Mapping[str, Parameter]) -> Message:
        title, why, do = (
            self.text(f"{group}.{code}.{part}", **parameters) for part in ("title", "why", "do")
        )
        return Message(title, why, do, code)

    # ------------------------------------------------------------ numbers

    def number(self, value: float, decimals: int = 0) -> str:
        """Write a number with the language's marks: 54,400 or 7,2."""
        plain = f"{value:,.{decimals}f}"
        marks = {",": self._table["unit.thousands"], ".": self._table["unit.decimal"]}
        return "".join(marks.get(letter, letter) for letter in plain)

    def size(self, size_bytes: float) -> str:
        """Write a size in decimal units, as Azure counts: "7.2 TB"."""
        if size_bytes < 1000:
            return self.text("unit.byte", count=int(size_bytes))
        number, unit = self._scaled(size_bytes)
        return self.text("unit.sized", number=number, unit=unit)

    def exact(self, size_bytes: int) -> str:
        """Write a size to the byte: "7,200,000,000,000 bytes"."""
        return self.text("unit.byte", count=size_bytes)

    def rate(self, bytes_per_second: float) -> str:
        """Write a speed: "412 MB/s"."""
        number, unit = self._scaled(max(bytes_per_second, 0.0), least="MB")
        return self.text("unit.rate", number=number, unit=unit)

    def percent(self, share: float) -> str:
        """Write a share of 1 as whole percent."""
        return self.text("unit.percent", number=self.number(int(share * 100)))

    def _scaled(self, value: float, least: str = "kB") -> tuple[str, str]:
        step = _UNITS.index(least)
        value /= 1000.0**step
        # 999.95 would round up to "1,000 GB"; the next unit says it shorter.
        while value >= 999.5 and step < len(_UNITS) - 1:
            value /= 1000.0
            step += 1
        decimals = 1 if value < 99.95 and step >= 2 and round(value, 1) % 1 else 0
        return self.number(value, decimals), _UNITS[step]

    # ------------------------------------------------------------ time

    def days(self, days: float) -> str:
        """Write a number of days, rounded up: a part of a day is a day for planning."""
        return self.text("unit.days", count=max(1, -int(-days // 1)))

    def duration(self, seconds: float) -> str:
        """Write how long something takes: "3 h 20 min", or days beyond two."""
        minutes = int(seconds // 60)
        if minutes < 1:
            return self.text("unit.under-a-minute")
        if minutes < 60:
            return self.text("unit.minutes", minutes=minutes)
        if minutes < 48 * 60 and minutes % 60 == 0:
            return self.text("unit.hours", hours=minutes // 60)
        if minutes < 48 * 60:
            return self.text("unit.hours-minutes", hours=minutes // 60, minutes=minutes % 60)
        return self.text("unit.days", count=round(minutes / 1440))

    def date(self, at: datetime) -> str:
        """Write a date in the computer's time zone."""
        return self._dated("unit.date", at)

    def moment(self, at: datetime) -> str:
        """Write a date with its time, in the computer's time zone."""
        return self._dated("unit.moment", at)

    def _dated(self, key: str, at: datetime) -> str:
        local = at.astimezone(self._zone)
        return self.text(
            key,
            day=local.day,
            month=self._table[f"month.{local.month}"],
            year=local.year,
            hour=f"{local.hour:02d}",
            minute=f"{local.minute:02d}",
        )

    def listed(self, parts: tuple[str, ...] | list[str]) -> str:
        """Join words: "a, b and c"."""
        if len(parts) < 2:
            return "".join(parts)
        return ", ".join(parts[:-1]) + self._table["unit.list-and"] + parts[-1]


class _Filler(Formatter):
    """Fills the gaps of a sentence; a missing fact becomes a neutral word, never a crash."""

    def __init__(self, words: Words) -> None:
        self._words = words

    def get_value(
        self, key: int | str, _arguments: object, parameters: Mapping[str, Value]
    ) -> Value | None:
        return parameters.get(str(key))

    def get_field(
        self, field_name: str, args: object, kwargs: Mapping[str, Value]
    ) -> tuple[object, str]:
        value = self.get_value(field_name, args, kwargs)
        if value is None:
            words = self._words
            known = f"unknown.{field_name}"
            return _Unknown(words.raw(known if words.has(known) else "unknown.any")), field_name
        return value, field_name

    def format_field(self, value: object, format_spec: str) -> str:
        if isinstance(value, _Unknown):
            return str(value)
        words = self._words
        kind, _, group = format_spec.partition(":")
        if kind == "term":
            return words.term(group, str(value))
        if kind == "n":
            return self._with_noun(value, group)
        if isinstance(value, str) and kind in ("date", "moment"):
            try:
                value = datetime.fromisoformat(value)
            except ValueError:
                return str(value)
        if isinstance(value, datetime):
            return words.date(value) if kind == "date" else words.moment(value)
        if isinstance(value, tuple):
            return words.listed(list(value))
        if isinstance(value, int | float) and not isinstance(value, bool):
            return self._number(value, kind)
        return str(value)

    def _with_noun(self, value: object, forms: str) -> str:
        """Write a number and its noun; a text is a number that was written before."""
        one, _, other = forms.partition("|")
        counted = isinstance(value, int | float) and not isinstance(value, bool)
        shown = self._number(float(value), "count") if counted else str(value)  # type: ignore[arg-type]
        return f"{shown} {one if shown == '1' else other}"

    def _number(self, value: float, kind: str) -> str:
        words = self._words
        match kind:
            case "bytes":
                return words.size(value)
            case "exact":
                return words.exact(int(value))
            case "count":
                return words.number(value)
            case "rate":
                return words.rate(value)
            case "days":
                return words.days(value)
            case "duration":
                return words.duration(value)
            case _:
                return str(value)


class _Unknown(str):
    """The neutral word for a fact that was not given."""

    __slots__ = ()


def gaps(sentence: str) -> frozenset[str]:
    """Name the placeholders of a sentence."""
    return frozenset(name for _, name, _, _ in Formatter().parse(sentence) if name)


def _flat(prefix: str, table: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        name = f"{prefix}.{key}" if prefix else key
        if isinstance(value, Mapping):
            yield from _flat(name, value)
        else:
            yield name, str(value)


def _stretch(text: str) -> str:
    """Make a sentence a third longer and accented, so that a test sees what would be cut."""
    if len(text) < 2 or not any(letter.isalpha() for letter in text):
        return text
    return text.translate(_ACCENTS) + " " + "~" * (len(text) // 3)
