"""Where a restore writes: files appear whole, nothing is overwritten silently, nothing escapes."""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import re
import stat
import threading
from collections.abc import Callable, Sequence

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.file_ports import SmallFileMakers, TargetFiles
from offline_backup_gui.engine.pace import CORES, Turns
from offline_backup_gui.engine.restore_mark import Mark
from offline_backup_gui.engine.scan import shown
from offline_backup_gui.engine.target_files import (
    CannotKeepError,
    FileWriter,
    Writer,
    cannot_keep,
    is_there,
    not_writable,
    stream_writer,
    together,
)
from offline_backup_gui.formats.catalogue import Entry, Kind

_MORE_DATA = 234  # ERROR_MORE_DATA
_CASE = "differs-in-case-only"
_SEPARATOR = os.fsencode(os.sep)
FEW = 1000  # so many small files take as long as it takes to start processes that make them
_WITHOUT_CASE = frozenset(
    "\u00b5\u0131\u017f\u0345\u03d0\u03d1\u03d5\u03d6\u03f0\u03f1\u03f5\u1e9b\u1fbe"
    "\u1c80\u1c81\u1c82\u1c83\u1c84\u1c85\u1c86\u1c87\u1c88"
)
_PART = re.compile(rb"\.offline-backup-part-[0-9a-f]{16}-[0-9]+")


class NotMade(str):
    """The reason why there is no such file now."""


def _real(path: bytes) -> bytes:
    """Follow every link of a path; one too long for Windows to name stays as it is."""
    try:
        return os.path.realpath(path)
    except OSError as error:
        if getattr(error, "winerror", None) != _MORE_DATA:
            raise
        return path


def _is_its_own_way(path: bytes) -> bool:
    """Say whether no link stands anywhere in a path; Windows has two separators and one case."""
    try:
        return os.path.normcase(os.path.realpath(path)) == os.path.normcase(path)
    except OSError as error:
        if getattr(error, "winerror", None) != _MORE_DATA:
            raise
        # A way too long for Windows to name: no part of it may be a link.
        while path != (above := os.path.dirname(path)):
            tag: int = getattr(os.lstat(path), "st_reparse_tag", 0) if is_there(path) else 0
            if tag:
                return False
            path = above
        return True


def _assert_short(path: bytes) -> None:
    """Let the system refuse a path that is too long, before time is spent on each part of it."""
    try:
        os.lstat(path)
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise


def _make_folders(path: bytes) -> None:
    """Make a folder and its parents, however deep it is: the library's own way is recursive."""
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISDIR(os.stat(path).st_mode):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
        return
    missing = [path]
    while not os.path.isdir(parent := os.path.dirname(missing[-1])):
        missing.append(parent)
    for folder in reversed(missing):
        os.mkdir(folder, 0o700)


def _folded(name: bytes) -> str:
    """Give a name as Windows compares it: letter by letter in upper case."""
    return "".join(map(_upper, name.decode("utf-8", "surrogatepass")))


def _upper(letter: str) -> str:
    """Give the upper case by the tables of NTFS, which do not know all pairs of Unicode.

    The Turkish dotless i, the long s and the micro sign are no forms of other letters there, and
    what takes two units of UTF-16 has no case. Where two tables differ, the pair counts as one.
    """
    if letter in _WITHOUT_CASE or letter > "\uffff":
        return letter
    return next((up for up in (letter.upper(), letter.title()) if len(up) == 1), letter)


class Target:
    """A folder to restore into.

    A mark names the point while the restore is unfinished, so that the same restore, started
    again after a kill or a power cut, continues.
    """

    def __init__(self, files: TargetFiles, to: bytes, point_id: str, *, overwrite: bool) -> None:
        self._files = files
        self._to = files.full(to)
        self._point_id, self._overwrite = point_id.encode(), overwrite
        self._mark = Mark(self._to, self._point_id)
        self._made: set[bytes] = set()
        self._case_of, self._name_by_case = b"", dict[str, bytes]()
        self._refused: set[bytes] = set()  # folders that differ from others in case only
        # Random, so that no file that is restored can stand in the way of one being written.
        self._part = b".offline-backup-part-" + os.urandom(8).hex().encode() + b"-"
        self._numbers = itertools.count()
        self._turns = Turns()
        self._starting, self._small = threading.Lock(), 0
        self._makers: SmallFileMakers | None = None

    def begin(self, names: Sequence[bytes]) -> None:
        """Check and mark the target; TARGET_NOT_EMPTY unless overwriting or continuing."""
        try:
            os.makedirs(self._to, exist_ok=True)
            self._to = _real(self._to)
            self._mark = Mark(self._to, self._point_id)
            self._mark.read()
            if not self._mark.continued and not self._overwrite:
                for name in names:
                    path = os.path.join(self._to, name)
                    if is_there(path):
                        raise BackupError(ErrorCode.TARGET_NOT_EMPTY, path=shown(path))
            if not self._mark.continued:
                self._mark.put()
        except OSError as error:
            raise not_writable(self._to, error) from error

    def keep(self) -> None:
        """Bring what is finished onto the medium, so that no power cut costs it any more."""
        try:
            self._mark.renew()
        except OSError as error:
            raise not_writable(self._to, error) from error

    @property
    def has_streams(self) -> bool:
        """Say whether files may have alternate streams here."""
        return self._files.has_streams

    def takes(self, name: bytes) -> bool:
        """Say whether a name means here one file or folder of that very name."""
        return self._files.takes(name)

    def leads_here(self, path: bytes) -> bool:
        """Say the same of each part of a path below a source."""
        return path == b"" or all(self._files.takes(part) for part in path.split(b"/"))

    def path(self, root: bytes, path: bytes) -> bytes:
        """Give the full path of something below a source."""
        full = os.path.join(self._to, root)
        return os.path.join(full, path.replace(b"/", _SEPARATOR)) if path else full

    def inside(self, folder: bytes, name: bytes) -> bytes:
        """Give the full path of a name in a folder."""
        return folder + _SEPARATOR + name

    def one_by_case(
        self, entries: list[Entry], folder: bytes, differ: Callable[[bytes, str], None]
    ) -> list[Entry]:
        """Where case does not count, keep one of the names that differ in nothing else.

        A large folder comes in several parts, one after the other.
        """
        if not self._files.folds_case:
            return entries
        if self._case_of != folder:
            self._case_of, self._name_by_case = folder, {}
        wanted = []
        for entry in entries:
            name = entry.name.partition(b":")[0] if entry.stream else entry.name
            if self._name_by_case.setdefault(_folded(name), name) == name:
                wanted.append(entry)
                continue
            differ(self.inside(folder, entry.name), _CASE)
            if entry.kind is Kind.FOLDER:
                self._refused.add(self.inside(folder, name))
        return wanted

    def make_folder(self, path: bytes) -> None:
        """Make a folder and its parents; CannotKeepError rather than follow a link out of here."""
        if path in self._made:
            return
        if path in self._refused or os.path.dirname(path) in self._refused:
            self._refused.add(path)
            raise CannotKeepError(_CASE)
        try:
            # A hostile catalogue may name a link as a folder, and an old target may hold links:
            # the real path tells, before anything is made and after.
            _assert_short(path)
            for _ in range(2):
                if not _is_its_own_way(path):
                    raise CannotKeepError("a link is in its place")
                _make_folders(path)
            if self._mark.continued:
                self._sweep(path)
        except OSError as error:
            raise cannot_keep(path, error) from error
        self._made.add(path)

    def _sweep(self, folder: bytes) -> None:
        """Remove what a killed restore left half written; nothing is written here yet."""
        with os.scandir(folder) as entries:
            parts = [entry.path for entry in entries if _PART.fullmatch(entry.name)]
        for part in parts:
            self._files.remove(part)

    def already_done(self, path: bytes, entry: Entry) -> bool:
        """Say whether the restore that was cut off finished this file already."""
        if not self._mark.continued:
            return False
        try:
            info = self._files.lstat(path)
        except OSError:
            return False
        return (
            stat.S_ISREG(info.st_mode)
            and info.st_size == entry.size
            and info.st_mtime_ns == entry.mtime_ns
            and self._mark.covers(info)
        )

    def create(self, path: bytes, entry: Entry) -> FileWriter:
        """Begin a file under a temporary name in its folder; `path` ends with its name."""
        part = path[: path.rfind(_SEPARATOR) + 1] + self._part + b"%d" % next(self._numbers)
        return FileWriter(self._files, path, part, entry, replace=self._replace)

    @property
    def _replace(self) -> bool:
        return self._overwrite or self._mark.continued

    def stream(self, path: bytes, name: bytes, entry: Entry) -> Writer | None:
        """Begin a stream of something that is finished; None where there are no streams."""
        return stream_writer(self._files, path, name, entry)

    @property
    def continuing(self) -> bool:
        """Say whether a restore that was cut off goes on here."""
        return self._mark.continued

    def put(self, folder: bytes, small: Sequence[tuple[Entry, memoryview]]) -> list[str | None]:
        """Make small files of a folder; give for each the reason when it is not as promised.

        A file that could not be made at all has the reason `NotMade`.
        """
        makers = self._makers_for(len(small))
        # What Windows knew of a file is not for a maker.
        if makers is None or any(entry.windows is not None for entry, _ in small):
            with self._turns.taken():
                return [
                    self._put(self.inside(folder, kept.name), kept, data) for kept, data in small
                ]
        files = [(entry.name, entry, data) for entry, data in small]
        part = self._part + b"%d" % next(self._numbers)
        try:
            made = makers.make(folder, part, files, replace=self._replace)
        except OSError as error:
            raise not_writable(folder, error) from error
        reasons: list[str | None] = []
        for (name, _, _), reason in zip(files, made, strict=True):
            if isinstance(reason, tuple):
                reason = NotMade(str(cannot_keep(self.inside(folder, name), OSError(*reason))))
            reasons.append(reason)
        return reasons

    def _makers_for(self, count: int) -> SmallFileMakers | None:
        """Give processes for small files, once there are enough of them to pay for the start."""
        with self._starting:
            before, self._small = self._small, self._small + count
            if before < FEW <= self._small:
                self._makers = self._files.makers(CORES)
            return self._makers

    def _put(self, path: bytes, entry: Entry, data: memoryview) -> str | None:
        try:
            writer = self.create(path, entry)
            try:
                writer.write(0, data)
                return writer.finish()
            finally:
                writer.abort()
        except CannotKeepError as error:
            return NotMade(error)

    def close(self) -> None:
        """End what helps; safe at any time."""
        with self._starting:
            makers, self._makers = self._makers, None
        if makers is not None:
            makers.close()

    def make_special(self, path: bytes, entry: Entry) -> str | None:
        """Make a symbolic link or FIFO; give the reason when it is not as promised."""
        try:
            if os.path.lexists(path) and self._replace:
                self._files.remove(path)
            self._files.make_link(path, entry)
        except (OSError, AttributeError, ValueError) as error:
            return getattr(error, "strerror", None) or str(error)
        return together(self._files.set(path, entry))

    def link(self, first: bytes, path: bytes) -> str | None:
        """Give a finished file a further name."""
        try:
            if os.path.lexists(path) and self._replace:
                if os.path.samefile(first, path):
                    return None
                self._files.remove(path)
            os.link(first, path, follow_symlinks=False)
        except OSError as error:
            return error.strerror or str(error)
        return None

    def finish_folder(self, path: bytes, entry: Entry) -> str | None:
        """Set mode, times and attributes of a folder after everything in it is done."""
        return together(self._files.set(path, entry))

    def finish(self) -> None:
        """Flush and take the mark away."""
        try:
            self._mark.remove()
        except OSError as error:
            raise not_writable(self._to, error) from error
