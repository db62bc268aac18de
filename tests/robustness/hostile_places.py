"""Crafted drives whose files and folders are not what they seem, and drives of random damage."""

from __future__ import annotations

import os
from pathlib import Path

from offline_backup_gui.formats.keys import PASSPHRASE_SLOT, RECOVERY_SLOT
from offline_backup_gui.formats.record import REPOSITORY
from tests.robustness.crafting import DRIVE_ID, Attacker, file_entry, folder_entry, sparse

TIB = 1 << 40
RECORD = f"drives/{DRIVE_ID}.json"


def _names(a: Attacker) -> list[str]:
    return [*a.objects, RECORD]


def _replace(a: Attacker, top: Path, path: Path) -> None:
    """Put something that is no plain file or folder in a place."""
    kind = a.chooser.choice(("link", "fifo", "folder", "device", "loop", "gone", "file"))
    if path.is_dir() and not path.is_symlink():
        os.rename(path, path.with_name("moved"))
    else:
        path.unlink(missing_ok=True)
    if kind == "link":
        path.symlink_to(
            a.chooser.choice((a.base / "outside/kept", a.base / "outside", "/dev/zero"))
        )
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "loop":
        path.symlink_to(path.name)
    elif kind == "device" and os.geteuid() == 0:
        os.mknod(path, 0o600 | 0o020000, os.makedev(1, 5))  # /dev/zero
    elif kind == "file":
        path.write_bytes(a.chooser.randbytes(50))


def an_object_that_is_no_file(a: Attacker) -> None:
    a.restorable(file_entry(b"x"), folder_entry(b"f"))
    for name in a.chooser.sample(_names(a), 2):
        a.after.append(lambda top, name=name: _replace(a, top, top / name))  # type: ignore[misc]


def a_folder_that_is_no_folder(a: Attacker) -> None:
    a.restorable(file_entry(b"x"))
    name = a.chooser.choice(("packs", "points", "keys", "drives", "."))

    def trick(top: Path) -> None:
        path = top if name == "." else top / name
        moved = path.with_name("elsewhere")
        os.rename(path, moved)
        if a.chooser.random() < 0.5:
            path.symlink_to(a.chooser.choice((moved, a.base / "outside")))
        else:
            os.mkfifo(path)

    a.after.append(trick)


def files_that_say_they_are_large(a: Attacker) -> None:
    a.restorable(file_entry(b"x"))
    name = a.chooser.choice(_names(a))
    size = a.chooser.choice((TIB, 1 << 30, 600 << 20))
    a.after.append(lambda top: sparse(top / name, size))


def objects_that_are_large_and_new(a: Attacker) -> None:
    a.restorable(file_entry(b"x"))
    names = (
        "points/20261123t000000z-" + "f" * 16,
        "packs/ff/" + "f" * 32,
        "keys/other.json",
        "drives/" + "f" * 16 + ".json",
    )
    name = a.chooser.choice(names)
    size = a.chooser.choice((TIB, 1 << 30, (1 << 30) - 1))
    a.after.append(lambda top: sparse(top / name, size))


def names_that_no_object_has(a: Attacker) -> None:
    a.restorable(file_entry(b"x"))

    def trick(top: Path) -> None:
        base = os.fsencode(top)
        for name in (
            b"\xff\xfe", b"packs/\xff", b"packs/..a", b"packs/UPPER", b"points/con", b"points/\n",
            b"points/20261123t000000z-zzzz", b"keys/" + b"k" * 200, b"drives/x.json", b"packs/ab",
            b"packs/.0.part", b".part", b"points/a b", b"drives/\xe2\x80\xae.json",
        ):  # fmt: skip
            with open(base + b"/" + name, "wb") as file:
                file.write(a.chooser.randbytes(20))

    a.after.append(trick)


def folders_without_a_bottom(a: Attacker) -> None:
    a.restorable(file_entry(b"x"))
    depth = a.chooser.choice((90, 400, 1_500))
    where = a.chooser.choice(("packs", ".", ".properties", "points"))

    def trick(top: Path) -> None:
        here = os.open(top / where, os.O_RDONLY) if (top / where).is_dir() else os.open(top, 0)
        for _ in range(depth):
            os.mkdir("d", dir_fd=here)
            deeper = os.open("d", os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = deeper
        os.close(here)

    a.after.append(trick)


def properties_that_lie(a: Attacker) -> None:
    """The stored hashes of a folder account: other files, links, pipes, lies, none."""
    a.restorable(file_entry(b"x"))

    def trick(top: Path) -> None:
        for name in _names(a):
            path = top / ".properties" / (name + ".md5")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(
                a.chooser.choice((b"", b"0" * 32 + b"\n", b"\xff" * 64, b"g" * 32 + b"\n"))
            )
            if a.chooser.random() < 0.2:
                _replace(a, top, path)
        if a.chooser.random() < 0.3:
            _replace(a, top, top / ".properties")

    a.after.append(trick)


def a_practice_marker_that_lies(a: Attacker) -> None:
    a.restorable(file_entry(b"x"))
    texts = (b'{"size_bytes":' + b"9" * 4000 + b"}", b"[" * 4096, b'{"size_bytes":-1}', b"\xff")
    marker = a.base / "drive" / ".offline-backup-drive.json"

    def trick(top: Path) -> None:
        if os.path.lexists(marker):
            return  # the drive has its trick already; this is the account's turn
        marker.write_bytes(a.chooser.choice(texts))
        if a.chooser.random() < 0.5:
            _replace(a, top, marker)

    a.after.append(trick)


def random_damage_without_the_key(a: Attacker) -> None:
    a.restorable(file_entry(b"x"), folder_entry(b"f"), file_entry(b"y", h=b"1"))
    a.listed = {line.name: line for line in a.lines()}
    for _ in range(a.chooser.randint(1, 4)):
        name = a.chooser.choice(list(a.objects))
        data = bytearray(a.objects[name])
        for _ in range(a.chooser.randint(1, 20)):
            if data:
                data[a.chooser.randrange(len(data))] = a.chooser.randrange(256)
        cut = a.chooser.randrange(len(data) + 1)
        a.objects[name] = bytes(data[:cut] if a.chooser.random() < 0.3 else data)


def objects_exchanged(a: Attacker) -> None:
    a.restorable(file_entry(b"x"))
    a.restorable(file_entry(b"y"))
    names = list(a.objects)
    for _ in range(3):
        first, second = a.chooser.sample(names, 2)
        a.objects[first], a.objects[second] = a.objects[second], a.objects[first]


def objects_that_are_missing(a: Attacker) -> None:
    a.restorable(file_entry(b"x"))
    gone = a.chooser.sample(list(a.objects), a.chooser.randint(1, len(a.objects)))
    a.listed = {line.name: line for line in a.lines()}
    for name in gone:
        del a.objects[name]
    a.has_record = REPOSITORY not in gone or a.chooser.random() < 0.5


def another_repository_inside(a: Attacker) -> None:
    """Keys of one repository, points of another."""
    a.restorable(file_entry(b"x"))
    slot = a.chooser.choice((PASSPHRASE_SLOT, RECOVERY_SLOT))
    a.objects[slot] = a.objects[PASSPHRASE_SLOT]
    name = next(name for name in a.objects if name.startswith("points/"))
    a.objects[name] = a.objects[name][:16] + a.chooser.randbytes(16) + a.objects[name][32:]


PLACES = (
    an_object_that_is_no_file,
    a_folder_that_is_no_folder,
    files_that_say_they_are_large,
    objects_that_are_large_and_new,
    names_that_no_object_has,
    folders_without_a_bottom,
    properties_that_lie,
    a_practice_marker_that_lies,
    random_damage_without_the_key,
    objects_exchanged,
    objects_that_are_missing,
    another_repository_inside,
)
