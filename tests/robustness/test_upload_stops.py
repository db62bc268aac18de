"""A stop is obeyed at once whatever the line does, and one refusal costs seconds."""

from __future__ import annotations

import secrets
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from offline_backup_gui.domain.errors import Stopped
from tests.adapters.stores.azure_things import opened
from tests.adapters.stores.fault_proxy import Fault, FaultProxy, Seen, running_proxy
from tests.azurite_server import Azurite
from tests.engine.office import Wish
from tests.robustness.azure_office import BLOCK_BYTES, Branch, Jobs, Line, forget, make_branch, way
from tests.robustness.promises import Effort, Promise

PROMISES = (
    Promise(
        "upload-stops",
        "A stop is obeyed within a second even while a request hangs or a pause goes on, and one"
        " refusal costs seconds, not minutes.",
        "{stops} stops, the slowest after {slowest_stop_s} s; one 503 for each kind of request:"
        " at most {slowest_stall_s} s longer",
    ),
)

_ASKS = ("block", "blocklist", "put", "get", "list", "head", "copy")
# Guards against hanging for ever, no measures: the long form notes what it really took.
_READY_S = 300
_OBEYS_WITHIN_S = 60
_CONTINUED_EVERY = 5


@pytest.fixture
def branch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Branch:
    return make_branch(tmp_path, monkeypatch)


@pytest.fixture
def proxy(azurite: Azurite) -> Iterator[FaultProxy]:
    with running_proxy(azurite.root) as proxy:
        yield proxy


class From:
    """Trouble for every request of a kind from the n-th on; says when it has begun."""

    def __init__(self, proxy: FaultProxy, nth: int, asks: str, fault: Fault) -> None:
        self._proxy, self._left, self._asks, self._fault = proxy, nth, asks, fault
        self._begun = threading.Event()

    def __call__(self, seen: Seen) -> Fault | None:
        self._left -= seen.asks == self._asks
        if seen.asks != self._asks or self._left > 0:
            return None
        self._begun.set()
        return self._fault

    def begun(self) -> bool:
        if self._fault is Fault.HANGS:
            return self._proxy.hanging.acquire(timeout=_READY_S)
        return self._begun.wait(_READY_S)


def stop_in_the_middle(
    branch: Branch, line: Line, to: Path, begun: Callable[[], bool], case: object
) -> float:
    """Run the whole way, ask it to stop once trouble has begun; give how long it took to obey."""
    wish = Wish()
    line.control = wish
    line.fresh()
    ended: list[BaseException] = []

    def run() -> None:
        office = branch.begin(to)
        office.wish = wish
        jobs = Jobs(office, line, branch.drives, [])
        try:
            jobs.receive()
            jobs.repair()
            jobs.vault()
            jobs.increment()
            jobs.restore(to / "to")
        except BaseException as error:
            ended.append(error)
        office.close()

    thread = threading.Thread(target=run)
    thread.start()
    assert begun(), case
    asked = time.monotonic()
    wish.stopping = True
    thread.join(_OBEYS_WITHIN_S)
    took = time.monotonic() - asked
    assert not thread.is_alive(), case
    assert [type(error) for error in ended] == [Stopped], case
    line.control = None
    return took


@pytest.mark.timeout(0)
def test_a_stop_waits_neither_for_a_request_that_hangs_nor_for_a_pause(
    branch: Branch, azurite: Azurite, proxy: FaultProxy, tmp_path: Path, effort: Effort
) -> None:
    chooser, slowest = effort.chooser("upload-stops"), 0.0
    cases = [(asks, fault) for fault in (Fault.HANGS, Fault.BUSY) for asks in _ASKS]
    chosen = cases * 2 if effort.long else chooser.sample(cases, 2)
    for number, (asks, fault) in enumerate(chosen):
        case = (f"seed {effort.seed}", number, asks, fault)
        ending, to = secrets.token_hex(6), tmp_path / f"stop {number}"
        proxy.forget()
        trouble = From(proxy, chooser.randrange(1, 3), asks, fault)
        proxy.decide = trouble
        names = (f"landing-{ending}", f"vault-{ending}")
        line = Line(azurite, proxy, *names, retry_pause_s=1000)
        slowest = max(slowest, stop_in_the_middle(branch, line, to, trouble.begun, case))
        if effort.long:
            print(f"\n{case}: slowest {slowest:.2f} s")
        proxy.forget()
        proxy.release()
        shutil.rmtree(to)
        line.fresh()
        if number % _CONTINUED_EVERY == 0:
            # What the stopped run left there is continued.
            landing, vault, troubles = way(branch, azurite, line, to)
            stored = [*landing.values(), *vault.values()]
            assert all(md5 == own for _, md5, own in stored), case
            assert troubles == [], case
            shutil.rmtree(to)
        forget(azurite, line)
    stalls = [stall_of_one_refusal(azurite, proxy, asks) for asks in _ASKS[: len(chosen)]]
    effort.note(
        "upload-stops",
        stops=len(chosen),
        slowest_stop_s=round(slowest, 2),
        slowest_stall_s=round(max(stalls), 2),
    )


def stall_of_one_refusal(server: Azurite, proxy: FaultProxy, asks: str) -> float:
    """Give how much longer one 503 makes a piece of work, with the pauses that users have."""
    account = opened(server.behind(proxy.root), retry_pause_s=1)
    landing = account.container(f"landing-{secrets.token_hex(6)}", create=True)
    vault = account.container(f"vault-{secrets.token_hex(6)}", create=True)

    def work(name: str) -> float:
        begun = time.monotonic()
        for size in (10, 2 * BLOCK_BYTES):
            writer = landing.create(f"{name}/{size}")
            writer.write(bytes(size))
            writer.commit()
        for info in landing.objects(name):
            vault.adopt(landing, info)
            vault.read(info.name)
        return time.monotonic() - begun

    proxy.forget()
    quick = min(work("a"), work("b"))
    proxy.plan(asks, Fault.BUSY)
    slow = work("c")
    assert proxy.faults == []
    account.close()
    assert slow - quick < _OBEYS_WITHIN_S
    return slow - quick
