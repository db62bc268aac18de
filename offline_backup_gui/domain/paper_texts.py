"""The sentences of the papers, one struct a paper: what draws them needs to know no language.

`texts_from` fills such a struct from words; every field has a key of its own in `papers.toml`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, TypeVar

from msgspec import Struct


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
    keys_heading: str
    keys: str
    kept_at: str
    kept_by: str
    footer: str


class SlipTexts(Struct, frozen=True):
    """Sentences of the packing slip."""

    section: ClassVar[str] = "slip"

    heading: str
    subtitle: str
    plan: str
    job: str
    repository: str
    sender: str
    recipient: str
    phone: str  # gap {phone}
    carrier: str
    tracking_number: str
    return_carrier: str
    return_account: str
    shipped_at: str
    made_at: str
    drive_count: str
    qr: str
    chain_head: str
    chain_head_hint: str
    number: str
    serial: str
    packs: str
    files: str
    size: str
    sealed_at: str
    fingerprint: str
    manifest: str
    total: str
    bytes_exact: str  # gap {count}
    check_heading: str
    check: str
    check_manifest: str
    footer: str


class CustodyTexts(Struct, frozen=True):
    """Sentences of the custody sheet."""

    section: ClassVar[str] = "custody"

    heading: str
    subtitle: str
    plan: str
    job: str
    qr: str
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
    phone: str  # gap {phone}
    job: str
    carrier: str
    tracking_number: str
    qr: str
    contents: str  # gap {count}
    contents_one: str
    handle: str
    cut: str
    footer: str


class ChecklistTexts(Struct, frozen=True):
    """Sentences of the shipping checklist that stand on every one."""

    section: ClassVar[str] = "checklist"

    heading: str
    subtitle: str
    plan: str
    job: str
    made_at: str
    recipient: str
    carriers: str
    drive_count: str
    codes_heading: str
    codes_hint: str
    done_by: str
    done_at: str
    footer: str


class CodeTexts(Struct, frozen=True):
    """Names of what may stand on the parcel beside the address."""

    section: ClassVar[str] = "code"

    inbound_id: str
    tau_code: str
    return_code: str
    authorization: str

    def name(self, code: str) -> str:
        """Give the name of a `domain.shipping.Code`."""
        return str(getattr(self, code.replace("-", "_")))


Texts = TypeVar(
    "Texts",
    PaperTexts,
    KitTexts,
    SlipTexts,
    CustodyTexts,
    LabelTexts,
    ChecklistTexts,
    CodeTexts,
)


def text_keys(kind: type[Texts]) -> dict[str, str]:
    """Give the words key of every field: "papers.kit.code-hint" for KitTexts.code_hint."""
    return {
        name: f"papers.{kind.section}.{name.replace('_', '-')}" for name in kind.__struct_fields__
    }


def texts_from(kind: type[Texts], lookup: Callable[[str], str]) -> Texts:
    """Fill the sentences of one paper; `lookup` gives the raw text of a words key."""
    return kind(**{name: lookup(key) for name, key in text_keys(kind).items()})
