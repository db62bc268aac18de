"""Notices by mail over a real server: once each, tried again when they did not leave."""

from __future__ import annotations

import email
import email.policy
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from offline_backup_gui import words
from offline_backup_gui.adapters.mail import SmtpPost
from offline_backup_gui.adapters.state.store import StateStore
from offline_backup_gui.cli.notify import worded
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.mail import MailSecurity, MailSettings, checked
from offline_backup_gui.domain.plan import DeploymentModel, Destination, Plan, Route
from offline_backup_gui.domain.shipment import Parcel
from offline_backup_gui.domain.state import KeptPlan
from offline_backup_gui.services import Services, build
from tests.azure.replay.certificate import make_certificate
from tests.fakes import FakeClock, MemorySecrets, world_of
from tests.mail_server import Mailbox, running_mail_server

T0 = datetime(2026, 3, 1, 7, tzinfo=UTC)
SPOKEN = words.load("en")


class Times:
    """A scheduler that remembers what it was told."""

    def __init__(self) -> None:
        self.commands: dict[str, list[str]] = {}

    def put(self, plan_id: str, times: object, command: list[str]) -> bool:
        self.commands[plan_id] = list(command)
        return True

    def is_set(self, plan_id: str) -> bool:
        return plan_id in self.commands

    def remove(self, plan_id: str) -> None:
        self.commands.pop(plan_id, None)


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Mailbox]:
    certificate, key = make_certificate(tmp_path)
    with running_mail_server(Mailbox(certificate, key)) as running:
        yield running


class Office:
    """One plan whose parcel is awaited, and the services around it."""

    def __init__(self, home: Path, box: Mailbox) -> None:
        self.clock, self.times = FakeClock(T0), Times()
        trusting = ssl.create_default_context(cafile=str(box.certificate))
        world = world_of(StateStore(home / "state"), self.clock)
        self.world = replace(
            world,
            folder=home / "state",
            secrets=MemorySecrets(),
            scheduler=self.times,
            command=("offline-backup",),
            post=lambda: SmtpPost(trusting),
        )
        self.services: Services = build(self.world)
        destination = Destination("https://contoso.blob.core.windows.net", "landing", "vault")
        model, route = DeploymentModel.STANDALONE, Route.IMPORT_EXPORT
        plan = Plan("branch-042", model, route, ("D:\\",), destination, (), (), ())
        self.world.state.put_plan(KeptPlan(plan, "", False, T0))
        self.services.shipments.ship(plan.plan_id, Parcel("DHL", "JD01", T0))
        self.settings = MailSettings(
            "localhost", box.port, MailSecurity(box.security), "a@contoso.com", ("b@contoso.com",)
        )

    def send(self) -> int:
        return len(self.services.notices.send(lambda notices: worded(notices, SPOKEN)).told)

    def days(self, count: float) -> None:
        self.clock.wait(count * 86_400)


def parts(mail: str) -> tuple[str, str]:
    message = email.message_from_string(mail, policy=email.policy.default)
    body = message.get_body()
    assert body is not None
    return str(message["Subject"]), body.get_content()


def test_a_deadline_is_mailed_once_and_over_a_protected_line(tmp_path: Path, box: Mailbox) -> None:
    office = Office(tmp_path, box)
    office.services.notices.set(office.settings, None)
    assert office.times.commands["notices"][-3:] == ["notify", "send", "--json"]
    office.send()  # what is to do on the first day
    box.mails.clear()
    office.days(8)
    assert [office.send(), office.send()] == [1, 0]
    (mail,) = box.mails
    subject, text = parts(mail)
    assert subject == "Offline Backup: branch-042"
    assert SPOKEN.text("due.drives-arrive") in text
    assert SPOKEN.moment(T0 + timedelta(days=14)) in text
    assert all(box.protected)


@pytest.mark.parametrize("refuse", ["MAIL", "RCPT", "DATA"])
def test_what_did_not_leave_is_told_with_the_next_mail(
    tmp_path: Path, box: Mailbox, refuse: str
) -> None:
    office = Office(tmp_path, box)
    office.services.notices.set(office.settings, None)
    box.refuse = refuse
    with pytest.raises(BackupError) as refused:
        office.send()
    assert refused.value.code is ErrorCode.MAIL_REFUSED
    box.refuse = ""
    assert [office.send(), office.send()] == [1, 0]


def test_a_user_signs_in_and_a_wrong_password_is_said(tmp_path: Path, box: Mailbox) -> None:
    box.user, box.password = "anna", "canary-password"
    office = Office(tmp_path, box)
    settings = replace(office.settings, user="anna")
    office.services.notices.set(settings, "wrong-canary")
    with pytest.raises(BackupError) as refused:
        office.send()
    assert refused.value.code is ErrorCode.MAIL_LOGIN_REFUSED
    assert "canary" not in str(refused.value) + repr(refused.value.__cause__)
    office.services.notices.set(settings, "canary-password")
    assert office.send() == 1
    assert b"canary" not in (tmp_path / "state" / "state.db").read_bytes()


def test_a_server_that_nobody_vouches_for_gets_nothing(tmp_path: Path, box: Mailbox) -> None:
    office = Office(tmp_path, box)
    office.services = build(replace(office.world, post=SmtpPost))
    office.services.notices.set(office.settings, None)
    with pytest.raises(BackupError) as refused:
        office.send()
    assert refused.value.code is ErrorCode.MAIL_UNREACHABLE
    assert box.mails == []


def test_a_server_that_offers_no_protection_gets_nothing(tmp_path: Path, box: Mailbox) -> None:
    office = Office(tmp_path, box)
    office.services.notices.set(office.settings, None)
    box.security = "none"  # somebody on the line takes the offer out
    with pytest.raises(BackupError):
        office.send()
    assert box.mails == []


def test_an_absent_server_is_said(tmp_path: Path, box: Mailbox) -> None:
    office = Office(tmp_path, box)
    office.services.notices.set(replace(office.settings, port=1), None)
    with pytest.raises(BackupError) as refused:
        office.send()
    assert refused.value.code is ErrorCode.MAIL_UNREACHABLE


def test_off_forgets_server_password_and_schedule(tmp_path: Path, box: Mailbox) -> None:
    office = Office(tmp_path, box)
    office.services.notices.set(replace(office.settings, user="anna"), "secret")
    office.services.notices.off()
    assert office.services.notices.settings() is None
    assert office.world.secrets.get("mail-password") is None
    assert office.times.commands == {}
    with pytest.raises(BackupError) as refused:
        office.send()
    assert refused.value.code is ErrorCode.MAIL_NOT_SET


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("host", "a b"),
        ("host", ""),
        ("port", 0),
        ("port", 70_000),
        ("sender", "nobody"),
        ("recipients", ()),
        ("recipients", ("a@b.c\r\nBcc: x@y.z",)),
        ("security", MailSecurity.NONE),
    ],
)
def test_settings_that_cannot_work_are_refused(field: str, value: object) -> None:
    good = MailSettings(
        "mail.contoso.com", 587, MailSecurity.STARTTLS, "a@b.c", ("d@e.f",), user="u"
    )
    assert checked(good) is good
    with pytest.raises(BackupError):
        checked(replace(good, **{field: value}))
