"""What stands on the papers that are printed: facts here, sentences from the caller, no layout.

The four papers are the recovery kit, the packing slip, the custody sheet and the address label.
`adapters.papers` draws them. Their sentences come in as one struct a paper, so that the layer
which draws needs to know no language; `texts_from` fills such a struct from words.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import ClassVar, Protocol, TypeVar

from msgspec import Struct


class PageSize(StrEnum):
    """Paper sizes a branch office has in its printer."""

    A4 = "A4"
    LETTER = "Letter"


class KitPaper(Struct, frozen=True):
    """The recovery kit. `lines` end in their check character; dates are ready to print."""

    name: str
    repository_id: str
    lines: tuple[str, ...]
    made_at: str
    stores: tuple[str, ...] = ()  # where the backup lives: account and container, or a folder


class DriveLine(Struct, frozen=True):
    """One sealed drive on a paper; `fingerprint` is hex, `sealed_at` ready to print."""

    serial: str
    label: str
    packs: int
    size_bytes: int
    fingerprint: str
    sealed_at: str = ""


class ShipmentPaper(Struct, frozen=True):
    """What packing slip, custody sheet and address label tell of one shipment.

    `chain_head` is the head of the chain of restore points, in hex: printed, it is an anchor
    outside drive and account. Addresses are lines; empty ones are drawn as lines to write on.
    """

    plan_name: str
    repository_id: str
    chain_head: str
    drives: tuple[DriveLine, ...]
    made_at: str
    sender: tuple[str, ...] = ()
    recipient: tuple[str, ...] = ()
    carrier: str = ""
    tracking_number: str = ""
    shipped_at: str = ""

    @property
    def packs(self) -> int:
        """Give the packs of all drives."""
        return sum(drive.packs for drive in self.drives)

    @property
    def size_bytes(self) -> int:
        """Give the bytes of all drives."""
        return sum(drive.size_bytes for drive in self.drives)


class PaperTexts(Struct, frozen=True):
    """What every paper says. `page` has the gaps {page} and {pages}; marks are for numbers."""

    section: ClassVar[str] = "common"

    program: str
    page: str
    decimal_mark: str
    thousands_mark: str


class KitTexts(Struct, frozen=True):
    """Sentences of the recovery kit; the three lists are one item a line."""

    section: ClassVar[str] = "kit"

    heading: str
    subtitle: str
    name: str
    repository: str
    made_at: str
    stores: str
    code: str
    code_hint: str
    qr: str
    purpose_heading: str
    purpose: str
    keep_heading: str
    keep: str
    restore_heading: str
    restore: str
    kept_at: str
    kept_by: str
    footer: str


class SlipTexts(Struct, frozen=True):
    """Sentences of the packing slip."""

    section: ClassVar[str] = "slip"

    heading: str
    subtitle: str
    plan: str
    repository: str
    sender: str
    recipient: str
    carrier: str
    tracking_number: str
    shipped_at: str
    made_at: str
    drive_count: str
    chain_head: str
    chain_head_hint: str
    number: str
    serial: str
    packs: str
    size: str
    sealed_at: str
    fingerprint: str
    total: str
    bytes_exact: str  # gap {count}
    check_heading: str
    check: str
    footer: str


class CustodyTexts(Struct, frozen=True):
    """Sentences of the custody sheet."""

    section: ClassVar[str] = "custody"

    heading: str
    subtitle: str
    plan: str
    carrier: str
    tracking_number: str
    drive_count: str
    made_at: str
    drives_heading: str
    handovers_heading: str
    handovers_hint: str
    number: str
    when: str
    handed_over_by: str
    received_by: str
    intact: str
    yes: str
    no: str
    name: str
    signature: str
    footer: str


class LabelTexts(Struct, frozen=True):
    """Sentences of the address label."""

    section: ClassVar[str] = "label"

    heading: str
    sender: str
    recipient: str
    carrier: str
    tracking_number: str
    contents: str  # gap {count}
    contents_one: str
    handle: str
    cut: str
    footer: str


Texts = TypeVar("Texts", PaperTexts, KitTexts, SlipTexts, CustodyTexts, LabelTexts)


def text_keys(kind: type[Texts]) -> dict[str, str]:
    """Give the words key of every field: "papers.kit.code-hint" for KitTexts.code_hint."""
    return {
        name: f"papers.{kind.section}.{name.replace('_', '-')}" for name in kind.__struct_fields__
    }


def texts_from(kind: type[Texts], lookup: Callable[[str], str]) -> Texts:
    """Fill the sentences of one paper; `lookup` gives the raw text of a words key."""
    return kind(**{name: lookup(key) for name, key in text_keys(kind).items()})


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
