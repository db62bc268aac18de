"""What may stand in the way of a destination in Azure: findings with their fix, pure.

Sources: offline-backup-azure-data-box.md (2023-01-23) for kind and role; storage-import-export-
requirements.md (2022-05-19) for trusted services; data-box-faq.yml (2022-05-06) for roles;
data-lake-storage-known-issues.md for page blobs, which a hierarchical namespace does not take.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

from msgspec import Struct

from offline_backup_gui.domain.errors import Parameter
from offline_backup_gui.domain.findings import Finding, FindingCode, Severity
from offline_backup_gui.domain.plan import DeploymentModel, Route
from offline_backup_gui.domain.subscription import Firewall, Lock, Permission, StorageAccount

PROVIDER = "Microsoft.DataBox"
_REGISTERED = "Registered"
# What an order asks of a role, and the built-in role that has it.
ORDER_ACTIONS = ("Microsoft.DataBox/jobs/write", "Microsoft.DataBox/jobs/read")
ORDER_ROLE = "Data Box Contributor"
ACCOUNT_ACTIONS = ("Microsoft.Storage/storageAccounts/listKeys/action",)
ACCOUNT_ROLE = "Storage Account Contributor"
# The kind that takes the page blobs which agents write. A job of own drives may use the older
# general purpose kind as well (backup-azure-backup-import-export.md); on a Data Box it may not.
_PAGE_BLOB_KIND, _OLDER_KIND = "StorageV2", "Storage"
_IMPORT_KINDS = frozenset({"StorageV2", "Storage", "BlobStorage"})
# A request whose time is 15 minutes off is refused by Blob Storage.
_CLOCK_WARN_S, _CLOCK_REFUSED_S = 120, 900
# The service puts this lock itself while it copies (recorded 2025-05-29).
_OWN_LOCK = "DATABOX_SERVICE"
_SOON = timedelta(hours=24)
# Read, add, create, write, list: what a copy, its proof and increments need. Deleting is for
# thieves (docs/threats.md).
_RIGHTS_NEEDED = frozenset("racwl")


class Signature(Struct, frozen=True):
    """What a shared access signature says of itself; never the signature."""

    starts: datetime | None
    ends: datetime | None
    rights: str
    services: str  # "" for one container or blob
    plain_http: bool
    policy: str  # a stored policy may hold end and rights


def read_signature(sas: str) -> Signature:
    """Read a signature's own fields; what is missing or no time is None or ""."""
    fields = {key: values[0] for key, values in parse_qs(sas.lstrip("?")).items()}
    return Signature(
        starts=_time(fields.get("st", "")),
        ends=_time(fields.get("se", "")),
        rights=fields.get("sp", ""),
        services=fields.get("ss", ""),
        plain_http="http" in fields.get("spr", "https,http").split(","),
        policy=fields.get("si", ""),
    )


def signature_findings(signature: Signature, now: datetime) -> tuple[Finding, ...]:
    """Judge a signature: when it ends, and what it allows beyond what is needed."""
    found = []
    end = signature.ends
    if end is not None:
        told: dict[str, Parameter] = {"at": end.isoformat()}
        if end <= now:
            found.append(_finding(FindingCode.SIGNATURE_ENDED, Severity.BLOCKER, **told))
        elif end - now < _SOON:
            found.append(_finding(FindingCode.SIGNATURE_ENDS_SOON, Severity.WARNING, **told))
        else:
            found.append(_finding(FindingCode.SIGNATURE_ENDS, Severity.NOTE, **told))
    if signature.policy:
        return tuple(found)
    missing = "".join(sorted(_RIGHTS_NEEDED - set(signature.rights)))
    if missing and signature.rights:
        found.append(_finding(FindingCode.SIGNATURE_TOO_NARROW, Severity.WARNING, rights=missing))
    wider = "".join(sorted(set(signature.rights) - _RIGHTS_NEEDED))
    if wider or signature.services or signature.plain_http:
        more = tuple(
            part
            for part in (
                wider,
                f"ss={signature.services}" if signature.services else "",
                "http" if signature.plain_http else "",
            )
            if part
        )
        found.append(_finding(FindingCode.SIGNATURE_TOO_WIDE, Severity.WARNING, more=more))
    return tuple(found)


def key_findings(account: str) -> tuple[Finding, ...]:
    """Say what an account key is: it opens everything and never ends."""
    return (_finding(FindingCode.ACCOUNT_KEY_GIVEN, Severity.NOTE, account=account),)


def account_findings(
    account: StorageAccount, model: DeploymentModel, route: Route
) -> tuple[Finding, ...]:
    """Judge kind, namespace, keys and firewall of a storage account."""
    found = list(_kind_findings(account, model, route))
    if account.hierarchical and model is not DeploymentModel.STANDALONE:
        found.append(
            _finding(FindingCode.ACCOUNT_HIERARCHICAL, Severity.BLOCKER, account=account.name)
        )
    if not account.shared_key:
        found.append(_finding(FindingCode.ACCOUNT_KEYS_OFF, Severity.WARNING, account=account.name))
    if account.firewall is Firewall.CLOSED:
        found.append(_finding(FindingCode.ACCOUNT_CLOSED, Severity.BLOCKER, account=account.name))
    elif account.firewall is Firewall.TRUSTED:
        found.append(
            _finding(FindingCode.ACCOUNT_TRUSTED_ONLY, Severity.NOTE, account=account.name)
        )
    return tuple(found)


def _kind_findings(
    account: StorageAccount, model: DeploymentModel, route: Route
) -> tuple[Finding, ...]:
    told: dict[str, Parameter] = {"account": account.name, "kind": account.kind}
    if model is DeploymentModel.STANDALONE:
        if account.kind in _IMPORT_KINDS:
            return ()
        return (_finding(FindingCode.ACCOUNT_KIND_WRONG, Severity.BLOCKER, **told),)
    if account.kind == _PAGE_BLOB_KIND:
        return ()
    if account.kind != _OLDER_KIND:
        return (_finding(FindingCode.ACCOUNT_KIND_WRONG, Severity.BLOCKER, **told),)
    own_drives = route is Route.IMPORT_EXPORT
    severity = Severity.WARNING if own_drives else Severity.BLOCKER
    return (_finding(FindingCode.ACCOUNT_KIND_OLDER, severity, **told),)


def role_findings(
    permissions: Sequence[Permission], actions: Sequence[str], role: str, scope: str, who: str
) -> tuple[Finding, ...]:
    """Name the actions that no role of this sign-in allows, and the role that would."""
    missing = tuple(
        action for action in actions if not any(one.allows(action) for one in permissions)
    )
    if not missing:
        return ()
    return (
        _finding(
            FindingCode.ROLE_MISSING,
            Severity.BLOCKER,
            actions=missing,
            role=role,
            scope=scope,
            who=who,
        ),
    )


def provider_findings(state: str) -> tuple[Finding, ...]:
    """Say whether the subscription can order at all; an unknown word is told as it is."""
    if state == _REGISTERED:
        return ()
    return (
        _finding(
            FindingCode.PROVIDER_NOT_REGISTERED, Severity.BLOCKER, provider=PROVIDER, state=state
        ),
    )


def lock_findings(locks: Sequence[Lock], account: StorageAccount) -> tuple[Finding, ...]:
    """Judge locks on the account or above it: read-only stops the copy, no-delete the tidying."""
    found = []
    for lock in locks:
        holds = account.resource_id.lower().startswith(lock.resource_id.lower())
        if not holds:
            continue
        if lock.name == _OWN_LOCK:
            found.append(
                _finding(
                    FindingCode.LOCK_OF_THE_SERVICE,
                    Severity.NOTE,
                    name=lock.name,
                    account=account.name,
                )
            )
            continue
        severity = Severity.BLOCKER if lock.level == "ReadOnly" else Severity.NOTE
        found.append(
            _finding(
                FindingCode.LOCK_IN_THE_WAY,
                severity,
                name=lock.name,
                level=lock.level,
                scope=lock.resource_id,
            )
        )
    return tuple(found)


def clock_findings(ahead_s: float | None) -> tuple[Finding, ...]:
    """Judge this computer's clock by the service's; None when the service told no time."""
    if ahead_s is None or abs(ahead_s) < _CLOCK_WARN_S:
        return ()
    refused = abs(ahead_s) >= _CLOCK_REFUSED_S
    return (
        _finding(
            FindingCode.CLOCK_OFF,
            Severity.BLOCKER if refused else Severity.WARNING,
            seconds=round(abs(ahead_s)),
        ),
    )


def _finding(code: FindingCode, severity: Severity, **parameters: Parameter) -> Finding:
    return Finding(code, severity, parameters)


def _time(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
