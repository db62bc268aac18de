"""Brings files back: contents proved chunk by chunk, then times, modes, links and attributes."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Iterator, Sequence

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.job import Phase
from offline_backup_gui.engine.catalogue import read_catalogue
from offline_backup_gui.engine.choice import Choice
from offline_backup_gui.engine.context import Context
from offline_backup_gui.engine.library import ChunkCache, Library
from offline_backup_gui.engine.pace import CORES
from offline_backup_gui.engine.restore_order import (
    Batch,
    Report,
    RestoreOrder,
    RestoreOutcome,
    portions,
    runs,
)
from offline_backup_gui.engine.restoring_files import FileRestorer
from offline_backup_gui.engine.target import Target
from offline_backup_gui.engine.target_files import CannotKeepError
from offline_backup_gui.formats.catalogue import Entry, Kind, Listing
from offline_backup_gui.formats.point import Point

KEEP_EVERY_S = 30.0  # what a power cut may cost a restore


class Restoring:
    """Restores one point. A target that was begun before is continued; see `Target`."""

    def __init__(self, context: Context, library: Library, point: Point, order: RestoreOrder):
        self._context, self._library, self._point, self._order = context, library, point, order
        self._choice = Choice(order.include, order.paths)
        self._target = Target(context.files, order.to, point.point_id, overwrite=order.overwrite)
        self._outcome = RestoreOutcome(point)
        self._report = Report(self._outcome, context.progress)
        self._difference = self._report.difference
        self._work: queue.Queue[list[Batch] | None] = queue.Queue(maxsize=4 * CORES)
        self._trouble: BaseException | None = None
        self._files = FileRestorer(context, library, self._target, self._report)
        self._folders: list[tuple[bytes, Entry]] = []
        self._folder_streams: list[tuple[bytes, Batch, list[Entry]]] = []
        self._kept_at = context.clock.monotonic()

    def run(self) -> RestoreOutcome:
        """Restore; raises Stopped, or trouble with the target. Damage goes into the outcome."""
        point = self._point
        self._context.progress.phase(Phase.RESTORE, point.files, point.size)
        self._context.tell(Phase.RESTORE)
        self._target.begin([root.name for root in point.roots])
        threads = [
            threading.Thread(target=self._run_worker, name=f"restore {number}", daemon=True)
            for number in range(CORES + 1)
        ]
        for thread in threads:
            thread.start()
        try:
            for run in runs(self._batches()):
                self._put(run)
        except BaseException as error:
            self._trouble = self._trouble or error
        self._end(threads)
        self._target.close()
        if self._trouble is not None:
            raise self._trouble
        self._finish()
        return self._outcome

    def _put(self, run: list[Batch]) -> None:
        while self._trouble is None:
            self._keep_if_due()
            try:
                self._work.put(run, timeout=1.0)
                return
            except queue.Full:
                continue
        raise self._trouble

    def _keep_if_due(self) -> None:
        """Bring what is finished onto the medium now and then: a power cut then costs little."""
        now = self._context.clock.monotonic()
        if now - self._kept_at >= KEEP_EVERY_S:
            self._target.keep()
            self._kept_at = now

    def _end(self, threads: Sequence[threading.Thread]) -> None:
        """Let the workers finish; what they finish meanwhile is kept as well."""
        left = len(threads)
        while left:
            with contextlib.suppress(queue.Full):
                self._work.put(None, timeout=1.0)
                left -= 1
            self._keep_while_ending()
        for thread in threads:
            while thread.is_alive():
                thread.join(1.0)
                self._keep_while_ending()

    def _keep_while_ending(self) -> None:
        try:
            if self._trouble is None:
                self._keep_if_due()
        except BackupError as error:
            self._trouble = error

    # --- catalogue to batches

    def _batches(self) -> Iterator[Batch]:
        for number, root in enumerate(self._point.roots):
            full = self._target.path(root.name, b"")
            self._outcome.roots[root.path] = full
            if not self._target.takes(root.name):
                self._difference(full, "name-not-allowed")
            elif self._choice.everything:
                self._folder(full, self._point.roots[number].entry)
        for listing in self._listings():
            self._context.control.checkpoint()
            yield from self._folder_batches(listing)

    def _listings(self) -> Iterator[Listing]:
        try:
            longest = self._library.longest_listing
            yield from read_catalogue(self._point, self._library.chunk, longest=longest)
        except BackupError as error:
            if error.code not in (ErrorCode.OBJECT_DAMAGED, ErrorCode.OBJECT_MISSING):
                raise
            # Without its catalogue a point cannot say what is missing: that is no partial success.
            raise BackupError(
                ErrorCode.OBJECT_DAMAGED,
                name=str(error.parameters.get("name", "")),
                why="catalogue",
            ) from error

    def _folder_batches(self, listing: Listing) -> Iterator[Batch]:
        root = self._point.roots[listing.root].name
        folder = self._target.path(root, listing.path)
        inside = root + b"/" + listing.path if listing.path else root
        wanted = self._wanted(listing, folder, inside)
        if not wanted:
            return
        try:
            self._target.make_folder(folder)
        except CannotKeepError as error:
            for entry in wanted:
                self._difference(self._target.inside(folder, entry.name), str(error))
            return
        streams = self._streams_of(wanted, folder)
        files = []
        for entry in wanted:
            path = self._target.inside(folder, entry.name)
            if entry.stream and self._target.has_streams:
                continue
            if entry.kind is Kind.FILE:
                files.append(entry)
            elif entry.kind is Kind.FOLDER:
                self._folder(path, entry)
            else:
                self._difference(path, self._target.make_special(path, entry))
        for entry in wanted:
            if entry.kind is Kind.FOLDER and entry.name in streams:
                path = self._target.inside(folder, entry.name)
                self._later_streams(path, listing, folder, streams.pop(entry.name))
        if b"" in streams and not listing.path:
            self._later_streams(folder, listing, folder, streams.pop(b""))
        for some in portions(files):
            yield Batch(folder, listing, some, streams)

    def _wanted(self, listing: Listing, folder: bytes, inside: bytes) -> list[Entry]:
        """Give the entries that are chosen and can have their names here; name the others."""
        wanted: list[Entry] = []
        everything, takes = self._choice.everything, self._target.takes
        leads_here = self._target.leads_here(inside)
        for entry in listing.entries:
            name = entry.name.partition(b":")[0] if entry.stream else entry.name
            if not everything:
                here = inside + b"/" + name if name else inside
                if not self._choice.wants(here, folder=entry.kind is Kind.FOLDER):
                    continue
            # Streams of the source itself have no name before the colon.
            if leads_here and (takes(name) or (entry.stream and name == b"" == listing.path)):
                wanted.append(entry)
            else:
                self._difference(self._target.inside(folder, entry.name), "name-not-allowed")
        return self._target.one_by_case(wanted, folder, self._difference)

    def _streams_of(self, wanted: list[Entry], folder: bytes) -> dict[bytes, list[Entry]]:
        """Give the streams by what they belong to; name those that belong to nothing here."""
        if not self._target.has_streams:
            return {}
        holders = {entry.name for entry in wanted if entry.kind in (Kind.FILE, Kind.FOLDER)}
        holders.add(b"")
        found: dict[bytes, list[Entry]] = {}
        for entry in wanted:
            if not entry.stream:
                continue
            base = entry.name.partition(b":")[0]
            if base in holders:
                found.setdefault(base, []).append(entry)
            else:
                self._difference(self._target.inside(folder, entry.name), "stream-without-file")
        return found

    def _later_streams(
        self, path: bytes, listing: Listing, folder: bytes, streams: list[Entry]
    ) -> None:
        self._folder_streams.append((path, Batch(folder, listing, ()), streams))

    def _folder(self, path: bytes, entry: Entry) -> None:
        try:
            self._target.make_folder(path)
        except CannotKeepError as error:
            self._difference(path, str(error))
        else:
            self._folders.append((path, entry))

    # --- workers

    def _run_worker(self) -> None:
        cache = ChunkCache(self._library)
        while (run := self._work.get()) is not None:
            try:
                for batch in run:
                    if self._trouble is None:
                        self._files.restore(cache, batch)
            except BaseException as error:
                self._trouble = self._trouble or error

    # --- links and folders come last

    def _finish(self) -> None:
        self._files.link_further_names(self._keep_if_due)
        cache = ChunkCache(self._library)
        for path, batch, streams in self._folder_streams:
            self._files.restore_folder_streams(cache, path, batch, streams)
        for path, entry in reversed(self._folders):
            self._difference(path, self._target.finish_folder(path, entry))
        self._target.finish()
