"""`python -m benchmarks NAME`: run one measurement and write its results."""

from __future__ import annotations

import argparse
import importlib
import json

_PARTS = ("drives", "floor", "index", "mirror", "page", "peers", "scan", "window")


def _without_rounds(value: object) -> object:
    if not isinstance(value, dict):
        return value
    return {key: _without_rounds(inner) for key, inner in value.items() if key != "each"}


def main() -> None:
    """Run what was named, and print medians and ratios."""

    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", choices=_PARTS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", help="where the data goes; memory unless said otherwise")
    given = parser.parse_args()
    options = {} if given.folder is None else {"folder": given.folder}
    result = importlib.import_module(f"benchmarks.{given.name}").run(given.rounds, **options)
    print(json.dumps(_without_rounds(result), indent=2))


if __name__ == "__main__":
    main()
