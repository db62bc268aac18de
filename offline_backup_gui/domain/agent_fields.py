"""The fields an agent's wizard shares with the plan: which of them Azure would refuse. Pure.

Sources: storage-import-export-preview-import-steps.md (job names), the naming rules of storage
accounts and containers. An agent takes much of this without a word and is refused weeks later.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from offline_backup_gui.domain.findings import Finding, FindingCode, Severity
from offline_backup_gui.domain.names import container_flaw
from offline_backup_gui.domain.plan import AgentFields

JOB_NAME_LEAST, JOB_NAME_MOST = 3, 24
_JOB_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?")
_ACCOUNT = re.compile(r"[a-z0-9]{3,24}")
_SUBSCRIPTION = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


def job_name_fits(name: str) -> bool:
    """Say whether Azure takes an import job's name: 3 to 24 letters, digits and inner hyphens."""
    return JOB_NAME_LEAST <= len(name) <= JOB_NAME_MOST and bool(_JOB_NAME.fullmatch(name))


def suggest_job_name(text: str) -> str:
    """Make an allowed name of an import job out of any text; the oldest rules are kept as well.

    Those of the portal before: small letters, digits, hyphens, a letter in front.
    """
    wanted = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    if not wanted or not wanted[0].isalpha():
        wanted = f"job-{wanted}".strip("-")
    wanted = wanted[:JOB_NAME_MOST].strip("-")
    return wanted if len(wanted) >= JOB_NAME_LEAST else f"{wanted}-01"


def job_findings(
    fields: AgentFields, subscription: str, account: str, job_name: str
) -> Iterator[Finding]:
    """Name what an import job has otherwise than the agent: it would wait for another job.

    `account` is the storage account's name. What one of them does not have is not judged.
    """
    for name, ours in (
        ("subscription_id", subscription),
        ("storage_account", account),
        ("import_job_name", job_name),
    ):
        theirs = getattr(fields, name).strip()
        if ours and theirs and ours.casefold() != theirs.casefold():
            yield Finding(
                FindingCode.IMPORT_JOB_DIFFERS,
                Severity.WARNING,
                {"field": name, "ours": ours, "theirs": theirs},
            )


def name_findings(fields: AgentFields) -> Iterator[Finding]:
    """Judge every field but the staging location; what is still empty is not judged here."""
    name = fields.import_job_name
    if name and not job_name_fits(name):
        yield Finding(
            FindingCode.IMPORT_JOB_NAME_NOT_ALLOWED,
            Severity.BLOCKER,
            {"name": name, "suggestion": suggest_job_name(name)},
        )
    if fields.storage_account and not _ACCOUNT.fullmatch(fields.storage_account):
        yield Finding(
            FindingCode.STORAGE_ACCOUNT_NAME_NOT_ALLOWED,
            Severity.BLOCKER,
            {"name": fields.storage_account},
        )
    flaw = container_flaw(fields.container) if fields.container else None
    if flaw is not None:
        yield Finding(
            FindingCode.CONTAINER_NAME_NOT_ALLOWED,
            Severity.BLOCKER,
            {"name": fields.container, "reason": flaw.value},
        )
    if fields.subscription_id and not _SUBSCRIPTION.fullmatch(fields.subscription_id):
        yield Finding(
            FindingCode.SUBSCRIPTION_ID_NOT_ALLOWED,
            Severity.BLOCKER,
            {"value": fields.subscription_id},
        )
