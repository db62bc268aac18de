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
    kept,
    look,
    of_server,
    vault_link,
)
from offline_backup_gui.domain.errors import BackupError, ErrorCode
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


# --- what the vault lists no more


def seen(*items: ProtectedItem, since: datetime = T0) -> SeedLook:
    return look(items, [], LINK, since)


PROVED_C, PROVED_D = (
    item(name, points=1, oldest_point_at=day(21)) for name in ("C:\\", "D:\\ data")
)
OPEN_C, OPEN_D = (item(name, points=0) for name in ("C:\\", "D:\\ data"))


def test_a_data_source_that_was_never_proved_and_is_gone_keeps_the_drives_from_being_erased() -> (
    None
):
    before = kept(seen(PROVED_C, OPEN_D), None)
    assert before.state is SeedState.FIRST_PENDING
    found = kept(seen(PROVED_C), before)
    assert (found.state, found.proved_at) == (SeedState.GONE, None)
    assert (found.open_items, found.gone) == (("D:\\ data",), ("D:\\ data",))
    again = kept(seen(PROVED_C), found)  # a second look brings no proof either
    assert again == found
    assert kept(seen(), found).state is SeedState.GONE
    back = kept(seen(PROVED_C, PROVED_D), again)
    assert (back.state, back.gone) == (SeedState.PROVED, ())


def test_a_data_source_that_was_proved_and_is_gone_stays_proved_and_is_named() -> None:
    proved = kept(seen(PROVED_C, PROVED_D), None)
    for found in (kept(seen(PROVED_C), proved), kept(seen(), proved)):
        assert (found.state, found.proved_at) == (SeedState.PROVED, day(21))
        assert any(line.startswith("D:\\ data 2026-03-22") for line in found.evidence)
        assert "D:\\ data" in found.gone
    # proved in part, then gone, then the rest is proved
    part = kept(seen(PROVED_C, OPEN_D), None)
    part = kept(seen(OPEN_D), part)
    assert (part.state, part.gone) == (SeedState.FIRST_PENDING, ("C:\\",))
    whole = kept(seen(PROVED_D), part)
    assert (whole.state, whole.gone) == (SeedState.PROVED, ("C:\\",))
    assert len(whole.evidence) == 2


def test_an_added_data_source_takes_no_proof_away_and_a_shown_gap_does() -> None:
    proved = kept(seen(PROVED_C), None)
    assert kept(seen(PROVED_C, OPEN_D), proved).proved_at == day(21)
    assert kept(seen(OPEN_C, OPEN_D), proved).proved_at is None


def test_another_journey_begins_anew() -> None:
    before = kept(seen(PROVED_C, OPEN_D), None)
    later = seen(item(points=1, oldest_point_at=day(40)), since=day(30))
    assert kept(later, before) == later
    assert kept(seen(OPEN_C, since=day(30)), kept(seen(PROVED_C), None)).proved_at is None


def test_a_look_of_an_older_version_keeps_its_proof() -> None:
    old = SeedLook(SeedState.PROVED, day(21), ("C:\\ 2026-03-22 00:00Z",))
    found = kept(seen(), old)
    assert (found.state, found.gone) == (SeedState.PROVED, ("C:\\",))
    assert kept(seen(OPEN_C), old).proved_at is None


_names = st.sampled_from(["C:\\", "D:\\ data", "SQL"])
_items = st.dictionaries(_names, st.booleans()).map(
    lambda found: [
        item(name, points=1, oldest_point_at=day(21)) if proved else item(name, points=0)
        for name, proved in found.items()
    ]
)


@given(st.lists(_items, max_size=6))
def test_nothing_that_was_ever_seen_without_a_proof_is_forgotten(looks: list[list[ProtectedItem]]):
    known: SeedLook | None = None
    last: dict[str, bool] = {}
    for items in looks:
        known = kept(seen(*items), known)
        last |= {one.name: bool(one.points) for one in items}
        if known.proved_at is not None and known.gone:
            assert all(last[name] for name in known.gone)


@pytest.mark.parametrize(
    ("vault", "server"),
    [
        ("branch-vault", "FS01"),
        (
            "/subscriptions/1/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/x",
            "FS01",
        ),
        ("/subscriptions/1/resourceGroups/rg/providers/Microsoft.RecoveryServices/vaults/v", " "),
    ],
)
def test_what_is_no_vault_or_no_server_is_refused(vault: str, server: str) -> None:
    with pytest.raises(BackupError) as refused:
        vault_link(vault, server)
    assert refused.value.code is ErrorCode.VALUE_NOT_UNDERSTOOD
