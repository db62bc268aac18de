"""A plan's sources as the engine takes them."""

from __future__ import annotations

import os

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.plan import Plan
from offline_backup_gui.engine.sessions import Sources


def sources_of(plan: Plan) -> Sources:
    """Give a plan's sources; SOURCE_MISSING names the first that is not there."""
    folders = []
    for source in plan.carried:
        path = os.path.abspath(os.path.expanduser(source))
        if not os.path.isdir(path):
            raise BackupError(ErrorCode.SOURCE_MISSING, path=source)
        folders.append(os.fsencode(path))
    return Sources(tuple(folders), plan.exclude)
