"""Figures and lists of a result as lines of text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from offline_backup_gui.cli.call import Call

_SHOWN = 20  # lines of a list on the screen; --json has all of them
_REASON = re.compile(r"([a-z-]*)[: ]*(.*)", re.DOTALL)


def show(call: Call, key: str, outcome: Mapping[str, object]) -> None:
    """Print a sentence with the figures of a result; those in bytes as sizes."""
    words = call.speaker.words
    values: dict[str, str | int] = {}
    for name, value in outcome.items():
        if isinstance(value, int) and not isinstance(value, bool):
            values[name] = words.size(value) if "bytes" in name else words.number(value)
        elif isinstance(value, str):
            values[name] = value
    call.speaker.line(words.text(key, **values))


def show_ledger(
    call: Call, key: str, lines: Sequence[Mapping[str, str]], group: str = "left-out"
) -> None:
    """Print what is not in a backup, or differs from it, each path with its reason in words."""
    words = call.speaker.words
    if not lines:
        return
    call.speaker.line(words.text(key, count=len(lines)))
    for line in lines[:_SHOWN]:
        # What the system said follows the reason behind a colon or a space.
        name, detail = _REASON.findall(line["reason"])[0]
        text = words.term(group, name) + (f" ({detail})" if detail else "")
        call.speaker.line(f"  {line['path']}: {text}")
    _more(call, len(lines))


def show_names(call: Call, kind: str, names: Sequence[str]) -> None:
    """Print names that share a fate: damaged, missing, renamed."""
    for name in names[:_SHOWN]:
        call.speaker.line(f"  {call.speaker.words.text('cli.' + kind)}: {name}")
    _more(call, len(names))


def _more(call: Call, count: int) -> None:
    if count > _SHOWN:
        call.speaker.line("  " + call.speaker.words.text("cli.more", count=count - _SHOWN))
