"""What must be so after every kill: nothing acknowledged is lost, torn or written again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from offline_backup_gui.adapters.state.book import SqliteBook
from offline_backup_gui.adapters.stores.folder import FolderStore
from offline_backup_gui.adapters.stores.properties import PROPERTIES
from offline_backup_gui.engine.reading_back import open_every_chunk
from offline_backup_gui.formats.keys import Keyring
from offline_backup_gui.formats.pack import PackKind, name_of
from tests.engine.office import Wish

_PART = ".part"


@dataclass
class Tally:
    """What the kills of a run cost."""

    kills: int = 0
    packs: int = 0  # acknowledged before a kill and looked at after it
    begun_packs: int = 0  # at most, on one place, thrown away by one kill
    begun_bytes: int = 0
    sealed_again_bytes: int = 0  # chunks that are in two packs
    ready_s: float = 0.0  # at most, until a run did what was not done yet
    busy_s: float = 0.0  # the same in processor time, as on a machine that does nothing else
    kinds: dict[str, int] = field(default_factory=dict)

    def killed(self, kind: str) -> None:
        """Count a kill."""
        self.kills += 1
        self.kinds[kind] = self.kinds.get(kind, 0) + 1

    def ready(self, seconds: float | None, busy_s: float | None) -> None:
        """Note how long a run took until it did what was not done yet."""
        self.ready_s = max(self.ready_s, seconds or 0.0)
        self.busy_s = max(self.busy_s, busy_s or 0.0)


class Acknowledged:
    """Follows the packs of some places (drives, containers) from kill to kill.

    A pack is acknowledged when it stands under its name, and in an account once its MD5 is stored:
    whoever looks at the place counts on it.
    """

    def __init__(
        self, keyring: Keyring, places: Mapping[str, Path], tally: Tally, *, in_account: bool
    ) -> None:
        self._keyring, self._places, self._tally = keyring, places, tally
        self._in_account = in_account
        self._packs: dict[Path, tuple[int, int, int]] = {}
        self._chunks: set[bytes] = set()

    def __len__(self) -> int:
        return len(self._packs)

    def look(self, *, after_kill: bool) -> None:
        """Compare with what was there before; open every chunk of what is new."""
        now = {path: _state(path) for path in self._finished()}
        changed = [path for path, state in self._packs.items() if now.get(path) != state]
        assert changed == [], f"lost or written again: {changed}"
        for path in now.keys() - self._packs.keys():
            self._open(path, now[path][2])
        self._packs = now
        begun = {name: list(_begun(place)) for name, place in self._places.items()}
        if after_kill:
            self._tally.packs += len(now)
            for parts in begun.values():
                self._tally.begun_packs = max(self._tally.begun_packs, len(parts))
                size = sum(path.stat().st_size for path in parts)
                self._tally.begun_bytes = max(self._tally.begun_bytes, size)
                assert len(parts) <= 1, f"more than one pack was begun: {parts}"
        else:
            assert not any(begun.values()), f"left over: {begun}"

    def assert_in_book(self, path: Path, homes: Mapping[str, str]) -> None:
        """What the book counts on is there: `homes` gives the home of each place."""
        book = SqliteBook(path)
        try:
            for place, home in homes.items():
                for pack in book.packs(home):
                    found = self._places[place] / name_of(pack.pack_id)
                    assert found.exists(), f"in the book and not there: {found}"
                    assert found.stat().st_size == pack.size_bytes, found
        finally:
            book.close()

    def _finished(self) -> Iterable[Path]:
        for place in self._places.values():
            for path in place.glob("packs/*/*"):
                named = not path.name.startswith(".")
                if named and (not self._in_account or _with_md5(place, path)):
                    yield path

    def _open(self, path: Path, size: int) -> None:
        """Open a pack that appeared; it is whole, and what it holds was in no pack before."""
        place = path.parents[2]
        name = str(path.relative_to(place))
        found = open_every_chunk(self._keyring, FolderStore(place), name, size, Wish())
        if found.header.kind != PackKind.DATA or any(
            path.name == other.name for other in self._packs
        ):
            return  # catalogues are on every drive, and containers hold what drives hold
        for row in found.rows:
            if row.chunk_id in self._chunks:
                self._tally.sealed_again_bytes += row.stored_bytes
            self._chunks.add(row.chunk_id)


def _state(path: Path) -> tuple[int, int, int]:
    info = path.stat()
    return info.st_ino, info.st_mtime_ns, info.st_size


def _with_md5(place: Path, path: Path) -> bool:
    name = path.relative_to(place)
    return (place / PROPERTIES / name).with_name(f"{name.name}.md5").exists()


def _begun(place: Path) -> Iterable[Path]:
    return (path for path in place.glob("packs/*/.*") if path.name.endswith(_PART))
