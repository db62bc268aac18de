"""Moves the proved backup from the landing container to the vault container, inside the account."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

from offline_backup_gui.domain.book import VAULT, Book
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.job import Phase
from offline_backup_gui.domain.ports import Container
from offline_backup_gui.engine.arrival import Expected, check_arrival
from offline_backup_gui.engine.context import Context
from offline_backup_gui.engine.homes import put
from offline_backup_gui.formats.pack import name_of


class Vaulted(Struct):
    """What is in the vault, proved; `incomplete` names objects that are not."""

    objects: int = 0
    size_bytes: int = 0
    incomplete: list[str] = field(default_factory=list)


def move_to_vault(
    context: Context,
    book: Book,
    landing: Container,
    vault: Container,
    expected: Mapping[str, Expected],
) -> Vaulted:
    """Copy everything and prove it in its new place; restore points come last.

    ARRIVAL_INCOMPLETE when the landing container lacks something: nothing is copied then.
    Objects that are in the vault already are not copied again.
    """
    vault.sweep()  # what a killed move left
    there = {info.name: info for info in landing.objects()}
    lacking = [
        name
        for name, one in expected.items()
        if name not in there or there[name].size_bytes != one.size_bytes
    ]
    if lacking:
        raise BackupError(ErrorCode.ARRIVAL_INCOMPLETE, objects=len(lacking), name=lacking[0])
    ordered = sorted(expected.values(), key=lambda one: (one.name.startswith("points/"), one.name))
    context.progress.phase(Phase.MOVE, len(ordered), sum(one.size_bytes for one in ordered))
    context.tell(Phase.MOVE, objects=len(ordered))
    for one in ordered:
        context.control.checkpoint()
        context.progress.current(one.name)
        _move(landing, vault, one)
        context.progress.add(files=1, size_bytes=one.size_bytes)
    proof = check_arrival(context, vault, ordered, {})
    if proof.damaged:
        # What was there already may have rotted behind its stored MD5: take it again, once.
        for name in proof.damaged:
            vault.delete(name)
            _move(landing, vault, expected[name])
        proof = check_arrival(context, vault, ordered, {})
    vaulted = Vaulted(proof.arrived, proof.size_bytes, sorted(proof.damaged + proof.missing))
    _note(book, expected, set(vaulted.incomplete))
    return vaulted


def _move(landing: Container, vault: Container, one: Expected) -> None:
    if one.data is not None:
        put(vault, one.name, one.data)
        return
    try:
        vault.adopt(landing, one.info)
    except BackupError as error:
        # What differs is named by the proof that follows; the rest of the vault is still filled.
        if error.code not in (ErrorCode.OBJECT_DAMAGED, ErrorCode.OBJECT_MISSING):
            raise


def _note(book: Book, expected: Mapping[str, Expected], incomplete: set[str]) -> None:
    """Write into the book which packs are in the vault."""
    packs = {name_of(pack.pack_id): pack for pack in book.packs()}
    held = {pack.pack_id for pack in book.packs(VAULT)}
    arrived = [
        packs[name].pack_id
        for name in expected
        if name in packs and name not in incomplete and packs[name].pack_id not in held
    ]
    book.add_copies(arrived, VAULT)
    lost = [packs[name].pack_id for name in incomplete if name in packs]
    if lost:
        book.drop_copies(VAULT, lost)
