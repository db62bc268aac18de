"""Checks a destination in Azure before anything travels; each finding says what to do."""

from __future__ import annotations

from collections.abc import Iterator

from offline_backup_gui.domain import destination as rules
from offline_backup_gui.domain.azure_doors import Rights
from offline_backup_gui.domain.borders import border_findings
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.findings import Finding, FindingCode, Severity
from offline_backup_gui.domain.names import container_findings
from offline_backup_gui.domain.plan import Plan
from offline_backup_gui.domain.ports import Control
from offline_backup_gui.domain.routes import ROUTES
from offline_backup_gui.domain.subscription import StorageAccount, parse_resource_id
from offline_backup_gui.services.azure import Azure
from offline_backup_gui.services.world import AccountSecret, World


class DestinationChecks:
    """Everything that can be known before drives are filled or devices ordered."""

    def __init__(self, world: World, azure: Azure) -> None:
        self._world, self._azure = world, azure

    def check(
        self,
        plan: Plan,
        secret: AccountSecret,
        *,
        country: str = "",
        control: Control | None = None,
    ) -> tuple[Finding, ...]:
        """Check names and what opens the account; with a sign-in also all that Azure tells.

        SIGN_IN_… and AZURE_… when there is a sign-in that Azure does not answer; Stopped.
        """
        if plan.destination.is_folder:
            return ()
        found = list(container_findings(plan.destination.landing, plan.destination.vault))
        found += self.secret_findings(plan.destination.account, secret)
        if self._azure.signed_in() is None:
            found.append(Finding(FindingCode.NOT_SIGNED_IN, Severity.NOTE, {}))
            return tuple(found)
        found += self._of_azure(plan, country, control)
        return tuple(found)

    def secret_findings(
        self, account: str, secret: AccountSecret | None = None
    ) -> tuple[Finding, ...]:
        """Judge what opens an account, the kept secret unless another is given; asks nobody."""
        return tuple(self._of_secret(account, secret or AccountSecret()))

    def keep_key(
        self, account: str, account_id: str, control: Control | None = None
    ) -> tuple[Finding, ...]:
        """Take a key of the account with the sign-in and keep it; give what is to say about it.

        AZURE_FORBIDDEN without the right to list keys; SIGN_IN_NEEDED; Stopped.
        """
        keys = self._azure.directory(control).account_keys(account_id)
        name = parse_resource_id(account_id).name
        host = account.split("://", 1)[-1].split("/", 1)[0]
        suffix = host.split(".blob.", 1)[-1]
        connection = (
            f"DefaultEndpointsProtocol=https;AccountName={name};AccountKey={keys[0]};"
            f"EndpointSuffix={suffix}"
        )
        secret = AccountSecret(connection_string=connection)
        self._world.keep_account_secret(account, secret)
        return self.secret_findings(account, secret)

    def _of_secret(self, account: str, secret: AccountSecret) -> Iterator[Finding]:
        given = secret if secret != AccountSecret() else self._world.account_secret(account)
        if given.sas:
            signature = rules.read_signature(given.sas.split("?", 1)[-1])
            yield from rules.signature_findings(signature, self._world.clock.now())
        if given.connection_string:
            if "accountkey=" in given.connection_string.lower():
                yield from rules.key_findings(account)
            _, mark, token = given.connection_string.partition("SharedAccessSignature=")
            if mark:
                signature = rules.read_signature(token.split(";")[0])
                yield from rules.signature_findings(signature, self._world.clock.now())

    def _of_azure(self, plan: Plan, country: str, control: Control | None) -> Iterator[Finding]:
        account = self.find(plan.destination.account, control)
        rights, who = self._azure.rights(control), self._azure.signed_in()
        yield from rules.account_findings(account, plan.deployment_model, plan.route)
        yield from border_findings(
            ROUTES[plan.route], self._world.geography, country, account.region
        )
        yield from _of_rights(rights, account, who.account if who else "")
        yield from rules.clock_findings(rights.clock_ahead_s())

    def find(self, address: str, control: Control | None = None) -> StorageAccount:
        """Find the storage account behind an address in every subscription this sign-in sees.

        ACCOUNT_NOT_FOUND when it is in none of them.
        """
        directory = self._azure.directory(control)
        wanted = address.rstrip("/").lower()
        for subscription in directory.subscriptions():
            for account in directory.storage_accounts(subscription.subscription_id):
                if account.blob_address.lower() == wanted:
                    return account
        raise BackupError(ErrorCode.ACCOUNT_NOT_FOUND, account=address)


def _of_rights(rights: Rights, account: StorageAccount, who: str) -> Iterator[Finding]:
    place = parse_resource_id(account.resource_id)
    group = f"/subscriptions/{place.subscription}/resourceGroups/{place.group}"
    try:
        yield from rules.role_findings(
            rights.permissions(group), rules.ORDER_ACTIONS, rules.ORDER_ROLE, group, who
        )
        yield from rules.role_findings(
            rights.permissions(account.resource_id),
            rules.ACCOUNT_ACTIONS,
            rules.ACCOUNT_ROLE,
            account.resource_id,
            who,
        )
        yield from rules.lock_findings(rights.locks(account.resource_id), account)
        yield from rules.provider_findings(
            rights.provider_state(place.subscription, rules.PROVIDER)
        )
    except BackupError as error:
        # Who may not even ask lacks a role, and that is the finding.
        if error.code is not ErrorCode.AZURE_FORBIDDEN:
            raise
        yield Finding(
            FindingCode.ROLE_MISSING,
            Severity.BLOCKER,
            {
                "actions": (str(error.parameters.get("action") or "read"),),
                "role": "Reader",
                "scope": str(error.parameters.get("place") or group),
                "who": who,
            },
        )
