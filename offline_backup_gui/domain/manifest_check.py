"""What a look at a drive manifest, and at a drive beside it, has found."""

from __future__ import annotations

from collections import Counter

from msgspec import Struct, field
from msgspec.structs import replace

from offline_backup_gui.domain.drive_manifest import BlobKind, ManifestBlob, ManifestHead
from offline_backup_gui.domain.manifest_rules import WARNINGS, Fault, Found

MOST_KEPT, MOST_CONTAINERS = 1000, 1000
_SHOWN = 2000  # characters of a name; a manifest may say anything


class ManifestCheck(Struct):
    """Figures and faults; sizes in bytes. Faults beyond the first thousand are counted only.

    `md5` is the manifest's own, upper-case hex. `compared` says that the drive's bytes were looked
    at, `past_cache` that they came from the medium, `whole` that the manifest was read to its end.
    """

    head: ManifestHead = field(default_factory=ManifestHead)
    md5: str = ""
    blobs: int = 0
    page_blobs: int = 0
    pieces: int = 0
    size_bytes: int = 0
    containers: dict[str, int] = field(default_factory=dict)
    whole: bool = False
    compared: bool = False
    compared_bytes: int = 0
    unproved_bytes: int = 0
    past_cache: bool = True
    counts: Counter[Fault] = field(default_factory=Counter)
    found: list[Found] = field(default_factory=list)
    warned: list[Found] = field(default_factory=list)

    def tell(self, found: Found) -> None:
        """Take a fault."""
        self.counts[found.fault] += 1
        kept = self.warned if found.is_warning else self.found
        if len(kept) < MOST_KEPT:
            blob, detail = found.blob[:_SHOWN], found.detail[:_SHOWN]
            kept.append(replace(found, blob=blob, detail=detail))

    def count(self, blob: ManifestBlob) -> None:
        """Take a blob."""
        self.blobs += 1
        self.page_blobs += blob.kind is BlobKind.PAGE
        self.pieces += len(blob.pieces)
        self.size_bytes += blob.length
        name = blob.container[:100]
        if name in self.containers or len(self.containers) < MOST_CONTAINERS:
            self.containers[name] = self.containers.get(name, 0) + 1

    @property
    def faults(self) -> int:
        """Give how many faults there are that are no warnings."""
        return sum(count for fault, count in self.counts.items() if fault not in WARNINGS)

    @property
    def good(self) -> bool:
        """Say whether the datacenter would take it, as far as was looked."""
        return self.whole and self.faults == 0
