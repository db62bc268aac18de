"""A small office for the Windows journey: names, sizes and depths that go wrong first."""

from __future__ import annotations

import hashlib
import os
import random
from pathlib import Path

_MOMENT_NS = 1_725_000_000_123_456_700  # NTFS keeps a tenth of a microsecond
_DEEP = "a folder in a folder"


def make_office(folder: Path, seed: int = 7) -> None:
    """Fill a folder; the same seed gives the same bytes."""
    chance = random.Random(seed)
    contents = {
        "Übersicht Größen (2024).txt": "Grüße aus Zürich\n".encode() * 400,
        "名前と住所.csv": "名前,住所\n".encode() * 3000,
        "Зарплата/март 2026.dat": chance.randbytes(70_000),
        "Łódź/ſtraße ‹quoted› – dash….md": b"# Notes\n" * 100,
        "emoji 🗄️ box.bin": chance.randbytes(1_000),
        "e\u0301 beside \u00e9.txt": b"decomposed",
        "\u00e9 beside e\u0301.txt": b"composed",
        "100% & 'quotes' ^caret; [brackets] {braces} !.txt": b"special to shells",
        " leading blank.txt": b"blank",
        "no extension": b"",
        ".hidden": b"dot",
        "long " + "name " * 38 + ".txt": b"200 characters",
        "Sales/report.xlsx": chance.randbytes(300_000),
        "Sales/report copy.xlsx": b"",  # filled below
        "Database/bookings.db": chance.randbytes(9_000_000),
        "Logs/log.txt": b"2026-01-01 00:00:00 everything went well\n" * 60_000,
        # Further down than the 260 letters that programs of Windows otherwise reach.
        "/".join([_DEEP] * 15) + "/at the bottom.txt": b"deep",
    }
    contents["Sales/report copy.xlsx"] = contents["Sales/report.xlsx"]
    contents |= {f"Mail/{n % 20:02}/{n:04}.eml": chance.randbytes(n * 37) for n in range(160)}
    for name, data in contents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (folder / "Empty" / "also empty").mkdir(parents=True)
    (folder / "Sales" / "report.xlsx").chmod(0o444)
    for number, path in enumerate(sorted(folder.rglob("*"), reverse=True)):
        moment = _MOMENT_NS - number * 86_400_000_000_000
        os.utime(path, ns=(moment, moment))


def seen(folder: Path) -> dict[str, tuple[str, int, int]]:
    """Give contents, mode and time of everything below a folder, as this computer sees it."""
    return {
        path.relative_to(folder).as_posix(): (
            hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder",
            # Windows knows one bit of what a mode says: may the owner write.
            path.stat().st_mode & 0o200,
            path.stat().st_mtime_ns // 100,
        )
        for path in folder.rglob("*")
    }
