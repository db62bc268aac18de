"""`papers` and the forms of import jobs on the command line: from prepared drives to the parcel."""

from __future__ import annotations

import hashlib
import json
import stat
import sys
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from offline_backup_gui.app import build_services
from offline_backup_gui.domain.prepared_drive import PreparedDrive, key_name, prepared_drive
from offline_backup_gui.formats.import_journal import DriveInfo, journal_text
from offline_backup_gui.services.order_file import read_order_file
from offline_backup_gui.services.plan_file import read_plan_file
from offline_backup_gui.services.preparations import Preparations
from tests.cli.desk import Desk, on, snapshot
from tests.cli.shelf import Shelf
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
    assert result["outcome"] == "done", result
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


def sealed_twice(desk: Desk) -> tuple[Shelf, Path, str, str]:
    """Copy plain folders onto a disk, and again after a change; give both manifests' hashes."""
    shelf, source, plan = Shelf(desk), desk.office(files=2), desk.home / "plain.toml"
    place = shelf.add(serial="WD  12 A")
    plan.write_text(
        'name = "branch-042"\ndeployment_model = "standalone"\nroute = "import-export"\n'
        f"as_is = true\nsources = {json.dumps([str(source)])}\n"
        f"drives = {json.dumps([str(place)])}\n"
        '[destination]\naccount = "https://contoso.blob.core.windows.net"\n'
        'landing = "landing-042"\n'
    )
    hashes = []
    for number in (1, 2):
        (source / f"letter {number}.txt").write_text("Dear")
        assert shelf.say("copy", plan).code == 0
        manifest = (place / "DriveManifest.xml").read_bytes()
        hashes.append(hashlib.md5(manifest).hexdigest().upper())
    assert hashes[0] != hashes[1]
    return shelf, plan, hashes[0], hashes[1]


def slip_of(shelf: Shelf, plan: Path) -> str:
    told = shelf.say("papers", plan, "--to", shelf.desk.home / "slips", "--json")
    assert told.result["drives"] == ["WD  12 A"]
    return text_of(Path(told.result["files"][0]))


def test_the_form_of_an_agents_job_has_the_name_that_the_agent_waits_for(desk: Desk) -> None:
    plan = desk.home / "agent.toml"
    stage = desk.home / "stage"
    stage.mkdir()
    plan.write_text(
        'name = "fs04"\ndeployment_model = "mars"\nroute = "import-export"\n'
        '[destination]\naccount = "https://contoso.blob.core.windows.net"\nlanding = "aaa"\n'
        f'vault = "bbb"\n[agent]\nstaging_location = "{stage}"\nimport_job_name = "fs04-seed"\n'
        'storage_account = "contososeed"\n'
    )
    read = read_plan_file(plan)
    services = build_services(desk.state)
    services.planning.keep(read)
    preparations = services.preparations
    drive = preparations.with_key(prepared_drive("ZR1", "AB" * 16), KEY)
    preparations.note(read.plan_id, drive)
    form = desk.home / "job.toml"
    assert desk.here("import-job", "new", form, "--plan", plan).code == 0
    assert 'job_name = "fs04-seed"' in form.read_text("utf-8")
    fill(form)
    read_form, _ = read_order_file(form, preparations)
    assert read_form.ref(1).name == "fs04-seed"
    # A form that was written before the name was known gets it from the plan.
    text = form.read_text("utf-8")
    form.write_text("\n".join(li for li in text.splitlines() if not li.startswith("job_name")))
    result = desk.here("import-job", "portal", form, "--to", desk.home / "portal", "--json").result
    assert next(Path(one).name for one in result["files"]) == "fs04-seed-fields.txt"
    told = result["findings"]
    assert [(one["code"], one["parameters"]["field"]) for one in told] == [
        ("import-job-differs", "storage_account")
    ]
    bad = form.read_text("utf-8")
    form.write_text('job_name = "fs04_seed"\n' + bad)
    refused = desk.here("import-job", "portal", form, "--to", desk.home / "q", "--json").result
    assert (refused["code"], refused["parameters"]["key"]) == ("order-form-wrong", "job_name")


def test_the_manifest_a_drive_was_sealed_with_stands_on_its_papers(desk: Desk) -> None:
    shelf, plan, older, newest = sealed_twice(desk)
    shelf.prepared(plan, prepared_drive("WD12A", older))
    slip = slip_of(shelf, plan)
    assert newest in slip
    assert older not in slip
    assert ("Files" in slip, "Packs" in slip) == (True, False)  # they travel as they are


def test_an_older_journal_gives_a_sealed_drive_its_key_and_no_manifest(desk: Desk) -> None:
    shelf, plan, older, newest = sealed_twice(desk)
    journal, form = desk.home / "older.jrn", desk.home / "job.toml"
    info = DriveInfo("WD12A", older, KEY, "\\DriveManifest.xml")
    journal.write_bytes(journal_text([info], datetime(2026, 6, 1, tzinfo=UTC)))
    said = shelf.say("import-job", "new", form, "--plan", plan, "--journal", journal)
    assert said.code == 0
    assert newest in said.out
    assert older not in said.out
    fill(form)
    told = shelf.say("import-job", "portal", form, "--to", desk.home / "p", "--journal", "--json")
    texts = [Path(one).read_text("utf-8") for one in told.result["files"]]
    assert sum(newest in text for text in texts) >= 3
    assert not any(older in text for text in texts)
    assert any(KEY in text for text in texts)


def ready_form(desk: Desk) -> Path:
    journal, form = journal_of(desk, "ZR1"), desk.home / "job.toml"
    assert desk.here("import-job", "new", form, "--journal", journal).code == 0
    fill(form)
    return form


def test_portal_files_that_are_refused_leave_nothing_behind(desk: Desk) -> None:
    form, out = ready_form(desk), desk.home / "portal"
    asked = ("import-job", "portal", form, "--to", out, "--journal", "--json")
    said = desk.here(*asked)
    assert said.code == 0
    names = [Path(one) for one in said.result["files"]]
    for kept in names:
        # Any one of them in the way: nothing else is written then.
        for path in names:
            path.unlink(missing_ok=True)
        kept.mkdir()
        refused = desk.here(*asked)
        assert refused.code == 1
        assert refused.result["code"] in ("target-exists", "target-not-writable")
        assert sorted(out.iterdir()) == [kept]
        kept.rmdir()
    assert desk.here(*asked).code == 0


def test_portal_files_with_keys_are_refused_on_a_drive_before_any_is_written(desk: Desk) -> None:
    form, shelf = ready_form(desk), Shelf(desk)
    plan, drive = desk.plan(desk.office()), shelf.add()
    assert shelf.say("copy", plan, *on([drive]), "--passphrase-file", desk.passphrase).code == 0
    before = snapshot(drive)
    said = shelf.say("import-job", "portal", form, "--to", drive / "p", "--journal", "--json")
    assert (said.code, said.result["code"]) == (1, "target-on-drive")
    assert snapshot(drive) == before


@pytest.mark.parametrize("serial", ["DISK-1BC776B4F618", "VOL-1A2B3C4D"])
def test_a_serial_that_was_made_up_goes_into_no_form(desk: Desk, serial: str) -> None:
    journal, form = journal_of(desk, serial), desk.home / "job.toml"
    said = desk.here("import-job", "new", form, "--journal", journal, "--json")
    assert (said.code, said.result["code"]) == (1, "serial-made")
    assert not form.exists()
    typed = ready_form(desk)
    typed.write_text(typed.read_text("utf-8").replace("ZR1", serial), "utf-8")
    for action in (["check"], ["portal", "--to", desk.home / "p"], ["place"]):
        told = desk.here("import-job", action[0], typed, *action[1:], "--json")
        assert (told.code, told.result["code"]) == (1, "serial-made")
    assert not (desk.home / "p").exists()
    # What was practised with folders goes into no job either.
    plan, drives = desk.plan(desk.office()), desk.drives(1)
    assert desk.here("copy", plan, *on(drives), "--passphrase-file", desk.passphrase).code == 0
    practised = desk.home / "practised.toml"
    told = desk.here("import-job", "new", practised, "--plan", plan, "--json")
    assert (told.code, told.result["code"]) == (1, "serial-made")
    assert not practised.exists()


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
