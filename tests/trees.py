"""Builders of awkward source trees, and a comparison that forgives nothing. POSIX only."""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import stat
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

MIB = 1 << 20
_NS = 1_000_000_000
# Contents and names that must never be readable without the key.
MARKER = "Lohnliste-Filiale-Graz-geheim"
_ALLOWED_DATA_BYTES = 256 << 10  # pages next to a hole may be stored as data


@dataclass(frozen=True)
class Awkward:
    """Names below the tree (with "/" in front) that a backup cannot keep: they go to the ledger."""

    left_out: frozenset[bytes]


def write(path: bytes, data: bytes, mode: int = 0o644) -> bytes:
    """Write a file and give its path."""
    with open(path, "wb") as file:
        file.write(data)
    os.chmod(path, mode)
    return path


def noise(seed: int, size: int) -> bytes:
    """Give bytes that do not compress, always the same for a seed."""
    return random.Random(seed).randbytes(size)


def prose(seed: int, size: int) -> bytes:
    """Give text that compresses well and carries the marker."""
    words = [MARKER, "und", "der", "Betrag", "wurde", "am", "Montag", "gebucht"]
    chooser = random.Random(seed)
    text = " ".join(chooser.choice(words) for _ in range(size // 6 + 10))
    return (text.encode() * 2)[:size]


def awkward_tree(top: Path, *, large: bool = True, seed: int = 1) -> Awkward:
    """Make everything in a folder that backup programs stumble over; about 75 MB when `large`."""
    base = os.fsencode(top)
    os.makedirs(base, exist_ok=True)
    _times_and_modes(base + b"/modes")
    _links(base + b"/links")
    _sparse(base + b"/sparse")
    _names(base + b"/names")
    _deep(base + b"/deep")
    _sizes(base + b"/sizes", seed, large=large)
    _secret(base + b"/secret")
    left_out = _specials(base + b"/specials")
    _stamp_folders(base)
    return Awkward(frozenset(path[len(base) :] for path in left_out))


def _times_and_modes(top: bytes) -> None:
    os.makedirs(top + b"/empty folder")
    for name, mode in (
        (b"none", 0o000),
        (b"setuid", 0o4755),
        (b"setgid", 0o2755),
        (b"read-only", 0o444),
        (b"all", 0o777),
    ):
        write(top + b"/" + name, name, mode)
        if os.geteuid() == 0:
            os.chown(top + b"/" + name, 1234, 4321)
            os.chmod(top + b"/" + name, mode)
    os.mkdir(top + b"/sticky")
    os.chmod(top + b"/sticky", 0o1777)
    os.mkdir(top + b"/closed")
    write(top + b"/closed/inside", b"inside")
    os.chmod(top + b"/closed", 0o500)
    for name, moment in (
        (b"nanoseconds", 1_700_000_000 * _NS + 123_456_789),
        (b"epoch", 0),
        (b"before 1970", -86_400 * _NS + 1),
        (b"after 2038", 2**31 * _NS + 7),
        (b"far away", 2**33 * _NS + 999_999_999),
    ):
        path = write(top + b"/" + name, name)
        os.utime(path, ns=(moment, moment))
    with contextlib.suppress(OSError):
        path = write(top + b"/attributes", b"attributes")
        os.setxattr(path, "user.comment", b"\x00\xffbytes")
        os.setxattr(path, "user.empty", b"")
        os.setxattr(top + b"/sticky", "user.folder", b"of a folder")


def _links(top: bytes) -> None:
    os.makedirs(top + b"/one")
    os.makedirs(top + b"/two/three")
    write(top + b"/one/file", b"several names")
    os.link(top + b"/one/file", top + b"/two/same")
    os.link(top + b"/one/file", top + b"/two/three/same again")
    write(top + b"/one/large", noise(77, 3 * MIB))
    os.link(top + b"/one/large", top + b"/a large name before the first folder")
    os.link(write(top + b"/one/empty", b""), top + b"/two/empty too")
    # Same contents, not the same file.
    write(top + b"/two/copy", b"several names")
    os.symlink(b"one/file", top + b"/to a file")
    os.symlink(b"one", top + b"/to a folder")
    os.symlink(b"nowhere/at/all", top + b"/dangling")
    os.symlink(b"/etc/hostname", top + b"/absolute")
    os.symlink(b"\xff\xfe odd bytes\n", top + b"/odd target")
    os.symlink(b"loop", top + b"/loop")
    os.utime(top + b"/dangling", ns=(5 * _NS + 5, 5 * _NS + 5), follow_symlinks=False)


def _sparse(top: bytes) -> None:
    os.makedirs(top)

    def make(name: bytes, size: int, *stretches: tuple[int, bytes]) -> None:
        with open(top + b"/" + name, "wb") as file:
            file.truncate(size)
            for offset, data in stretches:
                file.seek(offset)
                file.write(data)

    make(b"only a hole", 40 * MIB)
    make(b"hole at the end", 30 * MIB, (0, noise(1, 300_000)))
    make(b"data in the middle", 50 * MIB + 1, (20 * MIB + 777, noise(2, 100_000)))
    make(b"data at the end", 9 * MIB + 5, (9 * MIB, b"\x01tail"))
    make(b"many holes", 24 * MIB, *((at * 4 * MIB, noise(at, 70_000)) for at in range(6)))
    make(b"small hole", 256 << 10, (0, b"x"))
    # Zeros that were really written are not holes.
    write(top + b"/zeros", bytes(5 * MIB + 3))
    write(top + b"/zeros between", noise(3, 200_000) + bytes(3 * MIB) + noise(4, 200_000))
    write(top + b"/one zero", b"\0")


def _names(top: bytes) -> None:
    os.makedirs(top)
    for number, name in enumerate(
        (
            b"n" * 255,
            "ü".encode() * 127,
            b"new\nline",
            b"trailing dot.",
            b"trailing space ",
            b" leading space",
            b"-rf",
            b"back\\slash",
            b"quo\"te'",
            b"tab\there",
            b"\xff\xfe\x80 not utf-8",
            "right‮to left".encode(),
            "‏marks‎".encode(),
            "é".encode(),
            "é".encode(),
            b"CON",
            b"nul.txt",
            b"file:stream",
            b"*?<>|",
            b"\x01\x7f",
            b".offline-backup-part-0",
            b".offline-backup-restore",
            b"...",
            b"UPPER",
            b"upper",
        )
    ):
        write(top + b"/" + name, b"%d" % number)
    os.mkdir(top + b"/" + b"f" * 255)
    write(top + b"/" + b"f" * 255 + b"/inside", b"inside")
    os.mkdir(top + b"/folder\n\xff")
    write(top + b"/folder\n\xff/inside", b"inside")


def _deep(top: bytes) -> None:
    path = top
    for number in range(24):
        path += b"/%02d-" % number + b"d" * 97
    os.makedirs(path)
    write(path + b"/at the bottom", b"2,400 characters down")
    os.makedirs(top + b"/nothing/but/empty/folders")


def _sizes(top: bytes, seed: int, *, large: bool) -> None:
    os.makedirs(top + b"/many")
    write(top + b"/0", b"")
    for size in (1, 64 << 10, MIB - 1, MIB, MIB + 1):
        write(top + b"/%d" % size, noise(seed + size, size))
    if large:
        for size in (4 * MIB, 8 * MIB - 1, 8 * MIB, 8 * MIB + 1, 30 * MIB):
            write(top + b"/%d" % size, noise(seed + size, size))
    write(top + b"/text", prose(seed, 6 * MIB if large else MIB))
    write(top + b"/copy of text", prose(seed, 6 * MIB if large else MIB))
    write(top + b"/copy of 1 MiB", noise(seed + MIB, MIB))
    for number in range(300):
        write(top + b"/many/%d.txt" % number, prose(number, 500 + 40 * number))


def _secret(top: bytes) -> None:
    marker = MARKER.encode()
    os.makedirs(top + b"/" + marker)
    write(top + b"/" + marker + b"/" + marker + b".txt", marker * 50)
    write(top + b"/utf-16", MARKER.encode("utf-16-le") * 50)
    write(top + b"/utf-16-be", MARKER.encode("utf-16-be") * 50)
    os.symlink(marker, top + b"/link to it")
    with contextlib.suppress(OSError):
        os.setxattr(top + b"/utf-16", b"user." + marker, marker)


def make_socket(place: Path | str) -> None:
    """Make a socket that nobody listens at; bound as an address its path would have to be short."""
    os.mknod(place, stat.S_IFSOCK | 0o600)


def _specials(top: bytes) -> set[bytes]:
    os.makedirs(top)
    os.mkfifo(top + b"/fifo", 0o640)
    left_out = set()
    make_socket(os.fsdecode(top + b"/socket"))
    left_out.add(top + b"/socket")
    if os.geteuid() == 0:
        with contextlib.suppress(OSError):
            os.mknod(top + b"/null", 0o666 | stat.S_IFCHR, os.makedev(1, 3))
            left_out.add(top + b"/null")
    return left_out


def _stamp_folders(top: bytes) -> None:
    """Give folders times of their own, children first."""
    for number, (folder, _, _) in enumerate(os.walk(top, topdown=False)):
        moment = (1_600_000_000 + number) * _NS + number
        os.utime(folder, ns=(moment, moment))


def change_tree(top: Path, seed: int) -> None:
    """Change, delete, rename, add and touch a few things."""
    base = os.fsencode(top)
    write(base + b"/sizes/1", b"%d" % seed)
    with open(base + b"/sizes/text", "r+b") as file:
        file.seek(700_000)
        file.write(noise(seed, 5_000))
    os.unlink(base + b"/sizes/many/%d.txt" % seed)
    os.rename(base + b"/sizes/many/%d.txt" % (seed + 1), base + b"/sizes/renamed %d" % seed)
    os.makedirs(base + b"/new %d/deeper" % seed)
    write(base + b"/new %d/deeper/file" % seed, noise(seed + 1, 100_000))
    os.chmod(base + b"/sizes/many/%d.txt" % (seed + 2), 0o600)
    moment = (1_650_000_000 + seed) * _NS
    os.utime(base + b"/sizes/many/%d.txt" % (seed + 3), ns=(moment, moment))
    os.link(base + b"/sizes/0", base + b"/new %d/empty" % seed)


def compare_trees(first: Path, second: Path, ignore: frozenset[bytes] = frozenset()) -> list[str]:
    """Give every difference of two trees; `ignore` holds names of the first that may lack."""
    left, right = os.fsencode(first), os.fsencode(second)
    ours, theirs = _names_below(left), _names_below(right)
    found = [f"missing: {name!r}" for name in sorted(ours - theirs - ignore)]
    found += [f"added: {name!r}" for name in sorted(theirs - ours)]
    for name in sorted(ours & theirs):
        found += [f"{name!r}: {what}" for what in _differences(left + name, right + name)]
    if not found:
        groups, others = _link_groups(left, ours - ignore), _link_groups(right, theirs)
        found += [f"links: {sorted(group)!r}" for group in groups ^ others]
    return found


def _names_below(top: bytes) -> set[bytes]:
    names, waiting = {b""}, [b""]
    while waiting:
        here = waiting.pop()
        with os.scandir(top + here) as entries:
            for entry in entries:
                name = here + b"/" + entry.name
                names.add(name)
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(name)
    return names


def _differences(a: bytes, b: bytes) -> list[str]:
    one, two = os.lstat(a), os.lstat(b)
    if stat.S_IFMT(one.st_mode) != stat.S_IFMT(two.st_mode):
        return ["kind"]
    found = []
    if one.st_mode != two.st_mode:
        found.append(f"mode {one.st_mode:o} {two.st_mode:o}")
    if one.st_mtime_ns != two.st_mtime_ns:
        found.append(f"time {one.st_mtime_ns} {two.st_mtime_ns}")
    if (one.st_uid, one.st_gid) != (two.st_uid, two.st_gid):
        found.append("owner")
    if _attributes(a) != _attributes(b):
        found.append("attributes")
    if stat.S_ISLNK(one.st_mode) and os.readlink(a) != os.readlink(b):
        found.append("target")
    if stat.S_ISREG(one.st_mode):
        if one.st_size != two.st_size:
            found.append(f"size {one.st_size} {two.st_size}")
        elif _digest(a) != _digest(b):
            found.append("contents")
        found += _holes(one, two)
    return found


def _holes(one: os.stat_result, two: os.stat_result) -> list[str]:
    before, after = one.st_blocks * 512, two.st_blocks * 512
    if before >= one.st_size:
        return [] if after >= two.st_size else [f"became sparse {before} {after}"]
    allowed = before + before // 2 + _ALLOWED_DATA_BYTES
    return [] if after <= allowed else [f"holes filled {before} {after}"]


def _attributes(path: bytes) -> dict[str, bytes]:
    try:
        names = os.listxattr(path, follow_symlinks=False)
    except OSError:
        return {}
    return {name: os.getxattr(path, name, follow_symlinks=False) for name in names}


def _digest(path: bytes) -> bytes:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def _link_groups(top: bytes, names: set[bytes]) -> set[frozenset[bytes]]:
    by_inode: dict[tuple[int, int], set[bytes]] = defaultdict(set)
    for name in names:
        info = os.lstat(top + name)
        if stat.S_ISREG(info.st_mode) and info.st_nlink > 1:
            by_inode[info.st_dev, info.st_ino].add(name)
    return {frozenset(group) for group in by_inode.values()}
