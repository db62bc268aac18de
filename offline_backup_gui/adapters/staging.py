"""Looking at an agent's staging location; it may be a share that never answers. Nothing is changed.

Whether an agent's service may write there is known for sure only when it writes: what is told here
is what this process sees.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence

from offline_backup_gui.adapters.drives.guard import Guard
from offline_backup_gui.domain.staging import PlaceLook
from offline_backup_gui.domain.staging_watch import StagedFile

TIME_LIMIT_S = 8.0
_MOST_FILES = 100_000
_SYSTEM_NAMES = frozenset({"lost+found", "system volume information", "$recycle.bin"})


class SystemStaging:
    """Implements `StagingDoor` over the file system; a place that hangs is asked only once."""

    def __init__(self, time_limit_s: float = TIME_LIMIT_S) -> None:
        self._time_limit_s = time_limit_s
        self._guard = Guard()

    def look(self, path: str) -> PlaceLook:
        """Say what is at a path."""
        answers = self._guard.ask_all({("look", path): lambda: _look(path)}, self._time_limit_s)
        return answers.get(("look", path), PlaceLook(path, None))

    def files(self, path: str) -> Sequence[StagedFile] | None:
        """List the files there and below, by name; none when there is no such folder."""
        answers = self._guard.ask_all({("files", path): lambda: _files(path)}, self._time_limit_s)
        return answers.get(("files", path))


def _look(path: str) -> PlaceLook:
    try:
        is_folder = os.path.isdir(path)
        if not is_folder:
            os.lstat(path)
            return PlaceLook(path, there=True)
        free_bytes = shutil.disk_usage(path).free
    except OSError as error:
        return PlaceLook(path, there=False, reason=error.strerror or "")
    except ValueError:  # a zero byte, which no path has
        return PlaceLook(path, there=False)
    writable = os.access(path, os.W_OK | os.X_OK)
    return PlaceLook(path, True, True, writable, free_bytes, resolved=os.path.realpath(path))


def _files(path: str) -> tuple[StagedFile, ...]:
    if not os.path.isdir(path):
        return ()
    return tuple(sorted(_below(path, ""), key=lambda file: file.name))


def _below(folder: str, prefix: str) -> Iterator[StagedFile]:
    """Walk without following links; what goes away meanwhile is not there."""
    waiting, count = [(folder, prefix)], 0
    while waiting:
        here, name = waiting.pop()
        with os.scandir(here) as entries:
            for entry in entries:
                if entry.name.lower() in _SYSTEM_NAMES:
                    continue
                try:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append((entry.path, f"{name}{entry.name}/"))
                        continue
                    # Asked anew: what a folder of Windows tells of a file is from its last closing.
                    info = os.stat(entry.path, follow_symlinks=False)
                except FileNotFoundError:
                    continue
                shown = os.fsencode(f"{name}{entry.name}").decode("utf-8", "replace")
                yield StagedFile(shown, info.st_size, info.st_mtime_ns)
                count += 1
                if count >= _MOST_FILES:
                    return
