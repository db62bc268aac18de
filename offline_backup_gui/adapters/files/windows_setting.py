"""Sets on Windows what a backup kept of a name, reads it back, and names what is not as it was."""

from __future__ import annotations

import contextlib
import os
import stat
from functools import lru_cache

from offline_backup_gui.adapters.files import reparse, win32
from offline_backup_gui.adapters.files import windows_bytes as wb
from offline_backup_gui.adapters.files.descriptor_parts import (
    ATTRIBUTE,
    DACL,
    GROUP,
    LABEL,
    OWNER,
    PART_NAMES,
    SACL,
    SCOPE,
    parts_of,
    same,
)
from offline_backup_gui.adapters.files.sddl import descriptor_of
from offline_backup_gui.adapters.files.win32 import Win32Files
from offline_backup_gui.domain.file_traits import Kept, WindowsTraits

_WHO = OWNER | GROUP
_LEAST = _WHO | DACL
_ALL = _LEAST | LABEL | ATTRIBUTE | SCOPE
_INHERITED = ((0x400, 0x100), (0x800, 0x200))  # "auto inherited" and "auto inherit request"
_OWN = win32.BACKUP_SEMANTICS | win32.OPEN_REPARSE_POINT
_WRITE_RIGHTS = win32.READ_CONTROL | win32.WRITE_DAC | win32.WRITE_OWNER
_WRITE = win32.READ_ATTRIBUTES | win32.WRITE_ATTRIBUTES
_COMPRESS = win32.READ_DATA | win32.WRITE_DATA  # FSCTL_SET_COMPRESSION asks for both
# Bits that the file system sets for reasons of its own.
_COMPARED = sum(wb.FLAG_NAMES)


class Setter:
    """The writing half of `WindowsFiles`; `audits` says whether audit lists may be touched."""

    def __init__(self, door: Win32Files, *, audits: bool) -> None:
        self._door = door
        self._audit_access = win32.ACCESS_SYSTEM_SECURITY if audits else 0

    def rights_of(self, fd: int) -> bytes:
        """Give the security descriptor, with the audit list where that may be read."""
        if self._audit_access:
            with contextlib.suppress(OSError):  # it was opened without the right to
                return self._door.security(fd, _ALL | SACL)
        with contextlib.suppress(OSError):  # a server that knows no such parts
            return self._door.security(fd, _ALL)
        return self._door.security(fd, _LEAST)

    def create(self, path: str) -> int:
        """Make a new file, with the right to set everything where that is given."""
        access = win32.GENERIC_READ | win32.GENERIC_WRITE | win32.DELETE
        return self._open(path, (access | _WRITE_RIGHTS, access), win32.CREATE_NEW)

    def _open(self, path: str, accesses: tuple[int, ...], disposition: int) -> int:
        """Open with the most that is given; what may not be set then is told when it is set."""
        wanted = [accesses[0] | self._audit_access, *accesses]
        for access in wanted[:-1]:
            try:
                return self._door.open(path, access, disposition, _OWN)
            except OSError as error:
                if not win32.is_denied(error):
                    raise
        return self._door.open(path, wanted[-1], disposition, _OWN)

    def prepare(self, fd: int, kept: Kept) -> None:
        """Make a new file compressed or sparse; whether it worked is looked at in the end."""
        attributes = kept.windows.attributes if kept.windows else 0
        if attributes & wb.COMPRESSED:
            with contextlib.suppress(OSError):
                self._compress(fd, compressed=True)
        if kept.sparse or attributes & wb.SPARSE:
            with contextlib.suppress(OSError):
                self._door.control(fd, win32.SET_SPARSE, b"", 0)

    def _compress(self, fd: int, *, compressed: bool) -> None:
        self._door.control(fd, win32.SET_COMPRESSION, int(compressed).to_bytes(2, "little"), 0)

    def make_link(self, path: bytes, kept: Kept) -> None:
        """Make an empty file or folder into the link it was; OSError leaves nothing behind."""
        known = kept.windows
        try:
            data = known.reparse if known else b""
            data = data or reparse.symlink(os.fsdecode(kept.target))
            if reparse.tag_of(data) not in wb.LINKS:
                raise ValueError("no link")  # any other tag may mean anything to a driver
        except ValueError as error:
            raise OSError(22, str(error)) from error
        folder = bool(known and known.attributes & wb.DIRECTORY)
        text = os.fsdecode(path)
        if folder:
            os.mkdir(path)
            fd = self._door.open(text, win32.GENERIC_WRITE, win32.OPEN_EXISTING, _OWN)
        else:
            fd = self._door.open(text, win32.GENERIC_WRITE, win32.CREATE_NEW, _OWN)
        try:
            self._door.control(fd, win32.SET_REPARSE_POINT, data, 0)
        except OSError:
            os.close(fd)
            (os.rmdir if folder else os.unlink)(path)
            raise
        os.close(fd)

    # --- everything beyond bytes

    def set(self, where: str | int, kept: Kept) -> list[str]:
        """Set rights, attributes and times; give what is not as it was."""
        if isinstance(where, int):
            return self._set(where, kept)
        try:
            most = _WRITE | _WRITE_RIGHTS
            fd = self._open(where, (most | _COMPRESS, most, _WRITE), win32.OPEN_EXISTING)
        except OSError as error:
            return [f"times: {_word(error)}"]
        try:
            return self._set(fd, kept)
        finally:
            os.close(fd)

    def _set(self, fd: int, kept: Kept) -> list[str]:
        known = kept.windows
        if known is None:
            return self._set_foreign(fd, kept)
        return [*self._set_rights(fd, known), *self._set_basic(fd, known)]

    def _set_foreign(self, fd: int, kept: Kept) -> list[str]:
        """Set what Windows has of what another system knew."""
        lacks = ["other-system: owner, mode"]
        if kept.attributes:
            lacks = ["other-system: owner, mode, attributes"]
        written = wb.ticks_of(kept.mtime_ns)
        read_only = kept.kind == 0 and not kept.mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH)
        attributes = wb.READ_ONLY if read_only else 0
        try:
            before = wb.basic_info(self._door.query(fd, win32.BASIC, 40)).attributes
            flags = before & wb.SETTABLE | attributes or wb.NORMAL
            self._door.put(fd, win32.BASIC, wb.BasicInfo(0, 0, written, 0, flags).data())
            after = wb.basic_info(self._door.query(fd, win32.BASIC, 40))
        except OSError as error:
            return [*lacks, f"times: {_word(error)}"]
        if after.written != written or wb.ns_of(written) != kept.mtime_ns // 100 * 100:
            lacks.append("times")
        return lacks

    def _set_rights(self, fd: int, known: WindowsTraits) -> list[str]:
        if not known.sddl and not known.descriptor:
            return []
        try:
            wanted = known.descriptor or _descriptor(known.sddl)
            audits = parts_of(wanted).audits
        except ValueError as error:
            return [f"rights: {error}"]
        lacks: list[str] = []
        request = _requested(wanted)
        try:
            self._door.put_security(fd, _LEAST, request)
        except OSError as error:
            # Giving a file to somebody else needs the privilege to restore; rights do not.
            lacks.append(f"owner: {_word(error)}")
            try:
                self._door.put_security(fd, DACL, request)
            except OSError as second:
                return [f"rights: {_word(second)}"]
        for part, name in PART_NAMES.items():
            if part not in audits:
                continue
            try:
                self._door.put_security(fd, part, request)
            except OSError as error:
                lacks.append(f"rights: {name}: {_word(error)}")
        try:
            found = self.rights_of(fd)
        except OSError as error:
            return [f"rights: {_word(error)}"]
        if not same(found, wanted, whole=not lacks):
            lacks.append("rights")
        return lacks

    def _set_basic(self, fd: int, known: WindowsTraits) -> list[str]:
        flags = known.attributes & wb.SETTABLE or wb.NORMAL
        wish = wb.BasicInfo(known.created, known.accessed, known.written, 0, flags)
        try:
            trouble = self._put_basic(fd, wish)
            found = wb.basic_info(self._door.query(fd, win32.BASIC, 40))
            if (found.attributes ^ known.attributes) & wb.COMPRESSED:
                found = self._compress_again(fd, known, wish)
        except OSError as error:
            return [f"times: {_word(error)}"]
        lacks = []
        differ = (found.attributes ^ known.attributes) & _COMPARED
        if differ:
            names = [name for bit, name in wb.FLAG_NAMES.items() if differ & bit]
            lacks.append("flags: " + ", ".join(names))
        wrong = [
            name
            for name, was, became in (
                ("made", known.created, found.created),
                ("written", known.written, found.written),
                ("read", known.accessed, found.accessed),
            )
            if was != became and (was or name == "written")
        ]
        if wrong:
            lacks.append("times: " + ", ".join(wrong))
        return lacks or ([f"times: {_word(trouble)}"] if trouble else [])

    def _put_basic(self, fd: int, wish: wb.BasicInfo) -> OSError | None:
        """Set attributes and times; give the refusal, after which what can be set is.

        A file system that has no such time, or no such attribute, refuses all of them together.
        """
        try:
            self._door.put(fd, win32.BASIC, wish.data())
        except OSError as error:
            for some in (
                wb.BasicInfo(0, 0, 0, 0, wish.attributes & wb.FAT_ATTRIBUTES),
                wb.BasicInfo(0, 0, 0, 0, wish.attributes),
                wb.BasicInfo(wish.created, 0, 0, 0, 0),
                wb.BasicInfo(0, wish.accessed, 0, 0, 0),
                wb.BasicInfo(0, 0, wish.written, 0, 0),
            ):
                with contextlib.suppress(OSError):  # what differs then is told
                    self._door.put(fd, win32.BASIC, some.data())
            return error
        return None

    def _compress_again(self, fd: int, known: WindowsTraits, wish: wb.BasicInfo) -> wb.BasicInfo:
        """Undo what a compressed target folder did, or make a folder compressed."""
        with contextlib.suppress(OSError):  # told as a flag that differs
            self._compress(fd, compressed=bool(known.attributes & wb.COMPRESSED))
        self._put_basic(fd, wish)
        return wb.basic_info(self._door.query(fd, win32.BASIC, 40))


def _word(error: OSError) -> str:
    return error.strerror or str(error)


_descriptor = lru_cache(maxsize=1024)(descriptor_of)


def _requested(descriptor: bytes) -> bytes:
    """Ask for "was inherited" to be kept, or Windows takes it away."""
    control = int.from_bytes(descriptor[2:4], "little")
    for kept, asked in _INHERITED:
        control |= asked if control & kept else 0
    return descriptor[:2] + control.to_bytes(2, "little") + descriptor[4:]
