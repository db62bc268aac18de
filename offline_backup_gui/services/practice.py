"""The whole journey on this computer, with sample data, folders as drives, a folder as account."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.plan import Draft
from offline_backup_gui.services import sample_office
from offline_backup_gui.services.practice_journey import (
    Journey,
    PracticeOrder,
    add_drives,
    practice_draft,
)
from offline_backup_gui.services.practice_result import PracticeResult, Step
from offline_backup_gui.services.removing import remove_tree
from offline_backup_gui.services.watching import Watch

if TYPE_CHECKING:
    from offline_backup_gui.services import Services

__all__ = ["Practice", "PracticeOrder", "PracticeResult", "Step"]

_ROOM = 6  # times the office: office, drives, account twice, one restore, some air
_PREFIX = "offline-backup-practice-"


def _ignore(_: Step) -> None:
    """Take steps nobody listens to."""


class Practice:
    """Practises in a folder of its own; the state of this computer's backups is not touched."""

    def __init__(self, build: Callable[[Path], Services]) -> None:
        """Take what builds services on a state folder."""
        self._build = build
        self._journey: Journey | None = None

    def run(
        self,
        order: PracticeOrder | None = None,
        watch: Watch | None = None,
        on_step: Callable[[Step], None] = _ignore,
        *,
        size_bytes: int = sample_office.SIZE_BYTES,
    ) -> PracticeResult:
        """Walk the journey; without an order in a temporary folder, removed at the end.

        The folder of an order is kept and must be empty: TARGET_NOT_EMPTY. Stopped when asked to
        stop; TARGET_NOT_WRITABLE when there is no room.
        """
        if order is not None:
            return self._run(order, watch or Watch(), on_step, kept=True)
        folder = _temporary_folder(size_bytes)
        try:
            order = PracticeOrder(folder, size_bytes)
            return self._run(order, watch or Watch(), on_step, kept=False)
        finally:
            remove_tree(folder)

    def stop(self) -> None:
        """Ask a running journey to stop, from any thread or signal handler."""
        if self._journey is not None:
            self._journey.stop()

    def _run(
        self, order: PracticeOrder, watch: Watch, on_step: Callable[[Step], None], *, kept: bool
    ) -> PracticeResult:
        order = replace(order, folder=_empty_folder(order.folder))
        result = PracticeResult(str(order.folder), kept)
        self._journey = Journey(self._build, order, watch, on_step, result)
        self._journey.run()
        return result

    def draft(self, services: Services, folder: Path) -> Draft:
        """Make the sample office and three practice drives for the window; give its answers.

        `services` must be built on a state folder of practice. What is there already stays.
        """
        order = PracticeOrder(
            Path(os.path.realpath(folder)), account=services.planning.practice_account()
        )
        ready = order.folder / "office is ready"
        if not ready.exists():
            if order.office.exists():
                remove_tree(order.office)
            office = sample_office.make(order.office, order.seed, order.size_bytes)
            ready.write_text(str(office.data_bytes), encoding="ascii")
        drives = add_drives(services, order, int(ready.read_text(encoding="ascii")))
        return practice_draft(order, drives)


def _empty_folder(folder: Path) -> Path:
    """Give the real path of a folder that is empty, made when it is missing."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise BackupError(ErrorCode.TARGET_NOT_EMPTY, path=str(folder))
    except OSError as error:
        reason = error.strerror or str(error)
        raise BackupError(ErrorCode.TARGET_NOT_WRITABLE, path=str(folder), reason=reason) from error
    return Path(os.path.realpath(folder))


def _temporary_folder(size_bytes: int) -> Path:
    """Make a folder where everything fits: a memory disk may be too small, so look elsewhere."""
    places = [Path(tempfile.gettempdir()), Path.home(), Path.cwd()]
    for place in places:
        if os.access(place, os.W_OK) and shutil.disk_usage(place).free > size_bytes * _ROOM:
            return Path(tempfile.mkdtemp(prefix=_PREFIX, dir=place))
    raise BackupError(ErrorCode.TARGET_NOT_WRITABLE, path=str(places[0]), reason=os.strerror(28))
