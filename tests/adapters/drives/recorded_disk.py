"""A Windows computer with one recorded disk beside its system disk.

A recording is a TOML file of `recordings/disks`: each answer with the exact question it belongs to,
in hex; `#` begins a remark and `00*32` stands for 32 zero bytes. A question that is not recorded is
refused, as a driver refuses what it does not know.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from offline_backup_gui.adapters.drives.win32 import Answer, VolumeText
from tests.adapters.drives.fake_win32 import (
    NOT_SUPPORTED,
    FakeDevice,
    FakeLetter,
    FakeWin32,
    on_disk,
)

_FOLDER = Path(__file__).with_name("recordings") / "disks"
NUMBER = 2
_REPEATED = re.compile(r"([0-9a-f]{2})\*(\d+)")


def names() -> list[str]:
    return sorted(path.stem for path in _FOLDER.glob("*.toml"))


def recording(name: str) -> dict[str, Any]:
    with (_FOLDER / f"{name}.toml").open("rb") as file:
        return tomllib.load(file)


def from_hex(text: str) -> bytes:
    """Read hex with remarks and repetitions."""
    plain = " ".join(line.partition("#")[0] for line in text.splitlines())
    return bytes.fromhex(_REPEATED.sub(lambda found: found[1] * int(found[2]), plain))


@dataclass
class RecordedDisk(FakeDevice):
    """A disk that answers what was recorded, cut to the room the caller has."""

    answer_by_question: dict[tuple[int, bytes], bytes] = field(default_factory=dict)
    asked: set[tuple[int, bytes]] = field(default_factory=set)
    read_at: set[int] = field(default_factory=set)

    def control(self, code: int, question: bytes = b"", answer_bytes: int = 0) -> Answer:
        self.asked.add((code, question))
        if code in self.refusals:
            return Answer(code=self.refusals[code])
        answer = self.answer_by_question.get((code, question))
        return Answer(code=NOT_SUPPORTED) if answer is None else Answer(answer[:answer_bytes])

    def read(self, offset_bytes: int, size_bytes: int) -> Answer:
        self.read_at.add(offset_bytes)
        return super().read(offset_bytes, size_bytes)


def disk_of(data: dict[str, Any]) -> RecordedDisk:
    return RecordedDisk(
        answer_by_question={
            (answer["code"], from_hex(answer["question"])): from_hex(answer["bytes"])
            for answer in data.get("answer", ())
        },
        refusals={refusal["code"]: refusal["error"] for refusal in data.get("refusal", ())},
        sectors={part["offset"]: from_hex(part["bytes"]) for part in data.get("sectors", ())},
    )


def computer_with(disk: RecordedDisk, volume: dict[str, Any] | None) -> FakeWin32:
    """Make a computer of the disk, its volume and a system disk that says nothing."""
    letters = {"C": on_disk(0, "", 0x1111, 10**12, 10**11)}
    if volume is not None:
        code = volume.get("code", 0)
        extents = from_hex(volume["extents"]) if "extents" in volume else b""
        answers = {"extents": extents} if extents else {"number": b"\7\0\0\0\2\0\0\0\0\0\0\0"}
        letters[volume["letter"]] = FakeLetter(
            kind=volume["kind"],
            text=VolumeText(code=code)
            if code
            else VolumeText(volume["label"], volume["serial"], volume["file_system"]),
            space=None if code else (volume["size"], volume["free"]),
            volume=FakeDevice(answers),
        )
    return FakeWin32(letters, {0: FakeDevice(), NUMBER: disk})
