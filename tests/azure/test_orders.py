"""Orders from the form to Azure and back, on the command line too: placed once."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from offline_backup_gui.app import build_services
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.orders import OrderState, Pickup
from offline_backup_gui.services import Services, build
from offline_backup_gui.services.order_file import read_order_file
from offline_backup_gui.services.order_templates import IMPORT_TEMPLATE, ORDER_TEMPLATE
from tests.azure.replay.estate import GROUP, SUBSCRIPTION, account_id
from tests.azure.replay.server import Served
from tests.azure.replay.service import Fault
from tests.azure.stand import Memory, gate, program
from tests.azure.test_desk import FORM, OWN, OWN_SECRETS, SECRETS
from tests.cli.test_page import differences, example

ORDER = f"""
name = "branch-042"
device = "data-box-disk"
subscription = "{SUBSCRIPTION}"
resource_group = "{GROUP}"
region = "West US"
storage_account = "{account_id()}"
expected_tb = 5
[address]
company = "Contoso"
street = "1 Way"
city = "Redmond"
state = "WA"
postal_code = "98052"
country = "us"
[contact]
name = "A. Admin"
phone = "14255550100"
email = ["admin@contoso.example"]
"""
KEY = "-".join(["123456"] * 8)
JOB = (
    ORDER.replace("data-box-disk", "own-drives").replace("expected_tb = 5\n", "")
    + """
[return]
carrier = "DHL"
account_number = "4711"
[[drive]]
serial = "SERIAL1"
manifest_file = "\\\\DriveManifest.xml"
manifest_hash = "0123456789abcdef0123456789abcdef"
bitlocker_key_file = "key.txt"
"""
)


class Office:
    """A state folder and the command line, signed in to the replay server."""

    def __init__(self, served: Served, folder: Path) -> None:
        self.served, self.folder = served, folder
        served.replay.poll_after_s = 1
        self.state = folder / "state"
        self.form, self.job = folder / "order.toml", folder / "job.toml"
        self.form.write_text(ORDER)
        self.job.write_text(JOB)
        (folder / "key.txt").write_text(KEY + "\n")
        self.secret = folder / "secret.txt"
        self.secret.write_text(served.replay.entra.client_secret)
        self.cloud = folder / "cloud.json"
        self.cloud.write_text(
            json.dumps(
                {
                    "authority": served.url,
                    "resource_manager": served.url,
                    "scope": "https://management.azure.com/.default",
                    "storage_suffix": "core.windows.net",
                    "certificate": str(served.certificate),
                }
            )
        )

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "OFFLINE_BACKUP_STATE": str(self.state),
            "OFFLINE_BACKUP_SECRETS": "session",
            "XDG_RUNTIME_DIR": str(self.folder),
            "OFFLINE_BACKUP_LANGUAGE": "en",
        }

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "offline_backup_gui", *arguments],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str) -> tuple[int, dict[str, Any]]:
        with self.start(*arguments, "--json") as process:
            said, trouble = process.communicate(timeout=120)
        assert trouble == ""
        return process.returncode, json.loads(said.splitlines()[-1])

    def sign_in(self) -> tuple[int, dict[str, Any]]:
        sign_in, _ = program(self.served)
        return self.run(
            "sign-in", "--cloud-file", str(self.cloud), "--method", "service-principal",
            "--tenant", sign_in.tenant, "--client-id", sign_in.client_id,
            "--client-secret-file", str(self.secret),
        )  # fmt: skip

    def ask(self, *arguments: str) -> tuple[int, dict[str, Any]]:
        return self.run(*arguments, "--client-secret-file", str(self.secret))


@pytest.fixture
def office(served: Served, tmp_path: Path) -> Office:
    made = Office(served, tmp_path)
    code, said = made.sign_in()
    assert (code, said["outcome"], said["lasting"]) == (0, "done", False)
    assert differences(example("sign-in"), said) == []
    return made


def services(served: Served, folder: Path) -> Services:
    """Services of a new process, on the same state and the replay server."""
    world = build_services(folder / "state").world
    secrets = Memory()
    made = build(replace(world, azure=gate(secrets), azure_secrets=secrets))
    made.azure.sign_in(*program(served), lambda _: None)
    return made


# --- the command line


def test_an_order_goes_its_way_on_the_command_line(office):
    code, placed = office.ask("order", "place", str(office.form))
    name = placed["name"]
    assert (code, placed["outcome"]) == (0, "done")
    assert differences(example("order"), placed) == []
    assert placed["azure"]["status"] == "DeviceOrdered"
    code, again = office.ask("order", "place", str(office.form))
    assert (code, again["outcome"], again["name"]) == (0, "exists", name)
    code, shown = office.ask("order", "show", name)
    assert (code, shown["cancellable"], shown["state"]) == (0, True, "state.ordered")
    code, listed = office.run("order", "list")
    assert [(one["name"], one["asked"]) for one in listed["orders"]] == [(name, "placed")]
    code, listed = office.ask("order", "list", "--subscription", SUBSCRIPTION)
    assert [one["status"] for one in listed["orders"]] == ["DeviceOrdered"]
    code, _ = office.ask("order", "cancel", name, "--reason", "not needed")
    assert code == 0
    code, shown = office.ask("order", "show", name)
    assert shown["azure"]["status"] == "Cancelled"
    assert len(office.served.replay.jobs.created) == 1
    assert office.served.replay.flaws == []


def test_an_import_job_goes_its_way_on_the_command_line(office):
    code, placed = office.ask("import-job", "place", str(office.job))
    assert (code, placed["outcome"], placed["azure"]["family"]) == (0, "done", "own-drives")
    assert placed["now_you"] is not None
    code, _ = office.ask(
        "import-job", "ship", placed["name"], "--carrier", "DHL", "--number", "00340434"
    )
    assert code == 0
    code, shown = office.ask("import-job", "show", placed["name"])
    assert shown["azure"]["packages"][0]["number"] == "00340434"
    assert KEY not in json.dumps(placed) + json.dumps(shown)


def test_credentials_go_into_a_file_of_their_own_and_nowhere_else(office, tmp_path):
    _, placed = office.ask("order", "place", str(office.form))
    target = tmp_path / "opens-it.txt"
    code, said = office.ask("order", "credentials", placed["name"], "--to", str(target))
    assert code == 0
    assert "replay-passkey-0123456789" in target.read_text()
    assert target.stat().st_mode & 0o777 == 0o600
    assert "replay-passkey" not in json.dumps(said)
    code, said = office.ask("order", "credentials", placed["name"], "--to", str(target))
    assert (code, said["code"]) == (1, "target-exists")


def test_a_pickup_is_booked_on_the_command_line(office):
    _, placed = office.ask("order", "place", str(office.form))
    times = ("--from", "2026-12-01T08:00+00:00", "--until", "2026-12-01T16:00+00:00")
    code, said = office.ask("order", "pickup", placed["name"], *times, "--place", "Front desk")
    assert (code, said["confirmation"]) == (0, "PICKUP-0001")
    (kept,) = office.run("order", "list")[1]["orders"]
    assert (kept["pickup"]["confirmation"], kept["pickup"]["place"]) == (
        "PICKUP-0001",
        "Front desk",
    )


def test_a_pickup_without_an_answer_is_remembered_and_a_refused_one_is_not(served, tmp_path):
    desk = services(served, tmp_path).orders
    ref = desk.place(FORM, SECRETS).found.ref
    wanted = Pickup(
        datetime(2026, 12, 1, 8, tzinfo=UTC), datetime(2026, 12, 1, 16, tzinfo=UTC), "D"
    )
    served.replay.fail("/bookShipmentPickUp", Fault.FORBIDDEN, times=99)
    with pytest.raises(BackupError):
        desk.book_pickup(ref, wanted)
    assert desk.kept()[0].pickup is None
    served.replay.heal()
    served.replay.fail("/bookShipmentPickUp", Fault.CUT_AFTER, times=99)
    with pytest.raises(BackupError) as unsure:
        desk.book_pickup(ref, wanted)
    assert unsure.value.code is ErrorCode.PICKUP_UNCERTAIN
    asked = desk.kept()[0].pickup
    assert asked is not None
    assert (asked.wanted, asked.answer) == (wanted, None)


def test_without_a_secret_the_need_to_sign_in_is_said(office):
    code, said = office.run("order", "place", str(office.form))
    assert (code, said["code"]) == (1, "sign-in-needed")


def test_the_offers_are_listed(office):
    code, said = office.ask("order", "offers", str(office.form))
    offered = {one["model"]: one for one in said["offers"] if one["enabled"]}
    assert (code, {"DataBoxDisk", "AzureDataBox120"} <= set(offered)) == (0, True)
    lost = [fee for fee in offered["DataBoxDisk"]["fees"] if "Lost" in fee["kind"]]
    assert [(fee["amount"], fee["date"]) for fee in lost] == [(2500.0, "2022-09-13")]
    code, said = office.ask("order", "check", str(office.form))
    assert (code, said["outcome"]) == (0, "done")
    office.served.replay.address_verdict = "Invalid"
    code, said = office.ask("order", "check", str(office.form))
    assert (code, said["outcome"]) == (1, "blocked")


def test_the_way_by_hand_needs_no_sign_in(tmp_path, served):
    office = Office(served, tmp_path)
    target = tmp_path / "portal"
    code, said = office.run("import-job", "portal", str(office.job), "--to", str(target))
    assert code == 0
    text = "".join(Path(path).read_text() for path in said["files"])
    assert "SERIAL1" in text
    assert "Contoso" in text
    assert KEY not in text
    code, _ = office.run(
        "import-job", "note", "by-hand-1", "--form", str(office.job),
        "--status", "Received", "--at", "2026-11-20T10:00+00:00",
    )  # fmt: skip
    assert code == 0
    _, listed = office.run("import-job", "list")
    assert listed["orders"][0]["asked"] == "by-hand"
    assert listed["orders"][0]["noted"][0]["status"] == "Received"
    assert served.replay.requests == []


def test_an_order_is_sent_to_another_address_until_it_has_left(office):
    _, placed = office.ask("order", "place", str(office.form))
    moved = office.folder / "moved.toml"
    moved.write_text(ORDER.replace("1 Way", "2 Other Way").replace("A. Admin", "B. Boss"))
    code, said = office.ask("order", "move", placed["name"], "--form", str(moved))
    assert (code, said["outcome"]) == (0, "done")
    (job,) = office.served.replay.jobs.jobs.values()
    details = job["properties"]["details"]
    assert details["shippingAddress"]["streetAddress1"] == "2 Other Way"
    assert details["contactDetails"]["contactName"] == "B. Boss"
    job["properties"]["isShippingAddressEditable"] = False
    code, said = office.ask("order", "move", placed["name"], "--form", str(moved))
    assert (code, said["code"]) == (1, "address-not-changeable")
    assert office.served.replay.flaws == []


# --- once, whatever comes


@pytest.mark.parametrize("fault", [Fault.HANG_AFTER, Fault.HANG])
def test_killed_between_request_and_answer_and_started_again_one_order_exists(office, fault):
    served = office.served
    served.replay.fail("PUT /subscriptions", fault)
    arguments = ("--json", "--client-secret-file", str(office.secret))
    with office.start("order", "place", str(office.form), *arguments) as process:
        assert served.replay.held.wait(60)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert process.returncode == -signal.SIGKILL
    taken = fault is Fault.HANG_AFTER
    assert len(served.replay.jobs.created) == int(taken)
    code, said = office.ask("order", "place", str(office.form))
    assert (code, said["outcome"]) == (0, "exists" if taken else "done")
    assert len(served.replay.jobs.created) == 1
    assert len(served.replay.jobs.jobs) == 1


def test_what_was_asked_is_written_down_before_the_request_leaves(served, tmp_path):
    made = services(served, tmp_path)
    seen: list[OrderState] = []
    served.replay.on_request = lambda: seen.extend(one.state for one in made.orders.kept())
    served.replay.fail("PUT /subscriptions", Fault.FORBIDDEN)
    with pytest.raises(BackupError):
        made.orders.place(FORM, SECRETS)
    assert seen == [OrderState.INTENDED]
    assert [one.state for one in made.orders.kept()] == [OrderState.REFUSED]


@pytest.mark.parametrize("fault", [Fault.CUT_AFTER, Fault.CUT, Fault.CUT_BODY, Fault.UNAVAILABLE])
def test_a_line_that_breaks_makes_one_order(served, tmp_path, fault):
    made = services(served, tmp_path)
    served.replay.fail("PUT /subscriptions", fault, times=2)
    placed = made.orders.place(FORM, SECRETS)
    assert placed.found.marker == FORM.marker
    assert len(served.replay.jobs.created) == 1
    assert not made.orders.place(FORM, SECRETS).new
    assert len(served.replay.jobs.created) == 1


def test_a_line_that_stays_broken_leaves_it_open_and_the_next_try_finds_out(served, tmp_path):
    made = services(served, tmp_path)
    served.replay.fail("PUT /subscriptions", Fault.CUT_AFTER, times=99)
    served.replay.fail("/operationResults/", Fault.CUT, times=99)
    found = made.orders.place(FORM, SECRETS)
    assert found.found.ref == FORM.ref(1)  # the look afterwards found it
    assert len(served.replay.jobs.created) == 1


def test_an_unsure_end_is_said_and_mended_by_the_next_try(served, tmp_path):
    made = services(served, tmp_path)
    served.replay.fail("PUT /subscriptions", Fault.CUT, times=99)
    with pytest.raises(BackupError) as caught:
        made.orders.place(FORM, SECRETS)
    assert caught.value.code is ErrorCode.ORDER_UNCERTAIN
    assert [one.state for one in made.orders.kept()] == [OrderState.INTENDED]
    served.replay.heal()
    assert made.orders.place(FORM, SECRETS).new
    assert len(served.replay.jobs.created) == 1


def test_another_computer_finds_the_order_instead_of_placing_it(served, tmp_path):
    services(served, tmp_path / "one").orders.place(FORM, SECRETS)
    placed = services(served, tmp_path / "two").orders.place(FORM, SECRETS)
    assert not placed.new
    assert len(served.replay.jobs.created) == 1


def test_a_cancelled_order_may_follow_itself_and_an_ended_one_only_when_asked(served, tmp_path):
    made = services(served, tmp_path)
    first = made.orders.place(FORM, SECRETS).found.ref
    made.orders.cancel(first, "not needed")
    second = made.orders.place(FORM, SECRETS)
    assert second.new
    assert second.found.ref == FORM.ref(2)
    served.replay.jobs.step((SUBSCRIPTION, GROUP, second.found.ref.name), "Completed", "Succeeded")
    assert not made.orders.place(FORM, SECRETS).new
    third = made.orders.place(FORM, SECRETS, another=True)
    assert third.new
    assert third.found.ref == FORM.ref(3)
    assert not made.orders.place(FORM, SECRETS).new


def test_an_answer_that_makes_no_sense_is_looked_into(served, tmp_path):
    served.replay.poll_after_s = 0.5  # the library reads whole seconds only, and breaks
    placed = services(served, tmp_path).orders.place(FORM, SECRETS)
    assert placed.found.marker == FORM.marker
    assert len(served.replay.jobs.created) == 1


def test_somebody_elses_order_of_the_same_name_is_left_alone(served, tmp_path):
    made = services(served, tmp_path)
    made.orders.place(FORM, SECRETS)
    job = served.replay.jobs.jobs[(SUBSCRIPTION, GROUP, FORM.ref(1).name)]
    job["tags"] = {}
    with pytest.raises(BackupError) as caught:
        services(served, tmp_path / "other").orders.place(FORM, SECRETS)
    assert caught.value.code is ErrorCode.ORDER_NAME_TAKEN


def test_a_job_that_an_agent_waits_for_has_exactly_its_name(served, tmp_path):
    made = services(served, tmp_path)
    form = replace(OWN, job_name="fs04-seed")
    assert made.orders.place(form, OWN_SECRETS).found.ref.name == "fs04-seed"
    again = services(served, tmp_path / "two").orders.place(form, OWN_SECRETS)
    assert (again.new, len(served.replay.jobs.created)) == (False, 1)
    made.orders.cancel(again.found.ref, "not needed")
    with pytest.raises(BackupError) as caught:
        made.orders.place(form, OWN_SECRETS)
    assert caught.value.code is ErrorCode.JOB_NAME_KEPT
    assert caught.value.parameters == {"name": "fs04-seed", "status": "Cancelled"}
    job = served.replay.jobs.jobs[(SUBSCRIPTION, GROUP, "fs04-seed")]
    job["tags"] = {}  # made in the portal, or by the agent's own tool
    with pytest.raises(BackupError) as caught:
        services(served, tmp_path / "other").orders.place(form, OWN_SECRETS)
    assert caught.value.code is ErrorCode.JOB_NAME_KEPT


def test_a_job_that_azure_refused_is_made_anew_under_its_name(served, tmp_path):
    made = services(served, tmp_path)
    form = replace(OWN, job_name="fs04-seed")
    served.replay.fail("PUT /subscriptions", Fault.FORBIDDEN)
    with pytest.raises(BackupError):
        made.orders.place(form, OWN_SECRETS)
    assert [one.state for one in made.orders.kept()] == [OrderState.REFUSED]
    assert made.orders.place(form, OWN_SECRETS).found.ref.name == "fs04-seed"
    assert [one.state for one in made.orders.kept()] == [OrderState.PLACED]


@pytest.mark.parametrize("name", ["a_b", "ab", "-abc", "x" * 25])
def test_a_job_name_azure_refuses_is_refused_in_the_form(tmp_path, name):
    path = tmp_path / "job.toml"
    path.write_text(JOB.replace("\nname =", f'\njob_name = "{name}"\nname =', 1))
    (tmp_path / "key.txt").write_text(KEY)
    with pytest.raises(BackupError) as caught:
        read_order_file(path)
    assert caught.value.parameters == {"path": str(path), "key": "job_name", "value": name}


def test_what_is_not_offered_or_not_accepted_is_not_ordered(served, tmp_path):
    made = services(served, tmp_path)
    with pytest.raises(BackupError) as caught:
        made.orders.place(replace(FORM, model="DataBoxHeavy"), SECRETS)
    assert caught.value.code is ErrorCode.OFFER_NOT_THERE
    served.replay.address_verdict = "Ambiguous"
    with pytest.raises(BackupError) as caught:
        made.orders.place(FORM, SECRETS)
    assert caught.value.code is ErrorCode.ORDER_NOT_ACCEPTED
    assert served.replay.jobs.created == []


# --- forms


def test_a_form_is_read(tmp_path):
    path = tmp_path / "order.toml"
    path.write_text(ORDER)
    form, _ = read_order_file(path)
    assert replace(form, model=FORM.model) == FORM


def test_a_job_form_keeps_its_keys_apart(tmp_path):
    path = tmp_path / "job.toml"
    path.write_text(JOB)
    (tmp_path / "key.txt").write_text(KEY)
    form, secrets = read_order_file(path)
    assert form.drives[0].manifest_hash == "0123456789ABCDEF0123456789ABCDEF"
    assert secrets.bitlocker_key_by_serial == {"SERIAL1": KEY}
    assert KEY not in repr((form, secrets))


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('country = "us"', 'country = "USA"', "address.country"),
        ('street = "1 Way"', 'street = ""', "address.street"),
        ("expected_tb = 5", "expected_tb = 0", "expected_tb"),
        ("expected_tb = 5", 'expected_tb = "5"', "expected_tb"),
        ('email = ["admin@contoso.example"]', "email = []", "contact.email"),
        (account_id(), "contosobranch042", "storage_account"),
        ('phone = "', 'fone = "', "contact.fone"),
        ('device = "data-box-disk"', 'device = "pigeon"', "device"),
    ],
)
def test_a_wrong_entry_is_named(tmp_path, old, new, key):
    path = tmp_path / "order.toml"
    assert old in ORDER
    path.write_text(ORDER.replace(old, new))
    with pytest.raises(BackupError) as caught:
        read_order_file(path)
    assert caught.value.parameters["key"] == key


@pytest.mark.parametrize("change", ["0123456789abcdef", KEY])
def test_a_job_form_without_its_hash_or_key_is_refused(tmp_path, change):
    path = tmp_path / "job.toml"
    path.write_text(JOB.replace("0123456789abcdef0123456789abcdef", change[:16] * 2))
    (tmp_path / "key.txt").write_text(KEY if change == KEY else "123")
    with contextlib.suppress(StopIteration), pytest.raises(BackupError) as caught:
        read_order_file(path)
    assert caught.value.code is ErrorCode.ORDER_FORM_WRONG


@pytest.mark.parametrize("template", [ORDER_TEMPLATE, IMPORT_TEMPLATE])
def test_a_new_form_asks_for_what_is_missing(tmp_path, template):
    path = tmp_path / "form.toml"
    path.write_text(template)
    with pytest.raises(BackupError) as caught:
        read_order_file(path)
    assert caught.value.code in (
        ErrorCode.ORDER_FORM_WRONG,
        ErrorCode.SECRET_FILE_NOT_READABLE,
    )
