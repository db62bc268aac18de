"""Data Box and Data Box Disk: checked before they leave, watched while an agent writes to them."""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct, field
from msgspec.structs import replace

from offline_backup_gui.domain.agent_writing import Writing, WritingLook, judge
from offline_backup_gui.domain.decoding import json_decoder
from offline_backup_gui.domain.device_forecast import Flaw, Forecast, Forecaster, Item
from offline_backup_gui.domain.device_layout import (
    CONTAINERS,
    DRIVE_MANIFEST,
    FILES_BY_DEVICE,
    Device,
    Format,
    Layout,
    Tier,
)
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.findings import Finding, FindingCode, Severity, blocks
from offline_backup_gui.domain.job import Phase
from offline_backup_gui.domain.taken_names import Fate
from offline_backup_gui.engine.context import Context
from offline_backup_gui.engine.device_items import FoundFile, device_files, same_bytes
from offline_backup_gui.engine.ingesting import Listing
from offline_backup_gui.engine.scan import inside
from offline_backup_gui.services.checks import Checks, PlaceCheck
from offline_backup_gui.services.ingests import open_blobs
from offline_backup_gui.services.plain_files import replace_file
from offline_backup_gui.services.watching import Watch, watched
from offline_backup_gui.services.world import AccountSecret, World

_PROBLEMS_KEPT = 1000
_QUIET = frozenset({Fate.AS_IS, Fate.IGNORED, Fate.ELSEWHERE})
_PASSKEY = "data-box-passkey-"
_PLAIN_NAME = re.compile(r"[a-z0-9.-]{1,60}")


class DeviceCheck(Struct):
    """What was found on one device. `problems` beyond the first thousand are counted only."""

    path: str
    layout: Layout
    files: int = 0
    size_bytes: int = 0
    containers: set[str] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)
    problems: list[Forecast] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)
    hidden: list[tuple[str, str]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    backups: list[PlaceCheck] = field(default_factory=list)
    own: set[str] = field(default_factory=set)  # containers with a backup of this program

    @property
    def good(self) -> bool:
        """Say whether all of it would arrive as it is, as far as rules and hashes tell."""
        backups = all(each.check.good for each in self.backups)
        quiet = not (self.problems or self.unfinished or self.hidden)
        return quiet and backups and not blocks(self.findings)


class Into(Struct, frozen=True):
    """The account a device is for, and what opens it; nothing where that is kept here."""

    account: str
    secret: AccountSecret = AccountSecret()


class Devices:
    """Looks at devices of Microsoft; nothing on them is ever changed here."""

    def __init__(self, world: World, checks: Checks) -> None:
        self._world, self._checks = world, checks

    def check(
        self,
        places: Sequence[str],
        *,
        hashes: bool = True,
        watch: Watch | None = None,
        into: Into | None = None,
    ) -> list[DeviceCheck]:
        """Check the devices of one order: layout, names, sizes, collisions, leftovers, hashes.

        `into` is the account they are for: names that are taken there are told as well.
        NOT_A_DEVICE, DRIVE_NOT_FOUND; a backup that is not sealed is DRIVE_NOT_SEALED.
        """
        watch = watch or Watch()
        context = watched(watch, self._world.clock, self._world.files)
        layouts = [self.layout(place) for place in places]
        there = self._there(context, into)
        forecaster, found = Forecaster(there), []
        context.progress.phase(Phase.SCAN)
        context.tell(Phase.SCAN)
        several = len(places) > 1
        for place, layout in zip(places, layouts, strict=True):
            check = DeviceCheck(place, layout)
            label = f"{place}: " if several else ""
            self._walk(context, check, forecaster, label, there if hashes else None)
            check.findings += _findings(check)
            found.append(check)
        if hashes:
            for check in found:
                if check.own:
                    check.backups = self._checks.verify([check.path], watch=watch)
        return found

    def _there(self, context: Context, into: Into | None) -> Listing | None:
        """List what is in an account when it is asked about; NOT_AN_ACCOUNT."""
        if into is None:
            return None
        opened = open_blobs(self._world, context, into.account, into.secret)
        if opened is None:
            raise BackupError(ErrorCode.NOT_AN_ACCOUNT, store=into.account)
        return Listing(opened)

    def layout(self, place: str) -> Layout:
        """Tell what a place is; NOT_A_DEVICE, DRIVE_NOT_FOUND."""
        if not Path(place).is_dir():
            raise BackupError(ErrorCode.DRIVE_NOT_FOUND, path=place)
        layout = self._world.layout_at(place)
        if layout is None:
            raise BackupError(ErrorCode.NOT_A_DEVICE, path=place)
        return layout

    def _walk(
        self,
        context: Context,
        check: DeviceCheck,
        forecaster: Forecaster,
        label: str,
        there: Listing | None,
    ) -> None:
        found: list[FoundFile] = []
        check.own = {name for _, name in self._world.containers_on(check.path)}

        def judge_all() -> None:
            judged = forecaster.judge(check.layout, found, label)
            for file, told in zip(found, judged, strict=True):
                _count(check, _compared(context, check.path, file, told, there))
            found.clear()

        for file in device_files(
            context.files, check.path, lambda *line: check.hidden.append(line)
        ):
            context.control.checkpoint()
            check.files += 1
            check.size_bytes += file.size_bytes
            context.progress.add(files=1, size_bytes=file.size_bytes)
            if _is_unfinished(file.path):
                check.unfinished.append(file.path)
                continue
            found.append(file)
            if len(found) >= _PROBLEMS_KEPT:
                judge_all()
        judge_all()

    # --- what will become of a folder, before it is copied

    def forecast(
        self,
        folder: str,
        container: str,
        *,
        page: bool = False,
        device: Device = Device.DISK,
        watch: Watch | None = None,
        into: Into | None = None,
    ) -> DeviceCheck:
        """Say what becomes of the files of a folder once they lie in a container of a device.

        `into` is the account the device is for: names that are taken there are told as well.
        """
        if not Path(folder).is_dir():
            raise BackupError(ErrorCode.SOURCE_MISSING, path=folder)
        context = watched(watch or Watch(), self._world.clock, self._world.files)
        kind = Format.PAGE if page else Format.BLOCK
        layout = Layout(device, (kind,), () if page else (Tier.HOT,))
        above = "/".join((*(layout.folder(kind) or ()), container))
        there = self._there(context, into)
        check, forecaster = DeviceCheck(folder, layout), Forecaster(there)
        context.progress.phase(Phase.SCAN)
        for file in device_files(
            context.files, folder, lambda *line: check.hidden.append(line), everything=True
        ):
            context.control.checkpoint()
            check.files += 1
            check.size_bytes += file.size_bytes
            item = Item(f"{above}/{file.path}", file.size_bytes)
            for told in forecaster.judge(layout, [item]):
                _count(check, _compared(context, folder, file, told, there))
        check.findings += _findings(check)
        return check

    # --- an agent that writes to a device by itself

    def watch_agent(self, place: str) -> Writing:
        """Look once at the page blobs of a device, beside what the last look saw.

        NOT_A_DEVICE, DRIVE_NOT_FOUND; STATE_NOT_USABLE when this look cannot be remembered.
        """
        layout = self.layout(place)
        folder = layout.folder(Format.PAGE)
        if folder is None:
            raise BackupError(ErrorCode.NOT_A_DEVICE, path=place)
        where = str(Path(place).joinpath(*folder))
        files = size_bytes = 0
        for file in device_files(self._world.files, where, lambda *_: None):
            files += 1
            size_bytes += file.size_bytes
        memory = self._memory(place)
        before = _remembered(memory)
        writing = judge(before, self._world.clock.now(), files, size_bytes)
        _remember(memory, msgspec.json.encode(writing.look))
        return writing

    def _memory(self, place: str) -> Path:
        key = hashlib.blake2b(str(Path(place).absolute()).encode(), digest_size=8).hexdigest()
        return self._world.folder / "devices" / f"{key}.json"

    # --- what is done of the list before a device leaves

    def ticked(self, name: str) -> frozenset[str]:
        """Give the steps of an order's list that were ticked; `name` is the backup's."""
        try:
            return json_decoder(frozenset[str]).decode(self._ticks(name).read_bytes())
        except (OSError, msgspec.MsgspecError):
            return frozenset()

    def keep_ticks(self, name: str, steps: frozenset[str]) -> None:
        """Keep which steps are done: days may pass between them. STATE_NOT_USABLE."""
        _remember(self._ticks(name), msgspec.json.encode(sorted(steps)))

    def _ticks(self, name: str) -> Path:
        key = hashlib.blake2b(name.encode(), digest_size=8).hexdigest()
        return self._world.folder / "devices" / f"ticks-{key}.json"

    # --- the passkey of an order

    def keep_passkey(self, name: str, passkey: str) -> bool:
        """Keep the passkey of an order's disks; gives whether it survives this session."""
        self._world.secrets.put(_passkey_name(name), passkey.encode())
        return self._world.secrets.lasting

    def passkey(self, name: str) -> str:
        """Give the passkey that is kept; "" when there is none."""
        kept = self._world.secrets.get(_passkey_name(name))
        return kept.decode() if kept else ""

    def forget_passkey(self, name: str) -> None:
        """Forget it, once the disks are on their way."""
        self._world.secrets.forget(_passkey_name(name))


def _passkey_name(name: str) -> str:
    """Name the secret of an order; what people call it may have letters that secrets may not."""
    if _PLAIN_NAME.fullmatch(name):
        return _PASSKEY + name
    return _PASSKEY + hashlib.blake2b(name.encode(), digest_size=8).hexdigest()


def _compared(
    context: Context, root: str, file: FoundFile, told: Forecast, there: Listing | None
) -> Forecast:
    """Say of a blob that is replaced whether it has the very bytes that come in its place."""
    seen = there.seen(told.blob) if there is not None and told.fate is Fate.REPLACES else None
    if seen is None:
        return told
    path = inside(os.fsencode(root), file.raw)
    same = same_bytes(context.files, path, file.size_bytes, seen, context.control.checkpoint)
    return replace(told, same=same)


def _count(check: DeviceCheck, told: Forecast) -> None:
    check.counts[told.fate.value] += 1
    if told.same:
        check.counts["replaces-same"] += 1
    if told.container:
        check.containers.add(told.container)
    # Keys and points of our backups lie on every one of their drives; their hashes are compared.
    if told.fate is Fate.COLLIDES and told.container in check.own:
        check.counts["on-several"] += 1
        return
    if told.fate not in _QUIET and not told.same and len(check.problems) < _PROBLEMS_KEPT:
        check.problems.append(told)


def _findings(check: DeviceCheck) -> list[Finding]:
    found = []
    arriving = sum(check.counts[fate.value] for fate in (Fate.AS_IS, Fate.RENAMED, Fate.REPLACES))
    if not arriving:
        found.append(Finding(FindingCode.DEVICE_EMPTY, Severity.WARNING))
    if len(check.containers) > CONTAINERS.most:
        found.append(
            Finding(
                FindingCode.DEVICE_MANY_CONTAINERS,
                Severity.BLOCKER,
                {"count": len(check.containers), "most": CONTAINERS.most},
            )
        )
    most = FILES_BY_DEVICE[check.layout.device].most
    if check.files > most:
        found.append(
            Finding(
                FindingCode.DEVICE_MANY_FILES,
                Severity.WARNING,
                {"count": check.files, "most": most},
            )
        )
    if any(each.path == DRIVE_MANIFEST and each.flaw is Flaw.AT_ROOT for each in check.problems):
        found.append(Finding(FindingCode.DEVICE_OLD_MANIFEST, Severity.WARNING))
    return found


def _is_unfinished(path: str) -> bool:
    leaf = path.rsplit("/", 1)[-1]
    return leaf.startswith(".") and leaf.endswith(".part")


def _remember(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, data)
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise BackupError(ErrorCode.STATE_NOT_USABLE, path=str(path), why=why) from error


def _remembered(memory: Path) -> WritingLook | None:
    try:
        return json_decoder(WritingLook).decode(memory.read_bytes())
    except (OSError, msgspec.MsgspecError):
        return None
