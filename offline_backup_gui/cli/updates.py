"""Updates of the program on the command line: source, check, from-file, install."""

from __future__ import annotations

from pathlib import Path

from offline_backup_gui.cli.call import Call
from offline_backup_gui.cli.exit_codes import ExitCode
from offline_backup_gui.services.updates import Offer


def update(call: Call) -> ExitCode:
    """Do what the second word says."""
    return {
        "source": _source,
        "check": _check,
        "from-file": _from_file,
        "install": _install,
    }[call.arguments.action](call)


def _source(call: Call) -> ExitCode:
    given, updates = call.arguments, call.services.updates
    if given.none or given.place is not None:
        updates.set_source("" if given.none else given.place)
    place = updates.source()
    call.speaker.result({"outcome": "done", "source": place})
    call.speaker.line(place or call.speaker.words.text("update.no-source"))
    return ExitCode.DONE


def _check(call: Call) -> ExitCode:
    return _told(call, call.services.updates.check())


def _from_file(call: Call) -> ExitCode:
    path = Path(call.arguments.file)
    return _told(call, call.services.updates.take_file(path))


def _install(call: Call) -> ExitCode:
    """Start what is ready; else what the place has."""
    updates, words = call.services.updates, call.speaker.words
    if not updates.waiting().newer:
        offer = updates.take()
        if not offer.newer:
            return _told(call, offer)
    release = updates.install()
    call.speaker.result(
        {
            "outcome": "done",
            "installed": updates.installed,
            "version": release.version,
            "started": True,
        }
    )
    call.speaker.line(words.text("update.started", version=release.version))
    return ExitCode.DONE


def _told(call: Call, offer: Offer) -> ExitCode:
    words, release = call.speaker.words, offer.release
    assert release is not None  # whoever looked got a release or a trouble
    call.speaker.result(
        {
            "outcome": "done",
            "installed": offer.installed,
            "newer": offer.newer,
            "ready": offer.ready,
            "version": release.version,
            "released": release.released,
            "bytes": release.size_bytes,
            "sha256": release.sha256,
            "notes": release.notes,
        }
    )
    if not offer.newer:
        call.speaker.line(words.text("update.newest", version=offer.installed))
        return ExitCode.DONE
    key = "update.ready" if offer.ready else "update.there"
    call.speaker.line(
        words.text(
            key, version=release.version, released=release.released, installed=offer.installed
        )
    )
    if notes := release.notes_in(words.language):
        call.speaker.line(notes)
    call.speaker.line(words.text("update.how"))
    return ExitCode.DONE
