"""Which drives carry a plan's files as they are, as this computer remembers it; only a cache."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from offline_backup_gui.domain.decoding import json_decoder
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.engine.mirror_arrival import CarriedFile
from offline_backup_gui.formats.mirror import MirrorSeal
from offline_backup_gui.services.plain_files import replace_file


class MirrorPlace(Struct, frozen=True):
    """One drive: where it was mounted, what it says of itself, and its seal once it has one."""

    mount: str
    serial: str
    label: str
    seal: MirrorSeal | None = None


class MirrorPlaces:
    """One small file a drive, in a folder of the state; each appears whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, place: MirrorPlace) -> None:
        """Remember a drive; STATE_NOT_USABLE."""
        path = self._path(place.serial)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            replace_file(path, msgspec.json.encode(place))
        except OSError as error:
            raise BackupError(
                ErrorCode.STATE_NOT_USABLE, path=str(path), why=error.strerror or ""
            ) from error

    def put_files(self, serial: str, files: Iterable[CarriedFile]) -> None:
        """Remember what a sealed drive carries, so that its arrival can be proved without it."""
        path = self._path(serial).with_suffix(".files")
        part = path.with_suffix(".files-part")
        encoder = msgspec.json.Encoder()
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with part.open("wb") as file:
                for carried in files:
                    file.write(encoder.encode(carried) + b"\n")
            os.replace(part, path)
        except OSError as error:
            raise BackupError(
                ErrorCode.STATE_NOT_USABLE, path=str(path), why=error.strerror or ""
            ) from error

    def files(self, serial: str) -> list[CarriedFile] | None:
        """Give what a sealed drive carries; None when that is not known here, or not any more."""
        try:
            lines = self._path(serial).with_suffix(".files").read_bytes().splitlines()
            return [json_decoder(CarriedFile).decode(line) for line in lines]
        except (OSError, msgspec.MsgspecError):
            return None

    def forget(self, serial: str) -> None:
        """Take a drive out; no trouble when it is not there. STATE_NOT_USABLE."""
        path = self._path(serial)
        try:
            path.unlink(missing_ok=True)
            path.with_suffix(".files").unlink(missing_ok=True)
        except OSError as error:
            raise BackupError(
                ErrorCode.STATE_NOT_USABLE, path=str(path), why=error.strerror or ""
            ) from error

    def _path(self, serial: str) -> Path:
        key = hashlib.blake2b(serial.encode("utf-8", "replace"), digest_size=8).hexdigest()
        return self._folder / f"{key}.json"

    def all(self) -> Sequence[MirrorPlace]:
        """List the drives by serial; what cannot be read is as if it were not there."""
        found = []
        for path in sorted(self._folder.glob("*.json")):
            try:
                found.append(json_decoder(MirrorPlace).decode(path.read_bytes()))
            except (OSError, msgspec.MsgspecError):
                continue
        return sorted(found, key=lambda place: (place.serial, place.mount))
