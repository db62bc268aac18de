"""Start the program: `python -m offline_backup_gui`."""

from __future__ import annotations

import gc
import sys

# What is loaded stays: looking for garbage in it every 700 objects costs a tenth of the start.
_YOUNG_OBJECTS = 100_000


def main() -> int:
    """Run the command line, or the window when there are no arguments."""
    if len(sys.argv) > 1:  # a window stays for days, and keeps what is usual
        gc.set_threshold(_YOUNG_OBJECTS)
    from offline_backup_gui import app

    try:
        return app.main()
    finally:
        gc.freeze()  # everything ends now, and nobody looks through it once more before


def main_window() -> int:
    """Open the window."""
    from offline_backup_gui import app

    return app.main_window()


if __name__ == "__main__":
    sys.exit(main())
