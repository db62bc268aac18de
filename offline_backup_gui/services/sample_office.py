"""A sample office: about 300 MB of what branch offices have, the same for the same seed."""

from __future__ import annotations

import os
import random
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from msgspec import Struct, field

from offline_backup_gui.services.sample_contents import MARKER, PAGE_BYTES, Contents

SIZE_BYTES = 300_000_000
_NS = 1_000_000_000
_FIRST_MOMENT = 1_700_000_000  # files of the sample are dated within the year after this
_YEAR_S = 365 * 86_400
_IMAGE_BYTES_APPARENT = 256 << 20
_PIECE_BYTES = 1 << 20

# Names that backup programs stumble over: letters tell what is odd about them.
ODD_NAMES: tuple[tuple[str, bytes], ...] = (
    ("long", b"n" * 251 + b".txt"),
    ("newline", b"new\nline.txt"),
    ("trailing-dot", b"trailing dot."),
    ("trailing-space", b"trailing space "),
    ("not-utf-8", b"not \xff\xfe utf-8"),
    ("right-to-left", "right \u202eto left.txt".encode()),
    ("umlauts", "Überstunden März – Größe.txt".encode()),
    ("emoji", "summer party 🎉.txt".encode()),
    ("composed", "caf\u00e9.txt".encode()),
    ("decomposed", "cafe\u0301.txt".encode()),
)

DATABASE = Path("Database/bookings.db")
LOG = Path("Logs/terminal.log")
IMAGE = Path("Machines/till.img")
PROJECTS = Path("Projects")
PAYROLL = Path("Personnel") / MARKER
LOCKED = Path("Left out/opened by nobody.docx")
SOCKET = Path("Left out/database.sock")


class Office(Struct):
    """What was made. `not_made` names what this computer's file system does not allow."""

    folder: Path
    files: int = 0
    size_bytes: int = 0  # sums of sizes, holes included
    data_bytes: int = 0  # what is really written
    locked: Path | None = None
    socket: Path | None = None
    not_made: list[str] = field(default_factory=list)


class Changed(Struct, frozen=True):
    """What one round of changes did."""

    written_bytes: int
    files: int


OnProgress = Callable[[int, int], None]


def _ignore(_done: int, _total: int) -> None:
    """Take progress nobody looks at."""


def make(
    folder: Path,
    seed: str = "office",
    size_bytes: int = SIZE_BYTES,
    on_progress: OnProgress = _ignore,
) -> Office:
    """Make the office in an empty or missing folder; `on_progress(bytes done, bytes in all)`."""
    return _Making(folder, Contents(seed), size_bytes, on_progress).run()


class _Making:
    """One office being made; shares of the size add up to one."""

    def __init__(
        self, folder: Path, contents: Contents, size_bytes: int, on_progress: OnProgress
    ) -> None:
        self._office = Office(folder)
        self._contents, self._size, self._on_progress = contents, size_bytes, on_progress

    def run(self) -> Office:
        self._payroll()
        self._many("Sales", "letter", ".txt", 0.07, 40_000, self._contents.text)
        self._many("Notes", "note", ".md", 0.01, 2_000, self._contents.text)
        self._many("Projects", "offer", ".docx", 0.15, 110_000, self._contents.document)
        self._many("Pictures", "site", ".jpg", 0.28, 1_600_000, self._contents.picture)
        self._many("Scans", "binder", ".tif", 0.18, 18_000_000, self._contents.picture)
        self._large()
        self._copies()
        self._sparse()
        self._names()
        self._deep()
        self._links()
        self._empty()
        self._left_out()
        self._date_everything()
        return self._office

    def _write(self, path: Path, data: bytes, mode: int | None = None) -> Path:
        full = self._office.folder / path
        full.parent.mkdir(parents=True, exist_ok=True)
        full.write_bytes(data)
        if mode is not None:
            full.chmod(mode)
        self._count(len(data))
        return full

    def _count(self, size_bytes: int, data_bytes: int | None = None) -> None:
        office = self._office
        office.files += 1
        office.size_bytes += size_bytes
        office.data_bytes += size_bytes if data_bytes is None else data_bytes
        self._on_progress(min(office.data_bytes, self._size), self._size)

    # --- contents

    def _payroll(self) -> None:
        chance = self._contents.chance("payroll")
        for month in range(1, 13):
            text = f"{MARKER}\n".encode() * 20 + self._contents.text(chance, 20_000)
            self._write(PAYROLL / f"{MARKER}-{month:02d}.txt", text, 0o600)
        wide = f"{MARKER}\n".encode("utf-16-le") * 200
        self._write(PAYROLL / "exported.csv", wide)

    def _many(
        self,
        top: str,
        stem: str,
        suffix: str,
        share: float,
        each_bytes: int,
        content: Callable[[random.Random, int], bytes],
    ) -> None:
        chance = self._contents.chance(top)
        left, number = int(self._size * share), 0
        while left > 0:
            number += 1
            size = min(left, int(each_bytes * chance.uniform(0.3, 1.7)))
            place = Path(top) / f"{2020 + number % 6}" / f"{stem}s {number % 7 + 1}"
            data = content(self._contents.chance(f"{stem} {number}"), size)
            mode = 0o440 if number % 9 == 0 else None
            self._write(place / f"{stem} {number:04d}{suffix}", data, mode)
            left -= len(data)

    def _large(self) -> None:
        pages = max(64, int(self._size * 0.14) // PAGE_BYTES)
        self._write(DATABASE, self._contents.pages(self._contents.chance("pages"), 0, pages), 0o640)
        chance = self._contents.chance("mail")
        text = self._contents.text(chance, max(1000, int(self._size * 0.004)))
        repeats = max(1, int(self._size * 0.05) // len(text))
        # Mails quote each other: the same passages at ever new offsets.
        mails = b"".join(text[chance.randrange(len(text)) :] + text for _ in range(repeats))
        self._write(Path("Mail/archive.mbox"), mails[: int(self._size * 0.05)])
        log = self._contents.text(self._contents.chance("log"), int(self._size * 0.02))
        self._write(LOG, log)

    def _copies(self) -> None:
        """Copy what was made before, as people do before they change something."""
        left = int(self._size * 0.04)
        for path in sorted((self._office.folder / "Pictures").rglob("*.jpg")):
            if left <= 0:
                break
            data = path.read_bytes()
            self._write(Path("Pictures - copy") / path.name, data)
            left -= len(data)

    def _sparse(self) -> None:
        chance = self._contents.chance("image")
        path = self._office.folder / IMAGE
        path.parent.mkdir(parents=True, exist_ok=True)
        count = max(2, int(self._size * 0.066) // _PIECE_BYTES)
        apparent = max(_IMAGE_BYTES_APPARENT * self._size // SIZE_BYTES, 4 * count * _PIECE_BYTES)
        places = sorted(chance.sample(range(apparent // _PIECE_BYTES), count))
        with path.open("wb") as file:
            file.truncate(apparent)
            for place in places:
                file.seek(place * _PIECE_BYTES)
                file.write(chance.randbytes(_PIECE_BYTES))
        self._count(apparent, count * _PIECE_BYTES)

    # --- shapes

    def _names(self) -> None:
        top = os.fsencode(self._office.folder / "Odd names")
        os.makedirs(top, exist_ok=True)
        for number, (what, name) in enumerate(ODD_NAMES):
            data = b"%d: a file with a name of its own\n" % number
            with suppress(OSError, ValueError):
                path = os.path.join(top, name)
                with open(path, "xb") as file:
                    file.write(data)
                # Windows takes some names and keeps others.
                if name in os.listdir(top):
                    self._count(len(data))
                    continue
                os.unlink(path)
            self._office.not_made.append(what)

    def _deep(self) -> None:
        path = self._office.folder / "Deep"
        for level in range(18):
            path = path / f"level {level:02d} {'of a deep filing plan ' * 3}".strip()
        try:
            path.mkdir(parents=True)
            self._write(path.relative_to(self._office.folder) / "at the bottom.txt", b"deep\n")
        except OSError:
            self._office.not_made.append("deep")

    def _links(self) -> None:
        first = self._write(Path("Links/price list.txt"), b"one file, three names\n" * 100)
        folder = first.parent
        large = next((self._office.folder / "Scans").rglob("*.tif"))
        try:
            os.link(first, folder / "price list (same file).txt")
            (folder / "below").mkdir()
            os.link(first, folder / "below" / "third name.txt")
            os.link(large, folder / "a scan of several names.tif")
            self._office.files += 3
        except OSError:
            self._office.not_made.append("hard-links")
        try:
            (folder / "to a file").symlink_to("price list.txt")
            (folder / "to a folder").symlink_to("below", target_is_directory=True)
            (folder / "to nowhere").symlink_to("gone/for ever")
        except OSError:
            self._office.not_made.append("symlinks")

    def _empty(self) -> None:
        for name in ("New folder", "New folder (2)/and inside/nothing"):
            (self._office.folder / "Empty" / name).mkdir(parents=True)
        self._write(Path("Empty/empty.txt"), b"")
        self._write(Path("Empty/empty too.log"), b"", 0o600)

    def _date_everything(self) -> None:
        """Give files and folders dates of a past year, the innermost first."""
        chance = self._contents.chance("dates")
        for path in _innermost_first(os.fsencode(self._office.folder)):
            moment = (_FIRST_MOMENT + chance.randrange(_YEAR_S)) * _NS + chance.randrange(_NS)
            if os.utime in os.supports_follow_symlinks:
                os.utime(path, ns=(moment, moment), follow_symlinks=False)
            elif not os.path.islink(path):
                os.utime(path, ns=(moment, moment))

    # --- what no backup can keep

    def _left_out(self) -> None:
        data = self._contents.document(self._contents.chance("locked"), 20_000)
        self._office.locked = self._write(LOCKED, data, 0o000)
        if not hasattr(os, "mknod"):
            self._office.not_made.append("socket")
            return
        socket = self._office.folder / SOCKET
        os.mknod(socket, stat.S_IFSOCK | 0o600)
        self._office.socket = socket


def _innermost_first(folder: bytes) -> Iterator[bytes]:
    """Give everything below a folder and the folder itself, in an order that stays the same."""
    with os.scandir(folder) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from _innermost_first(entry.path)
        else:
            yield entry.path
    yield folder


def change(folder: Path, seed: str, round_: int) -> Changed:
    """Change about one percent: in place, at the end, new, renamed, deleted, touched."""
    contents = Contents(f"{seed}/{round_}")
    chance = contents.chance("changes")
    written = _change_database(folder / DATABASE, contents, 8)
    written += _grow(folder / LOG, contents)
    files = 2
    for number in range(8):
        data = contents.document(chance, 40_000)
        path = folder / "Sales" / f"new in round {round_}" / f"offer {number}.docx"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        written, files = written + len(data), files + 1
    years = sorted(path for path in (folder / PROJECTS).iterdir() if path.is_dir())
    oldest = chance.choice(years)
    oldest.rename(oldest.with_name(f"{oldest.name} (renamed {round_})"))
    letters = sorted((folder / "Sales").rglob("letter *.txt"))
    for path in chance.sample(letters, min(6, len(letters))):
        path.chmod(0o600)
        path.unlink()
    pictures = sorted((folder / "Pictures").rglob("*.jpg"))
    for path in chance.sample(pictures, min(4, len(pictures))):
        moment = (_FIRST_MOMENT + _YEAR_S + chance.randrange(_YEAR_S)) * _NS
        os.utime(path, ns=(moment, moment))
    (folder / "Empty" / f"new in round {round_}").mkdir()
    return Changed(written, files)


def _change_database(path: Path, contents: Contents, least_pages: int) -> int:
    """Write one page in a hundred anew, in three runs, as a database does."""
    chance = contents.chance("pages")
    total = path.stat().st_size // PAGE_BYTES
    run = max(least_pages, total // 100) // 3 + 1
    with path.open("r+b") as file:
        for _ in range(3):
            first = chance.randrange(total - run)
            file.seek(first * PAGE_BYTES)
            file.write(contents.pages(chance, first, run))
    return 3 * run * PAGE_BYTES


def _grow(path: Path, contents: Contents) -> int:
    with path.open("ab") as file:
        return file.write(contents.text(contents.chance("log"), 150_000))
