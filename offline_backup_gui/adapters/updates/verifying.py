"""Verifies a release: every file of it from nothing, then against what was trusted before."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import tuf.api.exceptions as tuf_trouble
from msgspec import Struct
from tuf.api.metadata import TargetFile
from tuf.ngclient import Updater, UpdaterConfig

from offline_backup_gui.adapters.updates.reading import BASE, METADATA_MOST_BYTES, Reading
from offline_backup_gui.adapters.updates.strictness import Chain
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.updates import SETUP_LARGEST_BYTES, Release, version_key
from offline_backup_gui.formats import update_file

_CONFIG = UpdaterConfig(
    max_root_rotations=64,
    max_delegations=0,  # the vendor signs its own releases; nobody else may
    root_max_length=METADATA_MOST_BYTES,
    timestamp_max_length=16 << 10,
    snapshot_max_length=METADATA_MOST_BYTES,
    targets_max_length=METADATA_MOST_BYTES,
)
_SHA256 = re.compile(r"[0-9a-f]{64}")


class _Client(Updater):
    """The client of python-tuf, which begins with the root that the program was built with."""

    def _update_root_symlink(self) -> None:
        """Make no link: nothing reads it, and not every file system and account can have one."""


class Verified(Struct, frozen=True):
    """A release whose metadata proved itself; `target` holds length and hash of its setup."""

    release: Release
    target: TargetFile


class Verification:
    """One look at one release. `trusted` is only read; `scratch` is ours alone."""

    def __init__(
        self, root: bytes, trusted: Path, scratch: Path, reading: Reading, now: datetime
    ) -> None:
        self._root, self._trusted, self._scratch = root, trusted, scratch
        self._reading, self._now = reading, now
        self.kept = scratch / "kept"

    def run(self) -> Verified:
        """Give the release; UPDATE_* say why not. Then `kept` holds what is trusted from now on.

        The first pass knows nothing but roots, so every file of the release is looked at and
        whatever does not fit together is a mixture. The second pass knows what was seen before,
        so whatever it dislikes is older than that.
        """
        alone = self._scratch / "alone"
        self._copy_roots(alone)
        with _first_troubles(self):
            target = self._refreshed(alone).get_targetinfo(update_file.SETUP_NAME)
        chain = self._chain(alone)
        for name, data in self._reading.metadata.items():
            chain.check(name, data)
        shutil.copytree(self._trusted, self.kept, dirs_exist_ok=True)
        with _second_troubles():
            self._refreshed(self.kept)
        if target is None:
            raise BackupError(ErrorCode.UPDATE_NOT_GENUINE, name="targets")
        return Verified(_release(target), target)

    def download(self, verified: Verified, path: Path) -> None:
        """Write the setup program to a path; UPDATE_NOT_GENUINE unless length and hash are right.

        UPDATE_FILE_DAMAGED when the place holds what does not belong to the release.
        """
        client = self._refreshed(self.kept)
        try:
            client.download_target(verified.target, str(path), f"{BASE}targets/")
        except (tuf_trouble.LengthOrHashMismatchError, tuf_trouble.DownloadError) as error:
            raise _of_download(error, "setup") from error

    def _refreshed(self, folder: Path) -> Updater:
        client = _Client(
            str(folder),
            f"{BASE}metadata/",
            fetcher=self._reading,
            config=_CONFIG,
            bootstrap=self._root,
        )
        # The library takes the computer's time; ours never runs behind what was seen already.
        client._trusted_set.reference_time = self._now
        client.refresh()
        return client

    def _copy_roots(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        history = self._trusted / "root_history"
        if history.is_dir():
            shutil.copytree(history, folder / "root_history")

    def _chain(self, folder: Path) -> Chain:
        roots = {
            int(path.name.split(".")[0]): path.read_bytes()
            for path in (folder / "root_history").glob("*.root.json")
        }
        return Chain(roots, self._reading.metadata)

    def spelled_wrong_or_mixed(self) -> BackupError:
        """Say whether files that do not fit together are all genuine, or which one is not."""
        chain = self._chain(self._scratch / "alone")
        for name, data in self._reading.metadata.items():
            if not chain.genuine(name, data):
                return BackupError(ErrorCode.UPDATE_NOT_GENUINE, name=name)
        return BackupError(ErrorCode.UPDATE_MIXED)


@contextmanager
def _first_troubles(look: Verification) -> Iterator[None]:
    try:
        yield
    except tuf_trouble.ExpiredMetadataError as error:
        raise BackupError(ErrorCode.UPDATE_EXPIRED, what=_role_in(str(error))) from error
    except (
        tuf_trouble.BadVersionNumberError,
        tuf_trouble.LengthOrHashMismatchError,
        tuf_trouble.DownloadLengthMismatchError,
    ) as error:
        raise look.spelled_wrong_or_mixed() from error
    except tuf_trouble.DownloadError as error:
        raise _of_download(error, "metadata") from error
    except tuf_trouble.RepositoryError as error:
        raise BackupError(ErrorCode.UPDATE_NOT_GENUINE, name="metadata") from error


@contextmanager
def _second_troubles() -> Iterator[None]:
    try:
        yield
    except tuf_trouble.RepositoryError as error:
        raise BackupError(ErrorCode.UPDATE_ROLLED_BACK) from error
    except tuf_trouble.DownloadError as error:
        raise _of_download(error, "metadata") from error


def _role_in(text: str) -> str:
    return next((role for role in ("root", "timestamp", "snapshot", "targets") if role in text), "")


def _of_download(error: Exception, name: str) -> BackupError:
    if isinstance(error.__cause__, BackupError):
        return error.__cause__
    if isinstance(error, tuf_trouble.DownloadLengthMismatchError):
        return BackupError(ErrorCode.UPDATE_TOO_LARGE, name=name)
    if isinstance(error, tuf_trouble.DownloadHTTPError):
        return BackupError(ErrorCode.UPDATE_FILE_DAMAGED, why=f"missing: {error}")
    if isinstance(error, tuf_trouble.LengthOrHashMismatchError):
        return BackupError(ErrorCode.UPDATE_NOT_GENUINE, name=name)
    return BackupError(ErrorCode.UPDATE_UNREACHABLE, place=name, why=str(error))


def _release(target: TargetFile) -> Release:
    """Read what the vendor signed beside length and hash; UPDATE_NOT_GENUINE when it is unfit."""
    try:
        custom: dict[str, Any] = target.custom or {}
        notes = {str(key): str(text) for key, text in dict(custom.get("notes", {})).items()}
        release = Release(
            version=str(custom["version"]),
            released=datetime.fromisoformat(str(custom["released"])).isoformat(),
            size_bytes=target.length,
            sha256=target.hashes["sha256"],
            notes=notes,
        )
        version_key(release.version)
        fit = _SHA256.fullmatch(release.sha256) is not None and len(target.hashes) == 1
    except (KeyError, TypeError, ValueError) as error:
        raise BackupError(ErrorCode.UPDATE_NOT_GENUINE, name="targets") from error
    if not fit:
        raise BackupError(ErrorCode.UPDATE_NOT_GENUINE, name="targets")
    if release.size_bytes > SETUP_LARGEST_BYTES:
        raise BackupError(ErrorCode.UPDATE_TOO_LARGE, name=update_file.SETUP_NAME)
    return release
