"""Opens Azure's doors for a sign-in: one line and one credential for each piece of work."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from offline_backup_gui.adapters.azure.pace import Pace
from offline_backup_gui.domain.errors import BackupError, ErrorCode

if TYPE_CHECKING:
    from offline_backup_gui.adapters.azure.session import Session
    from offline_backup_gui.domain.azure_doors import Desk, Directory, OldJobs, Rights, VaultWatch
    from offline_backup_gui.domain.clouds import DeviceCode, SignIn, SignInSecret
    from offline_backup_gui.domain.ports import Control, SecretStore
    from offline_backup_gui.domain.prices import Prices


class Gate:
    """Implements `domain.azure_doors.AzureGate`. The libraries are loaded at the first use."""

    def __init__(self, secrets: SecretStore, pace: Pace | None = None) -> None:
        self._secrets, self._pace = secrets, pace or Pace()

    def sign_in(
        self,
        wanted: SignIn,
        secret: SignInSecret,
        show: Callable[[DeviceCode], None],
        control: Control | None = None,
    ) -> tuple[str, str]:
        """Sign in; give (account, record)."""
        from offline_backup_gui.adapters.azure.entra import Entra

        return Entra(self._secrets, self._pace).sign_in(wanted, secret, show, control)

    def sign_out(self) -> None:
        """Forget every token."""
        from offline_backup_gui.adapters.azure.entra import TOKENS

        self._secrets.forget(TOKENS)

    def session(
        self, sign_in: SignIn, secret: SignInSecret, control: Control | None = None
    ) -> Session:
        """Give a signed-in line; SIGN_IN_NEEDED when nobody has signed in."""
        from offline_backup_gui.adapters.azure.entra import Entra
        from offline_backup_gui.adapters.azure.session import Session, new_line

        line = new_line(sign_in.cloud, control, self._pace)
        credential = Entra(self._secrets, self._pace).credential(sign_in, secret, line)
        proxy = secret.proxy or sign_in.proxy
        return Session(sign_in.cloud, credential, line, proxy, self._pace)

    def directory(
        self, sign_in: SignIn, secret: SignInSecret, control: Control | None = None
    ) -> Directory:
        """Open what there is to choose from."""
        from offline_backup_gui.adapters.azure.arm import Arm, ArmDirectory

        return ArmDirectory(Arm(self.session(sign_in, secret, control)))

    def rights(
        self, sign_in: SignIn, secret: SignInSecret, control: Control | None = None
    ) -> Rights:
        """Open what may stand in the way."""
        from offline_backup_gui.adapters.azure.arm import Arm, ArmRights

        return ArmRights(Arm(self.session(sign_in, secret, control)))

    def desk(self, sign_in: SignIn, secret: SignInSecret, control: Control | None = None) -> Desk:
        """Open the desk of orders and import jobs."""
        from offline_backup_gui.adapters.azure.databox import DataBoxDesk

        return DataBoxDesk(self.session(sign_in, secret, control))

    def vaults(
        self, sign_in: SignIn, secret: SignInSecret, control: Control | None = None
    ) -> VaultWatch:
        """Open what a vault shows."""
        from offline_backup_gui.adapters.azure.arm import Arm
        from offline_backup_gui.adapters.azure.vaults import ArmVaults

        return ArmVaults(Arm(self.session(sign_in, secret, control)))

    def old_jobs(
        self, sign_in: SignIn, secret: SignInSecret, control: Control | None = None
    ) -> OldJobs:
        """Open the jobs of the older Import/Export service."""
        from offline_backup_gui.adapters.azure import import_export
        from offline_backup_gui.adapters.azure.arm import Arm

        return import_export.OldJobs(Arm(self.session(sign_in, secret, control)))

    def prices(
        self, sign_in: SignIn, secret: SignInSecret, meters: Sequence[str], control: Control | None
    ) -> Prices:
        """Ask the public price list; AZURE_UNREACHABLE where there is none."""
        if not sign_in.cloud.prices:
            raise BackupError(ErrorCode.AZURE_UNREACHABLE, place="prices", reason="no price list")
        from offline_backup_gui.adapters.azure.prices import retail_prices

        proxy = secret.proxy or sign_in.proxy
        return retail_prices(sign_in.cloud, meters, proxy, control, self._pace)
