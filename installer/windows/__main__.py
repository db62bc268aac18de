"""Build the Windows program: `python -m installer.windows stage`."""

from __future__ import annotations

import argparse

from installer.windows.places import Places
from installer.windows.stage import stage


def main() -> None:
    """Build what is asked for and print its figures."""
    parser = argparse.ArgumentParser(prog="python -m installer.windows", description=__doc__)
    parser.add_argument("what", choices=("stage",))
    parser.parse_args()
    made = stage(Places())
    print(f"{made.folder}: {made.size_bytes / 1e6:.1f} MB, sha256 {made.digest}")


if __name__ == "__main__":
    main()
