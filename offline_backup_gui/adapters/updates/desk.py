"""The door of updates: looks, takes in, keeps ready, starts; one folder below the state folder."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

from offline_backup_gui import __version__
from offline_backup_gui.adapters.locks import LockFile
from offline_backup_gui.adapters.state.rights import secure_folder
from offline_backup_gui.domain.decoding import json_decoder
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.ports import Clock
from offline_backup_gui.domain.updates import OnBytes, Place, PlaceKind, Release, version_key
from offline_backup_gui.formats import update_file

_SLACK = timedelta(hours=1)  # a clock may be corrected by that much without anybody asking why
_SMALL_BYTES = 64 << 10
Start = Callable[[Path, Release], None]
_Kept = TypeVar("_Kept", "_Settings", "_Seen")


class _Settings(msgspec.Struct, frozen=True):
    place: str = ""


class _Seen(msgspec.Struct, frozen=True):
    """The latest time at which a release proved itself: no clock may show an earlier one."""

    at: datetime | None = None


class _RootSigned(msgspec.Struct, frozen=True):
    purpose: str = msgspec.field(default="", name="x-offline-backup-purpose")


class _Root(msgspec.Struct, frozen=True):
    signed: _RootSigned


class _Taken(Struct, frozen=True):
    release: Release
    metadata: dict[str, bytes]


def _nothing(_size_bytes: int) -> None:
    """Tell nobody."""


class UpdateDesk:
    """Keeps trusted metadata, one release that is ready, and the configured place.

    `root` reads the trusted root that the program was built with; `start` starts a setup program
    after it has looked at it for the last time; nothing older than `installed` is taken.
    """

    def __init__(
        self,
        folder: Path,
        root: Callable[[], bytes],
        clock: Clock,
        start: Start,
        installed: str = __version__,
    ) -> None:
        self._folder, self._root, self._clock, self._start = folder, root, clock, start
        self._installed = installed
        self._trusted, self._ready = folder / "trusted", folder / "ready"

    # ------------------------------------------------------------ the configured place

    def source(self) -> str:
        """Give the configured place, "" when there is none."""
        return _read(self._folder / "place.json", _Settings).place

    def set_source(self, place: str) -> None:
        """Configure a place, or none with ""."""
        with _told(self._folder):
            secure_folder(self._folder)
            _write(self._folder / "place.json", msgspec.json.encode(_Settings(place)))

    # ------------------------------------------------------------ looking and taking

    def look(self, place: Place) -> Release:
        """Verify the metadata of the release at a place; what was seen is remembered."""
        with self._alone() as scratch:
            return self._verified(place, scratch, _nothing, with_setup=None).release

    def take(self, place: Place, on_bytes: OnBytes) -> Release:
        """Verify metadata and setup program, and keep both in the protected folder."""
        with self._alone() as scratch:
            new = scratch / "ready"
            new.mkdir()
            taken = self._verified(place, scratch, on_bytes, with_setup=new)
            for name, data in taken.metadata.items():
                path = new / name
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(data)
            self._drop_ready()
            os.replace(new, self._ready)
            return taken.release

    def ready(self) -> Release | None:
        """Give the release in the protected folder, its metadata verified anew."""
        if not self._ready.is_dir():
            return None
        return self.look(Place(PlaceKind.FOLDER, str(self._ready)))

    def start(self) -> Release:
        """Verify the metadata once more, then let the starter verify the setup and start it."""
        release = self.ready()
        if release is None:
            raise BackupError(ErrorCode.UPDATE_NOT_READY)
        name = f"{release.sha256}.{update_file.SETUP_NAME}"
        self._start(self._ready / "targets" / name, release)
        return release

    def discard(self) -> None:
        """Empty the protected folder."""
        with _told(self._folder):
            self._drop_ready()

    def _drop_ready(self) -> None:
        if self._ready.is_dir():
            # Renamed first: what is only half removed must not look like a release.
            import tempfile

            old = Path(tempfile.mkdtemp(prefix="work-", dir=self._folder)) / "old"
            os.replace(self._ready, old)
            shutil.rmtree(old.parent, ignore_errors=True)

    # ------------------------------------------------------------ verifying

    @contextmanager
    def _alone(self) -> Iterator[Path]:
        """Give a scratch folder, for one process at a time; what a killed one left is removed."""
        lock = LockFile(self._folder / "lock")
        with _told(self._folder):
            secure_folder(self._folder)
            if not lock.take():
                raise BackupError(ErrorCode.UPDATE_BUSY)
            try:
                for left in self._folder.glob("work-*"):
                    shutil.rmtree(left, ignore_errors=True)
                import tempfile

                scratch = Path(tempfile.mkdtemp(prefix="work-", dir=self._folder))
                try:
                    yield scratch
                finally:
                    shutil.rmtree(scratch, ignore_errors=True)
            finally:
                lock.give_back()

    def _verified(
        self, place: Place, scratch: Path, on_bytes: OnBytes, *, with_setup: Path | None
    ) -> _Taken:
        # Loading the library takes a quarter of a second, which only this pays.
        from offline_backup_gui.adapters.updates.reading import Reading
        from offline_backup_gui.adapters.updates.sources import opened
        from offline_backup_gui.adapters.updates.verifying import Verification

        root, now = self._vendors_root(), self._time()
        self._trusted.mkdir(exist_ok=True)
        with opened(place) as source:
            reading = Reading(source, self._clock, on_bytes)
            look = Verification(root, self._trusted, scratch, reading, now)
            # A file is judged whole: each member is looked at, the setup program as well.
            for name in sorted(source.names()):
                if name.startswith("metadata/"):
                    reading.peek(name)
            _assert_all_roots(source.names())
            verified = look.run()
            if version_key(verified.release.version) < version_key(self._installed):
                raise BackupError(
                    ErrorCode.UPDATE_OLDER,
                    version=verified.release.version,
                    installed=self._installed,
                )
            if with_setup is not None or place.kind is PlaceKind.FILE:
                name = f"{verified.release.sha256}.{update_file.SETUP_NAME}"
                folder = (with_setup or scratch) / "targets"
                folder.mkdir()
                look.download(verified, folder / name)
            if source.names() - reading.used:
                raise BackupError(ErrorCode.UPDATE_FILE_DAMAGED, why="more than a release")
        self._trust(look.kept, now)
        return _Taken(verified.release, dict(reading.metadata))

    def _vendors_root(self) -> bytes:
        """Give the trusted root; UPDATE_NO_VENDOR for the one whose keys nobody has."""
        try:
            root = self._root()
            purpose = json_decoder(_Root).decode(root).signed.purpose
        except (OSError, msgspec.MsgspecError) as error:
            raise BackupError(ErrorCode.UPDATE_NO_VENDOR) from error
        if purpose:
            raise BackupError(ErrorCode.UPDATE_NO_VENDOR)
        return root

    def _time(self) -> datetime:
        """Give the time for judging expiry; UPDATE_CLOCK_WRONG when it ran backwards."""
        now = self._clock.now()
        seen = _read(self._folder / "seen.json", _Seen).at
        if seen is None:
            return now
        if now < seen - _SLACK:
            raise BackupError(
                ErrorCode.UPDATE_CLOCK_WRONG, now=now.isoformat(), seen=seen.isoformat()
            )
        return max(now, seen)

    def _trust(self, kept: Path, now: datetime) -> None:
        """Take over what proved itself. Killed in between, each file is old or new, in the order
        in which the client itself would have written them."""
        history = self._trusted / "root_history"
        history.mkdir(exist_ok=True)
        for path in sorted((kept / "root_history").iterdir()):
            _write(history / path.name, path.read_bytes())
        for name in ("timestamp.json", "snapshot.json", "targets.json"):
            _write(self._trusted / name, (kept / name).read_bytes())
        # Only now: a clock that is years ahead lets everything expire, and must not be believed.
        _write(self._folder / "seen.json", msgspec.json.encode(_Seen(now)))


def _assert_all_roots(names: frozenset[str]) -> None:
    """Refuse an update file without the whole row of roots: UPDATE_FILE_DAMAGED."""
    roots = {name for name in names if name.endswith(".root.json")}
    row = {f"metadata/{number}.root.json" for number in range(1, len(roots) + 1)}
    if names and (roots != row or not roots):
        raise BackupError(ErrorCode.UPDATE_FILE_DAMAGED, why="roots")


def _read(path: Path, kind: type[_Kept]) -> _Kept:
    """Read a small file of ours; one that is not there or says nothing counts as empty."""
    try:
        with path.open("rb") as file:
            return json_decoder(kind).decode(file.read(_SMALL_BYTES))
    except (OSError, msgspec.MsgspecError):
        return kind()


def _write(path: Path, data: bytes) -> None:
    """Replace a small file in one step; one that says the same already is left alone."""
    if path.is_file() and path.read_bytes() == data:
        return
    import tempfile

    handle, name = tempfile.mkstemp(prefix="part-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    """Say in our words what the system does not let us do in our own folder."""
    try:
        yield
    except OSError as error:
        why = error.strerror or str(error)
        raise BackupError(
            ErrorCode.STATE_NOT_USABLE, path=str(error.filename or folder), why=why
        ) from error
