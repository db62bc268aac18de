"""The parsers of names, plans, sidecars and of what systems say about drives."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

from offline_backup_gui.adapters.drives.contents import contents_of
from offline_backup_gui.adapters.drives.lsblk import parse_lsblk
from offline_backup_gui.adapters.stores.azure_address import address_of
from offline_backup_gui.adapters.stores.folder import FolderStore
from offline_backup_gui.adapters.stores.names import (
    checked_container,
    checked_prefix,
    is_name,
    segments,
)
from offline_backup_gui.adapters.stores.practice import MARKER, practice_size
from offline_backup_gui.domain.errors import BackupError
from offline_backup_gui.domain.names import blob_flaw, check_container
from offline_backup_gui.domain.windows_names import is_windows_path
from offline_backup_gui.formats import point, record
from offline_backup_gui.formats.record import new_repository_record
from offline_backup_gui.services.plan_file import TEMPLATE, parse_plan
from tests.robustness.crafting import RING
from tests.robustness.fuzzing import Parser, mutated_bytes, mutated_text


def _names(text: str) -> None:
    if is_name(text):
        assert ".." not in text.split("/")
        assert "\\" not in text
    record.drive_id_of(text)
    point.id_of(text)
    blob_flaw(text)
    is_windows_path(text.encode("utf-8", "surrogatepass"))
    for check in (segments, checked_prefix, checked_container, check_container, address_of):
        _quietly(check, text)


def _quietly(check: Callable[[str], object], text: str) -> None:
    with contextlib.suppress(BackupError):
        check(text)


def _plan(text: str) -> None:
    parse_plan(text, "plan.toml", Path("/srv"))


@cache
def _folder() -> Path:
    """Give a folder of sidecars, made once in each process."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    top = Path(tempfile.mkdtemp(prefix="fuzz-", dir=memory))
    (top / ".properties" / "points").mkdir(parents=True)
    (top / "points").mkdir()
    (top / "points" / "x").write_bytes(b"x")
    (top / "container").mkdir()
    return top


def _sidecar(data: bytes) -> None:
    top = _folder()
    (top / ".properties" / "points" / "x.md5").write_bytes(data)
    (info,) = FolderStore(top, keeps_md5=True).objects("points/")
    assert info.md5 is None or len(info.md5) == 16


def _marker(data: bytes) -> None:
    (_folder() / MARKER).write_bytes(data)
    size = practice_size(_folder())
    assert size is None or size >= 0


def _contents(data: bytes) -> None:
    (_folder() / "container" / "repository.json").write_bytes(data)
    found = contents_of(str(_folder()))
    assert len(found.repository_id) <= 64


def _disks(text: str) -> None:
    parse_lsblk(text, "", {})


_LSBLK = (
    b'{"blockdevices":[{"name":"sda","kname":"sda","path":"/dev/sda","type":"disk","size":1000,"serial":"S",'
    b'"mountpoints":["/mnt"],"rm":true,"ro":false,"tran":"usb","children":[{"name":"sda1","kname":"sda1",'
    b'"path":"/dev/sda1","type":"part","fstype":"ntfs","size":900,"mountpoints":[null]}]}]}'
)

_POINT = "points/20261123t000000z-0000000000000001"
_REPOSITORY = new_repository_record(RING, "2026-11-23T00:00:00Z")

PLACES = (
    Parser(
        "names",
        [
            "packs/ab/ab" + "0" * 30,
            _POINT,
            "https://x.blob.core.windows.net/c?sig=1",
            "a-b",
        ],
        mutated_text,
        _names,
    ),
    Parser("plan", [TEMPLATE], mutated_text, _plan),
    Parser("stored MD5", [b"0" * 32 + b"\n"], mutated_bytes, _sidecar),
    Parser("practice marker", [b'{"size_bytes": 1000}'], mutated_bytes, _marker),
    Parser(
        "drive contents",
        [_REPOSITORY],
        mutated_bytes,
        _contents,
    ),
    Parser("list of disks", [_LSBLK.decode()], mutated_text, _disks),
)
