"""A line that cuts, delays, damages and refuses changes nothing of what lies in the account."""

from __future__ import annotations

import random
import secrets
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from offline_backup_gui.domain.errors import ErrorCode
from tests.adapters.stores.fault_proxy import Fault, FaultProxy, Seen, running_proxy
from tests.azurite_server import Azurite
from tests.robustness.azure_office import Blobs, Branch, Line, forget, make_branch, way
from tests.robustness.promises import Effort, Promise

PROMISES = (
    Promise(
        "upload-faults",
        "A line to the account that cuts, delays, damages bytes, refuses or lets a signature"
        " expire changes nothing of what lies in the account in the end, and little is sent twice.",
        "{journeys} journeys of five jobs ({jobs} jobs), {requests} requests, {faults} faults of"
        " {kinds} kinds, {jobs_again} jobs started again: {differing}"
        " blobs differed; {extra_percent} % extra bytes beyond those of requests that failed",
    ),
)

_PLAIN = (
    Fault.BUSY,
    Fault.BROKEN,
    Fault.THROTTLED,
    Fault.CUT,
    Fault.BODY_CUT,
    Fault.ANSWER_LOST,
    Fault.ANSWER_CUT,
    Fault.BODY_DAMAGED,
    Fault.ANSWER_DAMAGED,
    Fault.LATE,
    Fault.SLOW,
    Fault.EXPIRED,
)
# Faults after which a request counts as failed: its bytes may be sent once more.
_HARMLESS = (None, Fault.LATE, Fault.SLOW)


@pytest.fixture
def branch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Branch:
    return make_branch(tmp_path, monkeypatch)


@pytest.fixture
def proxy(azurite: Azurite) -> Iterator[FaultProxy]:
    with running_proxy(azurite.root) as proxy:
        yield proxy


@dataclass
class Tally:
    """What the runs saw, at the proxy."""

    requests: int = 0
    kinds: set[Fault] = field(default_factory=set)
    faults: int = 0
    again: int = 0
    whole_bytes: int = 0
    extra_bytes: int = 0

    def add(self, seen: list[Seen], needed: int, troubles: list[ErrorCode]) -> None:
        unharmed = sum(one.size_bytes for one in seen if one.fault in _HARMLESS)
        self.requests += len(seen)
        self.faults += sum(one.fault is not None for one in seen)
        self.kinds |= {one.fault for one in seen if one.fault is not None}
        self.again += len(troubles)
        self.whole_bytes += needed
        self.extra_bytes += max(0, unharmed - needed)

    def note(self, effort: Effort, journeys: int) -> None:
        effort.note(
            "upload-faults",
            journeys=journeys,
            jobs=5 * journeys,
            requests=self.requests,
            faults=self.faults,
            kinds=len(self.kinds),
            jobs_again=self.again,
            differing=0,
            extra_percent=round(self.extra_percent, 2),
        )

    @property
    def extra_percent(self) -> float:
        return 100 * self.extra_bytes / self.whole_bytes


def storm(chooser: random.Random) -> Callable[[Seen], Fault | None]:
    """Choose trouble: a part of all requests, now and then a stretch in which nothing works."""
    rate, dark = chooser.choice((0.05, 0.15, 0.3)), 0
    kinds = chooser.sample(_PLAIN, chooser.randrange(3, len(_PLAIN) + 1))
    # A signature that is over ends the job; more than a few would say nothing new.
    left = 2

    def decide(_: Seen) -> Fault | None:
        nonlocal dark, left
        if dark:
            dark -= 1
            return Fault.CUT
        if chooser.random() < 0.004:
            dark = chooser.randrange(1, 14)
        if chooser.random() >= rate:
            return None
        fault = chooser.choice(kinds)
        if fault is Fault.EXPIRED:
            left -= 1
            return fault if left >= 0 and chooser.random() < 0.3 else None
        return fault

    return decide


@pytest.mark.timeout(0)
def test_a_bad_line_changes_nothing_of_what_lies_in_the_account(
    branch: Branch, azurite: Azurite, proxy: FaultProxy, tmp_path: Path, effort: Effort
) -> None:
    journeys, tally = effort.pick(short=4, long=100), Tally()
    wanted: tuple[Blobs, int, int] | None = None
    for journey in range(-1, journeys):
        case = f"seed {effort.seed}, journey {journey}"
        ending = secrets.token_hex(6)
        to = tmp_path / f"journey {journey}"
        proxy.forget()
        if journey >= 0:
            proxy.decide = storm(effort.chooser(f"upload-faults {journey}"))
        line = Line(azurite, proxy, f"landing-{ending}", f"vault-{ending}")
        landing, vault, troubles = way(branch, azurite, line, to)
        seen = list(proxy.seen)
        if wanted is None:
            wanted = (landing, len(vault), sum(one.size_bytes for one in seen))
        else:
            tally.add(seen, wanted[2], troubles)
        assert landing == wanted[0], case
        for name, (size, stored, own) in vault.items():
            assert stored == own, (case, name)
            assert landing.get(name, (size, stored, own)) == (size, stored, own), (case, name)
        assert set(landing) - {n for n in landing if n.startswith("drives/")} <= set(vault), case
        shutil.rmtree(to)
        forget(azurite, line)
        if effort.long and journey > 0 and journey % 10 == 9:
            print(
                f"\njourney {journey + 1}: {tally.faults} faults, {tally.extra_percent:.2f} % extra"
            )
            tally.note(effort, journey + 1)
    assert tally.faults > 5 * journeys
    assert tally.extra_percent <= 2
