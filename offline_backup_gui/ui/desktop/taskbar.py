"""The progress of a job in the button of the taskbar: ITaskbarList3, called through its table."""

from __future__ import annotations

import ctypes
from enum import IntEnum
from typing import Any

from PySide6.QtWidgets import QWidget

from offline_backup_gui.domain.job import Job, JobState
from offline_backup_gui.ui.desktop.calls import ShellCalls

STEPS = 1000


class Flag(IntEnum):
    """TBPFLAG of shobjidl_core.h."""

    NONE = 0
    BUSY = 1
    NORMAL = 2
    TROUBLE = 4
    PAUSED = 8


_FLAGS = {
    JobState.WAITING: Flag.BUSY,
    JobState.RUNNING: Flag.NORMAL,
    JobState.PAUSING: Flag.PAUSED,
    JobState.PAUSED: Flag.PAUSED,
    JobState.STOPPING: Flag.PAUSED,
    JobState.INTERRUPTED: Flag.TROUBLE,
    JobState.FAILED: Flag.TROUBLE,
}
# Places in the table: IUnknown 0 to 2, ITaskbarList 3 to 7, ITaskbarList2 8, ITaskbarList3 from 9.
_RELEASE, _HR_INIT, _SET_VALUE, _SET_STATE = 2, 3, 9, 10
_Prototype: Any = getattr(ctypes, "WINFUNCTYPE", ctypes.CFUNCTYPE)
_WINDOW, _NUMBER = ctypes.c_void_p, ctypes.c_ulonglong


def flag_of(job: Job | None, share: float | None) -> Flag:
    """Say what the button shows: nothing once all is well, red until somebody has looked."""
    if job is None:
        return Flag.NONE
    flag = _FLAGS.get(job.state, Flag.NONE)
    # A bar without an end is honest while nobody knows how much there is.
    return Flag.BUSY if flag is Flag.NORMAL and share is None else flag


class TaskbarList:
    """One ITaskbarList3; every result below zero is passed over: it is a comfort."""

    def __init__(self, pointer: int) -> None:
        """Take over the reference that `pointer` is."""
        self._pointer = pointer
        self._call(_HR_INIT, ())

    def _call(self, place: int, kinds: tuple[Any, ...], *values: object) -> int:
        table = ctypes.c_void_p.from_address(self._pointer).value or 0
        size = ctypes.sizeof(ctypes.c_void_p)
        address = ctypes.c_void_p.from_address(table + place * size).value or 0
        function = _Prototype(ctypes.c_long, ctypes.c_void_p, *kinds)(address)
        return int(function(self._pointer, *values))

    def show(self, window: int, flag: Flag, share: float | None) -> None:
        """Show a state and a share of 1; a value would make a busy bar a plain one again."""
        self._call(_SET_STATE, (_WINDOW, ctypes.c_int), window, int(flag))
        if flag in (Flag.NORMAL, Flag.PAUSED, Flag.TROUBLE):
            done = round((1.0 if share is None else share) * STEPS)
            self._call(_SET_VALUE, (_WINDOW, _NUMBER, _NUMBER), window, done, STEPS)

    def release(self) -> None:
        """Give the reference back."""
        pointer, self._pointer = self._pointer, 0
        if pointer:
            table = ctypes.c_void_p.from_address(pointer).value or 0
            place = table + _RELEASE * ctypes.sizeof(ctypes.c_void_p)
            address = ctypes.c_void_p.from_address(place).value or 0
            _Prototype(ctypes.c_ulong, ctypes.c_void_p)(address)(pointer)


class TaskbarProgress:
    """Shows one job in the buttons of the windows that ask for it."""

    def __init__(self, shell: ShellCalls) -> None:
        self._shell = shell
        self._list: TaskbarList | None = None
        self._asked = False
        self._shown: dict[int, tuple[Flag, int]] = {}
        self._wanted: dict[int, tuple[Flag, float | None]] = {}
        self.button_created = shell.message("TaskbarButtonCreated")

    def show(self, window: QWidget, job: Job | None, share: float | None) -> None:
        """Show a job in the button of a window; the same again costs nothing."""
        # Asking for a window's number would make one for a window that was never shown.
        if not window.isWindow() or not window.internalWinId():
            return
        self.show_flag(int(window.winId()), flag_of(job, share), share)

    def show_flag(self, window: int, flag: Flag, share: float | None) -> None:
        """Show a state in the button of a window of this number."""
        self._wanted[window] = (flag, share)
        news = (flag, -1 if share is None else round(share * STEPS))
        if self._shown.get(window, (Flag.NONE, -1)) == news:
            return
        self._shown[window] = news
        taskbar = self._taskbar()
        if taskbar is not None:
            taskbar.show(window, flag, share)

    def again(self, window: int) -> None:
        """Explorer made the button (anew): it knows nothing of what was shown."""
        self.close()
        self._shown.pop(window, None)
        if window in self._wanted:
            self.show_flag(window, *self._wanted[window])

    def watch(self, window: int) -> None:
        """Let Explorer tell an elevated window that its button was made."""
        if self.button_created:
            self._shell.let_in(window, self.button_created)

    def _taskbar(self) -> TaskbarList | None:
        if not self._asked:
            self._asked = True
            pointer = self._shell.taskbar()
            self._list = TaskbarList(pointer) if pointer else None
        return self._list

    def close(self) -> None:
        """Give the object back."""
        taskbar, self._list, self._asked = self._list, None, False
        if taskbar is not None:
            taskbar.release()
