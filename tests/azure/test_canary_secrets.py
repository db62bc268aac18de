"""Twenty-five secrets through three hundred failures: none of them comes out anywhere.

Looked at: logs of every library at debug level, troubles with their sentences and tracebacks, what
the command line prints, crash reports, process arguments, the state folder, papers for the portal.
"""

from __future__ import annotations

import io
import itertools
import logging
import traceback
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout, suppress
from pathlib import Path

import pytest
from msgspec.structs import replace

from offline_backup_gui import cli, words
from offline_backup_gui.adapters.drives.preparer import WindowsPreparer, windows_tools
from offline_backup_gui.app import build_services
from offline_backup_gui.domain.bitlocker import password_of
from offline_backup_gui.domain.clouds import SignIn, SignInSecret
from offline_backup_gui.domain.errors import BackupError
from offline_backup_gui.domain.orders import BOX, OrderForm, OrderSecrets
from offline_backup_gui.domain.prepared_drive import key_name, prepared_drive
from offline_backup_gui.services import Services, build
from offline_backup_gui.services.portal import write_portal_files
from offline_backup_gui.services.world import AccountSecret
from tests.azure.replay.estate import SUBSCRIPTION, account_id
from tests.azure.replay.server import Served
from tests.azure.replay.service import Fault
from tests.azure.stand import Memory, gate, program
from tests.azure.test_desk import FORM, OWN
from tests.azure.test_destination import PLAN
from tests.azure.test_orders import JOB, ORDER, Office
from tests.services.test_preparing import Disks, disk

DIGITS = [
    f"{seed:06d}" for seed in (314159, 271828, 161803, 141421, 173205, 223606, 244948, 264575)
]
BITLOCKER = ["-".join(DIGITS[n:] + DIGITS[:n]) for n in range(4)]
SECRETS = {
    "client secret": "canary-01-client~secret",
    "certificate password": "canary-02-certificate",
    "proxy password": "canary-03-proxy",
    "passkey": "canary04passkey",
    "device password": "canary-05-device",
    "sas signature": "canary06sig%2Babc%3D",
    "second sas signature": "canary07sig",
    "account key": "Y2FuYXJ5MDhhY2NvdW50a2V5MDhhY2NvdW50a2V5MDg=",
    "passphrase": "canary 09 seven words nobody guesses",
    "recovery code": "CANARY10-RECOV-ERYCO-DE123",
    **{f"bitlocker key {n}": key for n, key in enumerate(BITLOCKER)},
    "passkey from azure": "replay-passkey-0123456789",
    "device password from azure": "replay-device-password",
    "share password from azure": "replay-share-password",
    "account key from azure": "YWNjb3VudC1rZXktb2YtdGhlLXJlcGxheS1zZXJ2ZXI=",
}
FAULTS = (
    Fault.TOO_MANY, Fault.INTERNAL, Fault.UNAVAILABLE, Fault.FORBIDDEN, Fault.EXPIRED, Fault.CUT,
    Fault.CUT_AFTER, Fault.CUT_BODY, Fault.NOT_JSON, Fault.ECHO,
)  # fmt: skip
FORM_SECRETS = OrderSecrets(SECRETS["passkey"])
BOX_FORM = replace(FORM, sku=BOX, model=BOX, key="box")
OWN_FORM = replace(
    OWN, drives=tuple(replace(OWN.drives[0], serial=f"SERIAL{n}") for n in range(len(BITLOCKER)))
)
OWN_SECRETS = OrderSecrets(
    bitlocker_key_by_serial={f"SERIAL{n}": key for n, key in enumerate(BITLOCKER)}
)
ACCOUNT = AccountSecret(
    sas=f"https://x.blob.core.windows.net/c?sp=rl&se=2020-01-01&sig={SECRETS['sas signature']}"
)
ACCOUNT_KEY = AccountSecret(
    connection_string=f"AccountName=x;AccountKey={SECRETS['account key']};EndpointSuffix=x"
)
COUNTER = itertools.count()

CALLS: dict[str, Callable[[Services], object]] = {
    "place disks": lambda s: s.orders.place(again(FORM), FORM_SECRETS),
    "place a box": lambda s: s.orders.place(
        again(BOX_FORM), OrderSecrets(device_password=SECRETS["device password"])
    ),
    "place own drives": lambda s: s.orders.place(again(OWN_FORM), OWN_SECRETS),
    "check a form": lambda s: s.orders.check(FORM, FORM_SECRETS),
    "offers": lambda s: s.orders.offers(SUBSCRIPTION, FORM.group, "westus", "US"),
    "show": lambda s: s.orders.show(FORM.ref(1)),
    "credentials of disks": lambda s: s.orders.credentials(FORM.ref(1)),
    "credentials of a box": lambda s: s.orders.credentials(BOX_FORM.ref(1)),
    "ship": lambda s: s.orders.mark_shipped(OWN_FORM.ref(1), "DHL", "1"),
    "cancel": lambda s: s.orders.cancel(FORM.ref(1), "x"),
    "keys": lambda s: s.azure.directory().account_keys(account_id()),
    "accounts": lambda s: s.azure.directory().storage_accounts(SUBSCRIPTION),
    "destination with a signature": lambda s: s.destination.check(PLAN, ACCOUNT),
    "destination with a key": lambda s: s.destination.check(PLAN, ACCOUNT_KEY),
    "sign in": lambda s: s.azure.sign_in(*signing(), lambda _: None),
}
SERVED: list[Served] = []


def again(form: OrderForm) -> OrderForm:
    """Give the form a name of its own, so that each time something is sent."""
    return replace(form, key=f"canary {next(COUNTER)}")


def signing() -> tuple[SignIn, SignInSecret]:
    sign_in, _ = program(SERVED[-1])
    wrong = SignInSecret(
        SECRETS["client secret"] if next(COUNTER) % 2 else SECRETS["second sas signature"],
        certificate_password=SECRETS["certificate password"],
    )
    return sign_in, wrong


class Kept(logging.Handler):
    """Keeps every line any library logs, with its traceback."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self.setFormatter(logging.Formatter("%(name)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def log() -> Iterator[Kept]:
    kept, root = Kept(), logging.getLogger()
    before = root.level
    root.addHandler(kept)
    root.setLevel(logging.DEBUG)
    yield kept
    root.removeHandler(kept)
    root.setLevel(before)


def canaries(served: Served) -> dict[str, str]:
    tokens = served.replay.entra.given
    return {**SECRETS, **{f"token {number}": one for number, one in enumerate(tokens)}}


def found_in(text: str, secrets: dict[str, str]) -> list[str]:
    return sorted(name for name, secret in secrets.items() if secret in text)


def test_none_of_them_comes_out_of_three_hundred_failures(served, tmp_path, log):
    SERVED.append(served)
    served.replay.entra.client_secret = SECRETS["client secret"]
    world = build_services(tmp_path / "state").world
    services = build(replace(world, azure=gate(), azure_secrets=Memory()))
    sign_in, secret = program(served)
    services.azure.sign_in(sign_in, secret, lambda _: None)
    services.orders.place(FORM, FORM_SECRETS)
    services.orders.place(OWN_FORM, OWN_SECRETS)
    services.orders.place(BOX_FORM, OrderSecrets(device_password=SECRETS["device password"]))
    told: list[str] = []
    failures = 0
    where = "(?:POST|PUT|GET|PATCH) /(?:subscriptions|providers|[0-9a-f-]{36}/oauth2)"
    for call, fault, times in itertools.product(CALLS.values(), FAULTS, (1, 99)):
        served.replay.heal()
        served.replay.fail(where, fault, times=times)
        failures += 1
        try:
            call(services)
        except BackupError as trouble:
            message = words.load("en").trouble(trouble)
            told += [str(trouble), repr(trouble), str(message), traceback.format_exc()]
    issued = canaries(served)
    assert failures == 300
    assert len(issued) >= 25
    assert len(told) > 400
    assert found_in("\n".join(told), issued) == []
    assert found_in("\n".join(log.lines), issued) == []
    state = b"".join(p.read_bytes() for p in (tmp_path / "state").rglob("*") if p.is_file())
    assert found_in(state.decode("latin-1"), issued) == []
    papers = write_portal_files(OWN_FORM, tmp_path / "portal")
    assert found_in("".join(path.read_text() for path in papers), issued) == []


def test_a_trap_of_this_test_springs(served, log):
    logging.getLogger("offline_backup_gui").debug("sig=%s", SECRETS["sas signature"])
    assert found_in("\n".join(log.lines), canaries(served)) == ["sas signature"]


def test_a_report_of_a_bug_holds_none_of_them(tmp_path, monkeypatch, served):
    """The command line breaks with every secret at hand; its report names places only."""
    SERVED.append(served)
    office = Office(served, tmp_path)
    office.form.write_text(ORDER.replace("[address]", 'passkey_file = "passkey.txt"\n[address]'))
    (tmp_path / "passkey.txt").write_text(SECRETS["passkey"])
    office.secret.write_text(SECRETS["client secret"])
    office.job.write_text(JOB)
    (tmp_path / "key.txt").write_text(BITLOCKER[0])

    def broken(self: object, form: object, secrets: OrderSecrets, **more: object) -> None:
        kept = (form, secrets)
        raise RuntimeError(f"a slip of ours with {kept!r}")

    monkeypatch.setattr("offline_backup_gui.services.orders.Orders.place", broken)
    monkeypatch.setenv("TMPDIR", str(tmp_path / "reports"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "reports"))
    (tmp_path / "reports").mkdir()
    monkeypatch.setenv("OFFLINE_BACKUP_STATE", str(tmp_path / "state"))
    said = io.StringIO()
    for command, form in (("order", office.form), ("import-job", office.job)):
        given = (command, "place", str(form), "--client-secret-file", str(office.secret))
        with redirect_stdout(said), redirect_stderr(said):
            assert cli.main(given, build_services) == 70
    reports = list((tmp_path / "reports").glob("offline-backup-*.txt"))
    assert len(reports) == 2
    text = "".join(path.read_text() for path in reports) + said.getvalue()
    assert "a slip of ours" in text
    assert found_in(text, SECRETS) == []


def test_no_secret_is_among_the_arguments_of_a_process(served, tmp_path):
    office = Office(served, tmp_path)
    assert office.sign_in()[0] == 0
    (tmp_path / "key.txt").write_text(BITLOCKER[0])
    served.replay.fail("PUT /subscriptions", Fault.HANG)
    arguments = ("--json", "--client-secret-file", str(office.secret))
    with office.start("import-job", "place", str(office.job), *arguments) as process:
        assert served.replay.held.wait(60)
        place = Path(f"/proc/{process.pid}")
        seen = (place / "cmdline").read_bytes() + (place / "environ").read_bytes()
        process.kill()
        with suppress(ValueError):
            process.communicate()
    secrets = {**SECRETS, "client secret": served.replay.entra.client_secret}
    assert found_in(seen.decode("latin-1"), secrets) == []


TOOLS = {
    "WindowsPowerShell/v1.0/powershell.exe": """
case "$*" in
  *Clear-Disk*) printf '%s' '{{"volume":"{volume}","letter":"Q","size":"1"}}' ;;
  *) printf '%s' '{{"path":"p","unique":"u","serial":"S","size":"1000000000000","in_use":false}}'
esac""",
    "manage-bde.exe": """
case "$*" in *-on*) test -e {home}/on-fails && exit 5 ;; esac
printf 'Kennwort:\\r\\n  {password}\\r\\n'
test -e {home}/add-fails && exit 5
exit 0""",
}


def test_the_recovery_password_of_a_prepared_drive_is_kept_and_shown_nowhere(tmp_path, log):
    """From the tool that makes it, through every way it can go wrong, into the import job."""
    password = password_of(b"canary-bitlocker")
    folder, home = tmp_path / "system32", tmp_path / "desk"
    home.mkdir()
    volume = "\\\\\\\\?\\\\Volume{5f3b2c1d-8e4a-4b7c-9d10-00000000ab42}\\\\"
    for name, script in TOOLS.items():
        tool = folder / name
        tool.parent.mkdir(parents=True, exist_ok=True)
        heard = f'#!/bin/sh\nprintf "%s " "$0" "$@" >> {home}/heard; env >> {home}/heard'
        tool.write_text(heard + script.format(volume=volume, password=password, home=home))
        tool.chmod(0o700)
    disks = Disks(disk(1))
    world = build_services(tmp_path / "state").world
    preparer = WindowsPreparer(windows_tools(folder))
    services = build(replace(world, drive_source=disks, preparer=lambda: preparer))
    plan = services.planning.keep(PLAN).plan
    told: list[str] = []
    for flag in ("add-fails", "on-fails", "fine"):
        (home / flag).touch()
        said = io.StringIO()
        with redirect_stdout(said), redirect_stderr(said):
            arguments = ["drives", "prepare", "--erase", "SERIAL-1"]
            codes = [cli.main([*arguments, *more], lambda _: services) for more in ([], ["--json"])]
        assert codes == ([0, 0] if flag == "fine" else [1, 1])
        told.append(said.getvalue())
        (home / flag).unlink()
    try:
        preparer.protect("\\0")
    except (BackupError, ValueError):
        told.append(traceback.format_exc())
    prepared = prepared_drive("SERIAL-1", "0" * 32, key_ref=key_name("SERIAL-1"))
    services.preparations.note(plan.plan_id, prepared)
    drives, keys = services.preparations.job_drives(plan.plan_id)
    assert keys == {"SERIAL-1": password}  # the import job gets it
    told.append(repr(drives))
    outside = [p for p in tmp_path.rglob("*") if p.is_file() and folder not in p.parents]
    secrets = tmp_path / "state" / "secrets"
    seen = b"".join(p.read_bytes() for p in outside if secrets not in p.parents)
    text = "".join(told) + "\n".join(log.lines) + seen.decode("latin-1")
    assert "-RecoveryPassword" in text  # the arguments were looked at
    parts = {part: part for part in (password, password[:13], password.replace("-", ""))}
    assert found_in(text, parts) == []
    assert found_in((folder / "manage-bde.exe").read_text(), parts) != []  # the trap springs
