"""The press: fills each paper's sentences in the wanted language and lets it be drawn."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from offline_backup_gui.adapters.papers.checklist import write_shipping_checklist
from offline_backup_gui.adapters.papers.custody import write_custody_sheet
from offline_backup_gui.adapters.papers.kit import write_recovery_kit
from offline_backup_gui.adapters.papers.label import write_address_label
from offline_backup_gui.adapters.papers.slip import write_packing_slip
from offline_backup_gui.domain.paper_texts import (
    ChecklistTexts,
    CodeTexts,
    CustodyTexts,
    KitTexts,
    LabelTexts,
    PaperTexts,
    SlipTexts,
    Texts,
    texts_from,
)
from offline_backup_gui.domain.papers import KitPaper, PageSize, ShipmentPaper


class PdfPress:
    """The domain's PaperPress as PDF files; `raw_text(language, key)` gives a sentence unfilled."""

    def __init__(self, raw_text: Callable[[str, str], str]) -> None:
        self._raw_text = raw_text

    def recovery_kit(self, kit: KitPaper, language: str, page: PageSize, path: Path) -> None:
        """Write the recovery kit; the file appears whole or not at all."""
        texts = self._texts(KitTexts, language)
        write_recovery_kit(kit, texts, self._texts(PaperTexts, language), page, path)

    def packing_slip(
        self, shipment: ShipmentPaper, language: str, page: PageSize, path: Path
    ) -> None:
        """Write the packing slip."""
        texts = self._texts(SlipTexts, language)
        write_packing_slip(shipment, texts, self._texts(PaperTexts, language), page, path)

    def custody_sheet(
        self, shipment: ShipmentPaper, language: str, page: PageSize, path: Path
    ) -> None:
        """Write the custody sheet."""
        texts = self._texts(CustodyTexts, language)
        write_custody_sheet(shipment, texts, self._texts(PaperTexts, language), page, path)

    def address_label(
        self, shipment: ShipmentPaper, language: str, page: PageSize, path: Path
    ) -> None:
        """Write the address label."""
        texts, codes = self._texts(LabelTexts, language), self._texts(CodeTexts, language)
        write_address_label(shipment, texts, codes, self._texts(PaperTexts, language), page, path)

    def shipping_checklist(
        self, shipment: ShipmentPaper, language: str, page: PageSize, path: Path
    ) -> None:
        """Write what to do and to write on before the parcel leaves."""
        write_shipping_checklist(
            shipment,
            self._texts(ChecklistTexts, language),
            self._texts(CodeTexts, language),
            self._texts(PaperTexts, language),
            partial(self._raw_text, language),
            page,
            path,
        )

    def _texts(self, kind: type[Texts], language: str) -> Texts:
        return texts_from(kind, partial(self._raw_text, language))
