"""Hands a mail to the admin's SMTP server; every trouble is told as what the admin can mend."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.mail import MailSecurity, MailSettings

_TIMEOUT_S = 30


class SmtpPost:
    """A MailPost through smtplib; `context` trusts what the system trusts unless given."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self._context = context

    def send(self, settings: MailSettings, password: str, subject: str, text: str) -> None:
        """Send one mail to all recipients. MAIL_UNREACHABLE, MAIL_REFUSED, MAIL_LOGIN_REFUSED."""
        message = EmailMessage()
        message["From"], message["To"] = settings.sender, ", ".join(settings.recipients)
        message["Subject"], message["Date"] = " ".join(subject.split()), formatdate(localtime=True)
        message["Message-ID"] = make_msgid(domain=settings.sender.rpartition("@")[2])
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
        message.set_content(text)
        where = f"{settings.host}:{settings.port}"
        try:
            with self._open(settings) as server:
                if settings.user:
                    server.login(settings.user, password)
                refused = server.send_message(message)
        except smtplib.SMTPAuthenticationError as error:
            raise BackupError(ErrorCode.MAIL_LOGIN_REFUSED, server=where) from error
        except smtplib.SMTPRecipientsRefused as error:
            raise _refused(where, ", ".join(error.recipients)) from error
        except smtplib.SMTPException as error:
            raise _refused(where, _said(error)) from error
        except OSError as error:  # TLS troubles and time-outs too
            why = getattr(error, "verify_message", "") or error.strerror or str(error)
            raise BackupError(ErrorCode.MAIL_UNREACHABLE, server=where, why=why) from error
        if refused:
            raise _refused(where, ", ".join(refused))

    def _open(self, settings: MailSettings) -> smtplib.SMTP:
        context = self._context or ssl.create_default_context()
        if settings.security is MailSecurity.TLS:
            return smtplib.SMTP_SSL(
                settings.host, settings.port, timeout=_TIMEOUT_S, context=context
            )
        server = smtplib.SMTP(settings.host, settings.port, timeout=_TIMEOUT_S)
        try:
            if settings.security is MailSecurity.STARTTLS:
                server.starttls(context=context)
        except BaseException:
            server.close()
            raise
        return server


def _refused(where: str, why: str) -> BackupError:
    return BackupError(ErrorCode.MAIL_REFUSED, server=where, why=why)


def _said(error: smtplib.SMTPException) -> str:
    """Give the server's own words; nothing of ours, which may hold a password."""
    said = getattr(error, "smtp_error", b"")
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    return text or type(error).__name__
