"""Every job without a window, for scripts, Task Scheduler and tests; never loads Qt."""

from offline_backup_gui.cli.main import main

__all__ = ["main"]
