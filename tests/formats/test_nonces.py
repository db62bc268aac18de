"""No key ever meets the same nonce twice, whatever the threads of the engine do."""

from __future__ import annotations

import threading
from collections import Counter

import pytest
from blake3 import blake3
from cryptography.hazmat.primitives.ciphers import aead

from offline_backup_gui.adapters.clock import SystemClock
from offline_backup_gui.domain.book import NewPack
from offline_backup_gui.engine.open_pack import Lane, Ticket
from offline_backup_gui.engine.packing import Packer
from offline_backup_gui.engine.sealing import Sealer
from offline_backup_gui.formats import pack, point
from offline_backup_gui.formats.pack import PackKind
from offline_backup_gui.formats.point import seal
from tests.fakes import MemoryStore
from tests.formats.hostile import KEYRING
from tests.formats.test_point import make_point

_Real = aead.AESGCM


class Witness:
    """AES-GCM that notes every (key, nonce) it seals with."""

    seen: Counter[tuple[bytes, bytes]] = Counter()

    def __init__(self, key: bytes) -> None:
        self._key, self._real = key, _Real(key)

    def encrypt(self, nonce, data, associated):
        self.seen[self._key, bytes(nonce)] += 1
        return self._real.encrypt(nonce, data, associated)

    def encrypt_into(self, nonce, data, associated, into):
        self.seen[self._key, bytes(nonce)] += 1
        return self._real.encrypt_into(nonce, data, associated, into)


@pytest.fixture
def witness(monkeypatch) -> Counter[tuple[bytes, bytes]]:
    Witness.seen = Counter()
    monkeypatch.setattr(pack, "AESGCM", Witness)
    monkeypatch.setattr(point, "AESGCM", Witness)
    return Witness.seen


class EmptyIndex:
    """A chunk index that knows nothing, so that every chunk is sealed."""

    def find(self, chunk_id: bytes) -> None:
        return None


def test_many_threads_on_two_lanes_never_repeat_a_nonce(witness) -> None:
    sealed: list[NewPack] = []

    def on_sealed(new: NewPack, _: Ticket) -> None:
        sealed.append(new)

    lanes = [Lane(f"{n}" * 16, MemoryStore(), lambda: 1 << 40, 100_000) for n in range(2)]
    packer = Packer(
        KEYRING, PackKind.DATA, lanes, lambda: 0, on_sealed, lambda *_: None, SystemClock()
    )
    sealer = Sealer(KEYRING, EmptyIndex(), packer)

    def work(number: int) -> None:
        for count in range(100):
            sealer.seal(memoryview(blake3(b"%d %d" % (number, count)).digest(2000)))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    packer.finish()
    frames = sum(len(new.rows) for new in sealed)
    assert frames == 400
    assert len(sealed) > 8
    assert sum(witness.values()) == frames + len(sealed), "each frame and each directory once"
    assert set(witness.values()) == {1}
    assert len({key for key, _ in witness}) == len(sealed), "each pack has a key of its own"
    kinds = Counter(nonce[:4] for _, nonce in witness)
    assert kinds == {bytes(4): frames, b"\0\0\0\1": len(sealed)}


def test_a_point_sealed_again_has_another_key(witness) -> None:
    for _ in range(50):
        seal(KEYRING, make_point())
    assert len({key for key, _ in witness}) == 50
    assert set(witness.values()) == {1}
