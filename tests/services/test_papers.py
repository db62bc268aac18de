"""The papers of a job, read back from their pages: text and QR codes are what the job says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
import zxingcpp

from offline_backup_gui import words
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.findings import FindingCode
from offline_backup_gui.domain.job import JobKind
from offline_backup_gui.domain.papers import PageSize
from offline_backup_gui.domain.prepared_drive import prepared_drive
from offline_backup_gui.domain.shipment import Source
from offline_backup_gui.domain.shipping import Code
from offline_backup_gui.formats.service_job import read_job
from tests.services.branch import Branch

LANGUAGES = pytest.mark.parametrize("language", ["en", "de"])
PAGES = pytest.mark.parametrize("page", list(PageSize))
SPECS = Path(__file__).parents[1] / "azure" / "specs"
PAPERS = ("packing-slip", "custody-sheet", "address-label", "shipping-checklist")


def job_body(drives: int = 2, **details: Any) -> dict[str, Any]:
    """Make a job as the service returns it (shape: recorded 2025-05-29; address: made)."""
    return {
        "name": "branch-042-1a2b3c4d-1",
        "type": "Microsoft.DataBox/jobs",
        "location": "westeurope",
        "sku": {"name": "DataBoxCustomerDisk"},
        "properties": {
            "transferType": "ImportToAzure",
            "status": "AwaitingShipmentDetails",
            "startTime": "2026-06-01T09:00:00+00:00",
            "details": {
                "jobDetailsType": "DataBoxCustomerDisk",
                "importDiskDetailsCollection": {
                    f"WD-WCC4N{number:02d}XYZ0123456789": {
                        "manifestFile": "\\DriveManifest.xml",
                        "manifestHash": f"{number:032X}",
                    }
                    for number in range(drives)
                },
                "shippingAddress": {
                    "streetAddress1": "Kanalstraße 17",
                    "streetAddress2": "Hinterhaus",
                    "city": "Lübeck",
                    "postalCode": "23552",
                    "country": "DE",
                    "companyName": "Contoso GmbH",
                },
                "contactDetails": {
                    "contactName": "Änne Administrator",
                    "phone": "+49 451 5550100",
                    "emailList": ["admin@contoso.example", "it@contoso.example"],
                },
                "returnToCustomerPackageDetails": {
                    "carrierName": "DHL",
                    "carrierAccountNumber": "4711-0815",
                },
                "deliverToDcPackageDetails": {
                    "carrierName": "DHL Express",
                    "trackingId": "JD014600012345678901",
                },
                "datacenterAddress": {
                    "datacenterAddressType": "DatacenterAddressLocation",
                    "contactPersonName": "Azure Import/Export",
                    "company": "Example Datacenter B.V.",
                    "street1": "Voorbeeldweg 12",
                    "street2": "Gate 4",
                    "city": "Middenmeer",
                    "state": "NH",
                    "zip": "1775 AA",
                    "country": "NL",
                    "phone": "+31 20 5550199",
                    "additionalShippingInformation": "Deliver to goods receipt before 16:00",
                    "supportedCarriersForReturnShipment": ["DHL", "FedEx"],
                },
                **details,
            },
        },
    }


@pytest.fixture
def branch(tmp_path: Path) -> Branch:
    return Branch(tmp_path / "branch")


def written(
    branch: Branch, body: dict[str, Any], folder: Path, language: str, page: PageSize
) -> dict[str, Path]:
    folder.mkdir(exist_ok=True)
    shipment, leaving = branch.services.papers.of_job(read_job(body))
    paths = branch.services.papers.write(shipment, leaving.route, folder, language, page)
    return {path.stem.removeprefix(f"{shipment.plan_name}-"): path for path in paths}


def solid(text: str) -> str:
    return "".join(text.replace("￾", "-").split())


def text_of(path: Path) -> str:
    document = pypdfium2.PdfDocument(path)
    try:
        return solid(" ".join(page.get_textpage().get_text_bounded() for page in document))
    finally:
        document.close()


def scanned(path: Path) -> list[str]:
    """Read every code on every page as a telephone would, from a picture of 180 dots an inch."""
    document = pypdfium2.PdfDocument(path)
    try:
        return [
            code.text
            for page in document
            for code in zxingcpp.read_barcodes(page.render(scale=2.5).to_pil())
        ]
    finally:
        document.close()


def values(codes: list[str]) -> Iterator[tuple[str, str]]:
    """Take the codes apart, the parts of one after the other."""
    for code in sorted(codes):
        head, *lines = code.split("\n")
        assert head == "offline-backup-parcel 1"
        yield from (tuple(line.split("=", 1)) for line in lines)  # type: ignore[misc]


def in_body(body: dict[str, Any]) -> dict[str, list[str]]:
    """Name what has to stand on each paper, straight from the job."""
    details = body["properties"]["details"]
    home, contact, site = (
        [str(value) for value in details[name].values() if isinstance(value, str)]
        for name in ("shippingAddress", "contactDetails", "datacenterAddress")
    )
    site.remove("DatacenterAddressLocation")
    site = ["NL" if one == "NL" else one for one in site]
    there = [*details["deliverToDcPackageDetails"].values(), body["name"]]
    back = list(details["returnToCustomerPackageDetails"].values())
    drives = list(details["importDiskDetailsCollection"])
    digests = [one["manifestHash"] for one in details["importDiskDetailsCollection"].values()]
    mails = details["contactDetails"]["emailList"]
    return {
        "packing-slip": [*home, *contact, *mails, *site, *there, *back, *drives, *digests],
        "custody-sheet": [*there, *drives],
        "address-label": [*home, *contact, *mails, *site, *there],
        "shipping-checklist": [*back, body["name"], "DHL, FedEx", "2026-06-15"],
    }


@LANGUAGES
@PAGES
@pytest.mark.parametrize("drives", [1, 10])
def test_pages_and_codes_say_what_the_job_says(
    branch: Branch, language: str, page: PageSize, drives: int, tmp_path: Path
) -> None:
    body = job_body(drives)
    papers = written(branch, body, tmp_path / "papers", language, page)
    assert tuple(papers) == PAPERS
    for name, told in in_body(body).items():
        shown = text_of(papers[name])
        assert [one for one in told if solid(one) not in shown] == [], name
    parcel = [
        ("job", body["name"]),
        ("carrier", "DHL Express"),
        ("number", "JD014600012345678901"),
        ("drives", str(drives)),
    ]
    listed = body["properties"]["details"]["importDiskDetailsCollection"]
    marked = [("drive", f"{serial} {one['manifestHash']}") for serial, one in listed.items()]
    counted = [("drive", serial) for serial in listed]
    assert list(values(scanned(papers["address-label"]))) == parcel
    assert list(values(scanned(papers["custody-sheet"]))) == [*parcel, *counted]
    assert list(values(scanned(papers["packing-slip"]))) == [*parcel, *marked]


@LANGUAGES
@PAGES
def test_the_longest_of_everything_is_on_the_paper_whole_and_inside_the_margins(
    branch: Branch, language: str, page: PageSize, tmp_path: Path
) -> None:
    long = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
    body = job_body(0)
    details = body["properties"]["details"]
    for place in ("shippingAddress", "datacenterAddress"):
        for key, value in list(details[place].items()):
            if isinstance(value, str) and key not in ("country", "datacenterAddressType"):
                details[place][key] = f"{value} {long}"
    details["deliverToDcPackageDetails"] = {"carrierName": long, "trackingId": "9" * 90}
    for number in range(10):
        serial = f"{number}-{'SERIALNUMBER' * 9}"
        details["importDiskDetailsCollection"][serial] = {
            "manifestFile": "\\DriveManifest.xml",
            "manifestHash": f"{number:032X}",
        }
    papers = written(branch, body, tmp_path / "papers", language, page)
    for name, told in in_body(body).items():
        shown = text_of(papers[name])
        assert [one for one in told if solid(one) not in shown] == [], name
        _assert_inside(papers[name])
    slip = [value for key, value in values(scanned(papers["packing-slip"])) if key == "drive"]
    assert slip == [
        f"{serial} {one['manifestHash']}"
        for serial, one in details["importDiskDetailsCollection"].items()
    ]


def _assert_inside(path: Path) -> None:
    document = pypdfium2.PdfDocument(path)
    try:
        for sheet in document:
            width, height = sheet.get_size()
            texts = sheet.get_textpage()
            boxes = [texts.get_rect(place) for place in range(texts.count_rects())]
            assert all(left >= 50 and right <= width - 50 for left, _, right, _ in boxes)
            assert all(bottom >= 30 and top <= height - 50 for _, bottom, _, top in boxes)
    finally:
        document.close()


def test_what_a_country_asks_for_is_on_the_checklist(branch: Branch, tmp_path: Path) -> None:
    body = job_body()
    body["properties"]["details"]["datacenterAddress"]["country"] = "India"
    papers = written(branch, body, tmp_path / "papers", "en", PageSize.A4)
    shown = text_of(papers["shipping-checklist"])
    raw = words.load("en").raw
    for key in ("gate-pass-data", "delivery-challan", "customs", "account-abroad"):
        assert solid(raw(f"papers.check.{key}")) in shown, key
    at_home = job_body()
    at_home["properties"]["details"]["datacenterAddress"]["country"] = "Germany"
    papers = written(branch, at_home, tmp_path / "papers", "en", PageSize.A4)
    shown = text_of(papers["shipping-checklist"])
    for key in ("gate-pass-data", "customs"):
        assert solid(raw(f"papers.check.{key}")) not in shown, key


@pytest.mark.parametrize(
    ("country", "asked", "codes"),
    [
        ("AU", ["tau-code", "reference-code-and-book-online"], {Code.TAU_CODE}),
        ("BR", ["nota-fiscal", "photo-id", "self-managed"], set()),
        ("ZA", ["return-code", "reference-code-and-book-online"], {Code.RETURN_CODE}),
        ("IN", ["inbound-id", "e-waybill", "challan", "email-operations"], {Code.INBOUND_ID}),
        ("US", ["reverse-tracking-number", "call-or-drop-off"], set()),
        ("FR", ["waybill-number", "book-online"], set()),
        ("AR", ["ask-azure-how"], set()),
    ],
)
@pytest.mark.parametrize("sku", ["DataBoxDisk", "DataBox"])
def test_a_device_goes_back_with_its_cables_and_by_the_rules_of_its_country(
    branch: Branch, country: str, asked: list[str], codes: set[Code], sku: str, tmp_path: Path
) -> None:
    body = job_body()
    body["sku"]["name"] = sku
    details = body["properties"]["details"]
    details["jobDetailsType"] = sku
    details["shippingAddress"]["country"] = country
    shipment, _ = branch.services.papers.of_job(read_job(body))
    keys = [line.key for group in shipment.groups for line in group.lines]
    assert set(asked) <= set(keys)
    assert ("cable-usb" in keys) == (sku == "DataBoxDisk")
    assert ("prepared" in keys) == (sku == "DataBox")
    assert "drives-only" not in keys
    assert codes <= set(shipment.codes)
    papers = written(branch, body, tmp_path / "papers", "de", PageSize.LETTER)
    assert tuple(papers) == ("custody-sheet", "shipping-checklist")


def test_a_plan_takes_drives_from_their_preparation_and_the_rest_from_its_job(
    branch: Branch, tmp_path: Path
) -> None:
    branch.fill()
    branch.keep()
    plan_id, services = branch.plan.plan_id, branch.services
    with pytest.raises(BackupError) as refused:
        services.papers.save(plan_id, tmp_path, "en", "A4")
    assert refused.value.code is ErrorCode.DRIVE_NOT_SEALED
    services.preparations.note(plan_id, prepared_drive("ZR1", "AB" * 16))
    services.shipments.note_job(plan_id, read_job(job_body(0)), Source.AZURE)
    services.papers.note_codes(plan_id, {Code.INBOUND_ID: "IN-1", Code.TAU_CODE: " "})
    paths = services.papers.save(plan_id, tmp_path, "en", "A4")
    label, slip = text_of(paths[2]), text_of(paths[0])
    assert "IN-1" in label
    assert "TAU" not in label
    assert "1775AAMiddenmeer" in label
    assert solid("ABABABAB ABABABAB ABABABAB ABABABAB") in slip
    assert dict(values(scanned(paths[0])))["drive"] == f"ZR1 {'AB' * 16}"


def test_sealed_drives_that_were_prepared_too_are_named_once(
    branch: Branch, tmp_path: Path
) -> None:
    branch.fill()
    branch.keep()
    branch.run(JobKind.COPY)
    plan_id, services = branch.plan.plan_id, branch.services
    (first, second) = services.shipments.track(plan_id).drives
    sealed = {drive.serial: drive.manifest_md5 for drive in services.preparations.of(plan_id)}
    services.preparations.note(plan_id, prepared_drive(first.serial, "CD" * 16))
    shipment, _ = services.papers.of_plan(plan_id)
    assert [one.serial for one in shipment.drives] == [first.serial, second.serial]
    assert [one.manifest for one in shipment.drives] == ["CD" * 16, sealed[second.serial]]
    assert all(one.fingerprint and one.packs for one in shipment.drives)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"datacenterAddress": {}}, {FindingCode.SITE_UNKNOWN}),
        (
            {"datacenterAddress": {"communicationInstruction": "Write to adbops@microsoft.com"}},
            {FindingCode.SITE_UNKNOWN},
        ),
        ({"shippingAddress": {}}, {FindingCode.RETURN_ADDRESS_MISSING}),
        (
            {"returnToCustomerPackageDetails": {"carrierName": "UPS"}},
            {FindingCode.RETURN_ACCOUNT_MISSING, FindingCode.CARRIER_NOT_AT_SITE},
        ),
        ({}, set()),
    ],
)
def test_what_is_missing_on_the_papers_is_told(
    branch: Branch, change: dict[str, Any], told: set[FindingCode]
) -> None:
    _, leaving = branch.services.papers.of_job(read_job(job_body(**change)))
    assert {one.code for one in branch.services.papers.findings(leaving)} == told


def test_a_job_of_the_older_service_has_papers_too(branch: Branch, tmp_path: Path) -> None:
    path = SPECS / "importexport/2020-08-01/examples/GetJob.json"
    body = json.loads(path.read_text())["responses"]["200"]["body"]
    papers = written(branch, body, tmp_path / "papers", "en", PageSize.LETTER)
    label = text_of(papers["address-label"])
    for key in ("shippingInformation", "returnAddress"):
        for name, value in body["properties"][key].items():
            if name != "email" and value:
                assert solid(value.upper() if "country" in name else value) in label, name


def test_a_site_is_found_in_what_the_service_lists(branch: Branch, tmp_path: Path) -> None:
    folder = SPECS / "importexport/2020-08-01/examples"
    one = branch.services.papers.site_in(folder / "GetLocation.json", "")
    assert (one.name, one.carriers) == ("West US", ("FedEx",))
    assert one.address.lines[-2:] == ("Santa Clara, CA 95050", "USA")
    listed = branch.services.papers.site_in(folder / "ListLocations.json", "australiaeast")
    assert listed.address.lines
    with pytest.raises(BackupError) as refused:
        branch.services.papers.site_in(folder / "ListLocations.json", "Atlantis")
    assert refused.value.code is ErrorCode.SITE_NOT_IN_FILE
    (tmp_path / "nothing.json").write_text("{}")
    with pytest.raises(BackupError) as unread:
        branch.services.papers.site_in(tmp_path / "nothing.json", "")
    assert unread.value.code is ErrorCode.AZURE_ANSWER_UNREADABLE
