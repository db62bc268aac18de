"""Where a path lies: pure comparison of Windows and POSIX paths, without touching a disk.

The caller resolves links first; what is compared here is text, by the rules of the system the
paths come from: on Windows letter case, both slashes, trailing dots and blanks do not count.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

Parts = tuple[str, ...]

_LETTER = re.compile(r"[A-Za-z]:")
_VERBATIM_SHARE = re.compile(r"[\\/]{2}[?.][\\/]UNC[\\/]", re.IGNORECASE)
_VERBATIM = re.compile(r"[\\/]{2}[?.][\\/]")
_SHARE = re.compile(r"\\\\[^\\/?.]")


def looks_windows(path: str) -> bool:
    """Say whether a path is written the Windows way: a letter, or two backslashes in front."""
    return bool(_LETTER.match(path)) or path.startswith("\\\\")


def parts(path: str, *, windows: bool | None = None) -> Parts:
    """Cut a path into comparable parts, its root first; "." and ".." are taken out.

    `windows` chooses the rules; left out, the path's own look decides. A path that is not
    absolute keeps an empty root, so it never lies inside an absolute one.
    """
    if windows is None:
        windows = looks_windows(path)
    return _windows_parts(path) if windows else _posix_parts(path)


def is_inside(inner: Parts, outer: Parts) -> bool:
    """Say whether `inner` is `outer` or lies below it."""
    return bool(outer) and inner[: len(outer)] == outer


def nearest(path: Parts, mounts: Iterable[Parts]) -> Parts | None:
    """Give the longest mount the path lies in: the one whose medium holds it."""
    holding = [mount for mount in mounts if is_inside(path, mount)]
    return max(holding, key=len, default=None)


def _posix_parts(path: str) -> Parts:
    root = "/" if path.startswith("/") else ""
    return (root, *_cleaned(path.split("/")))


def _windows_parts(path: str) -> Parts:
    root, rest = _windows_root(path)
    names = (
        name if name in (".", "..") else name.rstrip(" .") for name in re.split(r"[\\/]", rest)
    )
    return (root, *_cleaned(name.casefold() for name in names))


def _windows_root(path: str) -> tuple[str, str]:
    """Split off the root: "d:", a share as "\\\\server\\share", or a volume name."""
    share = _VERBATIM_SHARE.match(path)
    if share is None and (verbatim := _VERBATIM.match(path)):
        path = path[verbatim.end() :]
        if not _LETTER.match(path):  # \\?\Volume{...}\
            root, _, rest = re.sub(r"[\\/]", r"\\", path).partition("\\")
            return root.casefold(), rest
    if share is not None or path.startswith(("\\\\", "//")):
        rest = path[share.end() :] if share else path[2:]
        names = [name for name in re.split(r"[\\/]", rest) if name]
        return "\\\\" + "\\".join(names[:2]).casefold(), "\\".join(names[2:])
    if _LETTER.match(path):
        return path[:2].casefold(), path[2:]
    return ("\\" if path.startswith(("\\", "/")) else ""), path


def _cleaned(names: Iterable[str]) -> list[str]:
    kept: list[str] = []
    for name in names:
        if name == "..":
            del kept[-1:]
        elif name not in ("", "."):
            kept.append(name)
    return kept
