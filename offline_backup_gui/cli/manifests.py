"""The command `manifest`: manifests, journals, and the way to Microsoft's tool and back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from offline_backup_gui.cli.call import Call
from offline_backup_gui.cli.exit_codes import ExitCode
from offline_backup_gui.cli.secrets import read_secret
from offline_backup_gui.cli.stopping import stopping
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.manifest_check import ManifestCheck
from offline_backup_gui.domain.manifest_rules import Found
from offline_backup_gui.services.plan_file import read_plan_file, write_plan_file
from offline_backup_gui.services.tool_drives import Note, Noted
from offline_backup_gui.services.watching import Watch

_SHOWN = 50


def manifest(call: Call) -> ExitCode:
    """Check manifests, write what the portal takes, or go over to the tool and back."""
    return {"check": _check, "journal": _journal, "tool": _tool, "plan": _plan}[
        call.arguments.action
    ](call)


def _check(call: Call) -> ExitCode:
    given = call.arguments
    watch = Watch(call.speaker.reading, call.speaker.event)
    with stopping(watch.stop):
        check = call.services.manifests.check(given.place, journal=given.journal, watch=watch)
    call.speaker.close()
    call.speaker.result(_json(given.place, check))
    _show(call, given.place, check)
    return ExitCode.DONE if check.good else ExitCode.EXCEPTIONS


def _json(place: str, check: ManifestCheck) -> dict[str, object]:
    head = check.head
    return {
        "outcome": "done" if check.good else "faults",
        "place": place,
        "drive_id": head.drive_id,
        "version": head.version,
        "creator": head.creator,
        "credential": head.credential.value if head.credential else None,
        "md5": check.md5,
        "blobs": check.blobs,
        "page_blobs": check.page_blobs,
        "pieces": check.pieces,
        "bytes": check.size_bytes,
        "containers": check.containers,
        "whole": check.whole,
        "compared": check.compared,
        "compared_bytes": check.compared_bytes,
        "unproved_bytes": check.unproved_bytes,
        "past_cache": check.past_cache if check.compared else None,
        "counts": {fault.value: count for fault, count in sorted(check.counts.items())},
        "faults": [msgspec.to_builtins(found) for found in check.found],
        "warnings": [msgspec.to_builtins(found) for found in check.warned],
    }


def _show(call: Call, place: str, check: ManifestCheck) -> None:
    words, line = call.speaker.words, call.speaker.line
    key = "manifest.good" if check.good else "manifest.faults"
    if check.good and check.compared:
        key = "manifest.drive-good"
    line(words.text(key, place=place, count=check.faults))
    line(
        "  "
        + words.text(
            "manifest.figures",
            drive=check.head.drive_id or "-",
            blobs=words.number(check.blobs),
            size=words.size(check.size_bytes),
            md5=check.md5,
        )
    )
    if check.compared and not check.past_cache:
        line("  " + words.text("manifest.cached"))
    for mark, founds in (("!", check.found), ("?", check.warned)):
        for found in founds[:_SHOWN]:
            line(f"  {mark} {_said(call, found)}")
    more = sum(check.counts.values()) - sum(
        len(part[:_SHOWN]) for part in (check.found, check.warned)
    )
    if more > 0:
        line("  " + words.text("cli.more", count=more))


def _said(call: Call, found: Found) -> str:
    """Word a fault with the blob and the piece it is in."""
    words = call.speaker.words
    said = words.text(f"manifest-fault.{found.fault.value}", detail=found.detail).strip()
    place = [found.blob] if found.blob else []
    if found.piece is not None:
        offset = "-" if found.offset is None else words.number(found.offset)
        place.append(words.text("manifest.piece", number=found.piece + 1, offset=offset))
    return f"{', '.join(place)}: {said}" if place else said


def _journal(call: Call) -> ExitCode:
    given, services = call.arguments, call.services
    keys = dict(_key(one) for one in given.key_file)
    drives = [services.manifests.prepared(place) for place in given.drives]
    written = services.manifests.hand_in(drives, keys, Path(given.to), given.name, given.drives)
    call.tell_open(written)
    call.speaker.result(
        {
            "outcome": "done",
            "files": [str(path) for path in written],
            "drives": [
                {
                    "serial": drive.serial,
                    "manifest_file": drive.manifest_name,
                    "manifest_hash": drive.manifest_md5,
                }
                for drive in drives
            ],
        }
    )
    for path in written:
        call.speaker.line(call.speaker.words.text("manifest.written", path=str(path)))
    for drive in drives:
        call.speaker.line(f"  {drive.serial}  {drive.manifest_name}  {drive.manifest_md5}")
    return ExitCode.DONE


def _tool(call: Call) -> ExitCode:
    given = call.arguments
    plan = read_plan_file(Path(given.plan))
    written, notes = call.services.tool_files.write(plan, Path(given.to))
    if any(noted.note is Note.KEYS for noted in notes):
        call.tell_open(written)
    _tell_notes(call, [str(path) for path in written], notes)
    return ExitCode.DONE


def _plan(call: Call) -> ExitCode:
    given, path = call.arguments, Path(call.arguments.to)
    drives = Path(given.drive_set) if given.drive_set else None
    carried = call.services.tool_files.read(Path(given.file), given.name, drives)
    if path.exists():
        raise BackupError(ErrorCode.PLAN_EXISTS, name=str(path))
    write_plan_file(carried.plan, path)
    kept = call.services.tool_files.keep_keys(carried)
    _tell_notes(call, [str(path)], (*carried.notes, *kept))
    return ExitCode.DONE


def _tell_notes(call: Call, files: list[str], notes: Sequence[Noted]) -> None:
    call.speaker.result(
        {"outcome": "done", "files": files, "notes": [msgspec.to_builtins(one) for one in notes]}
    )
    words = call.speaker.words
    for file in files:
        call.speaker.line(words.text("manifest.made", path=file))
    for one in notes:
        call.speaker.line(f"  ? {words.text(f'tool-note.{one.note.value}', detail=one.detail)}")


def _key(given: str) -> tuple[str, str]:
    """Read SERIAL=FILE; the key stands in a file of its own."""
    serial, mark, file = given.partition("=")
    if not (serial and mark and file):
        raise BackupError(ErrorCode.VALUE_NOT_UNDERSTOOD, value=given)
    return serial, (read_secret(file) or "").strip()
