"""Five hundred awkward things a Windows file system can hold, and a picture of what came of them.

They are made and looked at through the calls of `Win32Files` alone, so that the same tree stands on
the recorded file system of the tests, under Wine and on a real Windows. What the calls cannot make
(encrypted files, what lies in a cloud) comes from `place`, where the file system has it.
"""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import count
from typing import Any

from msgspec import Struct

from offline_backup_gui.adapters.files import reparse, win32
from offline_backup_gui.adapters.files import windows_bytes as wb
from offline_backup_gui.adapters.files.descriptor_parts import Parts, parts_of
from offline_backup_gui.adapters.files.sddl import descriptor_of
from offline_backup_gui.adapters.files.win32 import Win32Files
from offline_backup_gui.adapters.files.windows_paths import long_path

OBJECTS = 500
DOMAIN = "S-1-5-21-1004336348-1177238915-682003330"  # the domain of the examples in MS-DTYP
_OWN = win32.BACKUP_SEMANTICS | win32.OPEN_REPARSE_POINT
_DAY = 864_000_000_000


def ticks(year: int) -> int:
    """Give the FILETIME of a New Year, near enough."""
    return int((year - 1601) * 365.2425 * _DAY) // 10 * 10 + 7  # not a whole second


_NOW = ticks(2026)


class Spec(Struct, frozen=True, kw_only=True):
    """One thing of the tree. `recorded` are attributes that only the file system itself gives."""

    path: str
    kind: str = "file"
    contents: bytes = b"contents\r\n"
    hole_bytes: int = 0
    streams: dict[str, bytes] = {}
    sddl: str = ""
    descriptor: bytes = b""
    attributes: int = wb.ARCHIVE
    recorded: int = 0
    created: int = _NOW
    written: int = _NOW + 10
    accessed: int = _NOW + 20
    reparse: bytes = b""
    same_as: str = ""
    ea_bytes: int = 0
    expect: str = ""  # the reason of ledger or report, when it cannot be equal even on NTFS


def _plain(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest() * 40


def _streams() -> Iterator[Spec]:
    zone = b"[ZoneTransfer]\r\nZoneId=3\r\n"
    for number in range(40):
        found = {"Zone.Identifier": zone} if number % 2 else {"\u00e4\U0001f600": b"x"}
        found |= {f"s{index}": _plain(f"{number} {index}") * index for index in range(number % 5)}
        yield Spec(
            path=f"streams/{number:02}.bin",
            streams=found,
            contents=b"" if number % 7 == 0 else _plain(str(number)),
        )
    yield Spec(path="streams/large.bin", streams={"large": os.urandom(3 << 20), "empty": b""})
    for number in range(9):
        yield Spec(
            path=f"streams/folder{number}",
            kind="folder",
            attributes=0,
            streams={"note": _plain(str(number))},
        )


def _rights() -> Iterator[Spec]:
    who = [
        "SY",
        "BA",
        "WD",
        "AU",
        f"{DOMAIN}-512",
        f"{DOMAIN}-1104",
        "S-1-5-21-9-8-7-4242",
        "S-1-15-2-1",
    ]
    owner = f"O:{DOMAIN}-1104G:{DOMAIN}-513"
    lists = [
        "D:NO_ACCESS_CONTROL",
        "D:",
        "D:P",
        "D:AI(A;ID;FA;;;SY)(A;ID;FA;;;BA)(A;ID;0x1200a9;;;BU)",
        "D:PAI(D;OICI;FW;;;WD)(A;OICI;FA;;;BA)",
        "D:(D;;FA;;;AN)(A;;FR;;;AU)",
        "D:AI(A;OICIIO;FA;;;CO)(A;OICIID;FA;;;SY)",
        "D:(A;NP;0x1;;;WD)",
        "D:(OA;CI;0x100;bf967aba-0de6-11d0-a285-00aa003049e2;;WD)",
        "D:(OD;;0x30;ab721a53-1e2f-11d0-9819-00aa0040529b;bf967aba-0de6-11d0-a285-00aa003049e2;AU)",
        "D:(A;;FA;;;SY)S:(AU;SAFA;FA;;;WD)",
        "D:(A;;FA;;;SY)S:(ML;;0x1;;;S-1-16-4096)",
        "D:AI(A;ID;FA;;;SY)S:AI(AU;OICISA;0xd0116;;;WD)(ML;;0x3;;;S-1-16-12288)",
        "D:" + "".join(f"(A;;FR;;;{DOMAIN}-{2000 + index})" for index in range(60)),
    ]  # fmt: skip
    for number, entries in enumerate(lists):
        yield Spec(path=f"rights/{number:02}.txt", sddl=owner + entries)
        yield Spec(
            path=f"rights/folder{number:02}", kind="folder", attributes=0, sddl=owner + entries
        )
    for number in range(68):
        first, second = who[number % 8], who[number // 8 % 8]
        letters, flags = "PAI" if number % 3 else "AI", "ID" if number % 2 else ""
        entries = f"D:{letters}(D;;0x{number + 1:x};;;{first})(A;{flags};FA;;;{second})"
        yield Spec(path=f"rights/mixed{number:02}.txt", sddl=f"O:{second}G:{first}{entries}")
    # An entry with a condition: SDDL as written here has no word for it.
    sid = bytes.fromhex("010100000000000512000000")
    ace = b"\x09\x00" + struct.pack("<HI", 8 + len(sid) + 8, 0x1F01FF) + sid + b"artx\0\0\0\0"
    acl = struct.pack("<BBHHH", 2, 0, 8 + len(ace), 1, 0) + ace
    raw = struct.pack("<BBHIIII", 1, 0, 0x8004, 20, 32, 0, 44) + sid + sid + acl
    for number in range(4):
        yield Spec(path=f"rights/condition{number}.txt", descriptor=raw)
    for number, kinds in enumerate([(0x12,), (0x13,), (0x11, 0x12, 0x13), (2, 0x12)]):
        yield Spec(path=f"rights/classified{number}.txt", descriptor=_classified(sid, kinds))
        yield Spec(
            path=f"rights/folder-classified{number}",
            kind="folder",
            attributes=0,
            descriptor=_classified(sid, kinds),
        )


def _classified(owner: bytes, kinds: tuple[int, ...]) -> bytes:
    """Give a descriptor with what Dynamic Access Control puts into the audit list.

    MS-DTYP 2.4.4.15 and 2.4.4.16: a resource attribute for everybody, a central policy by its SID.
    """
    everybody = bytes.fromhex("010100000000000100000000")
    low, policy = (
        bytes.fromhex("010100000000001000100000"),
        bytes.fromhex("010200000000001101000000aabbccdd"),
    )
    # CLAIM_SECURITY_ATTRIBUTE_RELATIVE_V1: offset of the name, type 1 (number), one value.
    claim = struct.pack("<IHHIII", 20, 1, 0, 0, 1, 40) + "Secret_MS".encode("utf-16-le") + b"\0\0"
    claim += struct.pack("<q", 3000)
    bodies = {0x02: everybody, 0x11: low, 0x12: everybody + claim, 0x13: policy}
    masks = {0x02: 0x1F01FF, 0x11: 0x1, 0x12: 0, 0x13: 0}
    aces = b""
    for kind in kinds:
        flags = 0xC0 if kind == 0x02 else 0
        aces += struct.pack("<BBHI", kind, flags, 8 + len(bodies[kind]), masks[kind]) + bodies[kind]
    sacl = struct.pack("<BBHHH", 2, 0, 8 + len(aces), len(kinds), 0) + aces
    ace = struct.pack("<BBHI", 0, 0, 8 + len(owner), 0x1F01FF) + owner
    dacl = struct.pack("<BBHHH", 2, 0, 8 + len(ace), 1, 0) + ace
    at = 20 + 2 * len(owner)
    head = struct.pack("<BBHIIII", 1, 0, 0x8014, 20, 20 + len(owner), at, at + len(sacl))
    return head + owner + owner + sacl + dacl


def _mount(target: str, shown: str) -> bytes:
    first, second = target.encode("utf-16-le"), shown.encode("utf-16-le")
    body = struct.pack("<HHHH", 0, len(first), len(first) + 2, len(second))
    body += first + b"\0\0" + second + b"\0\0"
    return struct.pack("<IHH", wb.TAG_MOUNT_POINT, len(body), 0) + body


def _tagged(tag: int, body: bytes) -> bytes:
    return struct.pack("<IHH", tag, len(body), 0) + body


def _links() -> Iterator[Spec]:
    folder: dict[str, Any] = {"kind": "link", "attributes": wb.DIRECTORY}
    for number in range(12):
        target = ["C:\\Windows", "C:\\links", "C:\\links\\junction00"][number % 3]
        yield Spec(
            path=f"links/junction{number:02}", reparse=_mount("\\??\\" + target, target), **folder
        )
    volume = "\\??\\Volume{3f1e2d60-7d0a-11ee-9b1c-806e6f6e6963}\\"
    yield Spec(path="links/volume", reparse=_mount(volume, ""), expect="mounted-volume", **folder)
    names = ["..\\plain.txt", "C:\\a\\b.txt", "\\\\server\\share\\f", "\u00fc\\\U0001f600", "self"]
    for number, target in enumerate(names * 2):
        kind = folder | ({} if number >= len(names) else {"attributes": wb.ARCHIVE})
        yield Spec(path=f"links/symlink{number}", reparse=reparse.symlink(target), **kind)
    app = "Package\0App\0C:\\Program Files\\app.exe\0" + "0\0"
    body = struct.pack("<I", 3) + app.encode("utf-16-le")
    yield Spec(path="links/app.exe", kind="link", reparse=_tagged(wb.TAG_APP_EXEC_LINK, body))
    body = struct.pack("<I", 2) + b"/mnt/c/x"
    yield Spec(path="links/wsl", kind="link", reparse=_tagged(wb.TAG_LX_SYMLINK, body))


def _names() -> Iterator[Spec]:
    names = [
        *("CON", "con.txt", "PRN", "AUX", "aux.txt", "NUL", "nul.tar.gz", "COM1", "COM9.log"),
        *("COM\u00b9", "LPT\u00b2", "LPT\u00b3.txt", "CONIN$", "CONOUT$", "CLOCK$", "com1 .x"),
        *("dot.", "dots...", "space ", "spaces   ", " leading", "dot. ", ". .", ".hidden"),
        *("\ud800", "\udc00x", "a\ud83d", "\ude00\ud83d", "x\udfffy.txt"),
        *("\u202etxt.exe", "\u05e9\u05dc\u05d5\u05dd", "\u0645\u0644.pdf", "\u200b", "\ufeff"),
        *("e\u0301.txt", "\u00e9.txt", "a\u030a", "\u00c5", "\u212b", "\ufb01", "\u1e9e", "\u0130"),
        *("\U0001f600", "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001d11e.mid", "\u3000"),
        *("\uffff", "\ufffe", "\ue000", "%TEMP%", "$MFT", "~1", "PROGRA~1", "a;b", "a,b", "a=b"),
        *("desktop.ini", "Thumbs.db", "[x]", "{y}", "(z)", "^", "&", "!", "@", "#", "'", "`"),
        "n" * 255, "\u00fc" * 127, "\u4e2d" * 85,
    ]  # fmt: skip
    for name in names:
        yield Spec(path="names/" + name, contents=_plain(name))


def _places() -> Iterator[Spec]:
    deep = "deep"
    for number in range(12):
        deep += "/" + f"{number:02}" + "d" * 180
        yield Spec(path=deep, kind="folder", attributes=0)
        yield Spec(path=deep + "/file.txt", contents=_plain(deep))
    for number in range(20):
        first = f"linked/a/{number:02}.txt"
        yield Spec(path=first, contents=_plain(first), created=_NOW + number)
        yield Spec(path=f"linked/b/{number:02} again.txt", same_as=first)
    for number in range(10):
        yield Spec(path=f"empty/{number}", contents=b"", attributes=0)
    for number in range(5):
        yield Spec(path=f"case/Name{number}.txt")
        yield Spec(path=f"case/name{number}.txt", expect="differs-in-case-only")


def _kinds() -> Iterator[Spec]:
    for number in range(12):
        size = (number + 1) << 20
        yield Spec(
            path=f"sparse/{number:02}",
            attributes=wb.ARCHIVE | wb.SPARSE,
            hole_bytes=size,
            contents=_plain(str(number)),
        )
        both = wb.COMPRESSED | wb.ARCHIVE
        yield Spec(path=f"compressed/{number:02}", attributes=both, contents=b"text " * 9000)
    yield Spec(path="compressed/folder", kind="folder", attributes=wb.COMPRESSED)
    flags = [
        wb.READ_ONLY,
        wb.HIDDEN,
        wb.SYSTEM,
        wb.ARCHIVE,
        wb.NOT_INDEXED,
        wb.TEMPORARY,
        wb.PINNED,
        wb.UNPINNED,
    ]
    for number in range(40):
        mixed = sum(flag for index, flag in enumerate(flags) if (number * 37 + 11) >> index & 1)
        yield Spec(
            path=f"flags/{number:02}",
            attributes=mixed,
            streams={"s": b"1"} if number % 9 == 0 else {},
        )
    for number in range(8):
        yield Spec(
            path=f"flags/folder{number}", kind="folder", attributes=flags[number % 5] & ~wb.ARCHIVE
        )
    edges = [
        1,
        2,
        _DAY,
        ticks(1969),
        ticks(1970),
        ticks(1980),
        ticks(2038),
        ticks(2107),
        ticks(2108),
        ticks(2554) + 10**15,
        ticks(9999),
        (1 << 63) - 1,
    ]
    for number in range(48):
        moment = edges[number % len(edges)]
        mixed = edges[(number // 12 + number) % len(edges)]
        yield Spec(path=f"times/{number:02}", created=moment, written=mixed, accessed=moment)
    yield Spec(path="times/zero", written=0, created=5, accessed=5, expect="times: written")


def _refused() -> Iterator[Spec]:
    cloud = wb.RECALL_ON_DATA | wb.REPARSE
    for number in range(6):
        tag = wb.TAG_CLOUD | number << 12
        yield Spec(
            path=f"cloud/{number}.docx",
            recorded=cloud,
            reparse=_tagged(tag, bytes(8)),
            expect="cloud-placeholder",
        )
        yield Spec(
            path=f"cloud/here{number}.docx",
            recorded=wb.REPARSE | wb.PINNED,
            reparse=_tagged(tag, bytes(8)),
        )
    yield Spec(
        path="cloud/folder", kind="folder", recorded=wb.RECALL_ON_OPEN, expect="cloud-placeholder"
    )
    yield Spec(path="cloud/tape", recorded=wb.OFFLINE, expect="cloud-placeholder")
    sync = _tagged(wb.TAG_STORAGE_SYNC, bytes(16))
    yield Spec(
        path="cloud/tiered", recorded=cloud | wb.OFFLINE, reparse=sync, expect="cloud-placeholder"
    )
    for number in range(4):
        yield Spec(path=f"efs/{number}.txt", recorded=wb.ENCRYPTED, expect="encrypted-by-windows")
    for number in range(6):
        tag = (wb.TAG_DEDUP, wb.TAG_WOF)[number % 2]
        yield Spec(
            path=f"dedup/{number}.iso",
            recorded=wb.REPARSE | wb.SPARSE,  # all of it is a hole on the disk
            reparse=_tagged(tag, bytes(24)),
            contents=_plain("d") * 900,
        )
    for number, tag in enumerate([0x00000014, 0x80000019, 0xA0000019, 0x80000009]):
        yield Spec(
            path=f"tags/{number}",
            recorded=wb.REPARSE,
            reparse=_tagged(tag, b"?"),
            expect="reparse-point",
        )
    yield Spec(
        path="tags/folder",
        kind="folder",
        recorded=wb.REPARSE,
        reparse=_tagged(0xA0000019, b"?"),
        expect="reparse-point",
    )
    yield Spec(
        path="tags/socket",
        recorded=wb.REPARSE,
        reparse=_tagged(wb.TAG_AF_UNIX, b""),
        expect="socket",
    )
    yield Spec(
        path="tags/pipe", recorded=wb.REPARSE, reparse=_tagged(wb.TAG_LX_FIFO, b""), expect="device"
    )
    for number in range(3):
        yield Spec(path=f"tags/ea{number}", ea_bytes=40, expect="extended-attributes")


def specs() -> list[Spec]:
    """Give five hundred things, the folders they need not counted."""
    made = [
        spec
        for group in (_streams, _rights, _links, _names, _places, _kinds, _refused)
        for spec in group()
    ]
    for number in count(len(made)):
        if number >= OBJECTS:
            break
        made.append(Spec(path=f"plain/{number}.txt", contents=_plain(str(number))))
    assert len(made) == OBJECTS, len(made)
    assert len({spec.path for spec in made}) == OBJECTS
    return made


# --- making


Place = Callable[[str, Spec], None]


def make(door: Win32Files, top: bytes, spec: Spec, place: Place | None) -> None:
    """Make one thing; what this file system refuses of it is left out."""
    path = _at(top, spec.path)
    if spec.same_as:
        os.link(_raw(top, spec.same_as), _raw(top, spec.path))
        return
    if spec.kind == "folder" or (spec.kind == "link" and spec.attributes & wb.DIRECTORY):
        os.mkdir(_raw(top, spec.path))
    else:
        fd = door.open(path, win32.GENERIC_READ | win32.GENERIC_WRITE, win32.CREATE_NEW, _OWN)
        try:
            _fill(door, fd, spec)
        finally:
            os.close(fd)
    for name, contents in spec.streams.items():
        _attempt(lambda: _make_stream(door, path, name, contents))  # noqa: B023
    if place is not None and (spec.recorded or spec.ea_bytes or not spec.written):
        place(path, spec)


def finish(door: Win32Files, top: bytes, spec: Spec) -> None:
    """Set what making other things would change again: rights, attributes, times."""
    if spec.same_as:
        return
    access = win32.READ_ATTRIBUTES | win32.WRITE_ATTRIBUTES | win32.READ_CONTROL
    access |= win32.WRITE_DAC | win32.WRITE_OWNER
    if spec.kind == "link":
        access |= win32.GENERIC_WRITE
    if spec.attributes & wb.COMPRESSED:
        access |= win32.READ_DATA | win32.WRITE_DATA
    fd = _open_with_audits(door, _at(top, spec.path), access)
    try:
        raw = spec.descriptor or (descriptor_of(spec.sddl) if spec.sddl else b"")
        if raw:
            control = int.from_bytes(raw[2:4], "little")
            asked = control | (control & 0xC00) >> 2
            raw = raw[:2] + asked.to_bytes(2, "little") + raw[4:]
            for parts in (7, 8, 16, 32, 64):
                _attempt(lambda: door.put_security(fd, parts, raw))  # noqa: B023
        if spec.kind == "link":
            _attempt(lambda: door.control(fd, win32.SET_REPARSE_POINT, spec.reparse, 0))
        if spec.attributes & wb.COMPRESSED:
            _attempt(lambda: door.control(fd, win32.SET_COMPRESSION, b"\1\0", 0))
        flags = (spec.attributes | spec.recorded) & wb.SETTABLE or wb.NORMAL
        wish = wb.BasicInfo(spec.created, spec.accessed, spec.written, 0, flags)
        _attempt(lambda: door.put(fd, win32.BASIC, wish.data()))
    finally:
        os.close(fd)


def _open_with_audits(door: Win32Files, path: str, access: int) -> int:
    """Open a name itself, with the right to its audit list where that is given."""
    try:
        wanted = access | win32.ACCESS_SYSTEM_SECURITY
        return door.open(path, wanted, win32.OPEN_EXISTING, _OWN)
    except FileNotFoundError:
        raise
    except OSError:
        return door.open(path, access, win32.OPEN_EXISTING, _OWN)


def _attempt(act: Callable[[], Any]) -> None:
    try:
        act()
    except OSError:
        return


def _fill(door: Win32Files, fd: int, spec: Spec) -> None:
    if spec.attributes & wb.SPARSE:
        _attempt(lambda: door.control(fd, win32.SET_SPARSE, b"", 0))
        os.lseek(fd, spec.hole_bytes, os.SEEK_SET)
    if spec.kind != "link":
        os.write(fd, spec.contents)
    if spec.hole_bytes:
        size = 2 * spec.hole_bytes
        door.put(fd, win32.END_OF_FILE, size.to_bytes(8, "little"))


def _make_stream(door: Win32Files, path: str, name: str, contents: bytes) -> None:
    base = door.open(path, win32.READ_ATTRIBUTES, win32.OPEN_EXISTING, win32.BACKUP_SEMANTICS)
    flags = door.volume_flags(base)
    os.close(base)
    if not flags & win32.NAMED_STREAMS:
        return
    whole = f"{path}:{name}:$DATA"
    fd = door.open(whole, win32.GENERIC_WRITE, win32.OPEN_ALWAYS, win32.BACKUP_SEMANTICS)
    os.write(fd, contents)
    os.close(fd)


def name_bytes(path: str) -> bytes:
    """Give a path as the engine has it."""
    return path.encode("utf-8", "surrogatepass")


def _raw(top: bytes, path: str) -> bytes:
    full = top + b"/" + name_bytes(path)
    return os.fsencode(long_path(full)) if os.name == "nt" else full


def _at(top: bytes, path: str) -> str:
    return long_path(top + b"/" + name_bytes(path))


def folders_for(paths: list[str]) -> list[str]:
    """Give the folders that things need and that are no things themselves, parents first."""
    needed = {
        "/".join(parts[:end])
        for parts in (path.split("/") for path in paths)
        for end in range(1, len(parts))
    }
    return sorted(needed - set(paths))


def make_all(door: Win32Files, top: bytes, place: Place | None, things: list[Spec]) -> list[Spec]:
    """Make the tree in an empty folder; give what this file system has no name for."""
    for folder in folders_for([spec.path for spec in things]):
        os.makedirs(_raw(top, folder), exist_ok=True)
    unmade = []
    for spec in things:
        try:
            make(door, top, spec, place)
        except (FileNotFoundError, FileExistsError):
            unmade.append(spec)
    for spec in reversed(things):
        if spec not in unmade:
            finish(door, top, spec)
    return unmade


# --- looking


def picture(door: Win32Files, top: bytes, path: str) -> dict[str, object] | None:
    """Give everything that a restore promises of one thing; None when there is nothing."""
    try:
        fd = _open_with_audits(door, _at(top, path), win32.GENERIC_READ)
    except FileNotFoundError:
        return None
    try:
        basic = wb.basic_info(door.query(fd, win32.BASIC, 40))
        attributes = basic.attributes
        tag = 0
        if attributes & wb.REPARSE:
            tag = int.from_bytes(door.query(fd, win32.ATTRIBUTE_TAG, 8)[4:8], "little")
        link = door.control(fd, win32.GET_REPARSE_POINT, b"", 16384) if tag in wb.LINKS else b""
        found: dict[str, object] = {
            "folder": bool(attributes & wb.DIRECTORY),
            "flags": attributes & sum(wb.FLAG_NAMES),
            "times": (basic.created, basic.written),
            "read": basic.accessed,
            "rights": _rights_now(door, fd),
            "link": link,
            "names": wb.handle_info(
                door.by_handle(fd), door.query(fd, win32.BASIC, 40), -1, 0
            ).st_nlink,
            "streams": _stream_hashes(door, fd, _at(top, path)),
        }
        if not attributes & wb.DIRECTORY and not link:
            found["contents"] = _hash(fd) if not tag else _hash_behind(door, _at(top, path))
        return found
    finally:
        os.close(fd)


def _rights_now(door: Win32Files, fd: int) -> Parts:
    try:
        return parts_of(door.security(fd, 7 | 8 | 16 | 32 | 64))
    except PermissionError:
        return parts_of(door.security(fd, 7 | 16))  # audit lists are for those who may


def _stream_hashes(door: Win32Files, fd: int, path: str) -> dict[str, str]:
    try:
        rows = wb.streams(door.query(fd, win32.STREAMS, 1 << 16))
    except OSError:
        return {}
    found = {}
    for row in rows:
        whole = f"{path}:{row.name}:$DATA"
        opened = door.open(whole, win32.GENERIC_READ, win32.OPEN_EXISTING, win32.BACKUP_SEMANTICS)
        found[row.name] = _hash(opened)
        os.close(opened)
    return found


def _hash_behind(door: Win32Files, path: str) -> str:
    """Hash what a reparse point stands for, not what lies on the disk."""
    fd = door.open(path, win32.GENERIC_READ, win32.OPEN_EXISTING, win32.BACKUP_SEMANTICS)
    try:
        return _hash(fd)
    finally:
        os.close(fd)


def _hash(fd: int) -> str:
    hasher = hashlib.sha256()
    while data := os.read(fd, 1 << 20):
        hasher.update(data)
    return hasher.hexdigest()


# --- judging


class Verdict(Struct):
    """Where every thing of the tree ended: back as it was, named, or in neither."""

    equal: list[str] = []
    listed: dict[str, str] = {}
    neither: list[str] = []
    unmade: list[str] = []


def told(
    left_out: Iterable[tuple[bytes, str]],
    differences: Mapping[bytes, str],
    source: bytes,
    to: bytes,
) -> dict[str, str]:
    """Give ledger and report by path of the thing; the line of a stream is its thing's."""
    lines = [(path, reason, source) for path, reason in left_out]
    lines += [(path, reason, to) for path, reason in differences.items()]
    found: dict[str, str] = {}
    for path, reason, above in lines:
        text = path[len(above) + 1 :].decode("utf-8", "surrogatepass").replace("\\", "/")
        name = text.partition(":")[0]
        found[name] = f"{found[name]}; {reason}" if name in found else reason
    return found


def judge(
    before: tuple[Win32Files, bytes],
    after: tuple[Win32Files, bytes],
    things: list[Spec],
    names: Mapping[str, str],
    *,
    reading_shows: bool = False,
) -> Verdict:
    """Part the things by what came of them; where `reading_shows`, the time of it is no promise."""
    verdict = Verdict()
    for spec in things:
        was = picture(*before, spec.path)
        became = picture(*after, spec.path)
        if reading_shows and was is not None and became is not None:
            was["read"] = became["read"]
        if spec.path in names:
            verdict.listed[spec.path] = names[spec.path]
        elif was is not None and was == became:
            verdict.equal.append(spec.path)
        else:
            verdict.neither.append(f"{spec.path}: {was} became {became}")
    return verdict
