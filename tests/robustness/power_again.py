"""Switches the power on again: puts a tree and a book in place, and goes on with the journey."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from offline_backup_gui.engine.points import read_chain
from tests.engine.office import Office
from tests.robustness.fs_cut import Crash
from tests.robustness.power_journey import Journey, Step, do, small_packs, use_source
from tests.trees import compare_trees


def go_on(journey: Journey, crash: Crash, book: bytes | None, step: Step) -> list[str]:
    """Do the step that was cut off, as a new process does; give what is wrong afterwards."""
    base = journey.base
    for root in crash.roots:
        shutil.rmtree(base / root, ignore_errors=True)
    for rest in (base / "state").glob("*.db*"):
        rest.unlink()
    crash.put(base)
    if book is not None:
        (base / "state" / "book.db").write_bytes(book)
    use_source(base, step.source)
    with small_packs(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "sync", lambda: None)  # this machine's power stays on
        office = journey.office(step.source)
        try:
            do(step, office)
            return _wrong(base, office, step)
        except Exception as error:
            return [f"{step.name}: {error!r}"]
        finally:
            office.close()


def _wrong(base: Path, office: Office, step: Step) -> list[str]:
    drives = [base / f"drive-{number}" for number in range(step.drives)]
    stores: Sequence = [office.vault]
    found = []
    if step.name.startswith("copy"):
        stores = [office.store(drive) for drive in drives]
        for drive in drives:
            check = office.check(drive)
            if not check.good or check.unlisted:
                found.append(f"{drive.name} is not good: {check}")
    elif step.name == "receive":
        stores = [office.landing]
    chain = read_chain(office.keyring, *stores)
    found += [f"the chain of points: {name}" for name in (*chain.damaged, *chain.missing)]
    found += [f"left over: {path}" for path in _left_over(base)]
    to = base / "again"
    shutil.rmtree(to, ignore_errors=True)
    if step.name == "restore":
        to = base / "to"
    else:
        outcome = office.restore(stores, to)
        found += [f"not restored: {path!r} {why}" for path, why in outcome.differences.items()]
    found += compare_trees(base / "office", to / "office")
    return found


def _left_over(base: Path) -> list[str]:
    """Find unfinished objects where the step wrote; a drive that is only read keeps them."""
    tops = [base / "state" / "account", base / "state" / "spool", base / "to"]
    return [str(path) for top in tops for path in top.rglob(".*part*") if path.is_file()]
