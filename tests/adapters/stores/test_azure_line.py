"""The line to an account: a stop need not wait for it, a slow one is no broken one."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from offline_backup_gui.adapters.stores.azure import AzureContainer
from offline_backup_gui.adapters.stores.azure_line import Line, Patience
from offline_backup_gui.adapters.stores.azure_upload import BLOCK_BYTES
from offline_backup_gui.domain.errors import BackupError, ErrorCode, Stopped
from offline_backup_gui.domain.ports import ObjectInfo
from tests.adapters.stores.azure_things import fresh_name, opened
from tests.adapters.stores.contract import code_of, md5_of, names, put
from tests.adapters.stores.fault_proxy import Fault, FaultProxy, running_proxy
from tests.azurite_server import Azurite

DATA = random.Random(4).randbytes(BLOCK_BYTES + 10)


@pytest.fixture
def proxy(azurite: Azurite) -> Iterator[FaultProxy]:
    with running_proxy(azurite.root) as proxy:
        yield proxy


class Wish:
    stopping = False

    def checkpoint(self) -> None:
        return


def container(
    azurite: Azurite, proxy: FaultProxy, wish: Wish | None = None, **settings: float
) -> AzureContainer:
    name = fresh_name()
    account = opened(azurite.behind(proxy.root), control=wish, **settings)  # type: ignore[arg-type]
    store = account.container(name, create=True)
    put(store, "there", b"hello")
    proxy.forget()
    return store


@pytest.mark.parametrize("fault", [Fault.THROTTLED, Fault.BROKEN, Fault.BODY_CUT])
@pytest.mark.parametrize("asks", ["block", "blocklist"])
def test_refusals_and_cuts_during_an_upload_are_survived(
    azurite: Azurite, proxy: FaultProxy, asks: str, fault: Fault
) -> None:
    store = container(azurite, proxy)
    proxy.plan(asks, fault, fault)
    put(store, "one", DATA)
    assert list(store.objects("one")) == [ObjectInfo("one", len(DATA), md5_of(DATA))]
    assert proxy.count(asks) == 4


@pytest.mark.parametrize("asks", ["get", "list"])
def test_an_answer_cut_in_its_middle_is_asked_for_again(
    azurite: Azurite, proxy: FaultProxy, asks: str
) -> None:
    store = container(azurite, proxy)
    proxy.plan(asks, Fault.ANSWER_CUT, Fault.ANSWER_CUT, Fault.ANSWER_CUT)
    assert store.read("there") == b"hello"
    assert names(store) == ["there"]
    assert proxy.count(asks) == 4


def test_a_block_may_take_longer_than_a_connection_may_take_to_begin(
    azurite: Azurite, proxy: FaultProxy
) -> None:
    # On a line of 10 Mbit/s four blocks of 8 MiB take half a minute; that is no broken line.
    store = container(azurite, proxy, connection_timeout_s=0.3)
    proxy.plan("block", Fault.SLOW)
    put(store, "one", DATA)
    assert proxy.count("block") == 2
    assert store.read("one") == DATA


def test_a_damaged_list_of_blocks_is_sent_again(azurite: Azurite, proxy: FaultProxy) -> None:
    store = container(azurite, proxy)
    proxy.plan("blocklist", Fault.LATE, Fault.BODY_DAMAGED)
    put(store, "one", DATA)
    assert store.read("one") == DATA


def test_an_answer_that_makes_no_sense_is_no_refusal(azurite: Azurite, proxy: FaultProxy) -> None:
    store = container(azurite, proxy)
    proxy.plan("list", Fault.NONSENSE)
    with pytest.raises(BackupError) as caught:
        names(store)
    assert code_of(caught) is ErrorCode.ACCOUNT_UNREACHABLE


def seconds_to_stop(wish: Wish, ready: Callable[[], object], work: Callable[[], object]) -> float:
    """Run work, ask it to stop once it is ready; give how long it took to obey."""
    ended: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:
            ended.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    ready()
    begun = time.monotonic()
    wish.stopping = True
    thread.join(30)
    took = time.monotonic() - begun
    assert not thread.is_alive()
    assert [type(error) for error in ended] == [Stopped]
    return took


@pytest.mark.parametrize("asks", ["block", "blocklist", "put", "get", "list", "head", "delete"])
def test_a_stop_does_not_wait_for_a_request_that_hangs(
    azurite: Azurite, proxy: FaultProxy, asks: str
) -> None:
    wish = Wish()
    store = container(azurite, proxy, wish)
    proxy.plan(asks, Fault.HANGS)
    work: dict[str, Callable[[], object]] = {
        "block": lambda: put(store, "one", DATA),
        "blocklist": lambda: put(store, "one", DATA),
        "put": lambda: put(store, "one", b"small"),
        "get": lambda: store.read("there"),
        "list": lambda: names(store),
        "head": lambda: store.read("there", 0, 0),
        "delete": lambda: store.delete("there"),
    }
    seconds_to_stop(wish, proxy.hanging.acquire, work[asks])
    left = [thread for thread in threading.enumerate() if thread.name == "account request"]
    assert len(left) == 1  # nothing can interrupt it, and nobody waits for it
    proxy.release()
    left[0].join(30)
    assert not left[0].is_alive()


def test_a_stop_does_not_wait_for_a_pause_between_two_tries(
    azurite: Azurite, proxy: FaultProxy
) -> None:
    wish = Wish()
    store = container(azurite, proxy, wish, retry_pause_s=1000)
    asked = threading.Event()

    def busy(seen: object) -> Fault:
        asked.set()
        return Fault.BUSY

    proxy.decide = busy
    assert seconds_to_stop(wish, asked.wait, lambda: store.read("there")) < 20


def test_what_was_begun_may_still_end_when_the_line_is_good(
    azurite: Azurite, proxy: FaultProxy
) -> None:
    wish = Wish()
    store = container(azurite, proxy, wish)
    wish.stopping = True
    put(store, "one", b"sealed in time")
    assert names(store) == ["one", "there"]


def test_pauses_double_up_to_a_bound_and_heed() -> None:
    patience = Patience(Line(), 1, 7)
    pauses = [patience.get_backoff_time({"count": n, "asked_s": 0}) for n in range(1, 8)]
    assert pauses == [1, 2, 4, 8, 16, 30, 30]


def test_the_service_may_ask_for_a_longer_pause(
    azurite: Azurite, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = container(azurite, proxy)
    slept: list[float] = []
    monkeypatch.setattr(Line, "sleep", lambda self, seconds: slept.append(seconds))
    for asked in ("7", "soon"):
        proxy.retry_after = asked
        proxy.plan("get", Fault.THROTTLED)
        assert store.read("there") == b"hello"
    assert slept == [7, 0]


def test_a_service_that_throttles_for_ever_is_said_to_be_busy(
    azurite: Azurite, proxy: FaultProxy
) -> None:
    store = container(azurite, proxy)
    proxy.plan("get", *[Fault.THROTTLED] * 100)
    with pytest.raises(BackupError) as caught:
        store.read("there")
    assert code_of(caught) is ErrorCode.ACCOUNT_BUSY
    assert caught.value.parameters["reason"] == "TooManyRequests"
