"""Every call to Azure on every kind of bad line: said in words, ended at once, never done twice."""

from __future__ import annotations

import copy
import itertools
import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
from msgspec.structs import replace

from offline_backup_gui import words
from offline_backup_gui.adapters import line
from offline_backup_gui.app import build_services
from offline_backup_gui.cli import asking
from offline_backup_gui.cli.exit_codes import ExitCode, code_of_trouble
from offline_backup_gui.domain.clouds import SignIn, SignInMethod, SignInSecret
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.orders import OrderState, Pickup
from offline_backup_gui.services import build
from tests.azure.replay.estate import GROUP, SUBSCRIPTION, account_id
from tests.azure.replay.server import Served, running
from tests.azure.replay.service import Fault
from tests.azure.stand import (
    IMPATIENT,
    PACE,
    Memory,
    Wish,
    assert_stops_at_once,
    cloud_of,
    gate,
    program,
)
from tests.azure.test_desk import END, FORM, OWN, OWN_SECRETS, REF, SECRETS, START
from tests.azure.test_vaults import T0, VAULT, item, job, points

GROUP_ID = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}"
ITEM = f"{VAULT}/backupFabrics/Azure/protectionContainers/Windows;FS01/protectedItems/FileFolder;1"
OLD = f"{GROUP_ID}/providers/Microsoft.ImportExport/jobs/myJob"
DISK_METER = "08bc0ea1-6c82-421b-b953-2a7a65810d2e"
BOX, VAULTS, OLD_JOBS = "/Microsoft.DataBox/", "/Microsoft.RecoveryServices/", "/ImportExport/"
ANY, ENTRA = "/(subscriptions|providers)", "/oauth2/|/.well-known/|/discovery/"
ENTRA_TOKENS = "/token|/.well-known/|/discovery/"
SPOKEN = words.load("en")
F, E = Fault, ErrorCode


@dataclass
class Asker:
    """Opens doors for one sign-in; `count` gives each order another name."""

    served: Served
    wish: Wish | None = None
    pace: Any = PACE
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(2))
    secrets: Memory = field(default_factory=Memory)

    def open(self, door: str) -> Any:
        return getattr(gate(self.secrets, self.pace), door)(*program(self.served), self.wish)

    def place(self) -> object:
        return self.open("desk").place(FORM, SECRETS, FORM.ref(next(self.numbers)))

    def prices(self) -> object:
        sign_in, secret = program(self.served)
        return gate(self.secrets, self.pace).prices(sign_in, secret, [DISK_METER], self.wish)

    def browse(self, address: str) -> bool:
        """Do what a browser with a person does: ask the page, follow it to this computer."""

        def walk() -> None:
            certificate = str(self.served.certificate)
            page = requests.get(address, allow_redirects=False, verify=certificate, timeout=60)
            requests.get(page.headers["Location"], timeout=60)

        threading.Thread(target=walk, daemon=True).start()
        return True

    def sign_in(self, method: SignInMethod) -> object:
        self.served.replay.entra.pending = 0
        wanted, secret = program(self.served)
        if method is not SignInMethod.SERVICE_PRINCIPAL:
            wanted, secret = SignIn(cloud_of(self.served), method), SignInSecret()
        return gate(Memory(), self.pace).sign_in(wanted, secret, lambda _: None, self.wish)


@dataclass(frozen=True)
class Asked:
    """A call, the requests it makes, and where it answers otherwise than the others."""

    where: str
    do: Callable[[Asker], object]
    unlike: dict[Fault, ErrorCode | None] = field(default_factory=dict)


def desk(do: Callable[[Any], object], **unlike: ErrorCode | None) -> Asked:
    """Give a deed at the desk: what is not there is an order."""
    told: dict[Fault, ErrorCode | None] = {F.NOT_FOUND: E.ORDER_NOT_FOUND}
    told |= {F[key]: code for key, code in unlike.items()}
    return Asked(BOX, lambda a: do(a.open("desk")), told)


def read(door: str, where: str, do: Callable[[Any], object], **unlike: ErrorCode | None) -> Asked:
    """Give a question to another door."""
    told = {F[key]: code for key, code in unlike.items()}
    return Asked(where, lambda a: do(a.open(door)), told)


EMPTY: dict[str, None] = {"CUT_BODY": None, "HALF_JSON": None}  # an answer of 204 has no middle
UNSURE = dict.fromkeys(
    ("TOO_MANY", "INTERNAL", "UNAVAILABLE", "CUT", "CUT_BODY", "NOT_JSON", "GARBAGE", "HALF_JSON"),
    E.PICKUP_UNCERTAIN,
)
REFUSED = dict.fromkeys((F.FORBIDDEN, F.NOT_FOUND, F.CONFLICT), E.SIGN_IN_REFUSED)
CALLS: dict[str, Asked] = {
    "offers": read("desk", BOX, lambda d: d.offers(SUBSCRIPTION, GROUP, "westus", "US")),
    "site": read("desk", BOX, lambda d: d.site(SUBSCRIPTION, GROUP, "westus", OWN.sku)),
    "site of a region": read("desk", BOX, lambda d: d.site(SUBSCRIPTION, "", "westus", OWN.sku)),
    "validate": read("desk", BOX, lambda d: d.validate(FORM, SECRETS)),
    "place": Asked(BOX, Asker.place, {F.CONFLICT: E.ORDER_NAME_TAKEN}),
    "order": read("desk", BOX, lambda d: d.order(REF), NOT_FOUND=None),
    "orders": read("desk", BOX, lambda d: d.orders(SUBSCRIPTION)),
    "orders of a group": read("desk", BOX, lambda d: d.orders(SUBSCRIPTION, GROUP)),
    "cancel": desk(
        lambda d: d.cancel(REF, "not needed"),
        CONFLICT=E.ORDER_NOT_CANCELLABLE,
        **EMPTY,
    ),
    "pickup": desk(lambda d: d.book_pickup(REF, Pickup(START, END, "Front desk")), **UNSURE),
    "ship": desk(lambda d: d.mark_shipped(OWN.ref(1), "DHL", "00340434"), **EMPTY),
    "credentials": desk(lambda d: d.credentials(REF)),
    "answer": desk(lambda d: d.answer(REF, "Resume", {}), **EMPTY),
    "move": desk(
        lambda d: d.change_address(REF, FORM.address, FORM.contact),
        CONFLICT=E.ADDRESS_NOT_CHANGEABLE,
    ),
    "old jobs": read("old_jobs", "ImportExport", lambda d: d.jobs(SUBSCRIPTION)),
    "old locations": read("old_jobs", "ImportExport", lambda d: d.sites()),
    "old job": read("old_jobs", "ImportExport", lambda d: d.job(OLD)),
    "vault items": read("vaults", VAULTS, lambda d: d.protected_items(VAULT)),
    "vault jobs": read("vaults", VAULTS, lambda d: d.backup_jobs(VAULT, T0)),
    "vault points": read(
        "vaults", VAULTS, lambda d: d.point_times(ITEM), NOT_FOUND=None, CONFLICT=None
    ),
    "subscriptions": read("directory", ANY, lambda d: d.subscriptions()),
    "groups": read("directory", ANY, lambda d: d.resource_groups(SUBSCRIPTION)),
    "accounts": read("directory", ANY, lambda d: d.storage_accounts(SUBSCRIPTION)),
    "vaults": read("directory", ANY, lambda d: d.vaults(SUBSCRIPTION)),
    "keys": read("directory", ANY, lambda d: d.account_keys(account_id())),
    "account": read("rights", ANY, lambda d: d.storage_account(account_id())),
    "permissions": read("rights", ANY, lambda d: d.permissions(GROUP_ID)),
    "locks": read("rights", ANY, lambda d: d.locks(GROUP_ID)),
    "provider": read("rights", ANY, lambda d: d.provider_state(SUBSCRIPTION, "Microsoft.DataBox")),
    "prices": Asked("/api/retail/prices", Asker.prices, {F.EXPIRED: None}),
    "sign-in of a program": Asked(
        ENTRA, lambda a: a.sign_in(SignInMethod.SERVICE_PRINCIPAL), {**REFUSED, F.EXPIRED: None}
    ),
    "sign-in by a code": Asked(
        ENTRA, lambda a: a.sign_in(SignInMethod.DEVICE_CODE), {**REFUSED, F.EXPIRED: None}
    ),
    # What the browser itself meets is between it and the person.
    "sign-in by the browser": Asked(
        ENTRA_TOKENS, lambda a: a.sign_in(SignInMethod.BROWSER), {**REFUSED, F.EXPIRED: None}
    ),
}
EACH = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
STAYING = {
    F.TOO_MANY: E.AZURE_BUSY,
    F.INTERNAL: E.AZURE_BUSY,
    F.UNAVAILABLE: E.AZURE_BUSY,
    F.NOT_JSON: E.AZURE_BUSY,
    F.FORBIDDEN: E.AZURE_FORBIDDEN,
    F.NOT_FOUND: E.AZURE_NOT_FOUND,
    F.CONFLICT: E.AZURE_REFUSED,
    F.CUT: E.AZURE_UNREACHABLE,
    F.CUT_BODY: E.AZURE_UNREACHABLE,
    F.GARBAGE: E.AZURE_UNREACHABLE,
    F.HALF_JSON: E.AZURE_UNREACHABLE,
    # Last: it leaves a token behind that counts no more.
    F.EXPIRED: E.SIGN_IN_NEEDED,
}
PASSING = (F.TOO_MANY, F.INTERNAL, F.UNAVAILABLE, F.EXPIRED, F.CUT, F.CUT_BODY)
_MOST_REQUESTS = 40


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asker]:
    """One office for all calls: what they change is what they would change again."""
    with running(tmp_path_factory.mktemp("replay")) as served:
        yield furnished(Asker(served))


@pytest.fixture
def asker(office: Asker, monkeypatch: pytest.MonkeyPatch) -> Iterator[Asker]:
    """The office, with nothing left of the test before, and a person at its browser."""
    monkeypatch.setattr("azure.identity._credentials.browser._open_browser", office.browse)
    yield office
    office.served.replay.heal()
    office.served.replay.bend = None
    office.open("directory").subscriptions()  # with a token that counts


def furnished(found: Asker) -> Asker:
    """Give the office an order of disks, an import job and an agent's vault."""
    served = found.served
    opened = found.open("desk")
    opened.place(FORM, SECRETS, REF)
    opened.place(OWN, OWN_SECRETS, OWN.ref(1))
    answers = served.replay.answers
    extended = {"recoveryPointCount": 2, "oldestRecoveryPoint": "2026-03-21T10:00:00Z"}
    answers["backup:BackupProtectedItems_List"] = {"value": [item("C:\\", "FS01")]}
    answers["backup:ProtectedItems_Get"] = item("C:\\", "FS01", **extended)
    answers["backup:RecoveryPoints_List"] = points("2026-03-21T10:00:00Z")
    done = job("Completed", "2026-03-19T10:00:00Z", "2026-03-19T11:00:00Z")
    answers["backup:BackupJobs_List"] = {"value": [done]}
    served.replay.estate.prices = {DISK_METER: 10.5}
    return found


def outcome(call: Asked, asker: Asker) -> BackupError | None:
    """Do a call; give its trouble, whose sentence and exit code must be whole."""
    error = trouble(lambda: call.do(asker))
    if error is not None:
        said = SPOKEN.trouble(error)
        assert said.title, error
        assert said.do, error
        assert "{" not in said.title + said.why + said.do, said
        assert code_of_trouble(error.code) in (ExitCode.FAILED, ExitCode.WRONG_USAGE)
        assert "canary" not in str(error)
    return error


def trouble(work: Callable[[], object]) -> BackupError | None:
    """Do something and give its trouble; whatever else it raises flies."""
    try:
        work()
    except BackupError as error:
        return error
    return None


@EACH
def test_what_stays_wrong_is_said_in_words(asker: Asker, call: Asked) -> None:
    replay, wrong = asker.served.replay, {}
    for fault, usual in STAYING.items():
        replay.fail(call.where, fault, times=_MOST_REQUESTS, retry_after_s=0.01)
        error = outcome(call, asker)
        replay.heal()
        wanted = call.unlike.get(fault, usual)
        # A second cancel is refused in an answer with a body, which can be cut.
        again = call is CALLS["cancel"] and fault in (F.CUT_BODY, F.HALF_JSON)
        also = (E.AZURE_UNREACHABLE, E.ORDER_NOT_CANCELLABLE) if again else ()
        code = error.code if error else None
        if code is not wanted and code not in also:
            wrong[fault.name] = (error, wanted)
    assert wrong == {}


@EACH
def test_what_goes_wrong_once_is_survived(asker: Asker, call: Asked) -> None:
    replay, wrong = asker.served.replay, {}
    for fault in PASSING:
        before = len(replay.jobs.created)
        replay.fail(call.where, fault, retry_after_s=0.01)
        error = outcome(call, asker)
        replay.heal()
        assert len(replay.jobs.created) - before == (call is CALLS["place"])
        if error is None or (call.unlike.get(fault) is E.PICKUP_UNCERTAIN is error.code):
            continue
        # Served, and its answer lost: the second sending finds the name taken.
        if fault is F.CUT_BODY and error.code is E.ORDER_NAME_TAKEN:
            continue
        wrong[fault.name] = error
    assert wrong == {}


@EACH
def test_a_silence_ends_in_words(asker: Asker, call: Asked) -> None:
    asker.served.replay.fail(call.where, F.HANG, times=_MOST_REQUESTS)
    error = outcome(call, Asker(asker.served, pace=IMPATIENT, numbers=asker.numbers))
    assert error is not None
    assert error.code in (E.AZURE_UNREACHABLE, E.PICKUP_UNCERTAIN)


@EACH
def test_a_stop_does_not_wait_for_an_answer(asker: Asker, call: Asked) -> None:
    wish = Wish()
    stoppable = Asker(asker.served, wish, numbers=asker.numbers)
    asker.served.replay.fail(call.where, F.HANG)
    assert_stops_at_once(asker.served, wish, lambda: call.do(stoppable))


def test_the_way_of_a_stop_is_shorter_than_a_second() -> None:
    assert line.GRACE_S + 2 * line.LOOK_EVERY_S < 1
    assert asking.GRACE_S + 2 * asking.LOOK_EVERY_S < 1
    assert line.GRACE_S < asking.GRACE_S  # who hears of the wish says how it ended


# --- answers that are JSON and not what they should be


def places(body: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Name every place inside a body."""
    yield path
    if isinstance(body, dict):
        for key in body:
            yield from places(body[key], (*path, key))
    elif isinstance(body, list):
        for number in range(min(len(body), 2)):
            yield from places(body[number], (*path, number))


def bent(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    """Put another value at one place of a body."""
    if not path:
        return value
    changed = copy.deepcopy(body)
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return changed


@pytest.mark.parametrize("name", [name for name in CALLS if "sign-in" not in name])
def test_an_answer_of_another_shape_is_understood_or_told(asker: Asker, name: str) -> None:
    call, replay, chance = CALLS[name], asker.served.replay, random.Random(name)
    seen: list[Any] = []

    def hear(body: Any) -> Any:
        seen.append(body)
        return body

    replay.bend = hear
    outcome(call, asker)
    found = list(places(seen[0])) if seen else []
    chosen = [(), *chance.sample(found, min(len(found), 14))]
    for path in chosen:
        value = chance.choice([7, "x", [], [7], {}, None, True, {"a": [None]}])

        def change(body: Any, path: tuple[Any, ...] = path, value: Any = value) -> Any:
            try:
                return bent(body, path, value)
            except (KeyError, IndexError, TypeError):
                return body

        replay.bend = change
        outcome(call, asker)  # anything but a BackupError flies


# --- once, whatever comes


@pytest.mark.parametrize("fault", [*STAYING, F.CUT_AFTER])
def test_no_fault_makes_a_second_order(served: Served, tmp_path: Any, fault: Fault) -> None:
    world = build_services(tmp_path / "state").world
    secrets = Memory()
    made = build(replace(world, azure=gate(secrets), azure_secrets=secrets))
    made.azure.sign_in(*program(served), lambda _: None)
    served.replay.fail("PUT /subscriptions", fault, times=_MOST_REQUESTS, retry_after_s=0.01)
    if trouble(lambda: made.orders.place(FORM, SECRETS)) is not None:
        assert made.orders.kept()[0].state in (OrderState.INTENDED, OrderState.REFUSED)
    served.replay.heal()
    made.orders.place(FORM, SECRETS)
    assert not made.orders.place(FORM, SECRETS).new
    assert len(served.replay.jobs.created) == 1


@pytest.mark.parametrize("fault", [F.CUT_AFTER, F.HALF_JSON])
def test_a_cancel_whose_answer_was_lost_is_a_cancel(
    served: Served, tmp_path: Any, fault: Fault
) -> None:
    world = build_services(tmp_path / "state").world
    secrets = Memory()
    made = build(replace(world, azure=gate(secrets), azure_secrets=secrets))
    made.azure.sign_in(*program(served), lambda _: None)
    ref = made.orders.place(FORM, SECRETS).found.ref
    served.replay.fail("/cancel", fault)
    made.orders.cancel(ref, "not needed")
    assert [one.state for one in made.orders.kept()] == [OrderState.CANCELLED]
