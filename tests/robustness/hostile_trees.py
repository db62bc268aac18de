"""Crafted repositories whose catalogues want to lead a restore astray."""

from __future__ import annotations

from offline_backup_gui.formats.catalogue import HOLE
from tests.robustness.crafting import (
    CONTENTS,
    Attacker,
    file_entry,
    folder_entry,
    link_entry,
    pick,
)

SIZE = len(CONTENTS)
NAMES = (
    b"..", b".", b"", b"../outside/evil", b"../../../outside/evil", b"../../../outside/kept",
    b"/etc/evil", b"a/b", b"a//b", b"\0", b"a\0b", b"..\\..\\..\\outside\\evil", b"C:\\evil",
    b"C:", b"C:evil", b"\\\\server\\share",
    b"\\\\?\\C:\\evil", b"/dev/null", b"CON", b"nul", b"COM1.txt", b"aux ", b"LPT\xc2\xb9",
    b"file:stream", b"file::$DATA", b"dot.", b"space ", b"n" * 300, b"\xff\xfe",
    b"\xc0\xae\xc0\xae/evil", b".offline-backup-restore", b"new\nline", b"\x1b[2J", b"~", b"$HOME",
    b"-rf", b"*", "e\u0301".encode(), "\u00e9".encode(), "\u202egpj.exe".encode(), b"source",
)  # fmt: skip
PATHS = (
    b"..", b"../outside", b"../../../outside/folder", b"../../../outside",
    b"../../../..", b"/", b"/etc", b"a/../../../outside", b"a//b",
    b"a/", b"/a", b".", b"./a", b"a/.", b"\0", b"a\0/b", b"..\\..\\outside", b"C:\\", b"C:/x",
    b"//server/share", b"x" * 5000,
)  # fmt: skip


UP = b"../../../outside/evil"  # from the folder of a source to what is watched


def names_that_climb(a: Attacker) -> None:
    """Every wrong name by itself would refuse the listing, so each has a point of its own."""
    for name in [UP, *pick(a.chooser, NAMES, 3)]:
        kind = a.chooser.choice((file_entry, folder_entry))
        a.restorable(file_entry(b"fine"), kind(name))


def links_and_fifos_with_such_names(a: Attacker) -> None:
    for name in [UP, *pick(a.chooser, NAMES, 3)]:
        target = a.chooser.choice((a.outside, b"../outside", name or b"x", b"."))
        a.restorable(link_entry(name, target), {"n": name, "k": 3}, file_entry(name))


def paths_that_climb(a: Attacker) -> None:
    for path in [UP, *pick(a.chooser, PATHS, 3)]:
        a.restorable(file_entry(b"evil"), folder_entry(b"evil folder"), path=path)


def roots_that_climb(a: Attacker) -> None:
    for name in [UP.removeprefix(b"../"), *pick(a.chooser, NAMES, 3)]:
        root = {"path": b"/x", "name": name, "entry": folder_entry(name)}
        a.catalogue(a.listing(file_entry(b"evil"), folder_entry(b"f")), roots=[root])


def roots_of_one_name(a: Attacker) -> None:
    pairs = ((b"s", b"S"), (b"s", b"s"), ("e\u0301".encode(), "\u00e9".encode()), (b"s", b"s "))
    names = a.chooser.choice(pairs)
    roots = [{"path": n, "name": n, "entry": folder_entry(n)} for n in names]
    listings = [a.listing(file_entry(b"x"), r=number) for number in range(2)]
    a.catalogue(*listings, roots=roots)


def roots_that_are_no_folders(a: Attacker) -> None:
    for entry in (link_entry(b"source", a.outside), file_entry(b"source"), {"n": b"x", "k": 3}):
        a.catalogue(
            a.listing(file_entry(b"evil")),
            roots=[{"path": b"/x", "name": b"source", "entry": entry}],
        )


def a_link_and_what_lies_below_it(a: Attacker) -> None:
    """A link to the outside, then folders and files that are said to be in it."""
    targets = (a.outside, b"../../../outside", b"../" * 40 + a.outside[1:], b"/", b".", b"..")
    target = a.chooser.choice(targets)
    below = a.chooser.choice((b"a", b"a/folder", b"a/b/c"))
    order = [
        a.listing(link_entry(b"a", target), file_entry(b"fine")),
        a.listing(file_entry(b"kept"), folder_entry(b"new"), link_entry(b"l", b"x"), path=below),
    ]
    a.chooser.shuffle(order)
    a.catalogue(*order)


def a_chain_of_links(a: Attacker) -> None:
    links = [link_entry(b"l%d" % n, b"l%d" % (n + 1)) for n in range(45)]
    links.append(link_entry(b"l45", a.chooser.choice((a.outside, b"l0"))))
    a.catalogue(a.listing(*links), a.listing(file_entry(b"kept"), path=b"l0"))


def a_folder_that_becomes_a_link(a: Attacker) -> None:
    link = link_entry(b"a", a.outside)
    entries = [folder_entry(b"a"), link, {"n": b"a", "k": 3}, file_entry(b"a")]
    a.chooser.shuffle(entries)
    inside = a.listing(file_entry(b"kept"), folder_entry(b"f"), path=b"a")
    listings = [a.listing(*entries), inside, a.listing(link), inside]
    a.catalogue(*listings)


def a_file_through_a_link_of_its_name(a: Attacker) -> None:
    link = link_entry(b"kept", a.outside + b"/kept")
    hard = [file_entry(b"kept", h=b"1"), file_entry(b"second", h=b"1"), file_entry(b"kept", h=b"1")]
    entries = [link, *hard] if a.chooser.random() < 0.5 else [*hard, link]
    a.restorable(*entries)


def hard_links_to_the_outside(a: Attacker) -> None:
    """The first name of a group is a link, a folder, missing, or not of this backup."""
    first = a.chooser.choice(
        (link_entry(b"1", a.outside + b"/kept"), folder_entry(b"1"), file_entry(b"1", x=[]))
    )
    group = a.chooser.choice((b"1", b"\0", b"/", b"g" * 70_000))
    a.restorable(
        first | {"h": group},
        file_entry(b"2", h=group),
        file_entry(b"../outside/kept" if a.chooser.random() < 0.3 else b"3", h=group),
    )


def a_group_with_other_contents(a: Attacker) -> None:
    a.restorable(
        file_entry(b"1", h=b"g", x=[0, 0, 5], s=5),
        file_entry(b"2", h=b"g"),
        file_entry(b"3", h=b"g", x=[HOLE, 0, 5], s=5),
        file_entry(b"4", h=b"g", x=[0, 30, SIZE]),
    )


def twice_in_one_folder(a: Attacker) -> None:
    kinds = [file_entry(b"a"), folder_entry(b"a"), link_entry(b"a", a.outside), {"n": b"a", "k": 3}]
    entries = [a.chooser.choice(kinds) for _ in range(40)]
    a.catalogue(a.listing(*entries), a.listing(file_entry(b"kept"), path=b"a"), a.listing(*entries))


def names_that_differ_in_case_only(a: Attacker) -> None:
    names = (
        b"a",
        b"A",
        "\u00e9".encode(),
        "e\u0301".encode(),
        b"\xc4\xb0",
        b"i",
        "\u017f".encode(),
    )
    entries = [a.chooser.choice((file_entry, folder_entry))(name) for name in names]
    a.catalogue(a.listing(*entries), *(a.listing(file_entry(b"x"), path=name) for name in names))


def modes_owners_and_times(a: Attacker) -> None:
    values = {
        "m": (0, 0o7777, 0o177777, -1, 1 << 40),
        "u": (0, (1 << 32) - 1, 1 << 32, -1),
        "g": (0, (1 << 32) - 1, 1 << 63),
        "t": (-(1 << 63), (1 << 64) - 1, (1 << 63) - 1, 0, -1),
    }
    for make in (file_entry, folder_entry):
        chosen = {key: a.chooser.choice(options) for key, options in values.items()}
        a.restorable(file_entry(b"fine"), make(b"odd") | chosen)
    odd = {"t": a.chooser.choice(values["t"])}
    root = {"path": b"/x", "name": b"source", "entry": folder_entry(b"source") | odd}
    a.catalogue(a.listing(link_entry(b"l", b"x") | odd), roots=[root])


def attributes_of_all_kinds(a: Attacker) -> None:
    names = (
        b"user.a", b"security.capability", b"trusted.x", b"system.posix_acl_access", b"", b"a\0b",
        b"user." + b"n" * 300, b"\xff", b"security.selinux", b"user.",
    )  # fmt: skip
    for make in (file_entry, folder_entry):
        sizes = (0, 40, 70_000)
        found = {n: bytes(a.chooser.choice(sizes)) for n in pick(a.chooser, names, 6)}
        a.restorable(file_entry(b"fine"), make(b"odd", a=found))
    a.restorable(link_entry(b"l", a.outside) | {"a": {b"user.a": b"1", b"trusted.a": b"2"}})


def sizes_that_are_lies(a: Attacker) -> None:
    for size in pick(a.chooser, (1 << 62, (1 << 63) - 1, 1 << 63, -1, 1 << 40, 1 << 50, 7), 3):
        sparse = a.chooser.random() < 0.5
        a.restorable(
            file_entry(b"fine"),
            file_entry(b"hole", s=size, x=[HOLE, 0, size], p=sparse),
            file_entry(b"no extents", s=size, x=[]),
        )


def extents_that_are_lies(a: Attacker) -> None:
    values = (0, 1, -1, -2, SIZE, SIZE + 1, 1 << 31, 1 << 32, 1 << 62, (1 << 63) - 1, 1 << 63, 7)
    for _ in range(3):
        numbers = [a.chooser.choice(values) for _ in range(3 * a.chooser.randint(1, 3))]
        if a.chooser.random() < 0.2:
            numbers.pop()
        size = sum(numbers[2::3])
        a.restorable(file_entry(b"fine"), file_entry(b"odd", x=numbers, s=size & ((1 << 64) - 1)))


def a_file_of_very_many_extents(a: Attacker) -> None:
    count = a.chooser.choice((1_000, 20_000))
    a.restorable(file_entry(b"bits", x=[0, 1, 1] * count, s=count))
    a.restorable(file_entry(b"holes", x=[HOLE, 0, 1, 0, 0, 1] * count, s=2 * count, p=True))


def very_deep_folders(a: Attacker) -> None:
    depth = a.chooser.choice((300, 900, 1_100, 1_900, 5_000, 50_000))
    deep = b"/".join([b"d"] * depth)
    a.catalogue(
        a.listing(file_entry(b"at the bottom"), folder_entry(b"below"), path=deep),
        a.listing(file_entry(b"fine")),
    )


def very_many_folders(a: Attacker) -> None:
    count = a.chooser.choice((200, 1_000))
    listings = [a.listing(path=b"f%d" % number) for number in range(count)]
    folders = [folder_entry(b"f%d" % number) for number in range(count)]
    a.catalogue(a.listing(*folders), *listings, *listings)


def circles_and_orphans(a: Attacker) -> None:
    """Folders listed before their parents, again and again, and inside what are files."""
    paths = [b"a", b"a/b", b"a/b/a", b"a/b/a/b", b"file/x", b"", b"a"]
    a.chooser.shuffle(paths)
    entries = (file_entry(b"file"), folder_entry(b"a"), folder_entry(b"b"))
    a.catalogue(*(a.listing(*entries, path=path) for path in paths * 3))


def roots_that_are_not_there(a: Attacker) -> None:
    for root in pick(a.chooser, (1, 2, -1, 1 << 31, 1 << 62, (1 << 64) - 1), 2):
        a.restorable(file_entry(b"evil"), r=root)


TREES = (
    names_that_climb,
    links_and_fifos_with_such_names,
    paths_that_climb,
    roots_that_climb,
    roots_of_one_name,
    roots_that_are_no_folders,
    a_link_and_what_lies_below_it,
    a_chain_of_links,
    a_folder_that_becomes_a_link,
    a_file_through_a_link_of_its_name,
    hard_links_to_the_outside,
    a_group_with_other_contents,
    twice_in_one_folder,
    names_that_differ_in_case_only,
    modes_owners_and_times,
    attributes_of_all_kinds,
    sizes_that_are_lies,
    extents_that_are_lies,
    a_file_of_very_many_extents,
    very_deep_folders,
    very_many_folders,
    circles_and_orphans,
    roots_that_are_not_there,
)
