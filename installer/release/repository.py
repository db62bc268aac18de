"""A repository of releases: root, targets, snapshot, timestamp, and the update file made of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Metadata, MetaFile, Root, Snapshot, TargetFile, Targets, Timestamp
from tuf.api.serialization.json import JSONSerializer

from offline_backup_gui.domain.updates import version_key
from offline_backup_gui.formats import update_file

COMPACT = JSONSerializer(compact=True)
DEVELOPMENT = "development"
Signers = Mapping[str, Sequence[CryptoSigner]]


@dataclass(frozen=True)
class Lifetimes:
    """How long each role is believed, in days. An update file must live as long as its way."""

    root: int = 3 * 365
    targets: int = 365
    snapshot: int = 120
    timestamp: int = 60


@dataclass(frozen=True)
class Note:
    """What is new in a version, and when it came."""

    version: str
    released: datetime
    notes: Mapping[str, str]


class Repository:
    """Folders `metadata` and `targets`, as a web server or a share offers them."""

    def __init__(
        self, folder: Path, now: datetime | None = None, lifetimes: Lifetimes | None = None
    ) -> None:
        self.folder = folder
        self._now = (now or datetime.now(UTC)).replace(microsecond=0)
        self._lifetimes = lifetimes or Lifetimes()
        (folder / "metadata").mkdir(parents=True, exist_ok=True)
        (folder / "targets").mkdir(exist_ok=True)

    def at(self, now: datetime) -> Repository:
        """Give the same repository at another time."""
        return Repository(self.folder, now, self._lifetimes)

    # ------------------------------------------------------------ root

    def new_root(
        self,
        signers: Signers,
        thresholds: Mapping[str, int],
        *,
        also: Sequence[CryptoSigner] = (),
        development: bool = False,
    ) -> bytes:
        """Write the next root: its keys are those given, `also` signs for the root before it."""
        version = self._newest("root") + 1
        extra = {"x-offline-backup-purpose": DEVELOPMENT} if development else None
        root = Root(
            version=version,
            expires=self._until(self._lifetimes.root),
            consistent_snapshot=True,
            unrecognized_fields=extra,
        )
        for role, keys in signers.items():
            for key in keys:
                root.add_key(key.public_key, role)
            root.roles[role].threshold = thresholds[role]
        return self._write(f"{version}.root", Metadata(root), [*signers["root"], *also])

    def root(self) -> Root:
        """Give the newest root."""
        root: Root = self._read(f"{self._newest('root')}.root", Root)
        return root

    # ------------------------------------------------------------ releases

    def release(self, signers: Signers, setup: bytes, note: Note) -> None:
        """Sign a release: the setup program becomes the one target there is."""
        version_key(note.version)
        sha256 = hashlib.sha256(setup).hexdigest()
        target = TargetFile(
            len(setup),
            {"sha256": sha256},
            update_file.SETUP_NAME,
            {
                "custom": {
                    "version": note.version,
                    "released": note.released.replace(microsecond=0).isoformat(),
                    "notes": dict(note.notes),
                }
            },
        )
        version = self._newest("targets") + 1
        targets = Targets(
            version=version,
            expires=self._until(self._lifetimes.targets),
            targets={update_file.SETUP_NAME: target},
        )
        data = self._write(f"{version}.targets", Metadata(targets), signers["targets"])
        (self.folder / "targets" / f"{sha256}.{update_file.SETUP_NAME}").write_bytes(setup)
        self._snapshot(signers, MetaFile.from_data(version, data, ["sha256"]))
        self.refresh(signers)

    def _snapshot(self, signers: Signers, targets: MetaFile) -> None:
        version = self._newest("snapshot") + 1
        snapshot = Snapshot(
            version=version,
            expires=self._until(self._lifetimes.snapshot),
            meta={"targets.json": targets},
        )
        self._write(f"{version}.snapshot", Metadata(snapshot), signers["snapshot"])

    def refresh(self, signers: Signers) -> None:
        """Sign the newest snapshot's place in time anew; nothing else changes."""
        version = self._newest("snapshot")
        data = (self.folder / "metadata" / f"{version}.snapshot.json").read_bytes()
        path = self.folder / "metadata" / "timestamp.json"
        before = self._read("timestamp", Timestamp).version if path.exists() else 0
        timestamp = Timestamp(
            version=before + 1,
            expires=self._until(self._lifetimes.timestamp),
            snapshot_meta=MetaFile.from_data(version, data, ["sha256"]),
        )
        self._write("timestamp", Metadata(timestamp), signers["timestamp"])

    # ------------------------------------------------------------ update file

    def members(self) -> dict[str, bytes]:
        """Give what an update file of the newest release holds, with every root from the first."""
        snapshot = self._read(f"{self._newest('snapshot')}.snapshot", Snapshot)
        targets = self._read(f"{snapshot.meta['targets.json'].version}.targets", Targets)
        sha256 = targets.targets[update_file.SETUP_NAME].hashes["sha256"]
        wanted = [f"metadata/{number}.root.json" for number in range(1, self._newest("root") + 1)]
        wanted += [
            "metadata/timestamp.json",
            f"metadata/{snapshot.version}.snapshot.json",
            f"metadata/{targets.version}.targets.json",
            f"targets/{sha256}.{update_file.SETUP_NAME}",
        ]
        return {name: (self.folder / name).read_bytes() for name in wanted}

    # ------------------------------------------------------------ files

    def _until(self, days: int) -> datetime:
        return self._now + timedelta(days=days)

    def _newest(self, role: str) -> int:
        found = (self.folder / "metadata").glob(f"*.{role}.json")
        return max((int(path.name.split(".")[0]) for path in found), default=0)

    def _read(self, name: str, kind: type[Any]) -> Any:
        path = self.folder / "metadata" / f"{name}.json"
        signed = Metadata.from_bytes(path.read_bytes()).signed
        if not isinstance(signed, kind):
            raise TypeError(path)
        return signed

    def _write(self, name: str, metadata: Metadata[Any], signers: Sequence[CryptoSigner]) -> bytes:
        metadata.signatures.clear()
        for one in signers:
            metadata.sign(one, append=True)
        data = metadata.to_bytes(COMPACT)
        (self.folder / "metadata" / f"{name}.json").write_bytes(data)
        return data


def packed(members: Mapping[str, bytes]) -> bytes:
    """Give the bytes of an update file."""
    pieces: list[bytes] = []
    for name, data in sorted(members.items()):
        pieces += [update_file.header(name, len(data)), data, update_file.padding(len(data))]
    return b"".join([*pieces, update_file.END])
