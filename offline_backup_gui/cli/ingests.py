"""What was read into an account, and what not, as lines and as JSON."""

from __future__ import annotations

import msgspec

from offline_backup_gui.cli.call import Call
from offline_backup_gui.cli.exit_codes import ExitCode
from offline_backup_gui.cli.showing import show
from offline_backup_gui.domain.taken_names import Fate
from offline_backup_gui.engine.ingest_items import Flawed, Refused
from offline_backup_gui.engine.ingesting import Ingested

_SHOWN = 50
_QUIET = frozenset({Fate.IGNORED, Fate.ELSEWHERE})


def show_ingested(call: Call, ingested: Ingested, *, dry: bool = False) -> ExitCode:
    """Print what was read in, or what would be."""
    call.speaker.close()
    kept = [each for each in ingested.refused if each.fate is Fate.KEPT]
    refused = [each for each in ingested.refused if each.fate not in (Fate.KEPT, *_QUIET)]
    outcome: dict[str, object] = {
        "outcome": "done" if ingested.good else "exceptions",
        "blobs": ingested.blobs,
        "page_blobs": ingested.page_blobs,
        "bytes": ingested.size_bytes,
        "already_there": ingested.already_there,
        "replaced": ingested.replaced,
        "renamed": msgspec.to_builtins(ingested.renamed),
        "kept": msgspec.to_builtins(kept),
        "refused": msgspec.to_builtins(refused),
        "damaged": msgspec.to_builtins(ingested.damaged),
    }
    if dry:
        outcome["dry_run"] = True
    call.speaker.result(outcome)
    show(call, "device.ingest-foreseen" if dry else "device.ingested", outcome)
    lines = [_said(call, "replaced", blob=blob) for blob in ingested.replaced]
    lines += [
        _said(call, "renamed", path=each.path, wanted=each.wanted, blob=each.blob)
        for each in ingested.renamed
    ]
    lines += [_said(call, "kept", path=each.path, other=each.other) for each in kept]
    lines += [refused_line(call, each) for each in refused]
    lines += [_damaged_line(call, each) for each in ingested.damaged]
    for line in lines[:_SHOWN]:
        call.speaker.line(f"  {line}")
    if len(lines) > _SHOWN:
        more = call.speaker.words.text("cli.more", count=len(lines) - _SHOWN)
        call.speaker.line(f"  {more}")
    return ExitCode.DONE if ingested.good else ExitCode.EXCEPTIONS


def refused_line(call: Call, each: Refused) -> str:
    """Say why a file is not read in."""
    if each.fate is Fate.COLLIDES:
        return _said(call, "collides", path=each.path, other=each.other)
    return _said(
        call,
        "refused",
        path=each.path or each.other,
        reason=reason_text(call, each.reason, each.detail),
    )


def reason_text(call: Call, reason: str, detail: str = "") -> str:
    """Word a reason: a rule of devices, a rule of manifests, or what a file could not give."""
    words = call.speaker.words
    for group in ("device.flaw", "manifest-fault", "left-out"):
        if words.has(f"{group}.{reason}"):
            return words.text(f"{group}.{reason}", detail=detail)
    return reason


def _damaged_line(call: Call, each: Flawed) -> str:
    name = each.blob or each.path
    if each.reason == "hash":
        pairs = zip(each.pieces, each.offsets, strict=True)
        where = call.speaker.words.listed([f"{number + 1} ({offset})" for number, offset in pairs])
        return _said(call, "damaged-pieces", blob=name, path=each.path, pieces=where)
    reason = reason_text(call, each.reason.partition(":")[0])
    return _said(call, "damaged", blob=name, path=each.path, reason=reason)


def _said(call: Call, key: str, **values: str) -> str:
    return call.speaker.words.text(f"device.line-{key}", **values)
