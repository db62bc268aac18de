"""What stands on the papers that are printed: facts only, no sentence and no layout.

The papers are the recovery kit, and of a shipment the packing slip, the custody sheet, the address
label and the shipping checklist. `adapters.papers` draws them with sentences of `paper_texts`.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from offline_backup_gui.domain.shipping import Code


class PageSize(StrEnum):
    """Paper sizes a branch office has in its printer."""

    A4 = "A4"
    LETTER = "Letter"


class DriveKey(Struct, frozen=True):
    """The BitLocker recovery password of one drive, for the kit alone."""

    serial: str
    password: str

    def __repr__(self) -> str:
        """Show everything but the password."""
        return f"DriveKey({self.serial}, …)"


class KitPaper(Struct, frozen=True):
    """The recovery kit. `lines` end in their check character; dates are ready to print.

    An agent encrypts its backup itself: then there are no `lines`, only `keys`.
    """

    name: str
    repository_id: str
    lines: tuple[str, ...]
    made_at: str
    stores: tuple[str, ...] = ()  # where the backup lives: account and container, or a folder
    keys: tuple[DriveKey, ...] = ()  # of drives that this computer encrypted


class DriveLine(Struct, frozen=True):
    """One drive on a paper; `fingerprint` and `manifest` (MD5) are hex, `sealed_at` is printable.

    `packs` counts files where `carries_files`. It and `size_bytes` are None where nothing counts
    them: devices of Microsoft have only their serial number.
    """

    serial: str
    label: str = ""
    packs: int | None = None
    size_bytes: int | None = None
    fingerprint: str = ""
    sealed_at: str = ""
    manifest: str = ""
    carries_files: bool = False


class CheckLine(Struct, frozen=True):
    """One thing to do and to tick: a key below "papers.check", and what fills its gaps."""

    key: str
    gaps: dict[str, str] = {}


class CheckGroup(Struct, frozen=True):
    """Things to tick that belong together: a key below "papers.group"."""

    key: str
    lines: tuple[CheckLine, ...]


class ShipmentPaper(Struct, frozen=True):
    """What the papers of one shipment tell.

    `chain_head` is the head of the chain of restore points, in hex: printed, it is an anchor
    outside drive and account. Addresses are lines; empty ones are drawn as lines to write on, and
    so are `codes` without a value.
    """

    plan_name: str
    repository_id: str
    chain_head: str
    drives: tuple[DriveLine, ...]
    made_at: str
    job: str = ""  # the name of the job in Azure
    sender: tuple[str, ...] = ()
    sender_contact: tuple[str, ...] = ()  # phone, e-mail
    recipient: tuple[str, ...] = ()
    recipient_phone: str = ""
    recipient_note: str = ""  # what Azure adds to the address, or says instead of one
    carrier: str = ""
    tracking_number: str = ""
    shipped_at: str = ""
    return_carrier: str = ""
    return_account: str = ""
    carriers: tuple[str, ...] = ()  # who brings drives back from that site
    codes: dict[Code, str] = {}
    groups: tuple[CheckGroup, ...] = ()

    @property
    def carries_files(self) -> bool:
        """Say whether what its drives count are files."""
        return bool(self.drives) and all(drive.carries_files for drive in self.drives)

    @property
    def packs(self) -> int:
        """Give the packs of all drives."""
        return sum(drive.packs or 0 for drive in self.drives)

    @property
    def size_bytes(self) -> int:
        """Give the bytes of all drives."""
        return sum(drive.size_bytes or 0 for drive in self.drives)

    @property
    def counted(self) -> bool:
        """Say whether packs and bytes of every drive are known."""
        return all(
            drive.packs is not None and drive.size_bytes is not None for drive in self.drives
        )


class Told(StrEnum):
    """How much of the drives a QR code tells."""

    COUNT = "count"  # a label: what a warehouse needs to sort the parcel
    SERIALS = "serials"  # a custody sheet: what is counted at each hand-over
    MARKS = "marks"  # a packing slip: also the MD5 of the manifest, or the fingerprint


def parcel_code(shipment: ShipmentPaper, told: Told) -> str:
    """Give what the QR code of a paper says: lines of "name=value", as docs/formats.md has them."""
    return "\n".join(_code_lines(shipment, told))


def _code_lines(shipment: ShipmentPaper, told: Told) -> Iterator[str]:
    yield "offline-backup-parcel 1"
    for name, value in (
        ("job", shipment.job),
        ("carrier", shipment.carrier),
        ("number", shipment.tracking_number),
        *((code.value, value) for code, value in sorted(shipment.codes.items())),
    ):
        if value:
            yield f"{name}={_plain(value)}"
    yield f"drives={len(shipment.drives)}"
    for drive in () if told is Told.COUNT else shipment.drives:
        mark = (drive.manifest or drive.fingerprint) if told is Told.MARKS else ""
        yield f"drive={_plain(drive.serial)} {mark}".rstrip()


def _plain(value: str) -> str:
    """Put a value onto one line; what cannot be printed gets a stand-in."""
    line = " ".join(value.split())
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in line)


class PaperPress(Protocol):
    """Makes papers in a language ("en", "de"); TARGET_NOT_WRITABLE when a file cannot be made."""

    def recovery_kit(self, kit: KitPaper, language: str, page: PageSize, path: Path) -> None:
        """Write the recovery kit; the file appears whole or not at all."""

    def packing_slip(
        self, shipment: ShipmentPaper, language: str, page: PageSize, path: Path
    ) -> None:
        """Write the packing slip."""

    def custody_sheet(
        self, shipment: ShipmentPaper, language: str, page: PageSize, path: Path
    ) -> None:
        """Write the custody sheet."""

    def address_label(
        self, shipment: ShipmentPaper, language: str, page: PageSize, path: Path
    ) -> None:
        """Write the address label."""

    def shipping_checklist(
        self, shipment: ShipmentPaper, language: str, page: PageSize, path: Path
    ) -> None:
        """Write what to do and to write on before the parcel leaves."""
