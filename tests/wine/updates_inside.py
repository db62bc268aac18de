"""Runs inside Windows: an office with the installed program is offered one update after the other.

`main` prints the verdict as one line of JSON.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from offline_backup_gui.adapters.updates.desk import UpdateDesk
from offline_backup_gui.domain.errors import BackupError
from offline_backup_gui.domain.updates import Place, PlaceKind, Release


class Offer(msgspec.Struct, frozen=True):
    """An update file, the code of its refusal, and how many days after the first it comes."""

    name: str
    data: bytes
    code: str
    days: float


class Offers(msgspec.Struct, frozen=True):
    """What the office trusts, what it took first, what must be refused, what is good."""

    root: bytes
    at: datetime
    first: bytes
    tampered: list[Offer]
    good: bytes
    good_days: float


class OfficeClock:
    """A clock that is set by hand."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        """Give the time it was set to."""
        return self.at

    def monotonic(self) -> float:
        """Give seconds that go on by themselves."""
        return time.monotonic()

    def wait(self, seconds: float) -> None:
        """Wait for nobody."""
        raise AssertionError(f"somebody waits {seconds} s")


def main(offers_file: Path, folder: Path) -> None:
    """Take the first release, refuse every tampered one without a trace, take the good one."""
    offers = msgspec.msgpack.decode(offers_file.read_bytes(), type=Offers)
    clock, carried = OfficeClock(offers.at), folder / "carried.update"
    folder.mkdir()
    desk = UpdateDesk(folder / "updates", lambda: offers.root, clock, _start, "1.0.0")

    def take(data: bytes, days: float) -> str:
        clock.at = offers.at + timedelta(days=days)
        carried.write_bytes(data)
        try:
            return desk.take(Place(PlaceKind.FILE, str(carried)), lambda _size: None).version
        except BackupError as error:
            return error.code.value

    def state() -> dict[str, bytes]:
        return {
            str(path): path.read_bytes()
            for path in sorted((folder / "updates").rglob("*"))
            if path.is_file() and path.name != "lock"
        }

    first, wrong = take(offers.first, 0), []
    before = state()
    for number, offer in enumerate(offers.tampered, 1):
        answer = take(offer.data, offer.days)
        if answer != offer.code:
            wrong.append(f"{offer.name}: {answer} instead of {offer.code}")
        # A look at all files takes as long as a refusal.
        if number in (len(offers.tampered), number // 20 * 20) and state() != before:
            wrong.append(f"{offer.name}, or one of the 20 before it: something changed")
    good = take(offers.good, offers.good_days)
    print(json.dumps({"first": first, "wrong": wrong, "good": good}))


def _start(_setup: Path, _release: Release) -> None:
    raise AssertionError("nobody asked for a start")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
