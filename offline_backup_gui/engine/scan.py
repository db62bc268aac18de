"""Walks the sources folder by folder, in a fixed order, and keeps nothing."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from offline_backup_gui.domain.book import Reason
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.file_ports import SourceFiles
from offline_backup_gui.domain.file_traits import Child

if TYPE_CHECKING:
    import pathspec

OnTrouble = Callable[[bytes, Reason, str], None]
_VERBATIM = b"\\\\?\\"
_encoder = msgspec.msgpack.Encoder()


class ScannedFolder(Struct, frozen=True):
    """One folder: root (the source as given), path below it, children sorted by name."""

    root: bytes
    path: bytes
    children: list[Child]

    def stats(self) -> bytes:
        """Give the bytes that change whenever anything in the folder may have changed."""
        return _encoder.encode([signature(child) for child in self.children])


_FIRST_NS, _LAST_NS = -(1 << 63), (1 << 64) - 1


def kept_time(ns: int) -> int:
    """Bring a time into the range the formats hold: the years 1677 to 2554."""
    return ns if _FIRST_NS <= ns <= _LAST_NS else max(_FIRST_NS, min(ns, _LAST_NS))


Signature = tuple[bytes, int, int, int, int, int, int, int]


def signature(child: Child) -> Signature:
    """Give what tells a changed file: mode, size, times in ns, inode, owner."""
    s = child.stat
    return (
        child.name,
        s.st_mode,
        s.st_size,
        kept_time(s.st_mtime_ns),
        kept_time(s.st_ctime_ns),
        s.st_ino,
        s.st_uid,
        s.st_gid,
    )


# The signatures of a folder that no scan has looked at: no file has this name.
UNSEEN = _encoder.encode([(b"", 0, 0, 0, 0, 0, 0, 0)])


def path_patterns(lines: Sequence[str], key: str) -> pathspec.PathSpec[Any] | None:
    """Compile patterns in the form of `.gitignore`; PLAN_VALUE_WRONG names the first bad one."""
    if not lines:
        return None
    import pathspec  # it loads three ways to match, and most plans leave nothing out

    for line in lines:
        try:
            pathspec.PathSpec.from_lines("gitignore", [line])
        except (ValueError, re.error) as error:
            raise BackupError(ErrorCode.PLAN_VALUE_WRONG, key=key, value=line) from error
    return pathspec.PathSpec.from_lines("gitignore", [_one_line(line) for line in lines])


def matches(spec: pathspec.PathSpec[Any], path: bytes, *, folder: bool) -> bool:
    """Say whether patterns match a path."""
    text = _one_line(path.decode("utf-8", "surrogateescape"))
    return spec.match_file(text + "/" if folder else text)


def _one_line(text: str) -> str:
    # Patterns become regular expressions in which "anything" ends where a line does. A name may
    # have several lines; a character that no script uses stands for the break between them.
    return text.replace("\n", "\ue00a")


class Exclusions:
    """Patterns in the form of `.gitignore`: `*.tmp` anywhere, `**/Thumbs.db`, `cache/`."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self._spec = path_patterns(patterns, "exclude")

    def __bool__(self) -> bool:
        return self._spec is not None

    def match(self, path: bytes, *, folder: bool) -> bool:
        """Say whether a path below its root is left out by choice."""
        return self._spec is not None and matches(self._spec, path, folder=folder)


def reason_of(error: OSError) -> Reason:
    """Tell denied, vanished and unreadable apart."""
    if isinstance(error, PermissionError):
        return Reason.ACCESS_DENIED
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return Reason.VANISHED
    return Reason.NOT_READABLE


def shown(path: bytes) -> str:
    """Give a path for people: bytes that are no UTF-8 appear as \\xNN, long Windows paths short."""
    if path.startswith(_VERBATIM):
        path = path[len(_VERBATIM) :]
        path = b"\\\\" + path[4:] if path.startswith(b"UNC\\") else path
    return path.decode("utf-8", "backslashreplace")


def below(path: bytes, name: bytes) -> bytes:
    """Join a path below a root with a name; the root itself is b""."""
    return path + b"/" + name if path else name


def inside(place: bytes, path: bytes) -> bytes:
    """Join where a source is read with a path below it; the root itself is b""."""
    if not path:
        return place
    if place.startswith(_VERBATIM):
        # Windows takes such a path letter by letter: a slash would be part of a name.
        path = path.replace(b"/", b"\\")
    return os.path.join(place, path)


def walk(
    files: SourceFiles,
    root: bytes,
    exclusions: Exclusions,
    on_trouble: OnTrouble,
    place: bytes | None = None,
) -> Iterator[ScannedFolder]:
    """Yield the folders of a source, parents first, names in byte order.

    The source is listed at `place`, when that is given, and goes by its root all the same. What
    cannot be listed or looked at goes to `on_trouble(full path at its place, reason, detail)`.
    """

    def hidden(path: bytes, error: OSError) -> None:
        on_trouble(path, reason_of(error), error.strerror or "")

    waiting = [b""]
    while waiting:
        path = waiting.pop()
        full = inside(root if place is None else place, path)
        try:
            children = files.children(full, hidden)
        except OSError as error:
            hidden(full, error)
            children = []
        if exclusions:
            children = [
                child
                for child in children
                if not exclusions.match(
                    below(path, child.name), folder=stat.S_ISDIR(child.stat.st_mode)
                )
            ]
        folders = [child.name for child in children if stat.S_ISDIR(child.stat.st_mode)]
        yield ScannedFolder(root, path, children)
        waiting.extend(below(path, name) for name in reversed(folders))
