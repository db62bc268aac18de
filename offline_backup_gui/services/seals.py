"""When drives were sealed last: what was proved or noted before that is of an older shipment."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from msgspec.structs import replace

from offline_backup_gui.domain.book import Book, HomeState
from offline_backup_gui.domain.state import ShipmentNotes
from offline_backup_gui.formats.record import drive_record_name, moment, read_drive_record
from offline_backup_gui.services.outcomes import arrival_json

if TYPE_CHECKING:  # as in `outcomes`: what only says how a job ended loads no engine
    from offline_backup_gui.engine.arrival import Arrival


def newest_seal(book: Book) -> datetime | None:
    """Give when a drive was sealed last, by the drives' own records."""
    finished = [
        session.finished
        for home in book.homes()
        if home.state is HomeState.SEALED and home.record
        for session in read_drive_record(home.record, drive_record_name(home.home)).sessions
    ]
    return max((moment(text) for text in finished if text), default=None)


def since(at: datetime | None, sealed_at: datetime | None) -> datetime | None:
    """Give a noted time when it belongs to the newest shipment, else None."""
    if at is None or (sealed_at is not None and at < sealed_at):
        return None
    return at


def with_arrival(
    notes: ShipmentNotes, arrival: Arrival, now: datetime, sealed_at: datetime | None
) -> ShipmentNotes:
    """Give the notes with what a check of the newest shipment found in the account."""
    read_in = since(notes.read_in_at, sealed_at) or (now if arrival.arrived else None)
    return replace(
        notes,
        arrival_checked_at=now,
        read_in_at=read_in,
        received_at=since(notes.received_at, sealed_at) or read_in,
        arrival={"complete": arrival.complete, **arrival_json(arrival)},
    )
