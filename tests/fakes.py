"""Fakes of the ports, each held to its port's contract suite."""

from __future__ import annotations

import hashlib
import re
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType

from offline_backup_gui.adapters.stores.names import checked_prefix, segments
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.ports import ObjectInfo, ObjectStore, ShadowView
from offline_backup_gui.domain.shadow import ShadowPlaces, SourceGap
from offline_backup_gui.services.world import World


class MemoryStore:
    """An ObjectStore, DriveStore and account container in memory.

    `keeps_md5=False` makes it forget MD5s as a drive does. `objects_by_name` holds what is
    stored and may be changed by a test; `md5_by_name` then lies about it. `gone` pulls the drive.
    """

    def __init__(
        self,
        label: str = "memory",
        *,
        keeps_md5: bool = True,
        capacity_bytes: int = 1 << 40,
        past_cache: bool = True,
    ) -> None:
        self._label = label
        self._keeps_md5 = keeps_md5
        self._capacity_bytes = capacity_bytes
        self._past_cache = past_cache
        self._unfinished_bytes = 0
        self._lock = threading.Lock()
        self.objects_by_name: dict[str, bytes] = {}
        self.md5_by_name: dict[str, bytes] = {}
        self.gone = False

    @property
    def label(self) -> str:
        return self._label

    def objects(self, prefix: str = "") -> Iterator[ObjectInfo]:
        self._check()
        checked_prefix(prefix)
        for name in sorted(self.objects_by_name):
            if name.startswith(prefix):
                data = self.objects_by_name[name]
                yield ObjectInfo(name, len(data), self.md5_by_name.get(name))

    def read(self, name: str, offset: int = 0, length: int | None = None) -> bytes:
        self._check()
        segments(name)
        if name not in self.objects_by_name:
            raise BackupError(ErrorCode.OBJECT_MISSING, name=name, store=self._label)
        end = None if length is None else offset + length
        return bytes(self.objects_by_name[name][offset:end])

    def create(self, name: str, *, replace: bool = False) -> MemoryWriter:
        self._check()
        segments(name)
        return MemoryWriter(self, name, replace=replace)

    def delete(self, name: str) -> None:
        self._check()
        segments(name)
        self.objects_by_name.pop(name, None)
        self.md5_by_name.pop(name, None)

    def sweep(self) -> int:
        self._check()
        return 0

    def room_bytes(self) -> int:
        self._check()
        stored = sum(len(data) for data in self.objects_by_name.values())
        return self._capacity_bytes - stored - self._unfinished_bytes

    def capacity_bytes(self) -> int:
        self._check()
        return self._capacity_bytes

    def read_back(self, name: str) -> MemoryReader:
        return MemoryReader(self.read(name), past_cache=self._past_cache)

    def is_present(self) -> bool:
        return not self.gone

    def adopt(self, source: ObjectStore, info: ObjectInfo) -> None:
        data = source.read(info.name)
        self._check()
        if len(data) != info.size_bytes or (info.md5 and _md5(data) != info.md5):
            raise BackupError(ErrorCode.OBJECT_DAMAGED, name=info.name, store=self._label)
        self.keep(info.name, data, replace=True)

    def prove(self, info: ObjectInfo) -> bool | None:
        return _md5(self.read(info.name)) == info.md5 if info.md5 else None

    def claim(self, count: int) -> None:
        self._check()
        with self._lock:
            if self.room_bytes() < count:
                raise BackupError(
                    ErrorCode.DRIVE_FULL, drive=self._label, path=self._label, reason="full"
                )
            self._unfinished_bytes += count

    def give_back(self, count: int) -> None:
        with self._lock:
            self._unfinished_bytes -= count

    def keep(self, name: str, data: bytes, *, replace: bool) -> None:
        self._check()
        with self._lock:
            if name in self.objects_by_name and not replace:
                raise BackupError(ErrorCode.OBJECT_EXISTS, name=name, store=self._label)
            self.objects_by_name[name] = data
            if self._keeps_md5:
                self.md5_by_name[name] = _md5(data)

    def refuse_wrong(self, name: str, data: bytes, md5: bytes | None) -> None:
        if self._keeps_md5 and md5 is not None and md5 != _md5(data):
            raise BackupError(ErrorCode.OBJECT_DAMAGED, name=name, store=self._label)

    def _check(self) -> None:
        if self.gone:
            raise BackupError(
                ErrorCode.DRIVE_GONE, drive=self._label, path=self._label, reason="unplugged"
            )


class MemoryWriter:
    """The ObjectWriter of a MemoryStore."""

    def __init__(self, store: MemoryStore, name: str, *, replace: bool) -> None:
        self._store = store
        self._name = name
        self._replace = replace
        self._data = bytearray()
        self._open = True

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self._store.claim(len(data))
        self._data += data

    def commit(self, md5: bytes | None = None) -> None:
        data = bytes(self._data)
        self.abort()
        self._store.refuse_wrong(self._name, data, md5)
        self._store.keep(self._name, data, replace=self._replace)

    def abort(self) -> None:
        if self._open:
            self._open = False
            self._store.give_back(len(self._data))


class MemoryReader:
    """The RawReader of a MemoryStore."""

    def __init__(self, data: bytes, *, past_cache: bool) -> None:
        self._data = data
        self._past_cache = past_cache
        self._offset = 0

    @property
    def past_cache(self) -> bool:
        return self._past_cache

    def read_into(self, buffer: memoryview) -> int:
        piece = self._data[self._offset : self._offset + len(buffer)]
        buffer[: len(piece)] = piece
        self._offset += len(piece)
        return len(piece)

    def __enter__(self) -> MemoryReader:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._data = b""


class MemoryAccount:
    """An Account of MemoryStores."""

    def __init__(self) -> None:
        self.store_by_container: dict[str, MemoryStore] = {}

    def containers(self) -> Sequence[str]:
        return sorted(self.store_by_container)

    def container(self, name: str, *, create: bool = False) -> MemoryStore:
        if create:
            self.store_by_container.setdefault(name, MemoryStore(f"memory/{name}"))
        if name not in self.store_by_container:
            raise BackupError(ErrorCode.ACCOUNT_NOT_FOUND, account="memory", container=name)
        return self.store_by_container[name]


def _md5(data: bytes) -> bytes:
    return hashlib.md5(data, usedforsecurity=False).digest()


class MemorySecrets:
    """A SecretStore that forgets everything at the end of the session, and says so."""

    def __init__(self) -> None:
        self._secret_by_name: dict[str, bytes] = {}

    @property
    def lasting(self) -> bool:
        return False

    def get(self, name: str) -> bytes | None:
        return self._secret_by_name.get(_checked(name))

    def put(self, name: str, secret: bytes) -> None:
        self._secret_by_name[_checked(name)] = secret

    def forget(self, name: str) -> None:
        self._secret_by_name.pop(_checked(name), None)


def _checked(name: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]{0,99}", name):
        raise ValueError(name)
    return name


class FakeClock:
    """A Clock that only moves when somebody waits; `waits` keeps how long."""

    def __init__(self, start: datetime = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)) -> None:
        self._start = start
        self._passed_s = 0.0
        self.waits: list[float] = []

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._passed_s)

    def monotonic(self) -> float:
        return self._passed_s

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self._passed_s += max(0.0, seconds)


class CopiedShadows:
    """Shadow copies that are real copies in a folder; `gaps` are sources that take none."""

    def __init__(self, folder: Path, gaps: Sequence[SourceGap] = ()) -> None:
        self.folder, self.gaps = folder, gaps
        self.on_take: Callable[[], None] = lambda: None
        self.taken = self.released = 0

    def take(self, sources: Sequence[str], checkpoint: Callable[[], None]) -> ShadowView:
        checkpoint()
        self.taken += 1
        lacking = {gap.source for gap in self.gaps}
        places: dict[str, str] = {}
        for number, source in enumerate(source for source in sources if source not in lacking):
            place = self.folder / f"shadow {self.taken} {number}"
            shutil.copytree(source, place, symlinks=True)
            places[source] = str(place)
        self.on_take()
        return _CopiedView(self, ShadowPlaces(places, ("volume",), tuple(self.gaps)))


class _CopiedView:
    def __init__(self, shadows: CopiedShadows, found: ShadowPlaces) -> None:
        self._shadows, self._released = shadows, False
        self.found = found

    def whole(self) -> bool:
        return all(Path(place).is_dir() for place in self.found.places.values())

    def release(self) -> None:
        if not self._released:
            self._released = True
            self._shadows.released += 1
            for place in self.found.places.values():
                shutil.rmtree(place, ignore_errors=True)


class MemoryTold:
    """What was told, in memory: the part of the state that reminders ask."""

    def __init__(self) -> None:
        self._told: set[tuple[str, str, str]] = set()
        self._due: list[tuple[str, str, str, datetime]] = []

    def claim(self, plan_id: str, channel: str, what: str) -> bool:
        before = len(self._told)
        self._told.add((plan_id, channel, what))
        return len(self._told) > before

    def disclaim(self, plan_id: str, channel: str, what: str) -> None:
        self._told.discard((plan_id, channel, what))

    def claim_due(
        self, plan_id: str, channel: str, what: str, at: datetime, within: timedelta
    ) -> bool:
        if self._near(plan_id, channel, what, at, within):
            return False
        self._due.append((plan_id, channel, what, at))
        return True

    def disclaim_due(
        self, plan_id: str, channel: str, what: str, at: datetime, within: timedelta
    ) -> None:
        for told in self._near(plan_id, channel, what, at, within):
            self._due.remove(told)

    def _near(
        self, plan_id: str, channel: str, what: str, at: datetime, within: timedelta
    ) -> list[tuple[str, str, str, datetime]]:
        wanted = (plan_id, channel, what)
        return [one for one in self._due if one[:3] == wanted and abs(one[3] - at) <= within]


def world_of(state: object, clock: object) -> World:
    """Give a world for services that ask its state and its clock only."""
    behind = dict.fromkeys(World.__struct_fields__)
    return World(**behind | {"state": state, "clock": clock})  # type: ignore[arg-type]
