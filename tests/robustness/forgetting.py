"""What a catalogue says, and a computer that knows nothing but a passphrase or a recovery code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from offline_backup_gui.adapters.state.book import KEY_BYTES, SqliteBook
from offline_backup_gui.domain.ports import Account, ObjectStore
from offline_backup_gui.engine.catalogue import read_catalogue
from offline_backup_gui.engine.library import Library
from offline_backup_gui.engine.points import done_points
from offline_backup_gui.engine.unlocking import unlock
from offline_backup_gui.formats.catalogue import encode
from offline_backup_gui.formats.record import PASSPHRASE_SLOT, RECOVERY_SLOT, REPOSITORY
from offline_backup_gui.formats.recovery_code import lines_of
from tests.engine.office import ENTROPY, PASSPHRASE, Office
from tests.robustness.metering import Meter

KEY_FILES = (REPOSITORY, PASSPHRASE_SLOT, RECOVERY_SLOT)


@dataclass(frozen=True)
class Facts:
    """Everything a book knows of what is stored: points, packs and the places of chunks."""

    points: dict[str, bytes]
    packs: dict[bytes, tuple[Any, ...]]  # kind, size, BLAKE3, MD5
    places: dict[bytes, tuple[Any, ...]]  # pack id, frame, offset, stored, plain, codec

    @property
    def sizes(self) -> dict[bytes, tuple[Any, ...]]:
        """Give the packs without their hashes, which no directory carries."""
        return {pack_id: facts[:2] for pack_id, facts in self.packs.items()}


def facts_of(book: SqliteBook) -> Facts:
    """Read a book's tables; no code of the engine stands between."""
    rows: list[Any] = book._db.rows("SELECT number, pack_id, kind, size, blake3, md5 FROM packs")
    id_by_number = {row[0]: row[1] for row in rows}
    places: list[Any] = book._db.rows(
        "SELECT key, pack, frame, offset, stored, plain, codec FROM chunks"
    )
    assert all(len(row[0]) == KEY_BYTES for row in places)
    return Facts(
        {point.point_id: book.point(point).data for point in done_points(book)},
        {row[1]: row[2:] for row in rows},
        {row[0]: (id_by_number[row[1]], *row[2:]) for row in places},
    )


def listings_of(library: Library) -> dict[str, list[bytes]]:
    """Read the whole catalogue of every point."""
    return {
        head.point_id: [
            encode(listing) for listing in read_catalogue(head.open(library.keyring), library.chunk)
        ]
        for head in library.chain.points
    }


def newcomer(
    base: Path,
    sources: Sequence[Path],
    found: ObjectStore,
    meter: Meter,
    *,
    by_code: bool = False,
    account: Account | None = None,
) -> Office:
    """Open a repository on a computer without any state; only one secret is brought along."""
    assert not base.exists()
    store = meter.watch(found)
    code = "\n".join(lines_of(ENTROPY)) if by_code else None
    keyring = unlock(store, passphrase=None if by_code else PASSPHRASE, recovery_code=code)
    office = Office(base, tuple(sources), door=meter.door())
    office.keyring = keyring
    office.key_files = {name: store.read(name) for name in KEY_FILES}
    if account is not None:
        office.account = MeteredAccount(account, meter)  # type: ignore[assignment]
    return office


class MeteredAccount:
    """An account of any kind whose containers are watched."""

    def __init__(self, inner: Account, meter: Meter) -> None:
        self._inner, self._meter = inner, meter

    def containers(self) -> Sequence[str]:
        return self._inner.containers()

    def container(self, name: str, *, create: bool = False) -> Any:
        return self._meter.watch(self._inner.container(name, create=create))
