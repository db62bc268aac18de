"""Writes docs/reliability.md from the promises of the suite and their newest figures."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path

from tests.robustness.promises import SEED, Promise, newest

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "reliability.md"
_HEAD = f"""# What the engine promises, and how it is proved

Made by `make reliability` from the tests themselves; a test compares. Every promise is a test in
`tests/robustness/`. A short form with a fixed seed ({SEED}) runs in every CI run; the long form
runs behind one command, and its newest figures stand here:

```
make reliability                                             # all of it, hours
make reliability ARGS="tests/robustness/test_kills.py"       # one part of it
make reliability ARGS="tests/robustness --seed 7"            # other random numbers
```

A run that fails names the seed and the case. The same command with that seed fails again.
"""


def promises() -> Iterator[tuple[Path, Promise]]:
    """Yield every promise with the test file that holds it, by file."""
    for path in sorted(HERE.glob("test_*.py")):
        module = importlib.import_module(f"tests.robustness.{path.stem}")
        for promise in getattr(module, "PROMISES", ()):
            yield path, promise


def page() -> str:
    """Give the text of the page."""
    lines = [_HEAD, "| Promise | Newest figures | Held by |", "| --- | --- | --- |"]
    for path, promise in promises():
        numbers = newest(promise.key)
        told = "not measured in the long form yet"
        if numbers is not None:
            shown = {k: f"{v:,}" if isinstance(v, int) else v for k, v in numbers.items()}
            told = f"{promise.figures.format(**shown)} ({numbers['measured']})"
        name = f"tests/robustness/{path.name}"
        lines.append(f"| {promise.sentence} | {told} | `{name}` |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
