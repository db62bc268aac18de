"""Notices by mail: what came near and what is to do, once each, through the admin's server."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from offline_backup_gui.domain.deadlines import DueWarning
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.mail import MailSettings, checked
from offline_backup_gui.domain.plan import Plan, PlanId
from offline_backup_gui.domain.ports import Control
from offline_backup_gui.domain.shipment import StageStatus, Tracking
from offline_backup_gui.services.following import Following
from offline_backup_gui.services.planning import Planning
from offline_backup_gui.services.reminders import Reminders
from offline_backup_gui.services.shipments import Shipments
from offline_backup_gui.services.world import World

CHANNEL = "mail"
_SECRET = "mail-password"
_DAILY = PlanId("notices")  # stands where a plan stands in the system's schedule
_AT = "08:00"
_SILENT = "azure-silent"


class Notice(Struct, frozen=True):
    """What one mail tells of one plan; `now_you` is a words key, told when it is new.

    `asked` is the name under which `now_you` counts as told. `unanswered` is why Azure could not
    be asked, told once until it answers again.
    """

    plan: Plan
    warnings: tuple[DueWarning, ...]
    now_you: str | None
    asked: str = ""
    unanswered: BackupError | None = None


class Look(Struct, frozen=True):
    """What a daily look told by mail, and which plans Azure gave no answer for."""

    told: tuple[Notice, ...]
    unanswered: tuple[tuple[Plan, BackupError], ...] = ()


class Mail(Struct, frozen=True):
    """What a mail says, in the reader's language."""

    subject: str
    text: str


class Notices:
    """Settings, a test, and the daily look; a mail that did not leave is tried again."""

    def __init__(
        self,
        world: World,
        planning: Planning,
        shipments: Shipments,
        reminders: Reminders,
        following: Following,
    ) -> None:
        self._world, self._planning, self._following = world, planning, following
        self._shipments, self._reminders = shipments, reminders

    # --- settings

    def settings(self) -> MailSettings | None:
        """Give what is set; None when no mail is sent."""
        return self._world.state.mail()

    def set(self, settings: MailSettings, password: str | None) -> bool:
        """Keep the settings and look every day; says whether the system will do that.

        VALUE_NOT_UNDERSTOOD when they cannot be used. Without `password` the kept one stays.
        """
        self._world.state.put_mail(checked(settings))
        if password is not None:
            self._world.secrets.put(_SECRET, password.encode())
        command = [*self._world.command, "notify", "send", "--json"]
        return self._world.scheduler.put(_DAILY, (_AT,), command)

    def off(self) -> None:
        """Send nothing any more, and forget server and password."""
        self._world.scheduler.remove(_DAILY)
        self._world.secrets.forget(_SECRET)
        self._world.state.put_mail(None)

    def test(self, mail: Mail) -> None:
        """Send a mail that says that mail works."""
        self._send(mail)

    # --- the daily look

    def send(
        self, worded: Callable[[Sequence[Notice]], Mail], control: Control | None = None
    ) -> Look:
        """Ask Azure, then send one mail with everything that is new.

        Nobody is asked to sign in; what Azure does not answer is told as it was last seen, and
        that it did not answer, or was not asked because nobody is signed in any more.
        MAIL_NOT_SET; MAIL_UNREACHABLE, MAIL_REFUSED and MAIL_LOGIN_REFUSED leave it untold;
        Stopped.
        """
        if self.settings() is None:
            raise BackupError(ErrorCode.MAIL_NOT_SET)
        asked = self._following.look_at_all(control) or self._following.unasked()
        plans = self._planning.plans()
        fresh = tuple(one for plan in plans if (one := self._fresh(plan, asked)))
        silent = tuple((plan, error) for plan in plans if (error := asked.get(plan.plan_id)))
        if not fresh:
            return Look((), silent)
        try:
            self._send(worded(fresh))
        except BaseException:
            for one in fresh:
                self._untell(one)
            raise
        return Look(fresh, silent)

    def _fresh(self, plan: Plan, answers: Mapping[PlanId, BackupError | None]) -> Notice | None:
        tracking = self._shipments.track(plan.plan_id)
        warnings = self._reminders.fresh(plan.plan_id, tracking.due, CHANNEL)
        now_you, asked = tracking.now_you, ""
        if now_you is not None:
            asked = _asked(now_you, tracking)
            if not self._world.state.claim(plan.plan_id, CHANNEL, asked):
                now_you = None
        silent = self._newly_silent(plan.plan_id, answers)
        if not (warnings or now_you or silent):
            return None
        return Notice(plan, warnings, now_you, asked, silent)

    def _newly_silent(
        self, plan_id: PlanId, answers: Mapping[PlanId, BackupError | None]
    ) -> BackupError | None:
        """Give why Azure did not answer, once until it does again."""
        if plan_id not in answers:
            return None
        trouble = answers[plan_id]
        if trouble is None:
            self._world.state.disclaim(plan_id, CHANNEL, _SILENT)
            return None
        return trouble if self._world.state.claim(plan_id, CHANNEL, _SILENT) else None

    def _untell(self, notice: Notice) -> None:
        plan_id = notice.plan.plan_id
        for warning in notice.warnings:
            self._reminders.untell(plan_id, warning, CHANNEL)
        if notice.now_you is not None:
            self._world.state.disclaim(plan_id, CHANNEL, notice.asked)
        if notice.unanswered is not None:
            self._world.state.disclaim(plan_id, CHANNEL, _SILENT)

    def _send(self, mail: Mail) -> None:
        settings = self.settings()
        if settings is None:
            raise BackupError(ErrorCode.MAIL_NOT_SET)
        password = self._world.secrets.get(_SECRET) if settings.user else None
        if settings.user and password is None:
            raise BackupError(ErrorCode.MAIL_LOGIN_REFUSED, server=settings.host)
        self._world.post().send(settings, (password or b"").decode(), mail.subject, mail.text)


def _asked(now_you: str, tracking: Tracking) -> str:
    """Name a request: the same one after a further stage is a new one."""
    done = sum(stage.status is StageStatus.DONE for stage in tracking.stages)
    return f"{now_you}@{done}"
