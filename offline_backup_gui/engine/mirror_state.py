"""What one drive holds of a tree that is copied as it is: the files, and the records of them."""

from __future__ import annotations

from collections.abc import Callable, Collection

from msgspec import Struct, field

from offline_backup_gui.domain.drive_manifest import MANIFEST_NAME, BlobKind
from offline_backup_gui.domain.errors import BackupError, ErrorCode, Parameter
from offline_backup_gui.domain.findings import FindingCode
from offline_backup_gui.domain.job import Lane
from offline_backup_gui.domain.ports import Clock, DriveStore
from offline_backup_gui.engine.context import Context
from offline_backup_gui.engine.sessions import Sources
from offline_backup_gui.formats.canonical import MAX_RECORD_BYTES
from offline_backup_gui.formats.mirror import (
    FOLDER,
    OWNER,
    SEAL,
    MirroredFile,
    MirrorSeal,
    mirror_record,
    owner_record,
    read_mirror_record,
    read_owner,
    read_seal,
    record_name,
)

_RECORD_EVERY_S, _RECORD_EVERY_FILES = 20.0, 1000
_SILENT_S = 30.0
_OWNER_MOST_BYTES = 1 << 16


class MirrorOrder(Struct, frozen=True):
    """What a copy of files as they are needs to know.

    An agent's staging location is one source whose files keep their names; several sources, or
    plain folders, have each its own name in front (`prefixes`, in the order of the folders).
    """

    mirror_id: str
    plan: str
    container: str
    kind: BlobKind
    sources: Sources
    prefixes: tuple[bytes, ...]


class SourceFile(Struct, frozen=True):
    """One file to copy: where it is, its name on the drive, size in bytes and time of change."""

    path: bytes
    name: str
    size_bytes: int
    mtime_ns: int

    def is_still(self, file: MirroredFile) -> bool:
        """Say whether a finished copy is one of the file as it is now."""
        return (self.size_bytes, self.mtime_ns) == (file.size, file.mtime_ns)


class DriveFolders(Struct, frozen=True):
    """The two places on a drive: the container's folder, and the root with the manifest."""

    files: DriveStore
    root: DriveStore


class MirrorDrive(Struct, eq=False):
    """One target and the copies that are finished on it, by name.

    `open` opens it, again after it was pulled. `trouble` is what the newest work ran into, `out`
    why the drive takes no part for now, `full` that it takes no more files.
    """

    label: str
    serial: str
    mount: str
    open: Callable[[], DriveFolders]
    folders: DriveFolders | None = None
    files: dict[str, MirroredFile] = field(default_factory=dict)
    planned: list[SourceFile] = field(default_factory=list)
    seal: MirrorSeal | None = None
    trouble: BaseException | None = None
    out: BackupError | None = None
    full: bool = False
    damaged: int = 0
    written_bytes: int = 0
    verified_bytes: int = 0
    to_verify_bytes: int = 0
    past_cache: bool = True
    busy_since: float | None = None
    _loose: set[str] = field(default_factory=set)
    _new: list[MirroredFile] = field(default_factory=list)
    _recorded_at: float = 0.0
    _next: int = 1
    _unsealed: bool = False

    @property
    def store(self) -> DriveStore:
        """Give the container's folder; the drive must have been opened."""
        assert self.folders is not None
        return self.folders.files

    @property
    def root(self) -> DriveStore:
        """Give the root of the drive; it must have been opened."""
        assert self.folders is not None
        return self.folders.root

    def begin(self, context: Context, order: MirrorOrder, *, again: bool = False) -> None:
        """Open the drive, mark it as this plan's, and read which files an earlier run finished.

        PLAN_BLOCKED when another copy, or somebody's files, lie in the container's folder. A drive
        that comes back (`again`) must have its mark, else it is not that drive: DRIVE_GONE.
        """
        self.folders = self.open()
        self._own(order, again=again)
        self._new.clear()
        self.store.sweep()
        self.seal, self._unsealed = self._read_seal(), False
        self._learn(context)

    def _own(self, order: MirrorOrder, *, again: bool) -> None:
        data = small(self.store, OWNER)
        if data is None:
            if again:
                raise BackupError(ErrorCode.DRIVE_GONE, drive=self.label, path=self.mount)
            if next(iter(self.store.objects()), None) is not None:
                raise self._blocked(FindingCode.DRIVE_FOLDER_TAKEN, folder=order.container)
            mark = owner_record(order.mirror_id, order.plan, order.kind.value)
            put_new(self.store, OWNER, mark)
            return
        owner = read_owner(data)
        if (owner.mirror_id, owner.kind) != (order.mirror_id, order.kind.value):
            raise self._blocked(FindingCode.DRIVE_HAS_OTHER_BACKUP, repository=owner.plan)

    def _blocked(self, code: FindingCode, **parameters: Parameter) -> BackupError:
        return BackupError(
            ErrorCode.PLAN_BLOCKED, finding=code.value, drive=self.label, **parameters
        )

    def _read_seal(self) -> MirrorSeal | None:
        data = small(self.store, SEAL)
        try:
            return None if data is None else read_seal(data)
        except BackupError as error:
            if error.code is not ErrorCode.FORMAT_DAMAGED:
                raise
            return None  # it is written anew

    def _learn(self, context: Context) -> None:
        """Read the records; a damaged one is told and not believed."""
        sizes = {}
        for info in self.store.objects():
            if not info.name.startswith(FOLDER):
                sizes[info.name] = info.size_bytes
        files: dict[str, MirroredFile] = {}
        for info in self.store.objects(FOLDER):
            context.control.checkpoint()
            number = info.name[len(FOLDER) :].partition(".")[0]
            if not number.isdecimal() or info.name != record_name(int(number)):
                continue
            self._next = max(self._next, int(number) + 1)
            try:
                data = self.store.read(info.name, 0, MAX_RECORD_BYTES + 1)
                read = read_mirror_record(data, info.name)
            except BackupError as error:
                if error.code is not ErrorCode.FORMAT_DAMAGED:
                    raise
                context.tell(ErrorCode.OBJECT_DAMAGED, name=info.name, drive=self.label)
                continue
            files |= {file.name: file for file in read}
        self.files = {name: file for name, file in files.items() if sizes.get(name) == file.size}
        self._loose = sizes.keys() - self.files.keys()

    def drop_loose(self, names: Collection[str]) -> None:
        """Remove files of these names that no record knows: a kill came before their record.

        Others that somebody may have put there stay; they are not in the manifest.
        """
        for name in sorted(self._loose.intersection(names)):
            self.unseal()
            self.store.delete(name)
        self._loose = set()

    def unseal(self) -> None:
        """Take manifest and seal away before anything changes: they would promise too much.

        A kill, or damage, may have left a manifest without a seal: a drive that was just opened
        is never taken for one without. What a datacenter reads goes first.
        """
        if self._unsealed and self.seal is None:
            return
        self.root.delete(MANIFEST_NAME)
        self.store.delete(SEAL)
        self.seal, self._unsealed = None, True

    def note(self, file: MirroredFile, clock: Clock) -> None:
        """Remember a finished file; every now and then on the drive as well."""
        self.files[file.name] = file
        self._new.append(file)
        now = clock.monotonic()
        if now - self._recorded_at > _RECORD_EVERY_S or len(self._new) >= _RECORD_EVERY_FILES:
            self.record()
            self._recorded_at = now

    def record(self) -> None:
        """Write the files that no record has yet."""
        if not self._new:
            return
        put_new(self.store, record_name(self._next), mirror_record(tuple(self._new)))
        self._next += 1
        self._new.clear()

    def drop(self, name: str) -> None:
        """Forget a copy and remove its bytes."""
        self.unseal()
        self.files.pop(name, None)
        self.store.delete(name)

    def lane(self, clock: Clock) -> Lane:
        """Give what the admin sees of the drive."""
        state = "verifying" if self.to_verify_bytes else "writing"
        if self.out is not None:
            state = "read-only" if self.out.code is ErrorCode.DRIVE_READ_ONLY else "gone"
        elif self.seal is not None:
            state = "sealed"
        elif self.busy_since is not None and clock.monotonic() - self.busy_since > _SILENT_S:
            state = "silent"
        elif self.full and not self.to_verify_bytes:
            state = "full"
        return Lane(
            drive_id=self.mount or self.label,
            label=self.label,
            path=self.mount,
            state=state,
            written_bytes=self.written_bytes,
            verified_bytes=self.verified_bytes,
            to_verify_bytes=self.to_verify_bytes,
        )


def small(store: DriveStore, name: str) -> bytes | None:
    """Give a small object of a drive, or None when it is not there."""
    try:
        return store.read(name, 0, _OWNER_MOST_BYTES)
    except BackupError as error:
        if error.code is not ErrorCode.OBJECT_MISSING:
            raise
        return None


def mirror_id_of(store: DriveStore) -> str:
    """Give whose copy lies in a container's folder; "" when none does. FORMAT_DAMAGED."""
    data = small(store, OWNER)
    return "" if data is None else read_owner(data).mirror_id


def put_new(store: DriveStore, name: str, data: bytes) -> None:
    """Write a small object, replacing one that is there."""
    writer = store.create(name, replace=True)
    try:
        writer.write(data)
        writer.commit()
    finally:
        writer.abort()
