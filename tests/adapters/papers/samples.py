"""Realistic facts for the papers, and their sentences in both languages."""

from __future__ import annotations

import hashlib
from functools import cache

from offline_backup_gui import words
from offline_backup_gui.adapters.papers import PdfPress
from offline_backup_gui.domain.bitlocker import password_of
from offline_backup_gui.domain.papers import (
    CheckGroup,
    CheckLine,
    DriveKey,
    DriveLine,
    KitPaper,
    ShipmentPaper,
)
from offline_backup_gui.domain.shipping import Code
from offline_backup_gui.domain.shipping_rules import CHECKS, GROUPS

KIT = KitPaper(
    name="Branch 042, Lübeck",
    repository_id="5f0c1d9a7be24c6f8a31d0e2b4c69f17",
    lines=("7K3M-9QXA-T", "B2HD-81VE-9", "ZC4N-R0WS-G", "5JTY-P6GQ-2"),
    made_at="3 June 2026, 14:10",
    stores=("https://contosobranch042.blob.core.windows.net/vault-branch-042",),
)
DRIVE_KEYS = tuple(
    DriveKey(f"ZR5A1K2F-{number}", password_of(bytes([number] * 16))) for number in (1, 2)
)


def fingerprint(seed: str) -> str:
    """Give 64 hexadecimal digits that depend on the seed."""
    return hashlib.blake2b(seed.encode(), digest_size=32).hexdigest()


def drives(count: int) -> tuple[DriveLine, ...]:
    """Give sealed drives with different serials and sizes."""
    return tuple(
        DriveLine(
            serial=f"ZR5{number:02d}8KQW",
            label=f"Drive {number}",
            packs=7_431 - 211 * number,
            size_bytes=7_979_104_256_000 - 226_000_000_123 * number,
            fingerprint=fingerprint(f"drive {number}"),
            sealed_at="3 June 2026, 13:52",
        )
        for number in range(1, count + 1)
    )


def every_group() -> tuple[CheckGroup, ...]:
    """Give every sentence of the checklist, spread over every group."""
    gaps = {"carrier": "DHL", "account": "4711", "carriers": "DHL, FedEx", "date": "2026-12-09"}
    lines = [CheckLine(key, gaps) for key in CHECKS]
    return tuple(
        CheckGroup(group, tuple(lines[place :: len(GROUPS)])) for place, group in enumerate(GROUPS)
    )


def shipment(count: int = 3, name: str = "Branch 042, Lübeck") -> ShipmentPaper:
    """Give a shipment of some drives on their way to Azure."""
    return ShipmentPaper(
        plan_name=name,
        repository_id=KIT.repository_id,
        chain_head=fingerprint("head"),
        drives=drives(count),
        made_at="3 June 2026, 14:10",
        job="branch-042-1a2b3c4d-1",
        sender=("Contoso GmbH, Branch 042", "Kanalstraße 17", "23552 Lübeck", "Germany"),
        recipient=(
            "Microsoft Azure Import/Export",
            "Prins Hendrikkade 12",
            "Amsterdam",
            "Netherlands",
        ),
        sender_contact=("+49 451 5550100", "admin@contoso.example"),
        recipient_phone="+31 20 5550199",
        recipient_note="Building C, goods receipt until 16:00",
        return_carrier="DHL",
        return_account="4711-0815",
        carriers=("DHL", "FedEx"),
        codes=dict.fromkeys(Code, "") | {Code.INBOUND_ID: "IN-778899"},
        groups=every_group(),
        carrier="DHL",
        tracking_number="JD01 4600 0123 4567 8901",
        shipped_at="4 June 2026",
    )


@cache
def _words(language: str) -> words.Words:
    return words.load(language)


def press() -> PdfPress:
    """Give the press with the program's own sentences."""
    return PdfPress(lambda language, key: _words(language).raw(key))
