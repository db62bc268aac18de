"""One pass over the sources: unchanged folders cost one look, changed files are sealed."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Mapping, Sequence
from zlib import crc32

from msgspec import Struct, field

from offline_backup_gui.domain.book import Book, CachedFolder, Reason
from offline_backup_gui.domain.errors import Stopped
from offline_backup_gui.domain.file_traits import Child
from offline_backup_gui.engine.assembling import Assembler, FileResult, FolderJob
from offline_backup_gui.engine.context import Context
from offline_backup_gui.engine.files import (
    BUNDLE_BYTES,
    LARGE_BYTES,
    FileTask,
    FileWorker,
    LargeFile,
    Names,
)
from offline_backup_gui.engine.jobs import Jobs
from offline_backup_gui.engine.ledger import Ledger
from offline_backup_gui.engine.pace import CORES, Turns
from offline_backup_gui.engine.packing import Packer
from offline_backup_gui.engine.reusing import KnownFile, known_files
from offline_backup_gui.engine.scan import (
    Exclusions,
    ScannedFolder,
    Signature,
    inside,
    reason_of,
    signature,
    walk,
)
from offline_backup_gui.engine.sealing import Sealer
from offline_backup_gui.engine.source import add_traits, entry_of, source_missing
from offline_backup_gui.formats.catalogue import Entry, Kind, decode_folder
from offline_backup_gui.formats.keys import Keyring

_BUNDLE_FILES = 2000


class PassResult(Struct):
    """What a pass saw: folders of each root in order, and folders that lost a pack."""

    folders_by_root: dict[bytes, list[bytes]] = field(default_factory=dict)
    lost_folders: int = 0
    files: int = 0
    size_bytes: int = 0


class BackupPass:
    """Runs one scanner thread and a few equal workers over the sources; counts into `result`."""

    def __init__(
        self,
        context: Context,
        keyring: Keyring,
        book: Book,
        packer: Packer,
        assembler: Assembler,
        sealer: Sealer,
        ledger: Ledger,
        result: PassResult,
    ) -> None:
        self._context, self._keyring, self._book = context, keyring, book
        self._packer, self._assembler, self._sealer = packer, assembler, sealer
        self._files = context.files
        self._ledger = ledger
        self._jobs = Jobs()
        self._turns = Turns()
        self._trouble: BaseException | None = None
        self._bundle: list[FileTask] = []
        self._bundle_bytes = 0
        self._links: dict[tuple[int, int], FileTask] = {}
        self._result = result
        self._all_here = book.all_here()
        self._linker: FileWorker | None = None
        self._places: Mapping[bytes, bytes] = {}

    def run(
        self,
        sources: Sequence[bytes],
        exclude: Sequence[str],
        places: Mapping[bytes, bytes] | None = None,
    ) -> PassResult:
        """Scan and seal everything; raises Stopped, or the trouble that ended the pass.

        `places` says where a source is read instead; it goes by its own name all the same.

        Either way the packs that were begun are sealed and committed first.
        """
        workers = [
            threading.Thread(target=self._work, name=f"worker {number}", daemon=True)
            for number in range(CORES)
        ]
        for worker in workers:
            worker.start()
        try:
            self._linker = self._worker_tools()
            self._places = places or {}
            for number, root in enumerate(sources):
                self._scan(number, root, Exclusions(exclude))
            self._flush_bundle()
        except BaseException as error:
            self._fail(error)
        self._jobs.close(drop=self._trouble is not None)
        for worker in workers:
            worker.join()
        for ending in (self._packer.finish, self._assembler.finish):
            try:
                ending()
            except BaseException as error:
                self._fail(error)
        if self._trouble is not None:
            raise self._trouble
        self._assembler.assert_all_settled()
        self._result.lost_folders = self._assembler.lost_folders
        return self._result

    def _fail(self, error: BaseException) -> None:
        if self._trouble is None or isinstance(self._trouble, Stopped):
            self._trouble = error
        self._jobs.close(drop=True)

    def _worker_tools(self) -> FileWorker:
        return FileWorker(
            self._files,
            self._keyring,
            self._sealer,
            self._assembler,
            self._ledger,
            self._context.progress,
            self._turns,
        )

    # --- workers

    def _work(self) -> None:
        try:
            tools = self._worker_tools()
        except BaseException as error:
            self._fail(error)
            return
        while (job := self._jobs.get()) is not None:
            try:
                if self._trouble is None:
                    self._context.control.checkpoint()
                    if isinstance(job, LargeFile):
                        tools.stretch(job, self._hand_on)
                    else:
                        tools.bundle(job, self._hand_on)
            except BaseException as error:
                self._fail(error)
            finally:
                if self._trouble is not None and isinstance(job, LargeFile):
                    job.close()
                self._jobs.done()

    def _hand_on(self, large: LargeFile) -> None:
        self._jobs.put(large, front=True)

    # --- scanner

    def _scan(self, number: int, root: bytes, exclusions: Exclusions) -> None:
        seen = self._result.folders_by_root.setdefault(root, [])
        place = self._places.get(root, root)

        def on_trouble(path: bytes, reason: Reason, detail: str) -> None:
            if path == place:
                # A share that is not mounted must never become an empty restore point.
                raise source_missing(root)
            self._ledger.add(path, reason, detail)

        for scanned in walk(self._files, root, exclusions, on_trouble, place):
            self._context.control.checkpoint()
            if self._trouble is not None or self._assembler.trouble is not None:
                return
            seen.append(scanned.path)
            if not scanned.path and self._files.has_streams:
                scanned.children.extend(self._own_streams(place))
            self._folder(number, scanned)

    def _own_streams(self, place: bytes) -> Sequence[Child]:
        """Give the alternate streams of a source itself, which stand among what is in it."""
        try:
            return self._files.look(place, Child(b"", self._files.info(place)))[1]
        except OSError as error:
            self._ledger.add(place, Reason.ATTRIBUTES_NOT_READABLE, error.strerror or "")
            return ()

    def _folder(self, number: int, scanned: ScannedFolder) -> None:
        stats = scanned.stats()
        cached = self._book.folder(scanned.root, scanned.path)
        if cached is not None and not self._still_stored(cached):
            cached = None
        if cached is not None and cached.stats == stats and not cached.left_out:
            self._count(cached.files, cached.size_bytes)
            self._context.progress.add(files=cached.files, size_bytes=cached.size_bytes)
            return
        folder = self._assembler.begin(FolderJob(scanned.root, number, scanned.path, stats))
        folder.entries = [None] * len(scanned.children)
        folder.remaining = len(scanned.children) + 1
        place = self._places.get(scanned.root, scanned.root)
        base = os.path.join(inside(place, scanned.path), b"")
        known = known_files(cached) if cached is not None else {}
        unsure = cached is not None and cached.left_out > 0
        for index, child in self._not_reused(folder, scanned, known, base if unsure else b""):
            self._child(folder, index, child, base + child.name)
        self._assembler.folder_handed_out(folder)

    def _not_reused(
        self,
        folder: FolderJob,
        scanned: ScannedFolder,
        known: dict[Signature, KnownFile],
        unsure: bytes,
    ) -> list[tuple[int, Child]]:
        """Take what is as it was in a changed folder, all at once; give what is left to look at.

        `unsure` is the way to a folder of which something was left out: a stream, perhaps.
        """
        if not known:
            return list(enumerate(scanned.children))
        reused: list[FileResult] = []
        others: list[tuple[int, Child]] = []
        files = size_bytes = 0
        for index, child in enumerate(scanned.children):
            found = known.get(signature(child))
            if found is None or (unsure and self._lacks_streams(unsure, child, found)):
                others.append((index, child))
                continue
            entry, extents = found.stored
            reused.append((index, entry, extents))
            for stream, stretches in found.streams.values():
                reused.append((self._assembler.more(folder), stream, stretches))
                size_bytes += stream.size
            if entry.kind is Kind.FILE:
                files, size_bytes = files + 1, size_bytes + entry.size
        if reused:
            self._assembler.files_done(folder, reused, set())
            self._count(files, size_bytes)
            self._context.progress.add(files=files, size_bytes=size_bytes)
        return others

    def _lacks_streams(self, base: bytes, child: Child, found: KnownFile) -> bool:
        """Say whether a file has other streams than those that are stored."""
        if not self._files.has_streams or child.stream:
            return False
        try:
            streams = self._files.look(base + child.name, child)[1]
        except OSError:
            return True
        return {stream.name for stream in streams} != found.streams.keys()

    def _still_stored(self, cached: CachedFolder) -> bool:
        """Look whether a chunk was lost since, or lies where this pass does not count it."""
        if self._all_here and cached.epoch == self._book.epoch:
            return True
        listing = decode_folder(cached.listing)
        return all(self._book.find(chunk) is not None for chunk in listing.chunks)

    def _count(self, files: int, size_bytes: int) -> None:
        self._result.files += files
        self._result.size_bytes += size_bytes

    def _child(
        self,
        folder: FolderJob,
        index: int,
        child: Child,
        path: bytes,
    ) -> None:
        refusal = self._files.refusal(child.stat)
        if refusal is not None:
            self._ledger.add(path, *refusal)
            self._assembler.file_done(folder, index, None, [], set())
            return
        if self._files.has_streams and not child.stream:
            looked = self._look(folder, child, path)
            if looked is None:
                self._assembler.file_done(folder, index, None, [], set())
                return
            child = looked
        if stat.S_ISREG(child.stat.st_mode):
            self._count(0 if child.stream else 1, child.stat.st_size)
            self._file(FileTask(folder, index, child, path))
        else:
            self._other(folder, index, child, path)

    def _look(self, folder: FolderJob, child: Child, path: bytes) -> Child | None:
        """Look at a name itself and hand out its streams; None leaves it out."""
        try:
            child, streams = self._files.look(path, child)
        except OSError as error:
            if stat.S_ISREG(child.stat.st_mode):
                self._ledger.add(path, reason_of(error), error.strerror or "")
                return None
            # What is in a folder has been listed; only what is known of the folder itself hides.
            lacks = ((Reason.ATTRIBUTES_NOT_READABLE, error.strerror or ""),)
            return Child(child.name, child.stat, lacks=lacks)
        for stream in streams:
            at = path + stream.name[len(child.name) :]
            self._child(folder, self._assembler.more(folder), stream, at)
        return child

    def _other(self, folder: FolderJob, index: int, child: Child, path: bytes) -> None:
        """Take a folder, symbolic link or FIFO: no contents to read."""
        entry = entry_of(child)
        found: Entry | None = entry
        try:
            if entry.kind is Kind.SYMLINK:
                entry.target = self._files.target(path, child.stat)
            add_traits(self._files, entry, child, path, path, self._ledger)
        except OSError as error:
            self._ledger.add(path, Reason.NOT_READABLE, error.strerror or "")
            found = None
        self._assembler.file_done(folder, index, found, [], set())

    def _file(self, task: FileTask) -> None:
        info = task.child.stat
        if info.st_nlink > 1 and not self._first_name(task):
            return
        if info.st_size >= LARGE_BYTES:
            self._jobs.put(LargeFile(task))
            return
        # Bundles end where the name says, not where a counter does: after a kill, or a change
        # elsewhere, the bundles that follow are the same again and are not stored twice.
        # The room left in the buffer (4 of 8 MiB) lets a file grow while it is read.
        self._bundle.append(task)
        self._bundle_bytes += info.st_size
        ends_here = crc32(task.child.name) % 16 == 0 and self._bundle_bytes >= LARGE_BYTES
        full = self._bundle_bytes >= BUNDLE_BYTES - LARGE_BYTES
        if ends_here or full or len(self._bundle) >= _BUNDLE_FILES:
            self._flush_bundle()

    def _flush_bundle(self) -> None:
        if self._bundle:
            self._jobs.put(self._bundle)
        self._bundle, self._bundle_bytes = [], 0

    def _first_name(self, task: FileTask) -> bool:
        """Say whether a file with several names is met for the first time in this pass."""
        key = (task.child.stat.st_dev, task.child.stat.st_ino)
        task.names = Names()
        first = self._links.setdefault(key, task)
        if first is task:
            return True
        assert first.names is not None
        with first.names.lock:
            if first.names.result is None:
                first.names.others.append((task.folder, task.index, task.child, task.path))
                return False
            unreadable = first.names.result[0] is None
        if unreadable:
            # The way to the first name may be closed, or the name gone: try this one.
            self._links[key] = task
            return True
        assert self._linker is not None
        self._linker.deliver_other(first, task.folder, task.index, task.child)
        return False
