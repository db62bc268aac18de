"""Many processes that seal chunks at once, are killed, fork, and are clones of each other.

Each notes every (key, nonce) right before it is used, in memory shared with a file, so that not
even a kill takes a note away.
"""

from __future__ import annotations

import contextlib
import itertools
import mmap
import os
import random
import signal
import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from blake3 import blake3
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from offline_backup_gui.domain.book import NewPack, Placement
from offline_backup_gui.domain.errors import BackupError
from offline_backup_gui.domain.ports import ObjectStore
from offline_backup_gui.engine.open_pack import Lane, Ticket
from offline_backup_gui.engine.packing import Packer
from offline_backup_gui.engine.sealing import Sealer
from offline_backup_gui.formats import keys, pack, point
from offline_backup_gui.formats.keys import recovery_slot
from offline_backup_gui.formats.pack import PackKind
from tests.formats.hostile import KEYRING
from tests.formats.test_point import make_point

NOTE_BYTES = 16  # 15 of a hash of key and nonce, and one that says what was sealed
FRAME, DIRECTORY, OTHER = 1, 2, 3
_PACK_BYTES = 48_000
_HANGS_AFTER_S, _FORK_HANGS_AFTER_S = 4 * 3600, 120
_SPARE = 100_000  # notes beyond the chunks: directories, points, slots, what a kill cut off


class Notes:
    """Every (key, nonce) one process used, in a file of fixed size."""

    def __init__(self, path: Path, room: int) -> None:
        self.path, self.room = path, room
        self.taken = self._open()
        self._count = itertools.count(self.taken)
        self.burns_at: int | None = None

    def _open(self) -> int:
        """Open or make the file; give how many notes are in it."""
        with open(self.path, "ab") as file:
            file.truncate(self.room * NOTE_BYTES)
        with open(self.path, "r+b") as file:
            self._file = mmap.mmap(file.fileno(), 0)
        # A note is never all zeros, and notes are taken in order.
        low, high = 0, self.room
        while low < high:
            middle = (low + high) // 2
            if any(self._file[middle * NOTE_BYTES : (middle + 64) * NOTE_BYTES]):
                low = middle + 1
            else:
                high = middle
        return low

    def add(self, key: bytes, nonce: bytes, kind: int) -> None:
        """Note a pair; then die, if this is the moment."""
        at = next(self._count)
        note = blake3(key + nonce).digest(NOTE_BYTES - 1) + bytes([kind])
        self._file[at * NOTE_BYTES : (at + 1) * NOTE_BYTES] = note
        if at == self.burns_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def move_to(self, path: Path) -> None:
        """Write into another file from now on, as a forked child must."""
        self.path, self.room, self.burns_at = path, 1000, None
        self._count = itertools.count(self._open())


@dataclass(frozen=True)
class Member:
    """One process of the crowd. Clones have the same number and copy each other in everything."""

    number: int
    clone: int
    chunks: int
    round_chunks: int
    folder: Path

    @property
    def path(self) -> Path:
        """Name the file with its notes."""
        return self.folder / f"{self.number}-{self.clone}"


def witnessed(notes: Notes, *, of_packs: bool) -> type:
    """Give an AES-GCM that notes what it seals with."""

    def note(key: bytes, nonce: bytes) -> None:
        kind = FRAME if nonce[:4] == bytes(4) else DIRECTORY
        notes.add(key, nonce, kind if of_packs else OTHER)

    class Witness:
        def __init__(self, key: bytes) -> None:
            self._key, self._real = bytes(key), AESGCM(key)

        def encrypt(self, nonce: bytes, data: Any, associated: Any) -> bytes:
            note(self._key, bytes(nonce))
            return self._real.encrypt(nonce, data, associated)

        def encrypt_into(self, nonce: bytes, data: Any, associated: Any, into: Any) -> int:
            note(self._key, bytes(nonce))
            return self._real.encrypt_into(nonce, data, associated, into)

    return Witness


class BackwardClock:
    """A clock that somebody sets back again and again."""

    def __init__(self) -> None:
        self._asked = itertools.count()

    def now(self) -> datetime:
        return datetime(2026, 11, 23, tzinfo=UTC) - timedelta(seconds=next(self._asked) % 100)

    def monotonic(self) -> float:
        return float(1000 - next(self._asked) % 1000)

    def wait(self, seconds: float) -> None:
        pass


class Nowhere:
    """A store that keeps nothing: what is sealed matters here, not where it goes."""

    label = "nowhere"

    def create(self, name: str, *, replace: bool = False) -> Nowhere:
        return self

    def write(self, data: bytes | memoryview) -> None: ...

    def commit(self, md5: bytes | None = None) -> None: ...

    def abort(self) -> None: ...


class EmptyIndex:
    """A chunk index that knows nothing, so that every chunk is sealed."""

    def find(self, chunk_id: bytes) -> Placement | None:
        return None


class Line:
    """A packer with two lanes and a sealer, as a session puts them together."""

    def __init__(self, kind: PackKind) -> None:
        self.trouble: list[BackupError] = []
        store: ObjectStore = Nowhere()  # type: ignore[assignment]
        lanes = [Lane(f"{n}" * 16, store, lambda: 1 << 40, _PACK_BYTES) for n in range(2)]
        self.packer = Packer(
            KEYRING, kind, lanes, lambda: 0, self._sealed, self._failed, BackwardClock()
        )
        self.sealer = Sealer(KEYRING, EmptyIndex(), self.packer)

    def _sealed(self, new: NewPack, ticket: Ticket) -> None:
        self.sealer.forget(ticket)

    def _failed(self, lane: Lane, error: BackupError) -> None:
        self.trouble.append(error)

    def seal(self, what: str, first: int, last: int) -> None:
        """Seal chunks in two threads."""

        def run(start: int) -> None:
            for number in range(start, last, 2):
                self.sealer.seal(memoryview(b"%s %d" % (what.encode(), number)))

        threads = [threading.Thread(target=run, args=(first + n,)) for n in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def forked(work: Callable[[], None], hangs_after_s: int = _HANGS_AFTER_S) -> int:
    """Do work in a forked process and give its number."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        signal.alarm(hangs_after_s)
        work()
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _fork_in_the_middle(notes: Notes, line: Line, round_: int) -> None:
    """Let a child that inherits an open pack try to go on with it, then begin packs of its own."""

    def work() -> None:
        notes.move_to(notes.path.with_name(f"{notes.path.name}-fork-{round_}-{os.getpid()}"))
        # A sealer of its own: a thread of the parent may have held the lock of the inherited one.
        sealer = Sealer(KEYRING, EmptyIndex(), line.packer)
        with contextlib.suppress(RuntimeError):  # the packer refuses, as it has to
            for number in range(40):
                sealer.seal(memoryview(b"in a child %d" % number))
        own = Line(PackKind.DATA)
        own.seal(f"child {round_}", 0, 40)
        own.packer.finish()

    _, status = os.waitpid(forked(work, _FORK_HANGS_AFTER_S), 0)
    assert os.waitstatus_to_exitcode(status) == 0, "a forked child failed"


def live(member: Member, burns_at: int | None) -> None:
    """Seal chunks in rounds until the member has its share; clones and restarts do the very same.

    It dies at its `burns_at`-th note; None lets it come to its end.
    """
    notes = Notes(member.path, member.chunks + _SPARE)
    notes.burns_at = burns_at
    with pytest.MonkeyPatch.context() as patch:
        for module in (pack, point, keys):
            patch.setattr(module, "AESGCM", witnessed(notes, of_packs=module is pack))
        random.seed(member.number)  # what a cloned machine has in memory is cloned as well
        for round_ in itertools.count():
            done = round_ * member.round_chunks + notes.taken
            if done >= member.chunks:
                return
            _one_round(member, notes, round_)


def _one_round(member: Member, notes: Notes, round_: int) -> None:
    line = Line(PackKind.META if round_ % 5 == 4 else PackKind.DATA)
    what, rest = f"{member.number} {round_}", member.round_chunks
    first = random.Random(what).randrange(rest // 4, rest // 2)
    line.seal(what, 0, first)
    if round_ % 3 == 0:
        _fork_in_the_middle(notes, line, round_)
    line.seal(what, first, rest)
    line.packer.finish()
    assert line.trouble == []
    point.seal(KEYRING, make_point())
    recovery_slot(KEYRING, bytes(range(20)))


def run(members: Sequence[Member], burns: Mapping[Path, Sequence[int]]) -> int:
    """Run all members at once; one that was killed is started again. Give how many kills."""
    kills = 0
    waiting = {member.path: sorted(burns.get(member.path, ())) for member in members}
    running: dict[int, Member] = {}

    def start(member: Member) -> None:
        rest = waiting[member.path]
        burns_at = rest.pop(0) if rest else None
        running[forked(lambda: live(member, burns_at))] = member

    try:
        for member in members:
            start(member)
        while running:
            child, status = os.wait()
            ended = running.pop(child)
            if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
                kills += 1
                start(ended)
            else:
                assert os.waitstatus_to_exitcode(status) == 0, f"{ended.path.name} failed by itself"
    finally:
        for child in running:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
    return kills
