"""What becomes of a blob whose name may be taken: the dispositions of the service, in one place.

Source: "Import/Export service manifest file format", 2017-01-23 (rename is the default; ` (2)`
before the last dot); a Data Box replaces (published.DISK_LIMITS). A blob never changes its kind.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from offline_backup_gui.domain.drive_manifest import BlobKind, Disposition, renamed


class Fate(StrEnum):
    """What becomes of a file."""

    AS_IS = "as-is"
    RENAMED = "renamed"
    REPLACES = "replaces"  # a blob that is in the account already
    KEPT = "kept"  # the blob that is in the account stays, this one is not read in
    COLLIDES = "collides"  # with another file that is read in: only one of them is left
    REFUSED = "refused"
    ELSEWHERE = "elsewhere"  # an Azure file share or a managed disk: not judged here
    IGNORED = "ignored"  # Microsoft's tools and the system's own folders


ARRIVING = frozenset({Fate.AS_IS, Fate.RENAMED, Fate.REPLACES})


class Bar(StrEnum):
    """Why a blob that is in the account cannot be replaced; the service answers 409 or 412."""

    OTHER_KIND = "other-kind"  # InvalidBlobType: a blob never changes its kind
    LEASED = "leased"  # LeaseIdMissing: somebody keeps writers out
    ARCHIVED = "archived"  # BlobArchived: it would have to be rehydrated, or deleted, first


class Held(Struct, frozen=True):
    """A name that is taken in the account: by a blob of which kind, and what protects it."""

    kind: BlobKind
    leased: bool = False
    archived: bool = False

    def bar(self, kind: BlobKind) -> Bar | None:
        """Say what keeps a new blob of a kind from taking the place of this one."""
        if self.kind is not kind:
            return Bar.OTHER_KIND
        if self.leased:
            return Bar.LEASED
        return Bar.ARCHIVED if self.archived else None


class There(Protocol):
    """Which blobs are in the account, by container and name in one ("data/x")."""

    def get(self, blob: str, /) -> Held | None:
        """Give who has the name; None when nobody does."""


class Settled(Struct, frozen=True):
    """A fate, the name that counts, and who has the name that was wanted ("" the account)."""

    fate: Fate
    name: str
    taken_by: str = ""
    bar: Bar | None = None


class TakenNames:
    """Settles one file after the other; remembers who has which name. Not for several threads."""

    def __init__(self, there: There) -> None:
        self._there = there
        self._taken: dict[str, tuple[str, BlobKind]] = {}

    def claim(self, container: str, name: str, kind: BlobKind, owner: str) -> None:
        """Remember a name that was settled before, by an earlier run."""
        self._taken[f"{container}/{name}"] = (owner, kind)

    def owner(self, container: str, name: str) -> str:
        """Give who got a name since this was made; "" when nobody did."""
        return self._taken.get(f"{container}/{name}", ("", None))[0]

    def settle(
        self, container: str, name: str, kind: BlobKind, disposition: Disposition, owner: str
    ) -> Settled:
        """Give the fate of a file of `owner` (drive and path, for people)."""
        blob = f"{container}/{name}"
        other = self._taken.get(blob)
        before = Held(other[1]) if other is not None else self._there.get(blob)
        if before is None:
            return self._give(container, name, kind, owner, Fate.AS_IS)
        taken_by = other[0] if other is not None else ""
        if disposition is Disposition.RENAME:
            return self._renamed(container, name, kind, owner, taken_by)
        if disposition is Disposition.NO_OVERWRITE:
            return Settled(Fate.KEPT, name, taken_by)
        if other is not None:
            return Settled(Fate.COLLIDES, name, taken_by)
        if (bar := before.bar(kind)) is not None:
            return Settled(Fate.REFUSED, name, bar=bar)
        return self._give(container, name, kind, owner, Fate.REPLACES)

    def _renamed(
        self, container: str, name: str, kind: BlobKind, owner: str, taken_by: str
    ) -> Settled:
        number = 2
        while self._is_taken(f"{container}/{renamed(name, number)}"):
            number += 1
        new = renamed(name, number)
        self._give(container, new, kind, owner, Fate.RENAMED)
        return Settled(Fate.RENAMED, new, taken_by)

    def _is_taken(self, blob: str) -> bool:
        return blob in self._taken or self._there.get(blob) is not None

    def _give(self, container: str, name: str, kind: BlobKind, owner: str, fate: Fate) -> Settled:
        self.claim(container, name, kind, owner)
        return Settled(fate, name)
