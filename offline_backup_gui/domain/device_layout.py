"""How a Data Box Disk and the shares of a Data Box are laid out, and how much they take.

Pure: names come in as they are listed, nothing is opened. What becomes of a single file is told by
`device_forecast`.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from enum import StrEnum

from msgspec import Struct

from offline_backup_gui.domain import published
from offline_backup_gui.domain.published import Origin

TIB = 2**40
PAGE_BYTES = 512


class Device(StrEnum):
    """What carries the data: a Data Box Disk, or one share of a Data Box."""

    DISK = "data-box-disk"
    SHARE = "data-box"


class Format(StrEnum):
    """The folders of a disk, made before it is sent; a share holds one of them."""

    BLOCK = "BlockBlob"
    PAGE = "PageBlob"
    FILE = "AzureFile"
    MANAGED = "ManagedDisk"


class Tier(StrEnum):
    """Access tiers of block blobs: folders between `BlockBlob` and the containers.

    Orders after 1 April 2024 have them; all four or none. Source: published.DISK_COPY.
    """

    HOT = "Hot"
    COOL = "Cool"
    COLD = "Cold"
    ARCHIVE = "Archive"


class Bound(Struct, frozen=True):
    """A limit. Where documents disagree, the stricter figure counts and the other is named."""

    most: int
    origin: Origin
    others_say: int = 0


CONTAINERS = Bound(512, published.DISK_LIMITS)
FILES_BY_DEVICE = {
    # Only one stored copy of the page names the first figure; both count files of one device.
    Device.DISK: Bound(100_000, Origin("articles/databox/data-box-disk-limits.md", "undated")),
    Device.SHARE: Bound(500_000_000, published.BOX_LIMITS),
}
SIZE_BY_FORMAT = {
    Format.BLOCK: Bound(
        50_000 * 100 * 2**20, published.DISK_COPY_2019, others_say=7 * TIB
    ),  # "about 4.75 TiB": 50,000 blocks of 100 MiB
    Format.PAGE: Bound(4 * TIB, published.DISK_LIMITS, others_say=8 * TIB),
    Format.FILE: Bound(TIB, published.DISK_LIMITS),
    Format.MANAGED: Bound(4 * TIB, published.DISK_LIMITS),
}
# Source of the alignment: published.DISK_LIMITS. What is shorter is refused, not padded.
PAGE_ALIGNMENT = Bound(PAGE_BYTES, published.DISK_LIMITS)

TOOLS_FOLDER = "DataBoxDiskImport"  # Microsoft's validation tool, on every disk it sends
DRIVE_MANIFEST = "DriveManifest.xml"  # left by a tool's session; stops another one (DISK_TOOLS)
_SYSTEM = frozenset({"system volume information", "$recycle.bin", "lost+found"})
_PRACTICE_MARKER = ".offline-backup-drive.json"  # says how large a practice folder pretends to be
_FORMAT_BY_NAME = {each.value.lower(): each for each in Format}
_TIER_BY_NAME = {each.value.lower(): each for each in Tier}
_SHARE = re.compile(r"(?P<account>[a-z0-9]{3,24})_(?P<format>BlockBlob|PageBlob|AzFile)", re.I)
_SHARE_FORMAT = {"blockblob": Format.BLOCK, "pageblob": Format.PAGE, "azfile": Format.FILE}


class Layout(Struct, frozen=True):
    """What one drive takes: a disk has several formats and no account, a share one and its account.

    `tiers` are the tier folders that were found; empty for orders before April 2024.
    """

    device: Device
    formats: tuple[Format, ...]
    tiers: tuple[Tier, ...] = ()
    account: str = ""
    has_tools: bool = False

    def folder(self, kind: Format, tier: Tier = Tier.HOT) -> tuple[str, ...] | None:
        """Name the folders, below the mount, in which containers of a format lie.

        None where this drive does not take the format, or not in this tier.
        """
        if kind not in self.formats:
            return None
        above = (kind.value,) if self.device is Device.DISK else ()
        if kind is not Format.BLOCK or not self.tiers:
            return above
        return (*above, tier.value) if tier in self.tiers else None

    def folders(self, kind: Format) -> tuple[tuple[str, ...], ...]:
        """Name all folders in which containers of a format may lie, one for each tier."""
        found = [self.folder(kind, tier) for tier in self.tiers or (Tier.HOT,)]
        return tuple(folder for folder in found if folder is not None)


def recognise(path: str, names: Collection[str], below_block: Collection[str]) -> Layout | None:
    """Tell a Data Box Disk or a share of a Data Box from everything else.

    `path` is where it is mounted, `names` what lies at its root, `below_block` what lies in the
    folder `BlockBlob` of a disk (nothing for a share). A disk has `BlockBlob` or `PageBlob` at its
    root; a share is called `<account>_BlockBlob`, `_PageBlob` or `_AzFile`.
    """
    share = _SHARE.fullmatch(_last_part(path))
    if share is not None:
        kind = _SHARE_FORMAT[share["format"].lower()]
        tiers = tiers_among(names) if kind is Format.BLOCK else ()
        return Layout(Device.SHARE, (kind,), tiers, share["account"].lower())
    folded = {name.lower() for name in names}
    formats = tuple(each for each in Format if each.value.lower() in folded)
    if Format.BLOCK not in formats and Format.PAGE not in formats:
        return None
    tools = TOOLS_FOLDER.lower() in folded
    return Layout(Device.DISK, formats, tiers_among(below_block), has_tools=tools)


def tiers_among(names: Collection[str]) -> tuple[Tier, ...]:
    """Give the tiers whose folders are among names."""
    folded = {name.lower() for name in names}
    return tuple(tier for tier in Tier if tier.value.lower() in folded)


def format_named(name: str) -> Format | None:
    """Give the format a folder at the root stands for; NTFS compares without case."""
    return _FORMAT_BY_NAME.get(name.lower())


def tier_named(name: str) -> Tier | None:
    """Give the tier a folder below `BlockBlob` stands for."""
    return _TIER_BY_NAME.get(name.lower())


def belongs_at_root(name: str) -> bool:
    """Say whether something at the root of a disk is Microsoft's or the system's, not a leftover.

    Source of "no folders of your own at the root": published.DISK_COPY.
    """
    folded = name.lower()
    known = folded in _FORMAT_BY_NAME or folded == TOOLS_FOLDER.lower()
    return known or folded in _SYSTEM or folded == _PRACTICE_MARKER


def is_of_the_system(path: str) -> bool:
    """Say whether a path below the mount lies in a folder of the system's own."""
    return path.split("/", 1)[0].lower() in _SYSTEM


def _last_part(path: str) -> str:
    return re.split(r"[\\/]", path.rstrip("\\/"))[-1]
