"""`papers` and the forms of import jobs on the command line: from prepared drives to the parcel."""

from __future__ import annotations

import json
import stat
import sys
import tomllib
from pathlib import Path

import pytest

from offline_backup_gui.domain.prepared_drive import PreparedDrive, key_name
from offline_backup_gui.formats.import_journal import DriveInfo, journal_text
from offline_backup_gui.services.order_file import read_order_file
from offline_backup_gui.services.plan_file import read_plan_file
from offline_backup_gui.services.preparations import Preparations
from tests.cli.desk import Desk
from tests.fakes import MemorySecrets
from tests.services.test_papers import job_body, scanned, text_of

KEY = "-".join(f"{number * 11:06d}" for number in range(1000, 1008))
FILLED = {
    'subscription = ""': 'subscription = "00000000-0000-0000-0000-000000000001"',
    'resource_group = ""': 'resource_group = "backup"',
    'storage_account = ""': 'storage_account = "/subscriptions/1/resourceGroups/g/providers'
    '/Microsoft.Storage/storageAccounts/contoso"',
    'street = ""': 'street = "Kanalstraße 17"',
    'city = ""': 'city = "Lübeck"',
    'postal_code = ""': 'postal_code = "23552"',
    '[contact]\nname = ""': '[contact]\nname = "Änne Administrator"',
    'phone = ""': 'phone = "+49 451 5550100"',
    'email = [""]': 'email = ["admin@contoso.example"]',
    'account_number = ""': 'account_number = "4711-0815"',
}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "desk")


def fill(form: Path) -> None:
    text = form.read_text("utf-8")
    for blank, filled in FILLED.items():
        assert blank in text, blank
        text = text.replace(blank, filled)
    form.write_text(text, "utf-8")


def journal_of(desk: Desk, *serials: str, key: str = KEY) -> Path:
    """Write a journal as the tool of Microsoft does, in the form its reader was proved with."""
    from datetime import UTC, datetime

    drives = [
        DriveInfo(serial, f"{number:032X}", key, "\\DriveManifest.xml")
        for number, serial in enumerate(serials)
    ]
    path = desk.home / "made-elsewhere.jrn"
    path.write_bytes(journal_text(drives, datetime(2026, 6, 1, tzinfo=UTC)))
    return path


def test_the_papers_of_a_job_are_written_from_its_body(desk: Desk) -> None:
    job = desk.home / "job.json"
    job.write_text(json.dumps(job_body()), "utf-8")
    result = desk.here(
        "papers", "--from-json", job, "--to", desk.home / "papers", "--language", "de",
        "--paper", "Letter", "--code", "inbound-id=IN-4711", "--json",
    ).result  # fmt: skip
    assert result["outcome"] == "done"
    assert result["findings"] == []
    assert [Path(one).name.rpartition("1-")[2] for one in result["files"]] == [
        "packing-slip.pdf", "custody-sheet.pdf", "address-label.pdf", "shipping-checklist.pdf",
    ]  # fmt: skip
    label = Path(result["files"][2])
    assert "IN-4711" in text_of(label)
    (code,) = scanned(label)
    assert "inbound-id=IN-4711" in code.split("\n")
    assert result["recipient"][0] == "Example Datacenter B.V."
    assert "1775 AA Middenmeer" in result["recipient"]


def test_what_the_job_does_not_tell_comes_from_form_and_location(desk: Desk) -> None:
    body = job_body(datacenterAddress={}, shippingAddress={}, returnToCustomerPackageDetails={})
    job, site, form = desk.home / "job.json", desk.home / "site.json", desk.home / "job.toml"
    job.write_text(json.dumps(body), "utf-8")
    place = {
        "recipientName": "The Dock",
        "streetAddress1": "1 Quay",
        "city": "Cork",
        "postalCode": "T12",
        "countryOrRegion": "Ireland",
        "supportedCarriers": ["FedEx"],
    }
    site.write_text(json.dumps({"name": "North Europe", "properties": place}), "utf-8")
    assert desk.here("import-job", "new", form).code == 0
    fill(form)
    bare = desk.here("papers", "--from-json", job, "--to", desk.home / "p", "--json").result
    assert {one["code"] for one in bare["findings"]} == {
        "site-unknown", "return-address-missing", "return-account-missing",
    }  # fmt: skip
    # The key file of the form is not there, and need not be.
    text = form.read_text("utf-8").replace('serial = ""', 'serial = "ZR1"')
    form.write_text(text.replace('manifest_hash = ""', f'manifest_hash = "{"0" * 32}"'), "utf-8")
    full = desk.here(
        "papers", "--from-json", job, "--to", desk.home / "p", "--form", form, "--site", site,
        "--json",
    ).result  # fmt: skip
    assert [one["code"] for one in full["findings"]] == ["carrier-not-at-site"]
    assert full["recipient"] == ["The Dock", "1 Quay", "Cork, T12", "IRELAND"]
    assert "GERMANY" in full["sender"]
    assert "customs" in full["checks"]
    assert "4711-0815" in text_of(Path(full["files"][0]))


def test_the_form_of_an_import_job_takes_drives_from_a_journal(desk: Desk) -> None:
    journal, form = journal_of(desk, "ZR2", "ZR1"), desk.home / "job.toml"
    assert desk.here("import-job", "new", form, "--journal", journal).code == 0
    fill(form)
    text = form.read_text("utf-8")
    assert KEY not in text
    assert [one["serial"] for one in tomllib.loads(text)["drive"]] == ["ZR2", "ZR1"]
    out = desk.home / "portal"
    result = desk.here("import-job", "portal", form, "--to", out, "--journal", "--json").result
    names = {Path(one).name.partition("-1-")[2] or Path(one).name for one in result["files"]}
    assert {"drives.csv", "fields.json", "fields.txt"} <= names
    (made,) = out.glob("*.jrn")
    assert KEY in made.read_text("utf-8")
    if sys.platform != "win32":
        assert stat.S_IMODE(made.stat().st_mode) == 0o600
    open_files = [path for path in out.iterdir() if path.suffix in (".csv", ".json", ".txt")]
    assert not any(KEY in path.read_text("utf-8") for path in open_files)


def test_the_form_of_an_import_job_takes_the_drives_of_its_plan(desk: Desk) -> None:
    plan, form = desk.plan(desk.office()), desk.home / "job.toml"
    journal = journal_of(desk, "ZR1")
    asked = ("import-job", "new", form, "--plan", plan, "--journal", journal)
    assert desk.here(*asked).code == 0
    fill(form)
    text = form.read_text("utf-8")
    assert tomllib.loads(text)["plan"] == read_plan_file(plan).plan_id
    assert "drive" not in tomllib.loads(text)
    result = desk.here("import-job", "portal", form, "--to", desk.home / "p", "--json").result
    listed = next(path for path in map(Path, result["files"]) if path.suffix == ".csv")
    assert "ZR1,\\DriveManifest.xml," in listed.read_text("utf-8")


def test_a_journal_with_a_wrong_key_leaves_nothing_behind(desk: Desk) -> None:
    journal = journal_of(desk, "ZR1", key="123456-" * 7 + "123456")
    said = desk.here("import-job", "new", desk.home / "job.toml", "--journal", journal, "--json")
    assert (said.code, said.result["code"]) == (1, "bitlocker-key-wrong")
    assert "123456" not in said.out
    assert not (desk.home / "job.toml").exists()


def test_a_plan_without_prepared_drives_has_no_import_job(desk: Desk) -> None:
    plan, form = desk.plan(desk.office()), desk.home / "job.toml"
    assert desk.here("import-job", "new", form, "--plan", plan).code == 0
    fill(form)
    said = desk.here("import-job", "portal", form, "--to", desk.home / "p", "--json")
    assert said.result["code"] == "drives-not-prepared"


def test_an_eleventh_prepared_drive_is_refused(tmp_path: Path) -> None:
    from msgspec.structs import replace

    from offline_backup_gui.domain.errors import BackupError, ErrorCode
    from offline_backup_gui.services.order_templates import import_template
    from tests.fakes import FakeClock, world_of

    class Eleven:
        def prepared(self, plan_id: str) -> list[PreparedDrive]:
            return [
                PreparedDrive(f"ZR{number}", "\\DriveManifest.xml", "0" * 32, key_name("ZR"))
                for number in range(11)
            ]

    secrets = MemorySecrets()
    secrets.put(key_name("ZR"), KEY.encode())
    ready = Preparations(replace(world_of(Eleven(), FakeClock()), secrets=secrets))
    form = tmp_path / "job.toml"
    form.write_text(import_template("077dcf2879b15ad9"), "utf-8")
    fill(form)
    with pytest.raises(BackupError) as refused:
        read_order_file(form, ready)
    assert refused.value.code is ErrorCode.ORDER_FORM_WRONG
    assert "11" in str(refused.value.parameters["value"])


@pytest.mark.parametrize(
    "wrong", [(), ("plan.toml", "--from-json", "x"), ("--from-json", "x", "--code", "colour=red")]
)
def test_calls_that_make_no_sense_are_told(desk: Desk, wrong: tuple[str, ...]) -> None:
    said = desk.here("papers", *wrong, "--to", desk.home / "p", "--json")
    assert said.result["code"] == "value-not-understood"
    assert not (desk.home / "p").exists()
