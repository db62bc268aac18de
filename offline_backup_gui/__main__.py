"""Start the program: `python -m offline_backup_gui`."""

from __future__ import annotations

import sys

from offline_backup_gui import app


def main() -> int:
    """Run the command line, or the window when there are no arguments."""
    return app.main()


def main_window() -> int:
    """Open the window."""
    return app.main_window()


if __name__ == "__main__":
    sys.exit(main())
