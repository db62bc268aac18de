"""Which names Windows takes as one plain part of a path; all others must not reach it.

A backup of a Linux share may hold a file called "..\\x" or "C:x". Windows would take the first for
a way upwards and the second for another drive. Source: "Naming Files, Paths, and Namespaces" in
the Windows documentation.
"""

from __future__ import annotations

import re

_NOT_ALLOWED = re.compile(r'[<>:"/\\|?*\x00-\x1f]')
_NOT_IN_STREAM = re.compile(r"[:/\\\x00]")
_DEVICE = re.compile(
    r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9\u00b9\u00b2\u00b3])\s*(?:\..*)?",
    re.IGNORECASE | re.DOTALL,
)


def is_windows_name(name: bytes) -> bool:
    """Say whether a name means on Windows what it says: one file or folder of that very name."""
    try:
        text = name.decode("utf-8", "surrogatepass")  # as Windows paths are encoded
    except UnicodeDecodeError:
        return False
    return (
        text not in ("", ".", "..")
        and not _NOT_ALLOWED.search(text)
        and not text.endswith((".", " "))
        and not _DEVICE.fullmatch(text)
    )


def is_windows_path(path: bytes) -> bool:
    """Say the same of every part of a path with "/" between; the empty path is one."""
    return path == b"" or all(is_windows_name(part) for part in path.split(b"/"))


def is_verbatim_name(name: bytes) -> bool:
    r"""Say the same where the path is given in the form \\?\, in which Windows changes nothing.

    There, devices such as CON and dots or spaces at the end are parts of plain names.
    """
    try:
        text = name.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return False
    return text not in ("", ".", "..") and not _NOT_ALLOWED.search(text)


def is_stream_name(name: bytes) -> bool:
    """Say whether a name can be that of an alternate stream, and of nothing else."""
    try:
        text = name.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return False
    return text != "" and not _NOT_IN_STREAM.search(text)


_AT_THE_TOP = frozenset({b"pagefile.sys", b"hiberfil.sys", b"swapfile.sys"})
_SHADOW_STORE = b"{3808876b-c176-4e48-b7ae-04046e6cc752}"
_OF_THE_VOLUME = b"system volume information"


def has_some_of_windows(folder: bytes, *, top: bool) -> bool:
    """Say whether `is_of_windows` has to be asked there; `top` is the top of a volume."""
    return top or folder.lower().rstrip(b"/\\").endswith(_OF_THE_VOLUME)


def is_of_windows(name: bytes, *, top: bool) -> bool:
    r"""Say whether a name there is what Windows works with while it runs, and no backup holds.

    The store of shadow copies grows with every copy that is made, shadow copies leave paging files
    out, and the store of the deduplication holds once more what is read as files. Source: the key
    Control\BackupRestore\FilesNotToBackup of Windows Server.
    """
    plain = name.lower()
    return plain in _AT_THE_TOP if top else _SHADOW_STORE in plain or plain == b"dedup"
