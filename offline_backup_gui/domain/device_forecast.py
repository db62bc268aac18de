"""What becomes of each file on a Data Box or Data Box Disk, told before it is copied there.

Azure refuses some names, renames others, and lets a second object of one name replace the first.
The sources differ by the date of their documents; where they do, the newer one counts (`SOURCES`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from offline_backup_gui.domain import published
from offline_backup_gui.domain.device_layout import (
    PAGE_BYTES,
    SIZE_BY_FORMAT,
    Device,
    Format,
    Layout,
    Tier,
    belongs_at_root,
    format_named,
    is_of_the_system,
    tier_named,
)
from offline_backup_gui.domain.drive_manifest import BlobKind, Disposition
from offline_backup_gui.domain.names import NameFlaw, blob_flaw, container_flaw
from offline_backup_gui.domain.published import Origin
from offline_backup_gui.domain.taken_names import ARRIVING, Fate, TakenNames, There

ROOT_CONTAINER = "$root"
_SEGMENT_MOST = 255  # characters of one part of a path: what NTFS and Azure Files take
_TITLE = "databox-"


class Flaw(StrEnum):
    """Why a file is renamed or refused, as words keys."""

    CONTAINER_LENGTH = "container-length"
    CONTAINER_CASE = "container-case"
    CONTAINER_CHARACTERS = "container-characters"
    CONTAINER_HYPHENS = "container-hyphens"
    NAME_LENGTH = "name-length"
    NAME_CHARACTERS = "name-characters"
    NAME_SEGMENTS = "name-segments"
    NAME_SEGMENT_LENGTH = "name-segment-length"
    NAME_ENDING = "name-ending"
    SIZE = "size"
    ALIGNMENT = "alignment"
    AT_ROOT = "at-root"
    NO_CONTAINER = "no-container"
    NO_TIER = "no-tier"
    OTHER_KIND = "other-kind"
    LEASED = "leased"
    ARCHIVED = "archived"


SOURCES: Mapping[Flaw, Origin] = {
    # A disk renames the container (DISK_UPLOAD); a device does not ship before it is mended.
    Flaw.CONTAINER_LENGTH: published.BOX_NAMES,
    Flaw.CONTAINER_CASE: published.DISK_FAQ,
    Flaw.CONTAINER_CHARACTERS: published.BOX_NAMES,
    Flaw.CONTAINER_HYPHENS: published.BOX_NAMES,
    Flaw.NAME_LENGTH: published.BOX_NAMES,
    Flaw.NAME_CHARACTERS: published.BOX_NAMES,
    Flaw.NAME_SEGMENTS: published.BOX_NAMES,
    Flaw.NAME_SEGMENT_LENGTH: published.BOX_NAMES,
    Flaw.NAME_ENDING: published.BOX_NAMES,
    Flaw.SIZE: published.DISK_LIMITS,
    Flaw.ALIGNMENT: published.DISK_LIMITS,
    Flaw.AT_ROOT: published.DISK_COPY,
    Flaw.NO_CONTAINER: published.BOX_LIMITS,
    Flaw.NO_TIER: published.DISK_COPY,
    Flaw.OTHER_KIND: published.BOX_UPLOAD,
    Flaw.LEASED: published.LEASES,
    Flaw.ARCHIVED: published.TIERS,
}

_CONTAINER_FLAWS = {
    NameFlaw.TOO_SHORT: Flaw.CONTAINER_LENGTH,
    NameFlaw.TOO_LONG: Flaw.CONTAINER_LENGTH,
    NameFlaw.CHARACTERS: Flaw.CONTAINER_CHARACTERS,
    NameFlaw.HYPHENS: Flaw.CONTAINER_HYPHENS,
}
_BLOB_FLAWS = {
    NameFlaw.TOO_SHORT: Flaw.NAME_LENGTH,
    NameFlaw.TOO_LONG: Flaw.NAME_LENGTH,
    NameFlaw.SEGMENTS: Flaw.NAME_SEGMENTS,
    NameFlaw.ENDING: Flaw.NAME_ENDING,
    NameFlaw.EMPTY_SEGMENT: Flaw.NAME_CHARACTERS,
}


class Item(Struct, frozen=True):
    """One file: its path below the mount with "/" between the parts, and its size in bytes."""

    path: str
    size_bytes: int


class Forecast(Struct, frozen=True):
    """One file's fate. `container`, `name`, `kind`, `tier` say what it becomes, if anything.

    `other` is the drive and path of the file it collides with; `flaw` says why the file is not
    taken as it was given. `same` says whether a blob it replaces has the same bytes, None when
    nobody can tell.
    """

    path: str
    fate: Fate
    container: str = ""
    name: str = ""
    kind: Format | None = None
    tier: Tier | None = None
    flaw: Flaw | None = None
    other: str = ""
    same: bool | None = None

    @property
    def blob(self) -> str:
        """Give container and name in one, as logs of the service write it."""
        return f"{self.container}/{self.name}"

    @property
    def arrives(self) -> bool:
        """Say whether the file becomes a blob."""
        return self.fate in ARRIVING

    @property
    def blob_kind(self) -> BlobKind:
        """Give the kind of blob it becomes."""
        return BlobKind.PAGE if self.kind is Format.PAGE else BlobKind.BLOCK


class Forecaster:
    """Judges files of one order, one after the other; remembers which names are taken.

    `there` are blobs of the account, by container and name in one.
    """

    def __init__(self, there: There | None = None) -> None:
        self._names = TakenNames({} if there is None else there)

    def judge(self, layout: Layout, items: Iterable[Item], drive: str = "") -> Iterator[Forecast]:
        """Yield the fate of each file of one drive, in the order given; `drive` is its label."""
        for item in items:
            yield self.settled(alone(layout, item), drive)

    def claim(self, found: Forecast, drive: str) -> None:
        """Remember a file that an earlier run read in under the name it has here."""
        self._names.claim(found.container, found.name, found.blob_kind, f"{drive}{found.path}")

    def settled(self, found: Forecast, drive: str) -> Forecast:
        """Look at what else has the name: another file of the order, or a blob of the account."""
        if not found.arrives:
            return found
        settled = self._names.settle(
            found.container,
            found.name,
            found.blob_kind,
            Disposition.OVERWRITE,
            f"{drive}{found.path}",
        )
        if settled.fate is Fate.AS_IS:
            return found
        flaw = found.flaw if settled.bar is None else Flaw(settled.bar.value)
        return replace(found, fate=settled.fate, other=settled.taken_by, flaw=flaw)


def forecast(
    layout: Layout, items: Iterable[Item], there: There | None = None
) -> Iterator[Forecast]:
    """Yield the fate of each file of an order that has one drive."""
    return Forecaster(there).judge(layout, items)


def alone(layout: Layout, item: Item) -> Forecast:
    """Judge a file by itself, whatever else there is."""
    parts = item.path.split("/")
    if layout.device is Device.SHARE:
        if is_of_the_system(item.path):
            return Forecast(item.path, Fate.IGNORED)
        kind: Format | None = layout.formats[0]
    else:
        kind = format_named(parts.pop(0))
        if kind is None:
            at_root = item.path.split("/", 1)[0]
            if belongs_at_root(at_root):
                return Forecast(item.path, Fate.IGNORED)
            return Forecast(item.path, Fate.REFUSED, flaw=Flaw.AT_ROOT)
    if kind not in (Format.BLOCK, Format.PAGE):
        return Forecast(item.path, Fate.ELSEWHERE, kind=kind)
    tier = None
    if kind is Format.BLOCK and layout.tiers:
        tier = tier_named(parts[0])
        if tier is None or tier not in layout.tiers or len(parts) == 1:
            return Forecast(item.path, Fate.REFUSED, kind=kind, flaw=Flaw.NO_TIER)
        parts = parts[1:]
    return _placed(layout, item, kind, tier, parts)


def _placed(
    layout: Layout, item: Item, kind: Format, tier: Tier | None, parts: list[str]
) -> Forecast:
    """Judge container, name and size of a file below the folder of its format."""
    container, name = (parts[0], "/".join(parts[1:])) if len(parts) > 1 else ("", parts[0])
    if not container:
        if layout.device is Device.SHARE or tier is not None:
            return Forecast(item.path, Fate.REFUSED, kind=kind, flaw=Flaw.NO_CONTAINER)
        # Whatever lies in $root is a block blob: published.DISK_COPY_2019.
        container, kind = ROOT_CONTAINER, Format.BLOCK
    found = Forecast(item.path, Fate.AS_IS, container, name, kind, tier)
    flaw = _size_flaw(kind, item.size_bytes)
    if flaw is not None:
        return Forecast(item.path, Fate.REFUSED, kind=kind, flaw=flaw)
    flaw = None if container == ROOT_CONTAINER else _container_flaw(container)
    if flaw is not None:
        if layout.device is Device.SHARE and flaw is not Flaw.CONTAINER_CASE:
            return Forecast(item.path, Fate.REFUSED, kind=kind, flaw=flaw)
        lower = container.lower()
        new = lower if flaw is Flaw.CONTAINER_CASE else stand_in_name(container)
        found = replace(found, fate=Fate.RENAMED, container=new, flaw=flaw)
    flaw = name_flaw(name)
    if flaw is not None:
        found = replace(found, fate=Fate.RENAMED, name=stand_in_name(name), flaw=flaw)
    return found


def _size_flaw(kind: Format, size_bytes: int) -> Flaw | None:
    if size_bytes > SIZE_BY_FORMAT[kind].most:
        return Flaw.SIZE
    return Flaw.ALIGNMENT if kind is Format.PAGE and size_bytes % PAGE_BYTES else None


def _container_flaw(name: str) -> Flaw | None:
    flaw = container_flaw(name)
    if flaw is NameFlaw.CHARACTERS and name.isascii() and container_flaw(name.lower()) is None:
        return Flaw.CONTAINER_CASE
    return None if flaw is None else _CONTAINER_FLAWS[flaw]


def name_flaw(name: str) -> Flaw | None:
    """Give what is wrong with a blob's name, as a device would find it."""
    flaw = blob_flaw(name)
    if flaw is not None:
        return _BLOB_FLAWS.get(flaw, Flaw.NAME_CHARACTERS)
    if any(
        len(part.encode("utf-16-le", "surrogatepass")) // 2 > _SEGMENT_MOST
        for part in name.split("/")
    ):
        return Flaw.NAME_SEGMENT_LENGTH
    return None


def stand_in_name(name: str) -> str:
    """Give the name that takes the place of one that Azure does not allow.

    Logs of the service show `databox-` with 40 hexadecimal digits (published.DISK_UPLOAD, its log
    of 2018-10-01) or with a GUID (2021-08-01), which nobody knows beforehand. Where this program
    reads a drive in, the digits are the SHA-1 of the name: what is told here happens there.
    """
    digest = hashlib.sha1(name.encode("utf-8", "surrogatepass"), usedforsecurity=False)
    return _TITLE + digest.hexdigest()
