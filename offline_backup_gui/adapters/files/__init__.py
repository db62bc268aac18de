"""The file systems of this computer, with what they know beyond bytes."""

from __future__ import annotations

import sys

from offline_backup_gui.domain.file_ports import Files


def system_files() -> Files:
    """Give the file systems of this computer."""
    if sys.platform == "win32":
        from offline_backup_gui.adapters.files.windows import WindowsFiles

        return WindowsFiles()
    from offline_backup_gui.adapters.files.posix import PosixFiles

    return PosixFiles()


__all__ = ["system_files"]
