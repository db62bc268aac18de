"""`manifest`: a manifest by its rules, a drive by its manifest, and what the portal takes."""

from __future__ import annotations

import hashlib
import io
import os
import stat
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from offline_backup_gui import app, words
from offline_backup_gui.adapters.state.store import StateStore
from offline_backup_gui.domain.drive_manifest import (
    PIECE_BYTES,
    BlobKind,
    BlobList,
    Disposition,
    ManifestBlob,
    Piece,
    Pieces,
)
from offline_backup_gui.domain.manifest_rules import Fault
from offline_backup_gui.formats.blob_files import metadata_xml, side_file
from offline_backup_gui.formats.drive_manifest import ManifestWriter
from offline_backup_gui.formats.import_journal import DriveInfo, journal_text, read_journal
from offline_backup_gui.services.tool_drives import Note
from tests.cli.desk import Desk
from tests.formats.manifest_by_the_book import departures

SAMPLES = Path(__file__).parents[1] / "formats" / "import_export"
SERIAL = "WD-WCC4N1"
KEY = "060456-014509-132033-080300-252615-584177-672089-411631"


def pieces_of(data: bytes, kind: BlobKind) -> Pieces:
    md5s = b"".join(
        hashlib.md5(data[at : at + PIECE_BYTES]).digest() for at in range(0, len(data), PIECE_BYTES)
    )
    return Pieces.regular(len(data), md5s, kind)


class Prepared:
    """A drive with page blobs, block blobs and metadata, as a copy would leave it."""

    def __init__(self, root: Path, *, large: bool = False) -> None:
        self.root = root
        root.mkdir()
        out = io.BytesIO()
        manifest = ManifestWriter(out.write, SERIAL)
        self.put("meta/all.xml", metadata_xml({"origin": "branch"}))
        shared = side_file("meta/all.xml", (root / "meta/all.xml").read_bytes())
        manifest.begin_list(BlobList("agent", metadata=shared))
        page = os.urandom(2 * PIECE_BYTES) + bytes(1024)
        self.add(manifest, "mars/Seed.BaseBlob", page, BlobKind.PAGE)
        manifest.begin_list(BlobList("plain"))
        self.add(manifest, "files/a b/ä.txt", b"small", BlobKind.BLOCK, Disposition.RENAME)
        self.add(manifest, "files/empty", b"", BlobKind.BLOCK)
        self.add(
            manifest, "$root/large", os.urandom(17) * ((5 << 20) if large else 9), BlobKind.BLOCK
        )
        sparse = b"x" * 512 + bytes(1024) + b"y" * 512
        self.put("mars/holes.vhd", sparse)
        ranges = [Piece(at, 512, hashlib.md5(sparse[at : at + 512]).digest()) for at in (0, 1536)]
        manifest.add(
            ManifestBlob("mars/holes.vhd", "\\mars\\holes.vhd", 2048, BlobKind.PAGE, Pieces(ranges))
        )
        self.written = manifest.finish()
        self.put("DriveManifest.xml", out.getvalue())

    def put(self, name: str, data: bytes) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    def add(
        self,
        manifest: ManifestWriter,
        blob: str,
        data: bytes,
        kind: BlobKind,
        disposition: Disposition | None = None,
    ) -> None:
        name = blob.replace("$root", "root")
        self.put(name, data)
        path = "\\" + name.replace("/", "\\")
        manifest.add(ManifestBlob(blob, path, len(data), kind, pieces_of(data, kind), disposition))

    def change(self, name: str, at: int) -> None:
        with (self.root / name).open("r+b") as file:
            file.seek(at)
            old = file.read(1)
            file.seek(at)
            file.write(bytes([old[0] ^ 1]))


@pytest.fixture
def drive(tmp_path: Path) -> Prepared:
    return Prepared(tmp_path / "drive")


@pytest.fixture
def large_drive(tmp_path: Path) -> Prepared:
    """Give one with a block blob of 85 MiB, whose blocks need identifiers."""
    return Prepared(tmp_path / "drive", large=True)


def test_a_drive_of_ours_is_good_by_us_and_by_the_book(large_drive: Prepared, desk: Desk) -> None:
    drive = large_drive
    assert list(departures(drive.root)) == []
    told = desk.here("manifest", "check", drive.root, "--json")
    assert told.code == 0
    result = told.result
    assert (result["outcome"], result["drive_id"], result["credential"]) == ("done", SERIAL, None)
    assert result["md5"] == drive.written.md5
    assert (result["blobs"], result["page_blobs"], result["pieces"]) == (5, 2, 3 + 1 + 0 + 22 + 2)
    assert result["compared"]
    assert result["compared_bytes"] == 2 * PIECE_BYTES + 1024 + 5 + 17 * (5 << 20) + 1024
    assert result["faults"] == result["warnings"] == []
    assert result["containers"] == {"mars": 2, "files": 2, "$root": 1}
    spoken = desk.here("manifest", "check", drive.root)
    assert "the drive holds every byte" in spoken.out


@pytest.mark.parametrize(
    ("name", "at", "blob", "piece", "offset"),
    [
        ("mars/Seed.BaseBlob", 0, "mars/Seed.BaseBlob", 0, 0),
        ("mars/Seed.BaseBlob", PIECE_BYTES, "mars/Seed.BaseBlob", 1, PIECE_BYTES),
        ("mars/Seed.BaseBlob", 2 * PIECE_BYTES + 1023, "mars/Seed.BaseBlob", 2, 2 * PIECE_BYTES),
        ("files/a b/ä.txt", 4, "files/a b/ä.txt", 0, 0),
        ("root/large", 7, "$root/large", 0, 0),
        ("mars/holes.vhd", 1536, "mars/holes.vhd", 1, 1536),
    ],
)
def test_a_changed_byte_is_named_with_its_blob_and_block(
    drive: Prepared, desk: Desk, name: str, at: int, blob: str, piece: int, offset: int
) -> None:
    drive.change(name, at)
    told = desk.here("manifest", "check", drive.root, "--json")
    assert told.code == 3
    (fault,) = told.result["faults"]
    assert (fault["fault"], fault["blob"]) == ("piece-differs", blob)
    assert (fault["piece"], fault["offset"]) == (piece, offset)
    spoken = desk.here("manifest", "check", drive.root)
    assert spoken.code == 3
    assert f"{blob}, piece {piece + 1} at byte" in spoken.out
    assert len(list(departures(drive.root))) == 1


def test_a_byte_no_range_lists_may_be_anything(drive: Prepared, desk: Desk) -> None:
    drive.change("mars/holes.vhd", 600)
    assert desk.here("manifest", "check", drive.root, "--json").code == 0


def _cut(drive: Prepared) -> None:
    os.truncate(drive.root / "mars/Seed.BaseBlob", 100)


def _cut_behind_the_last_range(drive: Prepared) -> None:
    os.truncate(drive.root / "files/a b/ä.txt", 4)


def _longer(drive: Prepared) -> None:
    with (drive.root / "files/empty").open("ab") as file:
        file.write(b"x")


def _gone(drive: Prepared) -> None:
    (drive.root / "files/empty").unlink()


def _a_link(drive: Prepared) -> None:
    (drive.root / "files/empty").unlink()
    (drive.root / "files/empty").symlink_to("/etc/hostname")


def _side_changed(drive: Prepared) -> None:
    drive.change("meta/all.xml", 60)


def _side_gone(drive: Prepared) -> None:
    (drive.root / "meta/all.xml").unlink()


def _more(drive: Prepared) -> None:
    drive.put("notes/forgotten.txt", b"x")
    drive.put(".offline-backup-mirror/00000001.json", b"{}")
    drive.put("System Volume Information/x", b"")


def _a_journal_on_the_drive(drive: Prepared) -> None:
    drive.put("papers/a.jrn", journal_text([DriveInfo(SERIAL, "A" * 32, KEY)], datetime.now()))


def _side_of_another_kind(drive: Prepared) -> None:
    """Put a properties file in the place of metadata, with the right MD5."""
    data = b"<Properties/>"
    old = side_file("meta/all.xml", (drive.root / "meta/all.xml").read_bytes()).md5
    drive.put("meta/all.xml", data)
    _edited(drive, old, hashlib.md5(data).hexdigest().upper())


def _edited(drive: Prepared, old: str, new: str) -> None:
    path = drive.root / "DriveManifest.xml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


DAMAGE: list[tuple[Callable[[Prepared], None], str, str, int]] = [
    (_cut, "file-short", "mars/Seed.BaseBlob", 3),
    (_cut_behind_the_last_range, "file-short", "files/a b/ä.txt", 3),
    (_longer, "file-long", "files/empty", 0),
    (_gone, "file-missing", "files/empty", 3),
    (_a_link, "file-missing", "files/empty", 3),
    (_side_changed, "side-file-differs", "", 3),
    (_side_gone, "side-file-missing", "", 3),
    (_side_of_another_kind, "side-file-wrong", "", 3),
    (_more, "unlisted", "", 0),
    (_a_journal_on_the_drive, "key-on-drive", "", 0),
    (
        lambda drive: _edited(
            drive, "<ClientCreator>", "<StorageAccountKey>a2V5</StorageAccountKey><ClientCreator>"
        ),
        "credential",
        "",
        0,
    ),
    (lambda drive: _edited(drive, "\\files\\empty", "\\..\\empty"), "file-path", "files/empty", 3),
    (
        lambda drive: _edited(drive, "<BlobPath>files/empty", "<BlobPath>mars/holes.vhd"),
        "same-blob",
        "mars/holes.vhd",
        3,
    ),
    (lambda drive: _edited(drive, "</BlobList>\n </Drive>", ""), "cut-off", "", 3),
]


@pytest.mark.parametrize(
    ("damage", "fault", "blob", "code"),
    DAMAGE,
    ids=[str(n) + row[1] for n, row in enumerate(DAMAGE)],
)
def test_what_is_wrong_with_a_drive_is_named(
    drive: Prepared,
    desk: Desk,
    damage: Callable[[Prepared], None],
    fault: str,
    blob: str,
    code: int,
) -> None:
    damage(drive)
    told = desk.here("manifest", "check", drive.root, "--json")
    found = [*told.result["faults"], *told.result["warnings"]]
    if fault in ("file-path", "key-on-drive"):  # what no path leads to is unlisted as well
        found.remove(next(one for one in found if one["fault"] == "unlisted"))
    assert [(one["fault"], one["blob"]) for one in found] == [(fault, blob)]
    assert told.code == code
    spoken = desk.here("manifest", "check", drive.root)
    assert spoken.code == code
    assert "a2V5" not in spoken.out + told.out


def test_a_manifest_alone_is_judged_by_its_rules(drive: Prepared, desk: Desk) -> None:
    file = drive.root / "DriveManifest.xml"
    told = desk.here("manifest", "check", file, "--json")
    assert (told.code, told.result["compared"], told.result["past_cache"]) == (0, False, None)
    assert "was not looked at" in desk.here("manifest", "check", file).out
    _edited(drive, "<BlobPath>files/", "<BlobPath>Files/")
    told = desk.here("manifest", "check", file, "--json")
    assert (told.code, told.result["counts"]) == (3, {"container-name": 1})


def test_what_is_no_manifest_is_refused(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "x.xml").write_text("<html/>")
    for path, code, name in (
        (tmp_path / "x.xml", 2, "manifest-unreadable"),
        (tmp_path / "missing.xml", 2, "manifest-unreadable"),
        (tmp_path, 1, "manifest-missing"),
    ):
        told = desk.here("manifest", "check", path, "--json")
        assert (told.code, told.result["code"]) == (code, name)


def test_the_portals_files_are_made_and_checked(
    drive: Prepared, desk: Desk, tmp_path: Path
) -> None:
    key, to = tmp_path / "key.txt", tmp_path / "papers"
    key.write_text(KEY + "\n")
    told = desk.here(
        "manifest", "journal", drive.root, "--to", to, "--key-file", f"{SERIAL}={key}", "--json"
    )
    assert told.code == 0
    assert told.result["drives"] == [
        {
            "serial": SERIAL,
            "manifest_file": "\\DriveManifest.xml",
            "manifest_hash": hashlib.md5((drive.root / "DriveManifest.xml").read_bytes())
            .hexdigest()
            .upper(),
        }
    ]
    assert KEY not in told.out
    files = [Path(name) for name in told.result["files"]]
    assert [file.name for file in files] == [
        "import-job.jrn",
        f"import-job_DriveInfo_{SERIAL}.xml",
    ]
    for file in files:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        with file.open("rb") as opened:
            (info,) = read_journal(opened, file.name).drives
        assert (info.drive_id, info.bitlocker_key) == (SERIAL, KEY)
        checked = desk.here("manifest", "check", drive.root, "--journal", file, "--json")
        assert checked.code == 0
    again = desk.here(
        "manifest", "journal", drive.root, "--to", to, "--key-file", f"{SERIAL}={key}"
    )
    assert again.code == 1
    _edited(drive, "<ClientCreator>", "<ClientCreator>x")
    changed = desk.here("manifest", "check", drive.root, "--journal", files[0], "--json")
    assert (changed.code, changed.result["counts"]) == (3, {"manifest-changed": 1})
    _edited(drive, SERIAL, "ANOTHER")
    other = desk.here("manifest", "check", drive.root, "--journal", files[0], "--json")
    assert (other.code, other.result["counts"]) == (3, {"another-drive": 1})


def test_a_key_that_is_kept_here_need_not_be_given(
    drive: Prepared, desk: Desk, tmp_path: Path
) -> None:
    services = app.build_services(desk.state)
    services.preparations.keep_key(SERIAL, KEY)
    assert isinstance(services.world.state, StateStore)
    services.world.state.close()
    told = desk.here("manifest", "journal", drive.root, "--to", tmp_path / "p", "--json")
    assert told.code == 0
    with Path(told.result["files"][0]).open("rb") as file:
        assert read_journal(file, "x").drives[0].bitlocker_key == KEY


def test_what_opens_a_drive_is_not_written_onto_it(
    drive: Prepared, desk: Desk, tmp_path: Path
) -> None:
    key, link = tmp_path / "key.txt", tmp_path / "papers"
    key.write_text(KEY)
    link.symlink_to(drive.root, target_is_directory=True)
    before = sorted(drive.root.rglob("*"))
    for to in (drive.root, drive.root / "papers", link / "deep" / "papers"):
        given = ("--to", to, "--key-file", f"{SERIAL}={key}", "--json")
        told = desk.here("manifest", "journal", drive.root, *given)
        assert (told.code, told.result["code"]) == (1, "target-on-drive")
    assert sorted(drive.root.rglob("*")) == before


def test_a_journal_needs_the_right_key_of_every_drive(
    drive: Prepared, desk: Desk, tmp_path: Path
) -> None:
    key = tmp_path / "key.txt"
    for given, text, code in (
        ([], KEY, "bitlocker-key-missing"),
        (["--key-file", f"OTHER={key}"], KEY, "bitlocker-key-missing"),
        (["--key-file", f"{SERIAL}={key}"], "1234", "bitlocker-key-wrong"),
        (["--key-file", f"{SERIAL}"], KEY, "value-not-understood"),
    ):
        key.write_text(text)
        told = desk.here(
            "manifest", "journal", drive.root, "--to", tmp_path / "p", *given, "--json"
        )
        assert told.result["code"] == code
    _edited(drive, "<BlobPath>files/", "<BlobPath>Files/")
    told = desk.here("manifest", "journal", drive.root, "--to", tmp_path / "p", "--json")
    assert (told.code, told.result["code"]) == (2, "manifest-unreadable")
    assert not (tmp_path / "p").exists()


def test_every_fault_has_its_sentence() -> None:
    for language in ("en", "de"):
        spoken = words.load(language)
        for fault in Fault:
            assert "x1" in spoken.text(f"manifest-fault.{fault.value}", detail="x1") or fault in {
                Fault.SEVERAL_DRIVES,
                Fault.DRIVE_ID_MISSING,
                Fault.DRIVE_ID_LATE,
                Fault.SAME_BLOB,
                Fault.BOTH_LISTS,
                Fault.NO_LIST,
                Fault.PIECE_EMPTY,
                Fault.PIECE_ORDER,
                Fault.BLOCK_GAP,
                Fault.BLOCK_IDS_MISSING,
                Fault.PIECE_DIFFERS,
            }


def test_a_plan_is_made_of_the_tools_files_and_says_what_differs(
    desk: Desk, tmp_path: Path
) -> None:
    to = tmp_path / "plan.toml"
    given = ("manifest", "plan", SAMPLES / "dataset-blobs.csv", "--to", to, "--name", "branch")
    told = desk.here(*given, "--json")
    assert told.code == 0
    assert told.result["files"] == [str(to)]
    assert [one["note"] for one in told.result["notes"]] == ["single-file", "disposition", "names"]
    text = to.read_text()
    assert "as_is = true" in text
    assert desk.here(*given, "--json").result["code"] == "plan-exists"
    spoken = desk.here(*given[:4], tmp_path / "again.toml", *given[5:])
    assert "Blobs get other names here" in spoken.out
    told = desk.here("manifest", "plan", SAMPLES / "driveset.csv", *given[3:], "--json")
    assert (told.code, told.result["code"]) == (2, "import-file-unreadable")


def test_a_plan_of_packs_is_not_for_the_tool(desk: Desk, tmp_path: Path) -> None:
    plan = desk.plan(desk.office(files=1))
    told = desk.here("manifest", "tool", plan, "--to", tmp_path / "tool", "--json")
    assert (told.code, told.result["code"]) == (1, "tool-knows-no-packs")
    as_is = tmp_path / "as-is.toml"
    as_is.write_text("as_is = true\n" + Path(plan).read_text())
    told = desk.here("manifest", "tool", as_is, "--to", tmp_path / "tool", "--json")
    assert (told.code, told.result["code"]) == (2, "import-file-wrong")
    assert not (tmp_path / "tool").exists()


def test_every_note_has_its_sentence() -> None:
    for language in ("en", "de"):
        spoken = words.load(language)
        for note in Note:
            assert spoken.text(f"tool-note.{note.value}", detail="x")
