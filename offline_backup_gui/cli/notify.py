"""The command `notify`: notices by mail through the admin's own server."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from offline_backup_gui.cli.asking import answered
from offline_backup_gui.cli.call import Call
from offline_backup_gui.cli.exit_codes import ExitCode
from offline_backup_gui.cli.secrets import read_secret
from offline_backup_gui.domain.mail import PORT_BY_SECURITY, MailSecurity, MailSettings
from offline_backup_gui.services.notices import Mail, Notice
from offline_backup_gui.words import Words


def notify(call: Call) -> ExitCode:
    """Set, show, test, send or end notices by mail."""
    return {"set": _set, "show": _show, "test": _test, "send": _send, "off": _off}[
        call.arguments.action
    ](call)


def _set(call: Call) -> ExitCode:
    given = call.arguments
    security = MailSecurity(given.security)
    settings = MailSettings(
        host=given.host,
        port=given.port or PORT_BY_SECURITY[security],
        security=security,
        sender=given.sender,
        recipients=tuple(given.to),
        user=given.user or "",
    )
    daily = call.services.notices.set(settings, read_secret(given.password_file))
    call.speaker.result({"outcome": "done", "daily": daily, **msgspec.to_builtins(settings)})
    call.speaker.line(call.speaker.words.text("mail.set" if daily else "mail.set-not-daily"))
    return ExitCode.DONE


def _show(call: Call) -> ExitCode:
    settings = call.services.notices.settings()
    shown = None if settings is None else msgspec.to_builtins(settings)
    call.speaker.result({"outcome": "done", "settings": shown})
    if settings is None:
        call.speaker.line(call.speaker.words.text("mail.none"))
    else:
        to = ", ".join(settings.recipients)
        call.speaker.line(f"{settings.host}:{settings.port} ({settings.security}), {to}")
    return ExitCode.DONE


def _test(call: Call) -> ExitCode:
    words = call.speaker.words
    mail = Mail(words.text("mail.test.subject"), words.text("mail.test.text"))
    call.services.notices.test(mail)
    call.speaker.result({"outcome": "done", "sent": 1})
    call.speaker.line(words.text("mail.sent"))
    return ExitCode.DONE


def _send(call: Call) -> ExitCode:
    words = call.speaker.words
    notices = call.services.notices
    look = answered(lambda control: notices.send(lambda new: worded(new, words), control))
    told = look.told
    call.speaker.result(
        {
            "outcome": "done",
            "sent": int(bool(told)),
            "told": [
                {
                    "plan": one.plan.name,
                    "due": [{"what": w.due.what, "days": w.at_days} for w in one.warnings],
                    "now_you": one.now_you,
                }
                for one in told
            ],
            "unanswered": [
                {"plan": plan.name, "code": error.code.value, "title": words.trouble(error).title}
                for plan, error in look.unanswered
            ],
        }
    )
    call.speaker.line(words.text("mail.sent" if told else "mail.nothing"))
    for plan, error in look.unanswered:
        said = words.trouble(error)
        call.speaker.line(f"! {words.text('mail.unanswered', plan=plan.name)} {said.title}")
        call.speaker.line(f"  {said.why} {said.do}")
    # The deadlines were counted from the last look: done, with an exception.
    return ExitCode.EXCEPTIONS if look.unanswered else ExitCode.DONE


def _off(call: Call) -> ExitCode:
    call.services.notices.off()
    call.speaker.result({"outcome": "done"})
    call.speaker.line(call.speaker.words.text("mail.none"))
    return ExitCode.DONE


def worded(notices: Sequence[Notice], words: Words) -> Mail:
    """Word a mail: the subject names the first plan, the text all that is new."""
    lines = []
    for one in notices:
        lines.append(one.plan.name)
        for warning in one.warnings:
            what, at = words.text(warning.due.what), words.moment(warning.due.at)
            lines.append(f"  {words.text('mail.due', what=what, at=at)}")
        if one.now_you:
            lines.append(f"  {words.text(f'{one.now_you}.title')}")
        if one.unanswered is not None:
            said = words.trouble(one.unanswered)
            lines.append(f"  {words.text('mail.unanswered', plan=one.plan.name)}")
            lines.append(f"  {said.title} {said.do}")
        lines.append("")
    lines.append(words.text("mail.foot"))
    subject = words.text("mail.subject", plan=notices[0].plan.name)
    return Mail(subject, "\n".join(lines) + "\n")
