"""When an agent's drives may be erased: only a recovery point of this journey proves it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offline_backup_gui.domain.agent_seed import (
    AgentLink,
    ProtectedItem,
    SeedLook,
    SeedState,
    contradicts,
    look,
    of_server,
)
from offline_backup_gui.domain.service_job import JobFamily, ServiceJob

T0 = datetime(2026, 3, 1, tzinfo=UTC)
LINK = AgentLink("/vaults/branch", "FS01.contoso.local")


def day(count: float) -> datetime:
    return T0 + timedelta(days=count)


def item(name: str = "C:\\", **given: object) -> ProtectedItem:
    return ProtectedItem(f"/items/{name}", name, "fs01", "MAB", **given)  # type: ignore[arg-type]


def job(
    status: str, begun: float, ended: float | None, name: str = "C:\\", server: str = "FS01"
) -> ServiceJob:
    return ServiceJob(
        JobFamily.BACKUP,
        "Microsoft.RecoveryServices/vaults/backupJobs",
        name,
        status,
        transfer="Backup",
        created_at=day(begun),
        ended_at=None if ended is None else day(ended),
        server=server,
    )


@pytest.mark.parametrize(
    ("items", "jobs", "state", "proved"),
    [
        ([], [], SeedState.NOT_THERE, None),
        ([item(protection="IRPending")], [], SeedState.FIRST_PENDING, None),
        ([item(points=0)], [job("InProgress", 20, None)], SeedState.FIRST_PENDING, None),
        ([item(points=0)], [job("Failed", 20, 21)], SeedState.STOPPED, None),
        ([item(points=0)], [job("Vanished", 20, 21)], SeedState.STOPPED, None),
        ([item(points=1, oldest_point_at=day(21))], [], SeedState.PROVED, 21),
        # an older backup of the same server proves nothing of these drives
        ([item(points=9, oldest_point_at=day(-90))], [], SeedState.UNPROVED, None),
        (
            [item(points=9, oldest_point_at=day(-90))],
            [job("Completed", -5, -4)],
            SeedState.UNPROVED,
            None,
        ),
        (
            [item(points=9, oldest_point_at=day(-90))],
            [job("Completed", 20, 22)],
            SeedState.UNPROVED,
            None,
        ),
        # only a point of the vault that is not older does, whatever its jobs say
        ([item(points=9, oldest_point_at=day(-90), fresh_point_at=day(22))], [], "proved", 22),
        ([item(points=9, fresh_point_at=day(22))], [], "proved", 22),
        ([item(fresh_point_at=day(22))], [], "proved", 22),
        ([item(points=9, fresh_point_at=day(-1))], [job("Completed", 20, 22)], "unproved", None),
        # a vault that counts none has none
        ([item(points=0, fresh_point_at=day(22))], [], "first-pending", None),
        # how many there are but not since when: a job alone is no proof
        ([item(points=1)], [job("Completed", 20, 22)], "unproved", None),
        # another server's job, another item's job, a restore
        (
            [item(points=9, oldest_point_at=day(-90))],
            [job("Completed", 20, 22, server="FS02"), job("Completed", 20, 22, name="D:\\")],
            SeedState.UNPROVED,
            None,
        ),
        # one data source is still on its way
        (
            [item(points=1, oldest_point_at=day(21)), item("D:\\", points=0)],
            [],
            SeedState.FIRST_PENDING,
            None,
        ),
        (
            [
                item(points=1, oldest_point_at=day(21)),
                item("D:\\", points=1, oldest_point_at=day(25)),
            ],
            [],
            SeedState.PROVED,
            25,
        ),
        # a failed try, then a good one
        (
            [item(points=1, oldest_point_at=day(-90), fresh_point_at=day(24))],
            [job("Completed", 23, 24), job("Failed", 20, 21)],
            SeedState.PROVED,
            24,
        ),
    ],
)
def test_a_look_at_the_vault(
    items: list[ProtectedItem], jobs: list[ServiceJob], state: SeedState, proved: float | None
) -> None:
    seen = look(items, jobs, LINK, T0)
    assert seen.state == state
    assert seen.proved_at == (None if proved is None else day(proved))
    assert bool(seen.evidence) or state != SeedState.PROVED


def test_a_server_is_known_by_its_short_name() -> None:
    assert of_server([item()], "fs01.other.local") == (item(),)
    assert of_server([item()], "fs010") == ()


@given(
    status=st.text(max_size=20).filter(lambda w: w not in ("Completed", "CompletedWithWarnings")),
    points=st.integers(0, 3),
)
def test_no_word_that_is_not_success_proves_anything(status: str, points: int) -> None:
    seen = look([item(points=points, oldest_point_at=day(-1))], [job(status, 2, 3)], LINK, T0)
    assert seen.proved_at is None


@pytest.mark.parametrize(
    ("seen", "proof", "withdrawn"),
    [
        (
            SeedLook(SeedState.UNPROVED, None, (), ("C:\\ data",)),
            ("C:\\ data 2026-03-21 10:00Z",),
            True,
        ),
        (
            SeedLook(SeedState.FIRST_PENDING, None, (), ("D:\\",)),
            ("C:\\ 2026-03-21 10:00Z",),
            False,
        ),
        (SeedLook(SeedState.NOT_THERE), ("C:\\ 2026-03-21 10:00Z",), False),
        (SeedLook(SeedState.STOPPED, None, (), ("C:\\",)), ("Completed",), True),
        (SeedLook(SeedState.PROVED, T0), ("C:\\ 2026-03-21 10:00Z",), False),
    ],
)
def test_a_proof_falls_when_the_vault_shows_its_source_without_a_point(
    seen: SeedLook, proof: tuple[str, ...], withdrawn: bool
) -> None:
    assert contradicts(seen, SeedLook(SeedState.PROVED, T0, proof)) is withdrawn
