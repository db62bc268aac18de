"""Azure when the line breaks, the process is killed, bytes change, or the access is not right."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest

from offline_backup_gui.adapters.stores.accounts import open_account, open_store
from offline_backup_gui.adapters.stores.azure import AzureAccount, AzureContainer
from offline_backup_gui.adapters.stores.azure_upload import BLOCK_BYTES
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.ports import ObjectInfo, ServerSideCopy, ServerSideProof
from tests.adapters.stores.azure_things import fresh_name, opened
from tests.adapters.stores.contract import code_of, md5_of, names, put
from tests.adapters.stores.fault_proxy import Fault, FaultProxy, running_proxy
from tests.azurite_server import Azurite

BLOCKS = 5
DATA = random.Random(3).randbytes(BLOCKS * BLOCK_BYTES - 1000)


@pytest.fixture(scope="module")
def proxies(azurite: Azurite) -> Iterator[FaultProxy]:
    with running_proxy(azurite.root) as proxy:
        yield proxy


@pytest.fixture
def proxy(proxies: FaultProxy) -> FaultProxy:
    proxies.forget()
    return proxies


@pytest.fixture(scope="module")
def account(azurite: Azurite, proxies: FaultProxy) -> Iterator[AzureAccount]:
    account = opened(azurite.behind(proxies.root))
    yield account
    account.close()


@pytest.fixture
def store(account: AzureAccount, proxy: FaultProxy) -> AzureContainer:
    container = account.container(fresh_name(), create=True)
    proxy.forget()
    return container


_KILLED_UPLOAD = """
import sys
from offline_backup_gui.adapters.stores.accounts import open_account
url, container, sas, size = sys.argv[1:]
writer = open_account(url, sas=sas).container(container).create("packs/aa/one")
writer.write(sys.stdin.buffer.read(int(size)))
for future in writer._staged:
    future.result()
print("staged", flush=True)
sys.stdin.read()
"""


def test_a_killed_upload_sends_only_what_is_missing(
    azurite: Azurite, store: AzureContainer, proxy: FaultProxy
) -> None:
    arguments = (azurite.url, store.label.rpartition("/")[2], azurite.sas())
    sent = 3 * BLOCK_BYTES + 5
    with subprocess.Popen(
        [sys.executable, "-c", _KILLED_UPLOAD, *arguments, str(sent)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(DATA[:sent])
        process.stdin.flush()
        assert process.stdout.readline() == b"staged\n"
        process.send_signal(signal.SIGKILL)
    assert names(store) == []

    put(store, "packs/aa/one", DATA)
    assert proxy.count("block") == BLOCKS - 3
    assert store.read("packs/aa/one") == DATA


def test_a_block_that_changed_since_the_kill_is_sent_again(
    store: AzureContainer, proxy: FaultProxy
) -> None:
    writer = store.create("one")
    writer.write(DATA)
    for future in writer._staged:
        future.result()
    writer.abort()
    assert proxy.count("block") == BLOCKS - 1
    changed = bytes(BLOCK_BYTES) + DATA[BLOCK_BYTES:]
    proxy.forget()
    put(store, "one", changed)
    assert proxy.count("block") == 2
    assert store.read("one") == changed


def test_a_large_object_may_be_replaced_when_that_is_wanted(store: AzureContainer) -> None:
    put(store, "one", DATA)
    with pytest.raises(BackupError) as caught:
        put(store, "one", DATA[1:])
    assert code_of(caught) is ErrorCode.OBJECT_EXISTS
    put(store, "one", DATA[1:], replace=True)
    assert store.read("one") == DATA[1:]


@pytest.mark.parametrize("asks", ["block", "blocklist"])
@pytest.mark.parametrize("fault", [Fault.BUSY, Fault.CUT, Fault.ANSWER_LOST])
def test_broken_answers_during_a_large_upload_are_survived(
    store: AzureContainer, proxy: FaultProxy, asks: str, fault: Fault
) -> None:
    data = DATA[: BLOCK_BYTES + 10]
    # "blocklist" is asked twice: which blocks are there, and the commit.
    proxy.plan(asks, fault, fault)
    put(store, "one", data)
    assert list(store.objects()) == [ObjectInfo("one", len(data), md5_of(data))]


def test_a_lost_answer_to_a_small_put_is_not_taken_for_somebody_elses_object(
    store: AzureContainer, proxy: FaultProxy
) -> None:
    proxy.plan("put", Fault.ANSWER_LOST)
    put(store, "one", b"mine")
    assert proxy.count("put") == 2
    assert store.read("one") == b"mine"


def test_a_block_damaged_on_the_way_is_sent_again(store: AzureContainer, proxy: FaultProxy) -> None:
    proxy.plan("block", Fault.BODY_DAMAGED, Fault.BODY_DAMAGED)
    proxy.plan("put", Fault.BODY_DAMAGED)
    put(store, "large", DATA)
    put(store, "small", b"small")
    assert proxy.count("block") == BLOCKS + 2
    assert proxy.count("put") == 2
    assert store.read("large") == DATA
    assert store.read("small") == b"small"


def test_a_line_that_damages_every_block_is_reported(
    store: AzureContainer, proxy: FaultProxy
) -> None:
    proxy.plan("block", *[Fault.BODY_DAMAGED] * 100)
    with pytest.raises(BackupError) as caught:
        put(store, "large", DATA)
    assert code_of(caught) is ErrorCode.OBJECT_DAMAGED
    proxy.forget()
    assert names(store) == []


def test_a_download_damaged_on_the_way_is_fetched_again(
    store: AzureContainer, proxy: FaultProxy
) -> None:
    put(store, "one", DATA[:1_000_000])
    proxy.plan("get", Fault.ANSWER_DAMAGED)
    assert store.read("one") == DATA[:1_000_000]
    assert proxy.count("get") == 2


def test_a_service_that_stays_busy_is_said_to_be_busy(
    store: AzureContainer, proxy: FaultProxy
) -> None:
    proxy.plan("list", *[Fault.BUSY] * 100)
    with pytest.raises(BackupError) as caught:
        names(store)
    assert code_of(caught) is ErrorCode.ACCOUNT_BUSY
    assert proxy.count("list") == 8


def test_after_one_failed_block_no_more_are_sent(store: AzureContainer, proxy: FaultProxy) -> None:
    proxy.plan("block", *[Fault.BUSY] * 1000)
    writer = store.create("one")
    with pytest.raises(BackupError) as caught:
        writer.write(bytes(20 * BLOCK_BYTES))
    assert code_of(caught) is ErrorCode.ACCOUNT_BUSY
    writer.abort()
    assert proxy.count("block") <= 2 * 4 * 8


def test_an_object_is_adopted_inside_the_account(account: AzureAccount, proxy: FaultProxy) -> None:
    landing = account.container(fresh_name(), create=True)
    vault: AzureContainer = account.container(fresh_name(), create=True)
    taker: ServerSideCopy = vault
    put(landing, "packs/aa/one", DATA)
    info = next(landing.objects())
    proxy.forget()
    taker.adopt(landing, info)
    assert proxy.count("copy") == 1
    assert sum(seen.size_bytes for seen in proxy.seen) == 0
    assert list(vault.objects()) == [info]
    assert vault.read("packs/aa/one") == DATA
    taker.adopt(landing, info)
    assert proxy.count("copy") == 1


def test_a_pending_copy_is_waited_for(azurite: Azurite, proxy: FaultProxy) -> None:
    waits: list[float] = []
    account = opened(azurite.behind(proxy.root), waits=waits)
    landing = account.container(fresh_name(), create=True)
    vault = account.container(fresh_name(), create=True)
    put(landing, "one", b"hello")
    info = next(landing.objects())
    vault.adopt(landing, info)
    proxy.forget()
    proxy.plan("head", Fault.COPY_PENDING, Fault.COPY_PENDING, Fault.COPY_PENDING)
    vault.adopt(landing, info)
    assert proxy.count("copy") == 0
    assert waits == [1.0, 1.0]
    account.close()


def test_adopting_a_missing_or_different_object_is_told(account: AzureAccount) -> None:
    landing = account.container(fresh_name(), create=True)
    vault = account.container(fresh_name(), create=True)
    with pytest.raises(BackupError) as caught:
        vault.adopt(landing, ObjectInfo("one", 5, md5_of(b"hello")))
    assert code_of(caught) is ErrorCode.OBJECT_MISSING
    put(landing, "one", b"HELLO")
    with pytest.raises(BackupError) as caught:
        vault.adopt(landing, ObjectInfo("one", 5, md5_of(b"hello")))
    assert code_of(caught) is ErrorCode.OBJECT_DAMAGED


def test_the_service_proves_stored_bytes_without_sending_them(
    azurite: Azurite, proxy: FaultProxy
) -> None:
    server = azurite.behind(proxy.root)
    account = open_account(server.url, connection_string=server.connection_string)
    store = account.container(fresh_name(), create=True)
    assert isinstance(store, AzureContainer)
    prover: ServerSideProof = store
    put(store, "packs/aa/one", DATA)
    put(store, "empty", b"")
    empty, info = store.objects()
    proxy.forget()
    assert prover.prove(info) is True
    assert prover.prove(ObjectInfo(info.name, info.size_bytes, md5_of(b"lie"))) is False
    assert prover.prove(ObjectInfo(info.name, info.size_bytes - 1, info.md5)) is False
    assert prover.prove(ObjectInfo(info.name, info.size_bytes)) is None
    assert prover.prove(empty) is True
    assert sum(seen.size_bytes for seen in proxy.seen) == 0
    assert names(store) == ["empty", "packs/aa/one"]
    with pytest.raises(BackupError) as caught:
        prover.prove(ObjectInfo("nowhere", 5, md5_of(b"hello")))
    assert code_of(caught) is ErrorCode.OBJECT_MISSING


def test_a_service_that_cannot_compare_is_not_believed(store: AzureContainer) -> None:
    # Azurite 3.37 answers 500 to Put Block From URL when an account signature asks for it.
    put(store, "one", b"hello")
    assert store.prove(ObjectInfo("one", 5, md5_of(b"hello"))) is None
    assert store.prove(ObjectInfo("one", 5, md5_of(b"other"))) is None


def test_a_missing_container_is_not_found_unless_it_is_to_be_made(account: AzureAccount) -> None:
    name = fresh_name()
    with pytest.raises(BackupError) as caught:
        account.container(name)
    assert code_of(caught) is ErrorCode.ACCOUNT_NOT_FOUND
    assert caught.value.parameters["container"] == name
    account.container(name, create=True)
    account.container(name, create=True)
    assert name in account.containers()
    assert account.container(name).label.endswith(f"/{name}")


def test_a_container_deleted_meanwhile_is_not_found_by_every_call(
    azurite: Azurite, store: AzureContainer
) -> None:
    store._container.delete_container()
    attempts = (
        lambda: names(store),
        lambda: store.read("one"),
        lambda: store.delete("one"),
        lambda: put(store, "one", b"x"),
        lambda: put(store, "one", DATA),
    )
    for attempt in attempts:
        with pytest.raises(BackupError) as caught:
            attempt()
        assert code_of(caught) is ErrorCode.ACCOUNT_NOT_FOUND


def test_a_signature_without_the_right_is_refused_with_the_services_word(azurite: Azurite) -> None:
    name = fresh_name()
    full = opened(azurite)
    full.container(name, create=True)
    reader = opened(azurite, azurite.sas("rl"))
    with pytest.raises(BackupError) as caught:
        put(reader.container(name), "one", b"x")
    assert code_of(caught) is ErrorCode.ACCOUNT_REFUSED
    assert caught.value.parameters["reason"] == "AuthorizationPermissionMismatch"
    full.close()
    reader.close()


def test_an_expired_signature_is_called_expired(azurite: Azurite) -> None:
    account = opened(azurite, azurite.sas(days=-1))
    with pytest.raises(BackupError) as caught:
        account.containers()
    assert code_of(caught) is ErrorCode.ACCOUNT_EXPIRED
    account.close()


def test_no_trouble_shows_a_signature(azurite: Azurite, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    sas = azurite.sas("r")
    signature = sas.split("sig=")[1].split("&")[0]
    for url in (azurite.url, "http://127.0.0.1:9/branch"):
        account = opened(Azurite(url.rpartition("/")[0], "branch", azurite.key), sas)
        for attempt in (account.containers, lambda: account.container(fresh_name())):  # noqa: B023
            with pytest.raises(BackupError) as caught:
                attempt()
            told = "".join(traceback.format_exception(caught.value)) + str(caught.value)
            assert signature not in told
            assert "sig=" not in told
        account.close()
    assert signature not in caplog.text


def test_an_address_where_nobody_answers_is_unreachable() -> None:
    account = opened(Azurite("http://127.0.0.1:9", "branch", ""), "sv=1&sig=abc")
    with pytest.raises(BackupError) as caught:
        account.containers()
    assert code_of(caught) is ErrorCode.ACCOUNT_UNREACHABLE
    assert "refused" in str(caught.value.parameters["reason"])


def test_a_store_is_opened_by_its_address(azurite: Azurite) -> None:
    url = f"{azurite.url}/{fresh_name()}"
    with pytest.raises(BackupError) as caught:
        open_store(url, sas=azurite.sas())
    assert code_of(caught) is ErrorCode.ACCOUNT_NOT_FOUND
    put(open_store(url, create=True, sas=azurite.sas()), "one", b"x")
    assert names(open_store(f"{url}?{azurite.sas()}")) == ["one"]
    with pytest.raises(BackupError) as caught:
        open_store(azurite.url, sas=azurite.sas())
    assert code_of(caught) is ErrorCode.REPOSITORY_NOT_FOUND


def test_folders_are_opened_without_loading_the_azure_library(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from offline_backup_gui.adapters.stores.accounts import open_account\n"
        f"open_account({str(tmp_path)!r}).containers()\n"
        "assert not any(name.startswith('azure') for name in sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
