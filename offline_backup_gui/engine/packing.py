"""Places encrypted chunks into packs, several targets at once, one writer thread a target.

A worker reserves a place under the lock, encrypts into it outside the lock, and goes on. A slab
whose last place is filled is written by its lane. Nothing is copied; slabs bound the memory.
"""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable, Iterable
from functools import partial

from offline_backup_gui.domain.book import NewPack, Placement
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.ports import Clock
from offline_backup_gui.engine.open_pack import (
    PACK_OVERHEAD_BYTES,
    ROW_BYTES,
    SLAB_BYTES,
    Lane,
    LaneState,
    OpenPack,
    Place,
    Slab,
    Ticket,
    TicketState,
)
from offline_backup_gui.formats.keys import Keyring
from offline_backup_gui.formats.pack import (
    HEADER_BYTES,
    Codec,
    PackKind,
    Row,
    close_pack,
    name_of,
    new_header,
)

PACK_AGE_S = 60.0  # an open pack is sealed after this long, so that a kill costs little


class _SpoiledError(Exception):
    """A worker failed in the middle of a frame; it tells the reason itself."""


class Packer:
    """Deals chunks out to lanes: a free lane takes a slab at a time, so fast drives take more."""

    def __init__(
        self,
        keyring: Keyring,
        kind: PackKind,
        lanes: Iterable[Lane],
        reserve_bytes: Callable[[], int],
        on_sealed: Callable[[NewPack, Ticket], None],
        on_trouble: Callable[[Lane, BackupError], None],
        clock: Clock,
    ) -> None:
        self._keyring, self._kind, self._clock = keyring, kind, clock
        self._reserve_bytes, self._on_sealed, self._on_trouble = (
            reserve_bytes,
            on_sealed,
            on_trouble,
        )
        self.lanes = list(lanes)
        self._changed = threading.Condition()
        self._current: Lane | None = None
        self._bug: BaseException | None = None
        self._finished = False
        self._process = os.getpid()
        for lane in self.lanes:
            lane.room_measured = self._room(lane)
        for lane in self.lanes:
            lane.thread = threading.Thread(
                target=self._run, args=(lane,), name=f"lane {lane.home}", daemon=True
            )
            lane.thread.start()

    # --- the workers' side

    def reserve(self, chunk_id: bytes, stored_bytes: int, plain_bytes: int, codec: Codec) -> Place:
        """Give a place for one frame; waits for a slab. DRIVES_TOO_SMALL when no lane has room."""
        if stored_bytes > SLAB_BYTES - HEADER_BYTES:
            raise ValueError("a frame larger than a slab")
        if os.getpid() != self._process:
            # Parent and child would give out the same numbers, under the same key.
            raise RuntimeError("a pack is filled by the process that began it")
        with self._changed:
            while True:
                if self._bug is not None:
                    raise self._bug
                now = self._clock.monotonic()
                lane = self._lane_for(stored_bytes, now)
                if lane is not None:
                    return self._place(lane, chunk_id, stored_bytes, plain_bytes, codec, now)
                if not any(self._may_take(lane, stored_bytes) for lane in self.lanes):
                    raise self._out_of_room()
                self._changed.wait(1.0)

    def _out_of_room(self) -> BackupError:
        gone = [lane for lane in self.lanes if lane.state is LaneState.GONE]
        if gone and gone[0].trouble is not None:
            return gone[0].trouble
        return BackupError(ErrorCode.DRIVES_TOO_SMALL)

    def _may_take(self, lane: Lane, stored_bytes: int) -> bool:
        if lane.state is not LaneState.WRITING:
            return False
        if lane.pack is not None and lane.pack.takes(stored_bytes):
            return True
        pending = lane.pack.size_with(0) if lane.pack is not None else 0
        return lane.room_left - pending >= stored_bytes + ROW_BYTES + PACK_OVERHEAD_BYTES

    def _lane_for(self, stored_bytes: int, now: float) -> Lane | None:
        """Stay on a lane until its slab is full, then take the lane with most free slabs."""
        if self._current is not None and self._ready(self._current, stored_bytes, now) == 2:
            return self._current
        ready = [
            (self._ready(lane, stored_bytes, now), len(lane.free), lane.room_left, index)
            for index, lane in enumerate(self.lanes)
            if self._may_take(lane, stored_bytes)
        ]
        ready = [item for item in ready if item[0]]
        if not ready:
            return None
        best = max(ready, key=lambda item: (item[1] + (item[0] == 2), item[2]))
        self._current = self.lanes[best[3]]
        return self._current

    def _ready(self, lane: Lane, stored_bytes: int, now: float) -> int:
        """Give 2 when the current slab takes it, 1 when a free slab does, 0 when neither."""
        if lane.state is not LaneState.WRITING:
            return 0
        pack = lane.pack
        if (
            pack is not None
            and pack.slab is not None
            and pack.slab.used + stored_bytes <= SLAB_BYTES
            and pack.takes(stored_bytes)
            and now - pack.opened_at < PACK_AGE_S
        ):
            return 2
        return 1 if lane.free else 0

    def _place(
        self,
        lane: Lane,
        chunk_id: bytes,
        stored_bytes: int,
        plain_bytes: int,
        codec: Codec,
        now: float,
    ) -> Place:
        # `now` is the moment `_ready` judged by: a pack that came of age in between would be
        # closed without a free slab for the next.
        pack = lane.pack
        if pack is not None and (
            not pack.takes(stored_bytes) or now - pack.opened_at >= PACK_AGE_S
        ):
            self._close(lane)
            pack = None
        if pack is None:
            pack = self._open(lane, now)
        slab = pack.slab
        if slab is not None and slab.used + stored_bytes > SLAB_BYTES:
            self._close_slab(lane, pack)
            slab = None
        if slab is None:
            slab = pack.slab = lane.free.pop()
            slab.used = slab.outstanding = 0
            slab.closed = False
            if pack.offset == 0:
                slab.view[:HEADER_BYTES] = pack.header.raw
                slab.used = HEADER_BYTES
        number, start = len(pack.rows), slab.used
        slab.used += stored_bytes
        slab.outstanding += 1
        pack.rows.append(Row(chunk_id, pack.offset + start, stored_bytes, plain_bytes, codec))
        pack.ticket.keys.append(chunk_id)
        view = slab.view[start : start + stored_bytes]
        return Place(
            pack.header,
            number,
            view,
            pack.ticket,
            partial(self._filled, slab),
            partial(self._filled, slab, pack),
        )

    def _filled(self, slab: Slab, spoiled: OpenPack | None = None) -> None:
        with self._changed:
            if spoiled is not None:
                # A frame that was never encrypted must not be listed as one: the pack is given up.
                spoiled.spoiled = True
            slab.outstanding -= 1
            if slab.closed and not slab.outstanding:
                self._changed.notify_all()

    def _room(self, lane: Lane) -> int:
        try:
            return lane.room() - self._reserve_bytes()
        except BackupError:
            return 0

    def _open(self, lane: Lane, now: float) -> OpenPack:
        limit = min(lane.pack_bytes, lane.room_left)
        lane.pack = OpenPack(new_header(self._keyring, self._kind), limit, now)
        return lane.pack

    def _close_slab(self, lane: Lane, pack: OpenPack) -> None:
        slab = pack.slab
        if slab is not None:
            slab.closed = True
            pack.offset += slab.used
            pack.slab = None
            lane.work.put((pack, slab))

    def _close(self, lane: Lane) -> None:
        pack = lane.pack
        if pack is not None:
            self._close_slab(lane, pack)
            lane.room_claimed += pack.size_with(0)
            lane.work.put((pack, None))
            lane.pack = None

    def finish(self) -> None:
        """Seal every open pack and wait for the lanes; what was placed is then safe or lost.

        Raises what killed a lane unexpectedly.
        """
        self.close()
        if self._bug is not None:
            raise self._bug

    def close(self) -> None:
        """End the lanes without raising; safe to call twice and after `finish`."""
        with self._changed:
            for lane in self.lanes if not self._finished else ():
                self._close(lane)
                lane.work.put(None)
            self._finished = True
        for lane in self.lanes:
            if lane.thread is not None:
                lane.thread.join()

    # --- the lanes' side

    def _run(self, lane: Lane) -> None:
        dead: list[OpenPack] = []
        while True:
            try:
                work = lane.work.get(timeout=1.0)
            except queue.Empty:
                self._guarded(lane, None, lambda: self._look_again(lane))
                continue
            if work is None:
                break
            pack, slab = work
            try:
                if slab is not None:
                    self._wait_filled(slab)
                lane.busy_since = self._clock.monotonic()
                if not any(pack is given_up for given_up in dead):
                    self._write(lane, pack, slab)
            except BackupError as error:
                dead.append(pack)
                self._guarded(lane, pack, partial(self._fail, lane, pack, error))
            except _SpoiledError:
                dead.append(pack)
                self._guarded(lane, pack, partial(self._give_up, lane, pack, lane.state))
            except BaseException as error:
                # Nobody may wait for ever for a lane that died of a bug: its packs are lost, and
                # the pass ends with the bug.
                dead.append(pack)
                self._bug = self._bug or error
                self._guarded(lane, pack, partial(self._give_up, lane, pack, LaneState.GONE))
            finally:
                lane.busy_since = None
                with self._changed:
                    if slab is not None:
                        lane.free.append(slab)
                    self._changed.notify_all()
        with self._changed:
            if lane.state is LaneState.WRITING:
                lane.state = LaneState.ENDED

    def _guarded(self, lane: Lane, pack: OpenPack | None, step: Callable[[], None]) -> None:
        try:
            step()
        except BaseException as error:
            self._bug = self._bug or error
            with self._changed:
                lane.state = LaneState.GONE
                if pack is not None:
                    pack.ticket.state = TicketState.LOST
                self._changed.notify_all()

    def _wait_filled(self, slab: Slab) -> None:
        with self._changed:
            while slab.outstanding:
                self._changed.wait()

    def _write(self, lane: Lane, pack: OpenPack, slab: Slab | None) -> None:
        if pack.spoiled:
            raise _SpoiledError
        if pack.writer is None:
            pack.writer = lane.store.create(name_of(pack.header.pack_id))
        if slab is not None:
            part = slab.view[: slab.used]
            pack.hasher.update(part)
            if lane.with_md5:
                pack.md5.update(part)
            pack.writer.write(part)
            lane.written_bytes += slab.used
            return
        ending = close_pack(pack.header, pack.rows, pack.offset)
        pack.hasher.update(ending)
        pack.md5.update(ending)
        pack.writer.write(ending)
        md5 = pack.md5.digest() if lane.with_md5 else b""
        pack.writer.commit(md5 or None)
        lane.packs += 1
        lane.written_bytes += len(ending)
        room = self._room(lane)
        with self._changed:
            lane.room_measured = room
            lane.room_claimed -= pack.size_with(0)
            if lane.room_left < ROW_BYTES + PACK_OVERHEAD_BYTES + 1024:
                lane.state = LaneState.FULL
        self._on_sealed(_new_pack(lane.home, pack, pack.offset + len(ending), md5), pack.ticket)

    def _fail(self, lane: Lane, pack: OpenPack, error: BackupError) -> None:
        """Give up a pack; a full lane stays as it is, a missing one is looked for again."""
        known, lane.trouble = lane.trouble, error
        full = error.code is ErrorCode.DRIVE_FULL
        self._give_up(lane, pack, LaneState.FULL if full else LaneState.GONE)
        if known is None or known.code is not error.code:
            self._on_trouble(lane, error)  # once, not for each pack that was open

    def _give_up(self, lane: Lane, pack: OpenPack, state: LaneState) -> None:
        """Lose a pack; what is open on the lane is closed, and what waits for the pack is told."""
        if pack.writer is not None:
            pack.writer.abort()
        room = self._room(lane)
        with self._changed:
            lane.room_measured = room
            lane.state = state
            if lane.pack is pack:
                self._close_slab(lane, pack)
                lane.pack = None
            else:
                self._close(lane)
                lane.room_claimed -= pack.size_with(0)
            pack.ticket.state = TicketState.LOST
        self._on_sealed(_lost(lane.home, pack), pack.ticket)

    def _look_again(self, lane: Lane) -> None:
        # A drive that refuses to be written, or fails, answers well: it is not missing.
        missing = lane.trouble is not None and lane.trouble.code is ErrorCode.DRIVE_GONE
        if not missing or lane.state is not LaneState.GONE or lane.reopen is None:
            return
        if lane.reopen():
            room = self._room(lane)
            with self._changed:
                lane.room_measured = room
                lane.state = LaneState.WRITING
                lane.trouble = None
                self._changed.notify_all()


def _new_pack(home: str, pack: OpenPack, size_bytes: int, md5: bytes) -> NewPack:
    rows = tuple(
        (
            row.chunk_id,
            Placement(0, frame, row.offset, row.stored_bytes, row.plain_bytes, row.codec),
        )
        for frame, row in enumerate(pack.rows)
    )
    return NewPack(
        pack.header.pack_id,
        pack.header.kind,
        size_bytes,
        pack.hasher.digest(),
        (home,),
        rows,
        md5,
    )


def _lost(home: str, pack: OpenPack) -> NewPack:
    return NewPack(pack.header.pack_id, pack.header.kind, 0, b"", (home,), ())
