"""The daily mail asks Azure first: what came up while no window was open is told."""

from __future__ import annotations

import email
import email.policy
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from offline_backup_gui import words
from offline_backup_gui.adapters.mail import SmtpPost
from offline_backup_gui.app import build_services
from offline_backup_gui.cli.notify import worded
from offline_backup_gui.domain.errors import ErrorCode
from offline_backup_gui.domain.mail import MailSecurity, MailSettings
from offline_backup_gui.domain.orders import OrderState
from offline_backup_gui.domain.plan import DeploymentModel, Destination, Plan, Route
from offline_backup_gui.domain.state import KeptPlan
from offline_backup_gui.services import Services, build
from offline_backup_gui.services.notices import Look
from tests.azure.replay.certificate import make_certificate
from tests.azure.replay.estate import ACCOUNT, GROUP, SUBSCRIPTION
from tests.azure.replay.server import Served
from tests.azure.replay.service import Fault
from tests.azure.stand import Memory, gate, program
from tests.azure.test_desk import FORM, SECRETS
from tests.mail_server import Mailbox, running_mail_server

SPOKEN = words.load("en")
ACTION = "now.resolve-upload"


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Mailbox]:
    folder = tmp_path / "mail"
    folder.mkdir()
    certificate, key = make_certificate(folder)
    with running_mail_server(Mailbox(certificate, key)) as running:
        yield running


@pytest.fixture
def ordered(served: Served, tmp_path: Path, box: Mailbox) -> Services:
    """One plan whose order is on its way and whose first mail has left."""
    world = build_services(tmp_path / "state").world
    trusting = ssl.create_default_context(cafile=str(box.certificate))
    secrets = Memory()
    made = build(
        replace(
            world,
            azure=gate(secrets),
            azure_secrets=secrets,
            post=lambda: SmtpPost(trusting),
        )
    )
    made.azure.sign_in(*program(served), lambda _: None)
    destination = Destination(f"https://{ACCOUNT}.blob.core.windows.net", "landing", "vault")
    model, route = DeploymentModel.STANDALONE, Route.DATA_BOX_DISK
    plan = Plan("branch-042", model, route, ("/",), destination, (), (), ())
    made.world.state.put_plan(KeptPlan(plan, "", False, datetime.now(UTC)))
    made.orders.place(replace(FORM, plan_id=plan.plan_id), SECRETS)
    settings = MailSettings(
        "localhost", box.port, MailSecurity(box.security), "a@contoso.com", ("b@contoso.com",)
    )
    made.world.state.put_mail(settings)
    send(made)
    return made


def send(services: Services) -> list[str | None]:
    return [one.now_you for one in look(services).told if one.now_you]


def look(services: Services) -> Look:
    return services.notices.send(lambda notices: worded(notices, SPOKEN))


def text(mail: str) -> str:
    body = email.message_from_string(mail, policy=email.policy.default).get_body()
    assert body is not None
    return " ".join(str(body.get_content()).split())


def halt(served: Served) -> None:
    """Let the service wait for the admin, as it does while data is copied."""
    key = (SUBSCRIPTION, GROUP, FORM.ref(1).name)
    served.replay.jobs.step(key, "DataCopy", "WaitingForCustomerAction")


def test_what_azure_waits_for_is_mailed_although_no_window_is_open(
    ordered: Services, served: Served, box: Mailbox
) -> None:
    assert send(ordered) == []
    halt(served)
    before = len(box.mails)
    assert send(ordered) == [ACTION]
    assert len(box.mails) == before + 1
    assert send(ordered) == []


def test_azure_that_does_not_answer_keeps_no_mail_back(
    ordered: Services, served: Served, box: Mailbox
) -> None:
    halt(served)
    served.replay.fail("GET /subscriptions", Fault.FORBIDDEN, times=99)
    assert send(ordered) == []
    served.replay.heal()
    assert send(ordered) == [ACTION]


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault.FORBIDDEN, ErrorCode.AZURE_FORBIDDEN),
        (Fault.CUT, ErrorCode.AZURE_UNREACHABLE),
        (Fault.UNAVAILABLE, ErrorCode.AZURE_BUSY),
        (Fault.EXPIRED, ErrorCode.SIGN_IN_NEEDED),
        (Fault.HALF_JSON, ErrorCode.AZURE_UNREACHABLE),
    ],
)
def test_azure_that_does_not_answer_is_never_passed_over_in_silence(
    ordered: Services, served: Served, box: Mailbox, fault: Fault, code: ErrorCode
) -> None:
    served.replay.fail("GET /subscriptions", fault, times=999)
    before = len(box.mails)
    for _ in range(3):
        assert [error.code for _plan, error in look(ordered).unanswered] == [code]
    mailed = [text(mail) for mail in box.mails[before:]]
    assert len(mailed) == 1  # once, until it answers again
    assert SPOKEN.text("mail.unanswered", plan="branch-042") in mailed[0]
    served.replay.heal()
    assert look(ordered).unanswered == ()
    served.replay.fail("GET /subscriptions", fault, times=999)
    assert len(look(ordered).told) == 1
    assert len(box.mails) == before + 2


def test_nobody_signed_in_asks_azure_nothing(ordered: Services, served: Served) -> None:
    ordered.azure.sign_out()
    halt(served)
    before = len(served.replay.requests)
    assert send(ordered) == []
    assert len(served.replay.requests) == before


def test_that_nobody_is_signed_in_any_more_is_told_once(
    ordered: Services, served: Served, box: Mailbox
) -> None:
    ordered.azure.sign_out()
    before, asked = len(box.mails), len(served.replay.requests)
    for _ in range(3):
        told = [error.code for _plan, error in look(ordered).unanswered]
        assert told == [ErrorCode.SIGN_IN_NEEDED]
    assert len(box.mails) == before + 1
    assert SPOKEN.text("mail.unanswered", plan="branch-042") in text(box.mails[-1])
    assert len(served.replay.requests) == asked
    ordered.azure.sign_in(*program(served), lambda _: None)
    assert look(ordered).unanswered == ()


def test_what_was_only_noted_by_hand_or_has_ended_needs_no_sign_in(
    ordered: Services, served: Served
) -> None:
    ordered.azure.sign_out()
    (kept,) = ordered.orders.kept()
    ordered.world.state.put_order(replace(kept, state=OrderState.BY_HAND))
    assert look(ordered).unanswered == ()
    ordered.world.state.put_order(kept)
    assert len(look(ordered).unanswered) == 1
    ordered.azure.sign_in(*program(served), lambda _: None)
    key = (SUBSCRIPTION, GROUP, FORM.ref(1).name)
    served.replay.jobs.step(key, "Completed", "Succeeded")
    assert look(ordered).unanswered == ()
    ordered.azure.sign_out()
    assert look(ordered).unanswered == ()
