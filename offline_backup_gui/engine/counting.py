"""Counts files and bytes of the sources ahead of the copy; used for totals and for sizing."""

from __future__ import annotations

import os
import stat
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence

from msgspec import Struct, field

from offline_backup_gui.domain.book import Reason
from offline_backup_gui.domain.file_ports import SourceFiles
from offline_backup_gui.engine.scan import Exclusions, walk
from offline_backup_gui.engine.source import is_sparse

_HEAD_START_S = 5.0


class Counts(Struct):
    """What was counted so far; a file with several names counts once in bytes.

    `size_bytes` is what will be read through, holes included; `data_bytes` is what is really there
    to be stored, so that a sparse disk image asks for no more room than it takes.
    """

    files: int = 0
    folders: int = 0
    size_bytes: int = 0
    data_bytes: int = 0
    unreadable: int = 0
    by_top_folder: dict[bytes, int] = field(default_factory=lambda: defaultdict(int))


def count(
    files: SourceFiles,
    sources: Sequence[bytes],
    exclude: Sequence[str],
    counts: Counts,
    checkpoint: Callable[[], None],
) -> None:
    """Walk the sources and count into `counts`, which others may read meanwhile."""
    exclusions = Exclusions(exclude)
    linked: set[tuple[int, int]] = set()

    def on_trouble(_path: bytes, _reason: Reason, _detail: str) -> None:
        counts.unreadable += 1

    for root in sources:
        for folder in walk(files, root, exclusions, on_trouble):
            checkpoint()
            counts.folders += 1
            top = os.path.join(root, folder.path.split(b"/", 1)[0])
            for child in folder.children:
                if not stat.S_ISREG(child.stat.st_mode):
                    continue
                counts.files += 1
                key = (child.stat.st_dev, child.stat.st_ino)
                if child.stat.st_nlink > 1 and key in linked:
                    continue
                if child.stat.st_nlink > 1:
                    linked.add(key)
                counts.size_bytes += child.stat.st_size
                data_bytes = child.stat.st_size
                if is_sparse(child.stat):
                    data_bytes = child.stat.st_blocks * 512
                counts.data_bytes += data_bytes
                counts.by_top_folder[top] += data_bytes


class Counter:
    """Counts in a thread of its own until it is through or told to end.

    It begins a moment later than the work it counts for: a short run, or one that finds nothing
    changed, is through by then, and a second walk beside its own would only hold it up.
    """

    def __init__(
        self,
        files: SourceFiles,
        sources: Sequence[bytes],
        exclude: Sequence[str],
        on_counts: Callable[[Counts, bool], None],
    ) -> None:
        self._files, self._sources, self._exclude = files, sources, exclude
        self._on_counts = on_counts
        self._ending = threading.Event()
        self.counts = Counts()
        self._thread = threading.Thread(target=self._run, name="counting", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        if self._ending.wait(_HEAD_START_S):
            return
        try:
            count(self._files, self._sources, self._exclude, self.counts, self._checkpoint)
        except _EndedError:
            return
        self._on_counts(self.counts, True)

    def _checkpoint(self) -> None:
        if self._ending.is_set():
            raise _EndedError
        self._on_counts(self.counts, False)

    def end(self) -> None:
        """Stop counting and wait for the thread."""
        self._ending.set()
        self._thread.join()


class _EndedError(Exception):
    """Counting is not wanted any more."""
