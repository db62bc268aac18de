"""Which files hold a part in which packs, read with nothing but the description of the formats."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from tests.formats import independent_reader


class IndependentLook:
    """The newest point of some containers, pack by pack; not a line of the program is used."""

    def __init__(self, containers: Sequence[Path], passphrase: str) -> None:
        first = containers[0]
        self._repository, self._master = independent_reader.unlock(first, passphrase)
        points = [
            independent_reader.read_point(path, self._repository, self._master)
            for path in first.glob("points/*")
        ]
        self._point = max(points, key=lambda point: point["sequence"])
        catalogue = {chunk[0] for chunk in self._point["catalogue"]}
        self._catalogue: dict[bytes, bytes] = {}
        self.chunks_by_pack: dict[str, set[bytes]] = {}
        for path in sorted(path for top in containers for path in top.glob("packs/*/[0-9a-f]*")):
            chunks = self._chunks(path)
            self.chunks_by_pack["/".join(path.parts[-3:])] = set(chunks)
            self._catalogue |= {id_: chunks[id_] for id_ in catalogue & chunks.keys()}

    def _chunks(self, pack: Path) -> dict[bytes, bytes]:
        # One pack at a time, so that no drive has to fit into memory.
        with tempfile.TemporaryDirectory() as folder:
            alone = Path(folder, *pack.parts[-3:])
            alone.parent.mkdir(parents=True)
            alone.symlink_to(pack)
            return independent_reader.read_packs(Path(folder), self._repository, self._master)

    @property
    def data_packs(self) -> list[str]:
        """Name the packs that hold contents of files."""
        return [
            name for name, ids in self.chunks_by_pack.items() if not ids & self._catalogue.keys()
        ]

    def files_lacking(self, packs: Collection[str]) -> set[bytes]:
        """Name the files (below their source) that cannot be put together without some packs."""
        left = {
            id_ for name, ids in self.chunks_by_pack.items() if name not in packs for id_ in ids
        }
        affected = set()
        for listing in self._listings():
            ids = listing.get("c", [])
            for entry in listing.get("e", []):
                numbers = entry.get("x", [])[::3]
                if any(number >= 0 and ids[number] not in left for number in numbers):
                    affected.add(os.path.join(listing["p"], entry["n"]))
        return affected

    def _listings(self) -> Iterator[dict[str, Any]]:
        stream = b"".join(self._catalogue[chunk[0]] for chunk in self._point["catalogue"])
        at = 0
        while at < len(stream):
            size = int.from_bytes(stream[at : at + 4], "big")
            yield msgspec.msgpack.decode(stream[at + 4 : at + 4 + size])
            at += 4 + size
