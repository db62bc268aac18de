"""Counts the bytes that are read from a store, whatever kind of store it is."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Collection
from pathlib import Path
from typing import Any, TypeVar

from offline_backup_gui.domain.ports import DriveStore, RawReader
from tests.engine.office import FolderDoor

Store = TypeVar("Store")


class Meter:
    """Counts calls and bytes of `read` and `read_back` on the stores it watches."""

    def __init__(self) -> None:
        self.reads = 0
        self._bytes_by_name: dict[str, int] = defaultdict(int)
        self._lock = threading.Lock()

    def add(self, name: str, count: int) -> None:
        with self._lock:
            self.reads += 1
            self._bytes_by_name[name] += count

    def read_bytes(self, without: Collection[str] = ()) -> int:
        """Give how many bytes were read, some objects left out."""
        return sum(count for name, count in self._bytes_by_name.items() if name not in without)

    def watch(self, store: Store) -> Store:
        """Count from now on; the store stays what it is for everybody else."""
        ways: dict[str, Any] = {}
        read = getattr(store, "read")  # noqa: B009 - stores of every kind are watched

        def counted(name: str, *arguments: Any, **words: Any) -> bytes:
            data: bytes = read(name, *arguments, **words)
            self.add(name, len(data))
            return data

        ways["read"] = counted
        if hasattr(store, "read_back"):
            read_back = store.read_back
            ways["read_back"] = lambda name: _CountedReader(read_back(name), self, name)
        vars(store).update(ways)
        return store

    def door(self) -> FolderDoor:
        """Give a door to drives that are all watched."""

        def wrap(store: Any) -> DriveStore:
            watched: DriveStore = self.watch(store)
            return watched

        return FolderDoor(wrap)


class _CountedReader:
    def __init__(self, inner: RawReader, meter: Meter, name: str) -> None:
        self._inner, self._meter, self._name = inner, meter, name

    @property
    def past_cache(self) -> bool:
        return self._inner.past_cache

    def read_into(self, buffer: memoryview) -> int:
        count = self._inner.read_into(buffer)
        self._meter.add(self._name, count)
        return count

    def __enter__(self) -> _CountedReader:
        self._inner.__enter__()
        return self

    def __exit__(self, *trouble: Any) -> None:
        self._inner.__exit__(*trouble)


def stored_bytes(*tops: Path) -> int:
    """Add up the objects below some folders; what an account keeps beside them does not count."""
    return sum(
        path.stat().st_size
        for top in tops
        for path in top.rglob("*")
        if path.is_file() and not any(part.startswith(".") for part in path.parts[-4:])
    )
