"""Signs in to Entra ID: a browser, a code for another device, or a service principal.

Only `sign_in` ever asks a person. Every other use of a sign-in is silent or raises SIGN_IN_NEEDED.
"""

from __future__ import annotations

import base64
import binascii
import socket
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from offline_backup_gui.adapters.azure.pace import Pace
from offline_backup_gui.adapters.azure.session import EntraPatience, new_line, proxies
from offline_backup_gui.adapters.azure.tokens import Keeping, KeptTokens
from offline_backup_gui.adapters.azure.trouble import watched
from offline_backup_gui.adapters.line import Line, in_own_thread
from offline_backup_gui.domain.clouds import (
    CUSTOM,
    DeviceCode,
    SignIn,
    SignInMethod,
    SignInSecret,
)
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.ports import Control, SecretStore

TOKENS = "azure-tokens"
_PATIENCE_S = 300  # for a person at the browser


class _Door:
    """The port of this computer to which the browser comes back.

    The library leaves it open when a sign-in goes wrong, and for minutes when nobody waits for it
    any more.
    """

    def __init__(self) -> None:
        self._open: list[Any] = []
        self._closed = False

    def open(self, host: str, port: int, timeout: int) -> Any:
        """Listen, as the library would."""
        from azure.identity._internal import AuthCodeRedirectServer

        server = AuthCodeRedirectServer(host, port, timeout=timeout)
        self._open.append(server)
        if self._closed:
            self.close()  # whoever asked has left meanwhile
        return server

    def close(self) -> None:
        """Listen no more; what still waits at the port ends."""
        self._closed = True
        for server in self._open:
            with suppress(OSError):
                # Closing alone does not wake who waits: the port would stay open until then.
                server.socket.shutdown(socket.SHUT_RDWR)
            server.server_close()


class Entra:
    """Makes credentials that keep their tokens in a SecretStore."""

    def __init__(self, secrets: SecretStore, pace: Pace) -> None:
        self._secrets, self._pace = secrets, pace

    def sign_in(
        self,
        wanted: SignIn,
        secret: SignInSecret,
        show: Callable[[DeviceCode], None],
        control: Control | None = None,
    ) -> tuple[str, str]:
        """Sign in, asking a person where the method needs one; give (account, record).

        SIGN_IN_REFUSED, SIGN_IN_NOT_FINISHED, AZURE_UNREACHABLE, AZURE_BUSY; Stopped.
        """
        line = new_line(wanted.cloud, control, self._pace)
        # A token that is kept would let any secret pass; one sign-in that goes wrong ends no other.
        tokens = KeptTokens(self._secrets, TOKENS, fresh=True)
        if wanted.method is SignInMethod.SERVICE_PRINCIPAL:
            program = self._program(wanted, secret, line, tokens)
            with watched("sign-in"):
                program.get_token(wanted.cloud.scope)
            tokens.keep()
            return wanted.client_id, ""
        with watched("sign-in"):
            record = self._ask(wanted, secret, line, tokens, show, control)
        tokens.keep()
        return str(record.username), str(record.serialize())

    def _ask(
        self,
        wanted: SignIn,
        secret: SignInSecret,
        line: Line,
        tokens: KeptTokens,
        show: Callable[[DeviceCode], None],
        control: Control | None,
    ) -> Any:
        """Ask a person: in the browser, or with a code where no browser can be opened."""
        from azure.identity import CredentialUnavailableError

        door, scopes = _Door(), [wanted.cloud.scope]
        person = self._person(wanted, secret, line, tokens, show, door)
        try:
            return in_own_thread(lambda: person.authenticate(scopes=scopes), control)
        except CredentialUnavailableError:
            # Server Core, a session without a desktop: what is asked for is possible elsewhere.
            if wanted.method is not SignInMethod.BROWSER:
                raise
            by_code = replace(wanted, method=SignInMethod.DEVICE_CODE)
            other = self._person(by_code, secret, line, tokens, show)
            return in_own_thread(lambda: other.authenticate(scopes=scopes), control)
        finally:
            door.close()

    def credential(self, sign_in: SignIn, secret: SignInSecret, line: Line) -> Keeping:
        """Give what gets tokens silently; SIGN_IN_NEEDED when nobody has signed in."""
        tokens = KeptTokens(self._secrets, TOKENS)
        if sign_in.method is SignInMethod.SERVICE_PRINCIPAL:
            return Keeping(self._program(sign_in, secret, line, tokens), tokens)
        if not sign_in.record:
            raise BackupError(ErrorCode.SIGN_IN_NEEDED)
        return Keeping(self._person(sign_in, secret, line, tokens, None), tokens)

    def _person(
        self,
        sign_in: SignIn,
        secret: SignInSecret,
        line: Line,
        tokens: KeptTokens,
        show: Callable[[DeviceCode], None] | None,
        door: _Door | None = None,
    ) -> Any:
        from azure.identity import (
            AuthenticationRecord,
            DeviceCodeCredential,
            InteractiveBrowserCredential,
        )

        settings = self._settings(sign_in, secret, line, tokens)
        settings["disable_automatic_authentication"] = True
        if sign_in.client_id:
            settings["client_id"] = sign_in.client_id
        if sign_in.record:
            # The library takes the authority from the record, which has a host without its port.
            kept = AuthenticationRecord.deserialize(sign_in.record)
            settings["authentication_record"] = AuthenticationRecord(
                kept.tenant_id,
                kept.client_id,
                settings.pop("authority"),
                kept.home_account_id,
                kept.username,
            )
        if sign_in.method is SignInMethod.DEVICE_CODE:

            def prompt(address: str, code: str, until: datetime) -> None:
                if show is not None:
                    show(DeviceCode(address, code, until.isoformat()))

            return DeviceCodeCredential(prompt_callback=prompt, timeout=_PATIENCE_S * 3, **settings)
        if door is not None:
            settings["_server_class"] = door.open
        return InteractiveBrowserCredential(timeout=_PATIENCE_S, **settings)

    def _program(
        self, sign_in: SignIn, secret: SignInSecret, line: Line, tokens: KeptTokens
    ) -> Any:
        from azure.identity import CertificateCredential, ClientSecretCredential

        settings = self._settings(sign_in, secret, line, tokens)
        tenant = settings.pop("tenant_id", "")
        if not tenant or not sign_in.client_id:
            raise BackupError(ErrorCode.SIGN_IN_REFUSED, reason="tenant and client id are needed")
        if secret.client_secret:
            return ClientSecretCredential(
                tenant, sign_in.client_id, secret.client_secret, **settings
            )
        if not secret.certificate:
            raise BackupError(ErrorCode.SIGN_IN_NEEDED)
        try:
            return CertificateCredential(
                tenant,
                sign_in.client_id,
                certificate_data=base64.b64decode(secret.certificate, validate=True),
                password=secret.certificate_password or None,
                **settings,
            )
        except (ValueError, TypeError, binascii.Error) as error:
            del error  # its text may quote the file
            reason = "the certificate does not open"
            raise BackupError(ErrorCode.SIGN_IN_REFUSED, reason=reason) from None

    def _settings(
        self, sign_in: SignIn, secret: SignInSecret, line: Line, tokens: KeptTokens
    ) -> dict[str, Any]:
        settings: dict[str, Any] = {
            "authority": sign_in.cloud.authority,
            "transport": line,
            "proxies": proxies(secret.proxy or sign_in.proxy),
            "retry_policy_class": EntraPatience,
            "retry_total": 3,
            "retry_backoff_factor": self._pace.first_pause_s,
            "_cache": tokens,
            # Only Microsoft's own clouds are known to Microsoft's list of authorities.
            "disable_instance_discovery": sign_in.cloud.name == CUSTOM,
        }
        if sign_in.tenant:
            settings["tenant_id"] = sign_in.tenant
        return settings
