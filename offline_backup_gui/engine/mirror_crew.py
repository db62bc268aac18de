"""The drives of a copy at work together: one thread each, and who sits out for now."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial

from offline_backup_gui.domain.errors import BackupError, ErrorCode, Stopped
from offline_backup_gui.domain.findings import FindingCode
from offline_backup_gui.engine.context import Context
from offline_backup_gui.engine.mirror_state import MirrorDrive, MirrorOrder
from offline_backup_gui.engine.sessions import tell_trouble

_SITS_OUT = frozenset(
    {
        ErrorCode.DRIVE_GONE,
        ErrorCode.DRIVE_NOT_FOUND,
        ErrorCode.DRIVE_READ_ONLY,
        ErrorCode.DRIVE_SILENT,
        ErrorCode.DRIVE_FAILING,
    }
)


class Crew:
    """Begins drives, gives each its thread, and lets one that came back take part again."""

    def __init__(self, context: Context, order: MirrorOrder, drives: Sequence[MirrorDrive]) -> None:
        self._context, self._order, self._drives = context, order, drives

    @property
    def active(self) -> list[MirrorDrive]:
        """Give the drives that take part."""
        return [drive for drive in self._drives if drive.out is None]

    def trouble(self) -> BackupError:
        """Give what the first drive that sits out ran into."""
        return next(drive.out for drive in self._drives if drive.out is not None)

    def begin(self) -> None:
        """Open every drive; one that is gone sits out."""
        for drive in self._drives:
            self._context.control.checkpoint()
            self._context.progress.current(drive.label)
            try:
                drive.begin(self._context, self._order)
            except BackupError as error:
                if error.code not in _SITS_OUT:
                    raise
                self._sit_out(drive, error)
        self._context.progress.current("")

    def take_back(self) -> None:
        """Let drives that were pulled and are here again take part; raises when there are none."""
        for drive in self._drives:
            if drive.out is None or drive.out.code is ErrorCode.DRIVE_FAILING:
                continue
            try:
                drive.begin(self._context, self._order, again=True)
            except BackupError:
                continue
            drive.out = None
            self._context.tell(FindingCode.DRIVE_BACK, drive=drive.label)
        self._assert_one()

    def work(self, work: Callable[[MirrorDrive], None]) -> None:
        """Call `work` for each drive in a thread of its own; raise what ends the run.

        A drive that is pulled, or full, ends no run: the next round deals out what it lacks.
        """
        active, clock = self.active, self._context.clock
        threads = [
            threading.Thread(target=partial(_guarded, work, drive), daemon=True) for drive in active
        ]
        for thread in threads:
            thread.start()
        look = self._context.progress.look_at_lanes
        look(lambda: [drive.lane(clock) for drive in self._drives])
        for thread in threads:
            thread.join()
        ending = [error for drive in active if (error := self._settle(drive)) is not None]
        look(tuple)
        if ending:
            raise next((error for error in ending if not isinstance(error, Stopped)), ending[0])
        self._assert_one()

    def _settle(self, drive: MirrorDrive) -> BaseException | None:
        """Note what a drive ran into; give it when it ends the run."""
        trouble, drive.trouble = drive.trouble, None
        if not isinstance(trouble, BackupError):
            return trouble
        if trouble.code in _SITS_OUT:
            self._sit_out(drive, trouble)
        elif trouble.code is ErrorCode.DRIVE_FULL:
            drive.full = True
            tell_trouble(self._context, drive.label, trouble)
        else:
            return trouble
        return None

    def _sit_out(self, drive: MirrorDrive, error: BackupError) -> None:
        drive.out = error
        tell_trouble(self._context, drive.label, error)

    def _assert_one(self) -> None:
        if not self.active:
            raise self.trouble()


def _guarded(work: Callable[[MirrorDrive], None], drive: MirrorDrive) -> None:
    try:
        work(drive)
    except BaseException as error:
        drive.trouble = error
