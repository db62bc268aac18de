"""What one drive holds of a tree that is copied as it is: the files, and the records of them."""

from __future__ import annotations

from msgspec import Struct, field

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.ports import Clock, DriveStore
from offline_backup_gui.engine.context import Context
from offline_backup_gui.formats.canonical import MAX_RECORD_BYTES
from offline_backup_gui.formats.mirror import (
    FOLDER,
    MirroredFile,
    mirror_record,
    read_mirror_record,
    record_name,
)

_RECORD_EVERY_S, _RECORD_EVERY_FILES = 20.0, 1000


class SourceFile(Struct, frozen=True):
    """One file to copy: where it is, its name on the drive, size in bytes and time of change."""

    path: bytes
    name: str
    size_bytes: int
    mtime_ns: int

    def is_still(self, file: MirroredFile) -> bool:
        """Say whether a finished copy is one of the file as it is now."""
        return (self.size_bytes, self.mtime_ns) == (file.size, file.mtime_ns)


class MirrorDrive(Struct, eq=False):
    """One target: its store and the copies that are finished on it, by name."""

    label: str
    store: DriveStore
    files: dict[str, MirroredFile] = field(default_factory=dict)
    planned: list[SourceFile] = field(default_factory=list)
    trouble: BaseException | None = None
    written_bytes: int = 0
    verified_bytes: int = 0
    to_verify_bytes: int = 0
    past_cache: bool = True
    _new: list[MirroredFile] = field(default_factory=list)
    _recorded_at: float = 0.0
    _next: int = 1

    def learn(self, context: Context) -> None:
        """Read which files an earlier run finished; a damaged record is told and not believed."""
        self.store.sweep()
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
        writer = self.store.create(record_name(self._next))
        try:
            writer.write(mirror_record(tuple(self._new)))
            writer.commit()
        finally:
            writer.abort()
        self._next += 1
        self._new.clear()

    def drop(self, name: str) -> None:
        """Forget a copy and remove its bytes."""
        self.files.pop(name, None)
        self.store.delete(name)
