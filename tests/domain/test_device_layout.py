from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offline_backup_gui.domain.device_forecast import (
    ROOT_CONTAINER,
    SOURCES,
    Flaw,
    Forecast,
    Forecaster,
    Item,
    forecast,
    stand_in_name,
)
from offline_backup_gui.domain.device_layout import (
    CONTAINERS,
    FILES_BY_DEVICE,
    SIZE_BY_FORMAT,
    Device,
    Format,
    Layout,
    Tier,
    recognise,
)
from offline_backup_gui.domain.drive_manifest import BlobKind
from offline_backup_gui.domain.names import blob_flaw, container_flaw
from offline_backup_gui.domain.taken_names import Fate, Held

OLD = ("BlockBlob", "PageBlob", "AzureFile", "DataBoxDiskImport", "System Volume Information")
ALL_TIERS = ("Archive", "Cold", "Cool", "Hot")


def layout_of(path: str, names: tuple[str, ...], below: tuple[str, ...] = ()) -> Layout:
    found = recognise(path, names, below)
    assert found is not None
    return found


DISK = layout_of("E:\\", OLD)
TIERED = layout_of("/mnt/disk", OLD, ALL_TIERS)
BLOCK_SHARE = layout_of(r"\\10.1.2.3\contosodata_BlockBlob", ALL_TIERS)
PAGE_SHARE = layout_of(r"\\10.1.2.3\contosodata_PageBlob", ())


def fate(layout: Layout, path: str, size_bytes: int = 512) -> Forecast:
    (found,) = forecast(layout, [Item(path, size_bytes)])
    return found


# --- what a drive is


def test_a_disk_is_known_by_its_folders_and_by_the_tiers_below_block_blobs() -> None:
    assert (
        Layout(Device.DISK, (Format.BLOCK, Format.PAGE, Format.FILE), (), "", has_tools=True)
        == DISK
    )
    assert TIERED.tiers == (Tier.HOT, Tier.COOL, Tier.COLD, Tier.ARCHIVE)
    only_blobs = recognise("E:", ("BLOCKBLOB",), ("hot",))
    assert only_blobs == Layout(Device.DISK, (Format.BLOCK,), (Tier.HOT,))


@pytest.mark.parametrize(
    "names", [(), ("landing",), ("Blockblob2", "Page"), ("AzureFile",), ("DataBoxDiskImport",)]
)
def test_a_drive_of_ones_own_is_no_data_box_disk(names: tuple[str, ...]) -> None:
    assert recognise("E:\\", names, ()) is None


@pytest.mark.parametrize(
    ("path", "account", "kind"),
    [
        (r"\\10.1.2.3\contosodata_BlockBlob", "contosodata", Format.BLOCK),
        ("\\\\box\\contosodata_pageblob\\", "contosodata", Format.PAGE),
        ("/mnt/contosodata_AzFile", "contosodata", Format.FILE),
    ],
)
def test_a_share_is_known_by_its_name(path: str, account: str, kind: Format) -> None:
    assert recognise(path, (), ()) == Layout(Device.SHARE, (kind,), (), account)


@pytest.mark.parametrize("path", ["/mnt/_BlockBlob", "/mnt/Contoso Data_BlockBlob", "/mnt/a_Blob"])
def test_a_name_that_no_account_has_is_no_share(path: str) -> None:
    assert recognise(path, (), ()) is None


def test_containers_lie_below_the_folder_of_their_format_and_never_at_the_root() -> None:
    assert DISK.folder(Format.BLOCK) == ("BlockBlob",)
    assert DISK.folder(Format.PAGE) == ("PageBlob",)
    assert DISK.folder(Format.MANAGED) is None
    assert TIERED.folder(Format.BLOCK) == ("BlockBlob", "Hot")
    assert TIERED.folder(Format.PAGE) == ("PageBlob",)
    assert BLOCK_SHARE.folder(Format.BLOCK) == ("Hot",)
    assert PAGE_SHARE.folder(Format.PAGE) == ()
    assert PAGE_SHARE.folder(Format.BLOCK) is None
    only_archive = Layout(Device.DISK, (Format.BLOCK,), (Tier.ARCHIVE,))
    assert only_archive.folder(Format.BLOCK) is None


# --- what becomes of a file


@pytest.mark.parametrize(
    ("layout", "path", "container", "name", "kind", "tier"),
    [
        (DISK, "BlockBlob/landing/packs/00/ab", "landing", "packs/00/ab", Format.BLOCK, None),
        (DISK, "pageblob/seed/a b.vhd", "seed", "a b.vhd", Format.PAGE, None),
        (DISK, "BlockBlob/loose.txt", ROOT_CONTAINER, "loose.txt", Format.BLOCK, None),
        (DISK, "PageBlob/loose.vhd", ROOT_CONTAINER, "loose.vhd", Format.BLOCK, None),
        (TIERED, "BlockBlob/Cool/landing/x", "landing", "x", Format.BLOCK, Tier.COOL),
        (TIERED, "PageBlob/Hot/x", "hot", "x", Format.PAGE, None),
        (BLOCK_SHARE, "Hot/landing/x", "landing", "x", Format.BLOCK, Tier.HOT),
        (PAGE_SHARE, "seed/x", "seed", "x", Format.PAGE, None),
    ],
)
def test_a_file_in_a_container_becomes_the_blob_of_its_path(
    layout: Layout, path: str, container: str, name: str, kind: Format, tier: Tier | None
) -> None:
    found = fate(layout, path)
    assert (found.container, found.name, found.kind, found.tier) == (container, name, kind, tier)
    assert found.arrives


@pytest.mark.parametrize(
    ("layout", "path", "size_bytes", "flaw"),
    [
        (DISK, "notes.txt", 1, Flaw.AT_ROOT),
        (DISK, "DriveManifest.xml", 1, Flaw.AT_ROOT),
        (DISK, "landing/repository.json", 1, Flaw.AT_ROOT),
        (DISK, "PageBlob/seed/x", 513, Flaw.ALIGNMENT),
        (DISK, "PageBlob/seed/x", SIZE_BY_FORMAT[Format.PAGE].most + 512, Flaw.SIZE),
        (DISK, "BlockBlob/data/x", SIZE_BY_FORMAT[Format.BLOCK].most + 1, Flaw.SIZE),
        (TIERED, "BlockBlob/landing/x", 1, Flaw.NO_TIER),
        (TIERED, "BlockBlob/Hot", 1, Flaw.NO_TIER),
        (TIERED, "BlockBlob/Hot/x", 1, Flaw.NO_CONTAINER),
        (PAGE_SHARE, "x", 512, Flaw.NO_CONTAINER),
        (BLOCK_SHARE, "Hot/a_b/x", 1, Flaw.CONTAINER_CHARACTERS),
        (BLOCK_SHARE, "Hot/ab/x", 1, Flaw.CONTAINER_LENGTH),
        (PAGE_SHARE, "a--b/x", 512, Flaw.CONTAINER_HYPHENS),
    ],
)
def test_what_no_device_takes_is_refused_with_its_reason(
    layout: Layout, path: str, size_bytes: int, flaw: Flaw
) -> None:
    found = fate(layout, path, size_bytes)
    assert (found.fate, found.flaw, found.arrives) == (Fate.REFUSED, flaw, False)


@pytest.mark.parametrize("edge", [0, 512, SIZE_BY_FORMAT[Format.PAGE].most])
def test_a_page_blob_of_an_allowed_size_is_taken(edge: int) -> None:
    assert fate(DISK, "PageBlob/seed/x", edge).fate is Fate.AS_IS


@pytest.mark.parametrize(
    ("path", "container", "name", "flaw"),
    [
        ("BlockBlob/My_Data/x", stand_in_name("My_Data"), "x", Flaw.CONTAINER_CHARACTERS),
        ("BlockBlob/ab/x", stand_in_name("ab"), "x", Flaw.CONTAINER_LENGTH),
        ("BlockBlob/a--b/x", stand_in_name("a--b"), "x", Flaw.CONTAINER_HYPHENS),
        ("BlockBlob/Landing/x", "landing", "x", Flaw.CONTAINER_CASE),
        ("BlockBlob/data/x.", "data", stand_in_name("x."), Flaw.NAME_ENDING),
        ("BlockBlob/data/a\x01b", "data", stand_in_name("a\x01b"), Flaw.NAME_CHARACTERS),
        ("BlockBlob/data/\udc80", "data", stand_in_name("\udc80"), Flaw.NAME_CHARACTERS),
        ("BlockBlob/data/" + "x" * 256, "data", stand_in_name("x" * 256), Flaw.NAME_SEGMENT_LENGTH),
        ("BlockBlob/data/" + "x/" * 254 + "x", "data", None, Flaw.NAME_SEGMENTS),
        ("BlockBlob/data/" + ("x" * 250 + "/") * 4 + "y" * 21, "data", None, Flaw.NAME_LENGTH),
    ],
)
def test_a_disk_renames_what_azure_does_not_allow(
    path: str, container: str, name: str | None, flaw: Flaw
) -> None:
    found = fate(DISK, path)
    expected = stand_in_name(path.removeprefix("BlockBlob/data/")) if name is None else name
    assert (found.fate, found.flaw) == (Fate.RENAMED, flaw)
    assert (found.container, found.name) == (container, expected)


def test_the_longest_names_azure_allows_stay_as_they_are() -> None:
    longest = ("x" * 250 + "/") * 4 + "y" * 20
    assert len(longest) == 1024
    assert fate(DISK, f"BlockBlob/data/{longest}").fate is Fate.AS_IS
    assert fate(DISK, "BlockBlob/data/" + "x/" * 253 + "x").fate is Fate.AS_IS


def test_two_files_of_one_name_collide_across_tiers_formats_and_disks() -> None:
    order = Forecaster()
    items = [
        Item("BlockBlob/Hot/data/x", 512),
        Item("BlockBlob/Cool/data/x", 512),
        Item("PageBlob/data/x", 512),
        Item("BlockBlob/Hot/Data/x", 512),
    ]
    first, *others = order.judge(TIERED, items, "one/")
    assert first.fate is Fate.AS_IS
    assert [(each.fate, each.other) for each in others] == [
        (Fate.COLLIDES, "one/" + items[0].path)
    ] * 3
    (again,) = order.judge(DISK, [Item("BlockBlob/data/x", 1)], "two/")
    assert (again.fate, again.arrives) == (Fate.COLLIDES, False)
    assert again.other == "one/BlockBlob/Hot/data/x"


def test_the_same_path_on_two_disks_collides() -> None:
    order, item = Forecaster(), Item("BlockBlob/data/x", 1)
    assert next(order.judge(DISK, [item], "one/")).fate is Fate.AS_IS
    assert next(order.judge(DISK, [item], "two/")).fate is Fate.COLLIDES


def test_what_is_in_the_account_is_replaced_or_keeps_another_kind_out() -> None:
    there = {"data/x": Held(BlobKind.BLOCK)}
    (same,) = forecast(DISK, [Item("BlockBlob/data/x", 1)], there)
    (other,) = forecast(DISK, [Item("PageBlob/data/x", 512)], there)
    assert (same.fate, same.arrives) == (Fate.REPLACES, True)
    assert (other.fate, other.flaw) == (Fate.REFUSED, Flaw.OTHER_KIND)
    for held, flaw in (
        (Held(BlobKind.BLOCK, leased=True), Flaw.LEASED),
        (Held(BlobKind.BLOCK, archived=True), Flaw.ARCHIVED),
    ):
        (barred,) = forecast(DISK, [Item("BlockBlob/data/x", 1)], {"data/x": held})
        assert (barred.fate, barred.flaw) == (Fate.REFUSED, flaw)


def test_what_is_not_ours_to_judge_is_left_alone() -> None:
    for path in ("DataBoxDiskImport/x.cmd", "$RECYCLE.BIN/x", "System Volume Information/x"):
        assert fate(DISK, path).fate is Fate.IGNORED
    assert fate(DISK, "AzureFile/share/x").fate is Fate.ELSEWHERE


def test_every_flaw_and_bound_names_its_source_and_date() -> None:
    assert set(SOURCES) == set(Flaw)
    bounds = [CONTAINERS, *FILES_BY_DEVICE.values(), *SIZE_BY_FORMAT.values()]
    for origin in [*SOURCES.values(), *(bound.origin for bound in bounds)]:
        assert origin.document
        assert origin.date
    assert CONTAINERS.most == 512


_PART = st.text(
    st.sampled_from(["a", "B", "-", "_", ".", " ", "ü", "\x01", "\u0085", "\ud800", "9"]),
    min_size=1,
    max_size=70,
)
_PATH = st.tuples(
    st.sampled_from(["BlockBlob", "PageBlob", "BlockBlob/Hot", "BlockBlob/Cool", "other"]),
    st.lists(_PART, min_size=1, max_size=5),
).map(lambda parts: "/".join((parts[0], *parts[1])))


@given(st.lists(_PATH, max_size=20, unique=True), st.sampled_from([DISK, TIERED]))
def test_whatever_arrives_has_a_name_azure_takes_and_has_it_alone(
    paths: list[str], layout: Layout
) -> None:
    found = list(forecast(layout, [Item(path, 512) for path in paths]))
    assert [each.path for each in found] == paths
    blobs = [each.blob for each in found if each.arrives]
    assert len(blobs) == len(set(blobs))
    for each in found:
        assert (each.flaw is None) == (each.fate not in (Fate.RENAMED, Fate.REFUSED)) or (
            each.fate is Fate.COLLIDES
        )
        if each.arrives:
            assert each.container == ROOT_CONTAINER or container_flaw(each.container) is None
            assert blob_flaw(each.name) is None
