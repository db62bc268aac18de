"""Signing in to Azure, and the doors that a sign-in opens."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec.structs import replace

from offline_backup_gui.domain.azure_doors import Desk, Directory, OldJobs, Rights, VaultWatch
from offline_backup_gui.domain.clouds import (
    CUSTOM,
    Cloud,
    DeviceCode,
    SignIn,
    SignInSecret,
    parse_cloud,
    without_credentials,
)
from offline_backup_gui.domain.decoding import json_decoder
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.orders import Offer
from offline_backup_gui.domain.ports import Control
from offline_backup_gui.domain.prices import Fee, Prices, fees, parse_prices
from offline_backup_gui.domain.subscription import Subscription
from offline_backup_gui.services.secret_files import read_secret_file
from offline_backup_gui.services.world import World

_SECRET = "azure-sign-in"
_MAX_BYTES = 64 << 10
_CERTIFICATES = frozenset({".pem", ".pfx", ".p12", ".crt", ".cer"})


class Azure:
    """One sign-in for this computer. Nothing but `sign_in` ever asks a person."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._given: SignInSecret | None = None

    # --- signing in

    def cloud(self, name: str, file: Path | None = None) -> Cloud:
        """Give a listed cloud, or the one of an own datacenter that a file describes.

        VALUE_NOT_UNDERSTOOD, PLAN_NOT_READABLE.
        """
        if file is None:
            return self._world.clouds().named(name)
        try:
            with file.open("rb") as opened:
                data = opened.read(_MAX_BYTES)
            found = json.loads(data)
        except (OSError, ValueError, RecursionError) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise BackupError(ErrorCode.PLAN_NOT_READABLE, path=str(file), reason=why) from error
        return parse_cloud(CUSTOM, found)

    def sign_in(
        self,
        wanted: SignIn,
        secret: SignInSecret,
        show: Callable[[DeviceCode], None],
        control: Control | None = None,
    ) -> SignIn:
        """Sign in and remember how; the secret goes to the SecretStore.

        SIGN_IN_REFUSED, SIGN_IN_NOT_FINISHED, AZURE_UNREACHABLE, AZURE_BUSY; Stopped.
        """
        if secret.proxy:
            wanted = replace(wanted, proxy=without_credentials(secret.proxy))
        account, record = self._world.azure.sign_in(wanted, secret, show, control)
        signed_in = replace(wanted, account=account, record=record)
        self._world.azure_secrets.put(_SECRET, msgspec.json.encode(secret))
        self._world.state.put_sign_in(signed_in)
        return signed_in

    def sign_out(self) -> None:
        """Forget the sign-in with everything that belongs to it."""
        self._world.state.put_sign_in(None)
        self._world.azure_secrets.forget(_SECRET)
        self._world.azure.sign_out()

    def give(self, secret: SignInSecret) -> None:
        """Use a secret that is at hand, for this session, where none is kept."""
        self._given = secret

    def signed_in(self) -> SignIn | None:
        """Give how this computer signs in; None when it does not."""
        return self._world.state.sign_in()

    @property
    def lasts(self) -> bool:
        """Say whether the sign-in outlives this session."""
        return self._world.azure_secrets.lasting

    # --- doors

    def directory(self, control: Control | None = None) -> Directory:
        """Open what there is to choose from; SIGN_IN_NEEDED."""
        return self._world.azure.directory(*self._opened(), control)

    def rights(self, control: Control | None = None) -> Rights:
        """Open what may stand in the way; SIGN_IN_NEEDED."""
        return self._world.azure.rights(*self._opened(), control)

    def desk(self, control: Control | None = None) -> Desk:
        """Open the desk of orders and import jobs; SIGN_IN_NEEDED."""
        return self._world.azure.desk(*self._opened(), control)

    def vaults(self, control: Control | None = None) -> VaultWatch:
        """Open what a Recovery Services vault shows; SIGN_IN_NEEDED."""
        return self._world.azure.vaults(*self._opened(), control)

    def subscriptions(self, control: Control | None = None) -> Sequence[Subscription]:
        """List what this sign-in sees."""
        return self.directory(control).subscriptions()

    def old_jobs(self, control: Control | None = None) -> OldJobs:
        """Open the jobs of the older Import/Export service; SIGN_IN_NEEDED."""
        return self._world.azure.old_jobs(*self._opened(), control)

    def fees(
        self, offers: Sequence[Offer], control: Control | None = None
    ) -> Sequence[tuple[Fee, ...]]:
        """Give the fees of offers: from the public list when it answers, else from the table.

        The admin's prices.json in the state folder goes before the one that came along.
        """
        meters = sorted({meter.meter_id for offer in offers for meter in offer.meters})
        live = None
        opened = self._opened()
        # Whatever keeps the list from answering, the dated table tells its date.
        with suppress(BackupError):
            live = self._world.azure.prices(*opened, meters, control)
        table = self._table()
        return [fees(offer, live, table) for offer in offers]

    def _table(self) -> Prices:
        own = self._world.folder / "prices.json"
        path = own if own.is_file() else self._world.price_table
        try:
            data = json.loads(path.read_bytes())
        except (OSError, ValueError, RecursionError) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise BackupError(ErrorCode.PLAN_NOT_READABLE, path=str(path), reason=why) from error
        return parse_prices(data, str(path))

    def _opened(self) -> tuple[SignIn, SignInSecret]:
        sign_in = self.signed_in()
        if sign_in is None:
            raise BackupError(ErrorCode.SIGN_IN_NEEDED)
        if self._given is not None:
            return sign_in, self._given
        kept = self._world.azure_secrets.get(_SECRET)
        if kept is None:
            # Of a session that is over, on a machine that keeps no secrets.
            raise BackupError(ErrorCode.SIGN_IN_NEEDED)
        return sign_in, json_decoder(SignInSecret).decode(kept)


def program_secret_in(path: Path, password: str) -> SignInSecret:
    """Read what a service principal signs in with from one file: a certificate, else its secret.

    SECRET_FILE_NOT_READABLE.
    """
    if path.suffix.lower() in _CERTIFICATES:
        return program_secret(None, path, password)
    return program_secret(read_secret_file(str(path)), None, None)


def program_secret(
    client_secret: str | None, certificate: Path | None, password: str | None
) -> SignInSecret:
    """Gather what a service principal signs in with; SECRET_FILE_NOT_READABLE."""
    if certificate is None:
        return SignInSecret(client_secret or "")
    try:
        data = certificate.read_bytes()
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise BackupError(
            ErrorCode.SECRET_FILE_NOT_READABLE, path=str(certificate), why=why
        ) from error
    text = base64.b64encode(data[: 1 << 20]).decode()
    return SignInSecret(certificate=text, certificate_password=password or "")
