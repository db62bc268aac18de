"""Security descriptors between bytes and SDDL text, the same on every computer.

Windows' own conversion writes `DA` for the administrators of *its* domain; read elsewhere, that is
another group. Here only SIDs that mean the same everywhere are short, all others are numeric.
Source: MS-DTYP 2.4 (SID, ACE, ACL, SECURITY_DESCRIPTOR) and 2.5.1 (SDDL). Malformed input is a
ValueError; what SDDL cannot say is a `CannotSayError`.
"""

from __future__ import annotations

import re
import struct
import uuid

DACL_PRESENT, SACL_PRESENT = 0x4, 0x10
_SELF_RELATIVE = 0x8000
# (control bit of the DACL, of the SACL), the letters; in the order Windows writes them.
_CONTROL = (((0x1000, 0x2000), "P"), ((0x100, 0x200), "AR"), ((0x400, 0x800), "AI"))
_NULL = "NO_ACCESS_CONTROL"
_HEADER = struct.Struct("<BBHIIII")
_ACL = struct.Struct("<BBHHH")
_ACE = struct.Struct("<BBHI")
_TYPES = {0: "A", 1: "D", 2: "AU", 3: "AL", 5: "OA", 6: "OD", 7: "OU", 8: "OL", 0x11: "ML"}
_NUMBER_BY_TYPE = {text: number for number, text in _TYPES.items()}
_OBJECTS = frozenset({5, 6, 7, 8})
_FLAGS = {1: "OI", 2: "CI", 4: "NP", 8: "IO", 0x10: "ID", 0x40: "SA", 0x80: "FA"}
_RIGHTS = {0x1F01FF: "FA", 0x120089: "FR", 0x120116: "FW", 0x1200A0: "FX"}
_NUMBER_BY_RIGHT = {text: number for number, text in _RIGHTS.items()}
_SHORT = {
    "S-1-1-0": "WD",
    "S-1-3-0": "CO",
    "S-1-3-1": "CG",
    "S-1-3-4": "OW",
    "S-1-5-2": "NU",
    "S-1-5-4": "IU",
    "S-1-5-6": "SU",
    "S-1-5-7": "AN",
    "S-1-5-11": "AU",
    "S-1-5-12": "RC",
    "S-1-5-18": "SY",
    "S-1-5-19": "LS",
    "S-1-5-20": "NS",
    "S-1-5-32-544": "BA",
    "S-1-5-32-545": "BU",
    "S-1-5-32-546": "BG",
    "S-1-5-32-547": "PU",
    "S-1-5-32-549": "SO",
    "S-1-5-32-550": "PO",
    "S-1-5-32-551": "BO",
}
_LONG = {short: sid for sid, short in _SHORT.items()}
_MAX_SUB = 15
_SID = re.compile(r"S-1-(\d{1,10}|0x[0-9a-f]{12})((?:-\d{1,10}){0,15})")
_SDDL = re.compile(
    r"(?:O:(?P<owner>[^:()]+?))?(?:G:(?P<group>[^:()]+?))?"
    r"(?P<dacl>D:[A-Z_]*(?:\([^()]*\))*)?(?P<sacl>S:[A-Z_]*(?:\([^()]*\))*)?"
)
_PART = re.compile(r"[DS]:([A-Z_]*)((?:\([^()]*\))*)")


class CannotSayError(ValueError):
    """A sound descriptor that has something for which SDDL (as written here) has no word."""


# --- bytes to text


def sddl_of(descriptor: bytes) -> str:
    """Give the SDDL of a self-relative descriptor."""
    control, owner, group, sacl, dacl = header_of(descriptor)
    text = ""
    if owner:
        text += "O:" + sid_text(descriptor, owner)[0]
    if group:
        text += "G:" + sid_text(descriptor, group)[0]
    if control & DACL_PRESENT:
        text += "D:" + _letters(control, 0) + _acl_text(descriptor, dacl)
    if control & SACL_PRESENT and sacl:
        text += "S:" + _letters(control, 1) + _acl_text(descriptor, sacl)
    return text


def header_of(descriptor: bytes) -> tuple[int, int, int, int, int]:
    """Give control, and the offsets of owner, group, audit list and access control list."""
    if len(descriptor) < _HEADER.size:
        raise ValueError("descriptor")
    revision, _, control, owner, group, sacl, dacl = _HEADER.unpack_from(descriptor)
    if revision != 1 or not control & _SELF_RELATIVE:
        raise ValueError("descriptor")
    return control, owner, group, sacl, dacl


def _letters(control: int, which: int) -> str:
    return "".join(letters for bits, letters in _CONTROL if control & bits[which])


def _acl_text(data: bytes, at: int) -> str:
    if not at:
        return _NULL
    return "".join(map(_ace_text, entries_at(data, at)))


def entries_at(data: bytes, at: int) -> list[bytes]:
    """Cut the list at an offset into its entries."""
    if at + _ACL.size > len(data):
        raise ValueError("list")
    revision, _, size, count, _ = _ACL.unpack_from(data, at)
    end = at + size
    if revision not in (2, 4) or end > len(data):
        raise ValueError("list")
    at += _ACL.size
    found = []
    for _ in range(count):
        if at + _ACE.size > end:
            raise ValueError("entry")
        length = int.from_bytes(data[at + 2 : at + 4], "little")
        if length < _ACE.size or at + length > end:
            raise ValueError("entry")
        found.append(data[at : at + length])
        at += length
    return found


def _ace_text(ace: bytes) -> str:
    number, flags, _, rights = _ACE.unpack_from(ace)
    kind = _TYPES.get(number)
    known = sum(bit for bit in _FLAGS if flags & bit)
    if kind is None or known != flags:
        raise CannotSayError("entry")
    at, guids = _ACE.size, ["", ""]
    if number in _OBJECTS:
        if at + 4 > len(ace):
            raise ValueError("entry")
        present = int.from_bytes(ace[at : at + 4], "little")
        at += 4
        if present & ~3:
            raise CannotSayError("entry")
        for index in range(2):
            if present & 1 << index:
                if at + 16 > len(ace):
                    raise ValueError("entry")
                guids[index] = str(uuid.UUID(bytes_le=ace[at : at + 16]))
                at += 16
    sid, end = sid_text(ace, at)
    if end != len(ace):
        raise CannotSayError("entry")
    letters = "".join(text for bit, text in _FLAGS.items() if flags & bit)
    right = _RIGHTS.get(rights) or f"0x{rights:x}"
    return f"({kind};{letters};{right};{guids[0]};{guids[1]};{sid})"


def sid_text(data: bytes, at: int) -> tuple[str, int]:
    """Give a SID and the offset after it."""
    if at + 8 > len(data):
        raise ValueError("identity")
    revision, count = data[at], data[at + 1]
    end = at + 8 + 4 * count
    if revision != 1 or count > _MAX_SUB or end > len(data):
        raise ValueError("identity")
    authority = int.from_bytes(data[at + 2 : at + 8], "big")
    first = str(authority) if authority < 1 << 32 else f"0x{authority:012x}"
    subs = struct.unpack_from(f"<{count}I", data, at + 8)
    text = "-".join(["S-1", first, *map(str, subs)])
    return _SHORT.get(text, text), end


# --- text to bytes


def descriptor_of(text: str) -> bytes:
    """Give the self-relative descriptor of SDDL as `sddl_of` writes it."""
    match = _SDDL.fullmatch(text)
    if match is None:
        raise ValueError("descriptor")
    control = _SELF_RELATIVE
    data = bytearray(_HEADER.size)
    offsets = {"owner": 0, "group": 0, "sacl": 0, "dacl": 0}
    for part in ("owner", "group"):
        if match[part] is not None:
            offsets[part] = len(data)
            data += _sid(match[part])
    for which, part, present in ((1, "sacl", SACL_PRESENT), (0, "dacl", DACL_PRESENT)):
        if match[part] is None:
            continue
        found = _PART.fullmatch(match[part])
        assert found is not None  # the larger pattern holds this one
        letters, aces = found.groups()
        control |= present
        null = letters.endswith(_NULL)
        if null and aces:
            raise ValueError("list")
        control |= _control(letters.removesuffix(_NULL), which)
        if not null:
            offsets[part] = len(data)
            data += _acl(re.findall(r"\(([^()]*)\)", aces))
    _HEADER.pack_into(
        data,
        0,
        1,
        0,
        control,
        offsets["owner"],
        offsets["group"],
        offsets["sacl"],
        offsets["dacl"],
    )
    return bytes(data)


def _control(letters: str, which: int) -> int:
    control = 0
    for bits, word in _CONTROL:
        if letters.startswith(word):
            letters, control = letters[len(word) :], control | bits[which]
    if letters:
        raise ValueError("list")
    return control


def _acl(aces: list[str]) -> bytes:
    made = [_ace(text) for text in aces]
    body = b"".join(made)
    size = _ACL.size + len(body)
    if size > 0xFFFF:
        raise ValueError("list")
    revision = 4 if any(ace[0] in _OBJECTS for ace in made) else 2
    return _ACL.pack(revision, 0, size, len(made), 0) + body


def _ace(text: str) -> bytes:
    fields = text.split(";")
    if len(fields) != 6 or fields[0] not in _NUMBER_BY_TYPE:
        raise ValueError("entry")
    number, flags = _NUMBER_BY_TYPE[fields[0]], _flags(fields[1])
    rights = _NUMBER_BY_RIGHT.get(fields[2])
    if rights is None:
        if not re.fullmatch(r"0x[0-9a-f]{1,8}", fields[2]):
            raise ValueError("entry")
        rights = int(fields[2], 16)
    body = b""
    if number in _OBJECTS:
        guids = [uuid.UUID(field).bytes_le if field else b"" for field in fields[3:5]]
        present = bool(guids[0]) | bool(guids[1]) << 1
        body = present.to_bytes(4, "little") + b"".join(guids)
    elif fields[3] or fields[4]:
        raise ValueError("entry")
    body += _sid(fields[5])
    return _ACE.pack(number, flags, _ACE.size + len(body), rights) + body


def _flags(text: str) -> int:
    flags = 0
    for at in range(0, len(text), 2):
        bit = next((bit for bit, name in _FLAGS.items() if name == text[at : at + 2]), 0)
        if not bit or flags & bit:
            raise ValueError("entry")
        flags |= bit
    return flags


def _sid(text: str) -> bytes:
    match = _SID.fullmatch(_LONG.get(text, text))
    if match is None:
        raise ValueError("identity")
    authority = int(match[1], 0)
    subs = [int(part) for part in match[2].split("-")[1:]]
    if authority >= 1 << 48 or any(sub >= 1 << 32 for sub in subs):
        raise ValueError("identity")
    return (
        bytes([1, len(subs)]) + authority.to_bytes(6, "big") + struct.pack(f"<{len(subs)}I", *subs)
    )
