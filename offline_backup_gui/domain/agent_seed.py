"""The last stretch of an agent's seed: what a Recovery Services vault must show before it is safe.

Only an agent writes into its vault, so only the vault proves it: a recovery point that is younger
than the journey. What is older belongs to an earlier backup and proves nothing of these drives.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.service_job import ServiceJob
from offline_backup_gui.domain.subscription import parse_resource_id

# Words of `recovery_services_job` in resources/statuses.json; others never count as success.
_SUCCESS = frozenset({"Completed", "CompletedWithWarnings"})
_PROOF = re.compile(r" \d{4}-\d\d-\d\d \d\d:\d\dZ$")


class ProtectedItem(Struct, frozen=True):
    """A data source of an agent as its vault lists it; words as they came.

    `points` counts recovery points in the vault, None where the vault does not say;
    `fresh_point_at` is the first of them that is of this journey, where the vault was asked for it.
    """

    item_id: str
    name: str
    server: str
    management: str  # "MAB", "DPM", "AzureBackupServer"
    protection: str = ""  # "IRPending" while the first backup is still to come
    last_status: str = ""
    last_backup_at: datetime | None = None
    points: int | None = None
    oldest_point_at: datetime | None = None
    fresh_point_at: datetime | None = None


class AgentLink(Struct, frozen=True):
    """Where an agent's backup ends: the vault's resource id, and the server's name in it."""

    vault_id: str
    server: str


class SeedState(StrEnum):
    """How far the seed of a server is, as the vault shows it."""

    NOT_THERE = "not-there"  # the vault knows no item of this server
    FIRST_PENDING = "first-pending"  # the first backup is still to come
    STOPPED = "stopped"  # its newest job did not succeed
    UNPROVED = "unproved"  # there are recovery points, but none is of this journey
    GONE = "gone"  # a data source that was not proved is listed no more
    PROVED = "proved"


HALTED = frozenset({SeedState.STOPPED, SeedState.GONE})  # somebody has to act


class SeedLook(Struct, frozen=True):
    """What a look at the vault gave. `proved_at` is the first recovery point of this journey.

    `evidence` has a line for each proved data source (its name, then the time) and Azure's words
    about the others; `gone` names what an earlier look of this journey saw and the vault lists no
    more. `since` is when the journey began.
    """

    state: SeedState
    proved_at: datetime | None = None
    evidence: tuple[str, ...] = ()
    open_items: tuple[str, ...] = ()  # names of items without such a point
    gone: tuple[str, ...] = ()
    since: datetime | None = None


def vault_link(vault_id: str, server: str) -> AgentLink:
    """Give the link to a vault; VALUE_NOT_UNDERSTOOD when the id is not that of a vault."""
    try:
        found = parse_resource_id(vault_id)
    except BackupError:
        found = None
    if found is None or found.kind.lower() != "microsoft.recoveryservices/vaults":
        raise BackupError(ErrorCode.VALUE_NOT_UNDERSTOOD, name="--vault", value=vault_id)
    if not server.strip():
        raise BackupError(ErrorCode.VALUE_NOT_UNDERSTOOD, name="--server", value=server)
    return AgentLink(vault_id.strip(), server.strip())


def of_server(items: Sequence[ProtectedItem], server: str) -> tuple[ProtectedItem, ...]:
    """Give the items of a server; names of computers differ in case and domain."""
    wanted = _short(server)
    return tuple(item for item in items if _short(item.server) == wanted)


def look(
    items: Sequence[ProtectedItem], jobs: Sequence[ServiceJob], link: AgentLink, since: datetime
) -> SeedLook:
    """Judge the seed of a server by what its vault shows; `since` is when the journey began.

    Every item of the server needs a recovery point that is not older: one data source that is
    still on its way keeps the drives from being erased. A successful job alone proves nothing; it
    may have been one to the agent's own disks, or its point may not have come into the vault.
    """
    own = of_server(items, link.server)
    if not own:
        return SeedLook(SeedState.NOT_THERE, since=since)
    proofs = {item: _proof(item, since) for item in own}
    lacking = tuple(item for item, at in proofs.items() if at is None)
    evidence = tuple(f"{item.name} {at:%Y-%m-%d %H:%M}Z" for item, at in proofs.items() if at)
    if not lacking:
        times = [at for at in proofs.values() if at is not None]
        return SeedLook(SeedState.PROVED, max(times), evidence, since=since)
    words = filter(None, (item.protection or item.last_status for item in lacking))
    names = tuple(item.name for item in lacking)
    told = (*dict.fromkeys(words), *evidence)
    return SeedLook(_why(lacking, jobs, since), None, told, names, since=since)


def kept(seen: SeedLook, before: SeedLook | None) -> SeedLook:
    """Give what is known after a look, with what earlier looks of the same journey showed.

    Data sources leave a vault's list after a while. One that was proved stays proved, and that it
    is listed no more is told. One that was not proved can no longer be, so nothing is safe then.
    """
    if before is None or not _of_one_journey(seen, before):
        return seen
    proofs = _proofs(before)
    listed = {*_proofs(seen), *seen.open_items}
    gone_open = tuple(name for name in before.open_items if name not in listed)
    gone_proved = tuple(name for name in proofs if name not in listed)
    gone = (*gone_open, *gone_proved)
    if gone_open:
        told = (*seen.evidence, *(proofs[name] for name in gone_proved))
        return SeedLook(
            SeedState.GONE, None, told, (*seen.open_items, *gone_open), gone, seen.since
        )
    if before.proved_at is not None and seen.proved_at is None and not contradicts(seen, before):
        return replace(before, gone=gone)
    told = (*seen.evidence, *(proofs[name] for name in gone_proved))
    return replace(seen, evidence=told, gone=gone)


def _of_one_journey(seen: SeedLook, before: SeedLook) -> bool:
    if before.since is not None or seen.since is None:
        return before.since == seen.since
    # Of a version that kept no beginning: its proof tells by its own time.
    return before.proved_at is not None and before.proved_at >= seen.since


def _proofs(seen: SeedLook) -> dict[str, str]:
    """Give the line of evidence by the name of each proved data source."""
    return {line.rsplit(" ", 2)[0]: line for line in seen.evidence if _PROOF.search(line)}


def contradicts(seen: SeedLook, proof: SeedLook) -> bool:
    """Say whether a look takes back an earlier proof.

    It does when a data source that was proved is there without a point of this journey; one that
    was added since, or that the vault lists no more, says nothing about the proof. A proof that
    names no data source (of an older version, by jobs) counts for nothing against a look that does.
    """
    if seen.state is SeedState.NOT_THERE or seen.proved_at is not None:
        return False
    proved = _proofs(proof).keys()
    return not proved or not proved.isdisjoint(seen.open_items)


def _why(
    lacking: Sequence[ProtectedItem], jobs: Sequence[ServiceJob], since: datetime
) -> SeedState:
    newest = [_newest(item, jobs, since) for item in lacking]
    ended = [job for job in newest if job is not None and job.ended_at is not None]
    if any(job.status not in _SUCCESS for job in ended):
        return SeedState.STOPPED
    if any(not item.points for item in lacking):
        return SeedState.FIRST_PENDING
    return SeedState.UNPROVED


def may_have_older_points(item: ProtectedItem, since: datetime) -> bool:
    """Say whether what the item tells of itself leaves open which points are of this journey."""
    return item.points != 0 and not _all_are_fresh(item, since)


def _all_are_fresh(item: ProtectedItem, since: datetime) -> bool:
    oldest = item.oldest_point_at
    return bool(item.points) and oldest is not None and oldest >= since


def _proof(item: ProtectedItem, since: datetime) -> datetime | None:
    if item.points == 0:
        return None
    if _all_are_fresh(item, since):
        return item.oldest_point_at
    fresh = item.fresh_point_at
    return fresh if fresh is not None and fresh >= since else None


def _newest(item: ProtectedItem, jobs: Sequence[ServiceJob], since: datetime) -> ServiceJob | None:
    own = [
        job
        for job in jobs
        if _is_backup_of(job, item) and job.created_at is not None and job.created_at >= since
    ]
    return max(own, key=lambda job: job.created_at or since, default=None)


def _is_backup_of(job: ServiceJob, item: ProtectedItem) -> bool:
    """Say whether a job backs this item up: same name and, where the job names one, server."""
    same_server = not job.server or _short(job.server) == _short(item.server)
    return job.transfer == "Backup" and same_server and job.name.lower() == item.name.lower()


def _short(computer: str) -> str:
    return computer.strip().partition(".")[0].lower()
