"""The papers, read back from their PDFs: nothing cut, nothing lost, in both languages and sizes."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp
from msgspec.structs import replace

from offline_backup_gui import words
from offline_backup_gui.adapters.papers import PdfPress
from offline_backup_gui.adapters.papers.fonts import clean, in_reading_order
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.paper_texts import (
    ChecklistTexts,
    CodeTexts,
    CustodyTexts,
    KitTexts,
    LabelTexts,
    PaperTexts,
    SlipTexts,
    text_keys,
)
from offline_backup_gui.domain.papers import PageSize, ShipmentPaper
from offline_backup_gui.domain.shipping_rules import CHECKS, GROUPS
from tests.adapters.papers import samples

LANGUAGES = pytest.mark.parametrize("language", ["en", "de"])
PAGES = pytest.mark.parametrize("page", list(PageSize))
Write = Callable[[PdfPress, ShipmentPaper, str, PageSize, Path], None]


def _kit(
    press: PdfPress, shipment: ShipmentPaper, language: str, page: PageSize, path: Path
) -> None:
    kit = replace(samples.KIT, name=shipment.plan_name, keys=samples.DRIVE_KEYS)
    press.recovery_kit(kit, language, page, path)


ALL: dict[str, Write] = {
    "kit": _kit,
    "slip": PdfPress.packing_slip,
    "custody": PdfPress.custody_sheet,
    "label": PdfPress.address_label,
    "checklist": PdfPress.shipping_checklist,
}
CHECK_KEYS = {f"papers.check.{key}" for key in CHECKS} | {f"papers.group.{key}" for key in GROUPS}
KEYS = {
    "kit": set(text_keys(KitTexts).values()),
    "slip": set(text_keys(SlipTexts).values()),
    "custody": set(text_keys(CustodyTexts).values()),
    "label": set(text_keys(LabelTexts).values()) | set(text_keys(CodeTexts).values()),
    "checklist": set(text_keys(ChecklistTexts).values())
    | set(text_keys(CodeTexts).values())
    | CHECK_KEYS,
}
EVERY_PAPER = pytest.mark.parametrize("write", ALL.values(), ids=ALL.keys())


def pages_of(path: Path) -> list[str]:
    """Read the text of each page, its blanks made equal."""
    document = pypdfium2.PdfDocument(path)
    try:
        return [" ".join(page.get_textpage().get_text_bounded().split()) for page in document]
    finally:
        document.close()


def text_of(path: Path) -> str:
    return " ".join(pages_of(path))


def solid(text: str) -> str:
    """Take out all blanks and soft hyphens: a wrapped name has none of its own."""
    return "".join(text.replace("\ufffe", "-").split())


@pytest.mark.parametrize("name", ALL)
@LANGUAGES
@PAGES
def test_every_sentence_is_on_the_paper(
    name: str, language: str, page: PageSize, tmp_path: Path
) -> None:
    path = tmp_path / "paper.pdf"
    ALL[name](samples.press(), samples.shipment(), language, page, path)
    shown = solid(text_of(path))
    raw = words.load(language).raw
    not_printed = {"papers.label.heading", "papers.label.contents-one"}
    not_printed |= {"papers.slip.manifest", "papers.slip.check-manifest", "papers.slip.files"}
    for key in KEYS[name] - not_printed:
        for sentence in raw(key).strip().splitlines():
            for piece in re.split(r"\{[a-z]+\}", sentence):
                assert solid(piece) in shown, key


@EVERY_PAPER
@LANGUAGES
@PAGES
def test_nothing_is_drawn_beyond_the_margins(
    write: Write, language: str, page: PageSize, tmp_path: Path
) -> None:
    path = tmp_path / "paper.pdf"
    name = "Grundstücksverkehrsgenehmigungszuständigkeitsübertragungsverordnung" * 3
    shipment = samples.shipment(count=10, name=name)
    shipment = replace(shipment, tracking_number="9" * 80, carrier="Carrier " * 12)
    write(samples.press(), shipment, language, page, path)
    document = pypdfium2.PdfDocument(path)
    try:
        for sheet in document:
            width, height = sheet.get_size()
            texts = sheet.get_textpage()
            for place in range(texts.count_rects()):
                left, bottom, right, top = texts.get_rect(place)
                assert left >= 50
                assert right <= width - 50
                assert bottom >= 30
                assert top <= height - 50
    finally:
        document.close()


@EVERY_PAPER
def test_a_long_name_is_wrapped_and_stays_whole(write: Write, tmp_path: Path) -> None:
    path = tmp_path / "paper.pdf"
    name = "Filiale" + "Ö" * 240
    shipment = samples.shipment(name=name)
    shipment = replace(shipment, sender=(name,), recipient=(name,))
    write(samples.press(), shipment, "de", PageSize.LETTER, path)
    assert name in solid(text_of(path))


@pytest.mark.parametrize(
    "name",
    ["Филиал Київ", "Υποκατάστημα Αθήνα", "東京支店", "서울 지점", "Łódź ß €", "Ştîn’ț"],
)
@EVERY_PAPER
def test_names_in_other_scripts_are_drawn(write: Write, name: str, tmp_path: Path) -> None:
    path = tmp_path / "paper.pdf"
    shipment = replace(samples.shipment(name=name), sender=(name,))
    write(samples.press(), shipment, "en", PageSize.A4, path)
    assert solid(name) in solid(text_of(path))


def test_right_to_left_names_are_drawn_in_reading_order() -> None:
    assert in_reading_order("Haifa חיפה 7") == "Haifa הפיח 7"
    assert in_reading_order("plain") == "plain"


def test_a_name_with_control_characters_shows_a_stand_in() -> None:
    assert clean("a\nb\u202ec\udcff") == "a�b�c�"


@pytest.mark.parametrize("name", ["<b>bold</b> & co", "{page}", "a\x00b", "\udcff", "‮evil"])
@EVERY_PAPER
def test_a_hostile_name_is_only_text(write: Write, name: str, tmp_path: Path) -> None:
    path = tmp_path / "paper.pdf"
    shipment = replace(samples.shipment(name=name), sender=(name,), carrier=name)
    write(samples.press(), shipment, "en", PageSize.A4, path)
    if name.isascii() and name.isprintable():
        expected = 1 if write is not PdfPress.address_label else 2
        assert solid(text_of(path)).count(solid(name)) >= expected


@LANGUAGES
@PAGES
def test_the_kit_shows_the_code_once_to_type_and_once_to_scan_on_one_page(
    language: str, page: PageSize, tmp_path: Path
) -> None:
    path = tmp_path / "kit.pdf"
    samples.press().recovery_kit(samples.KIT, language, page, path)
    pages = pages_of(path)
    assert len(pages) == 1
    for line in samples.KIT.lines:
        assert solid(line) in solid(pages[0])
    document = pypdfium2.PdfDocument(path)
    try:
        found = zxingcpp.read_barcodes(document[0].render(scale=2).to_pil())
    finally:
        document.close()
    assert [code.text for code in found] == ["\n".join(samples.KIT.lines)]


@LANGUAGES
def test_the_slip_lists_every_drive_the_sum_and_the_anchor(language: str, tmp_path: Path) -> None:
    path = tmp_path / "slip.pdf"
    shipment = samples.shipment(count=10)
    samples.press().packing_slip(shipment, language, PageSize.A4, path)
    pages = pages_of(path)
    shown = solid(" ".join(pages))
    spoken = words.load(language)
    assert solid(shipment.chain_head) in shown
    for drive in shipment.drives:
        assert drive.serial in shown
        assert drive.fingerprint in shown
        assert solid(spoken.number(drive.size_bytes or 0)) in shown
    assert solid(spoken.number(shipment.size_bytes)) in shown
    last = spoken.raw("papers.common.page").format(page=len(pages), pages=len(pages))
    assert len(pages) > 1
    assert last in pages[-1]


def test_an_empty_address_leaves_lines_to_write_on(tmp_path: Path) -> None:
    path = tmp_path / "label.pdf"
    shipment = replace(samples.shipment(count=1), sender=(), recipient=(), carrier="")
    samples.press().address_label(shipment, "en", PageSize.A4, path)
    assert "1 hard drive in" in text_of(path)


def test_the_same_facts_give_the_same_file(tmp_path: Path) -> None:
    for name in ("one.pdf", "two.pdf"):
        samples.press().packing_slip(samples.shipment(), "en", PageSize.A4, tmp_path / name)
    assert (tmp_path / "one.pdf").read_bytes() == (tmp_path / "two.pdf").read_bytes()


def test_a_paper_replaces_its_older_self_and_leaves_nothing_beside(tmp_path: Path) -> None:
    path = tmp_path / "kit.pdf"
    path.write_bytes(b"older")
    samples.press().recovery_kit(samples.KIT, "en", PageSize.A4, path)
    assert path.read_bytes().startswith(b"%PDF")
    assert [entry.name for entry in tmp_path.iterdir()] == ["kit.pdf"]


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(BackupError) as caught:
        samples.press().recovery_kit(
            samples.KIT, "en", PageSize.A4, tmp_path / "missing" / "kit.pdf"
        )
    assert caught.value.code is ErrorCode.TARGET_NOT_WRITABLE


def test_a_path_that_cannot_be_replaced_keeps_no_partial_file(tmp_path: Path) -> None:
    (tmp_path / "kit.pdf" / "inside").mkdir(parents=True)
    with pytest.raises(BackupError):
        samples.press().recovery_kit(samples.KIT, "en", PageSize.A4, tmp_path / "kit.pdf")
    assert [entry.name for entry in tmp_path.iterdir()] == ["kit.pdf"]


@LANGUAGES
def test_every_key_of_the_papers_is_used(language: str) -> None:
    wanted = set(text_keys(PaperTexts).values()).union(*KEYS.values())
    known = {key for key in words.load(language).known_keys() if key.startswith("papers.")}
    assert known == wanted


@LANGUAGES
@PAGES
def test_the_keys_of_drives_are_in_the_kit_however_many_there_are(
    tmp_path: Path, language: str, page: PageSize
) -> None:
    path = tmp_path / "kit.pdf"
    for keys in (samples.DRIVE_KEYS, samples.DRIVE_KEYS * 5):
        samples.press().recovery_kit(replace(samples.KIT, keys=keys), language, page, path)
        text = " ".join(pages_of(path))
        for key in keys:
            assert key.serial in text
            assert key.password.replace("-", " ") in text
    assert samples.DRIVE_KEYS[0].password not in repr(samples.DRIVE_KEYS)


@LANGUAGES
def test_a_kit_of_keys_alone_has_no_code_and_no_word_about_one(
    tmp_path: Path, language: str
) -> None:
    path = tmp_path / "kit.pdf"
    alone = replace(samples.KIT, repository_id="", lines=(), stores=(), keys=samples.DRIVE_KEYS)
    samples.press().recovery_kit(alone, language, PageSize.A4, path)
    (text,) = pages_of(path)
    assert samples.DRIVE_KEYS[1].password.replace("-", " ") in text
    assert samples.KIT.repository_id not in text
    for line in samples.KIT.lines:
        assert line not in text
