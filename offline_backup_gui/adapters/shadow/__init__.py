"""A view of the sources that stands still while files are open and written."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from offline_backup_gui.adapters.shadow.none import NoShadowCopies
from offline_backup_gui.domain.ports import ShadowCopies

HOLD = "hold-shadow-copies"


def hold_shadow_copies(volumes: Sequence[str]) -> int:
    """Be the process that holds shadow copies, until the input ends; gives the exit code."""
    import time

    from offline_backup_gui.adapters.shadow.holder import hold
    from offline_backup_gui.adapters.shadow.vss import windows_service

    return hold(volumes, windows_service, time.sleep, sys.stdin.buffer, sys.stdout.buffer)


def system_shadow_copies(command: Sequence[str]) -> ShadowCopies:
    """Give the shadow copies of this computer; `command` starts this program anew."""
    if sys.platform != "win32":
        return NoShadowCopies()
    from offline_backup_gui.adapters.shadow.volumes import windows_volume_of
    from offline_backup_gui.adapters.shadow.windows import WindowsShadowCopies

    return WindowsShadowCopies([*command, HOLD], windows_volume_of)
