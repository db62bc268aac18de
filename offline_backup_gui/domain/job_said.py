"""Everything Azure says of a job, in its own names, set so that a person can read it; pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

_LAST = re.compile(r'(?:\.|^)([\w-]+)$|(\[\d+\]|\["(?:[^"\\]|\\.)*"\])$')
_SEVERAL_LINES = re.compile(r"\s*[\r\n]+\s*")


def rows(said: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Give lines of a place in the body and what stands there, in the body's order.

    What stands side by side in one inner object, or in one list, shares a line. Every value is in
    one of them, whole; only line breaks become spaces.
    """
    told: dict[str, list[str]] = {}
    for path, value in said.items():
        found = _LAST.search(path)
        name = path[found.start() :].lstrip(".") if found else path
        parent = path[: found.start()] if found else ""
        value = _SEVERAL_LINES.sub(" ", value)
        if parent in ("", "properties"):
            told.setdefault(path, []).append(value)
        elif name.startswith("[") and name[1:2].isdigit():
            told.setdefault(parent, []).append(value)
        else:
            told.setdefault(parent, []).append(f"{name} = {value}")
    return tuple((place, "; ".join(values)) for place, values in told.items())
