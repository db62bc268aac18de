"""Drive manifests: written and read again, every rule broken once, and hostile ones."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from offline_backup_gui.domain.drive_manifest import (
    BLOCKS_MOST,
    PIECE_BYTES,
    BlobKind,
    BlobList,
    Credential,
    Disposition,
    ManifestBlob,
    Piece,
    Pieces,
    SideFile,
    block_id,
    file_path_of,
    name_of_path,
    renamed,
)
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.manifest_rules import Fault, Found, faults_of
from offline_backup_gui.formats.drive_manifest import ManifestReader, ManifestWriter

MD5 = hashlib.md5(b"x" * 512).digest()
SIDE = SideFile("\\meta\\all.xml", "0123456789ABCDEF" * 2)


def page_blob(**changes: object) -> ManifestBlob:
    blob = ManifestBlob(
        "mars/data.vhd",
        "\\mars\\data.vhd",
        1024,
        BlobKind.PAGE,
        Pieces([Piece(0, 512, MD5), Piece(512, 512, MD5)]),
    )
    return replace(blob, **changes)


def block_blob(**changes: object) -> ManifestBlob:
    blob = ManifestBlob(
        "mars/a.txt", "\\mars\\a.txt", 700, BlobKind.BLOCK, Pieces([Piece(0, 700, MD5)])
    )
    return replace(blob, **changes)


def written(*blobs: ManifestBlob, lists: tuple[BlobList, ...] = ()) -> bytes:
    out = io.BytesIO()
    manifest = ManifestWriter(out.write, "9WM35C3U")
    for head in lists[:1]:
        manifest.begin_list(head)
    for blob in blobs:
        manifest.add(blob)
    told = manifest.finish()
    assert told.md5 == hashlib.md5(out.getvalue()).hexdigest().upper()
    assert (told.blobs, told.size_bytes) == (len(blobs), len(out.getvalue()))
    return out.getvalue()


def read(data: bytes) -> tuple[list[ManifestBlob], list[Found], ManifestReader]:
    faults: list[Found] = []
    reader = ManifestReader(io.BytesIO(data), faults.append)
    return list(reader), faults, reader


def document(inside: str, *, version: str = "2014-11-01", drive: str = "S1") -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><DriveManifest Version="{version}"><Drive>'
        f"<DriveId>{drive}</DriveId>{inside}</Drive></DriveManifest>"
    ).encode()


BLOB = (
    "<Blob><BlobPath>c-1/a</BlobPath><FilePath>\\a</FilePath><Length>4</Length>"
    '<BlockList><Block Offset="0" Length="4" Hash="' + "a" * 32 + '"/></BlockList></Blob>'
)


def test_what_is_written_is_read_again() -> None:
    blobs = [
        page_blob(),
        block_blob(
            disposition=Disposition.OVERWRITE,
            metadata=SIDE,
            properties=SideFile("\\p.xml", "F" * 32),
            client_data='<&">  two',
        ),
        block_blob(blob_path="$root/ä ö.txt", file_path="\\ä ö.txt", length=0, pieces=Pieces()),
        page_blob(blob_path="mars/empty", length=0, pieces=Pieces()),
        block_blob(blob_path="mars/n", pieces=Pieces([Piece(0, 700, MD5, block_id(0))])),
    ]
    data = written(*blobs, lists=(BlobList("session#1-0", SIDE, SIDE),))
    found, faults, reader = read(data)
    assert found == blobs
    assert faults == []
    assert reader.whole
    assert reader.head.drive_id == "9WM35C3U"
    assert reader.lists == [BlobList("session#1-0", SIDE, SIDE)]


def test_a_blob_says_which_list_it_is_of() -> None:
    out = io.BytesIO()
    manifest = ManifestWriter(out.write, "S")
    manifest.add(page_blob())
    manifest.begin_list(BlobList("second"))
    manifest.add(block_blob())
    manifest.finish()
    found, faults, reader = read(out.getvalue())
    assert [blob.list_number for blob in found] == [0, 1]
    assert [one.id for one in reader.lists] == [None, "second"]
    assert faults == []


def test_pieces_of_a_whole_file_are_cut_at_4_mib_and_named_where_they_must_be() -> None:
    small = Pieces.regular(PIECE_BYTES + 1, MD5 * 2, BlobKind.BLOCK)
    assert list(small) == [Piece(0, PIECE_BYTES, MD5), Piece(PIECE_BYTES, 1, MD5)]
    large = Pieces.regular(PIECE_BYTES * 17, MD5 * 17, BlobKind.BLOCK)
    assert large[-1].block_id == block_id(16)
    assert Pieces.regular(PIECE_BYTES * 17, MD5 * 17, BlobKind.PAGE)[0].block_id is None
    with pytest.raises(ValueError, match="48 bytes of MD5 for 2"):
        Pieces.regular(PIECE_BYTES + 1, MD5 * 3, BlobKind.PAGE)


def test_a_blob_of_eight_tebibytes_takes_little_memory() -> None:
    count = (8 << 40) // PIECE_BYTES
    pieces = Pieces.regular(8 << 40, MD5 * count, BlobKind.PAGE)
    assert len(pieces) == count
    room = sum(memoryview(part).nbytes for part in (pieces._offsets, pieces._lengths, pieces._md5s))
    assert room == 32 * count


SIZES = st.integers(0, 3).map(lambda n: n * 512)


@given(
    st.lists(
        st.builds(
            lambda gap, length, md5: (gap, length, md5),
            SIZES,
            st.integers(1, 8192).map(lambda n: n * 512),
            st.binary(min_size=16, max_size=16),
        ),
        max_size=20,
    ),
    st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=30),
)
def test_any_ranges_and_any_name_come_back(
    rows: list[tuple[int, int, bytes]], client_data: str
) -> None:
    pieces, end = Pieces(), 0
    for gap, length, md5 in rows:
        pieces.add(end + gap, length, md5)
        end += gap + length
    blob = page_blob(length=end, pieces=pieces, client_data=client_data)
    found, faults, _ = read(written(blob))
    assert [one.pieces for one in found] == [pieces]
    assert found[0].length == end
    # Line ends around a text are layout to a reader, whoever wrote them.
    assert found[0].client_data == client_data
    assert faults == []


# --- rules

PAGES = Pieces([Piece(0, 512, MD5)])
BROKEN: list[tuple[Fault, ManifestBlob]] = [
    (Fault.CONTAINER_NAME, page_blob(blob_path="Upper/a")),
    (Fault.CONTAINER_NAME, page_blob(blob_path="a/b")),
    (Fault.BLOB_NAME, page_blob(blob_path="mars")),
    (Fault.BLOB_NAME, page_blob(blob_path="mars/a//b")),
    (Fault.BLOB_NAME, page_blob(blob_path="$root/a/b")),
    (Fault.FILE_PATH, page_blob(file_path="mars\\a")),
    (Fault.FILE_PATH, page_blob(file_path="\\..\\a")),
    (Fault.FILE_PATH, page_blob(file_path="\\a:b")),
    (Fault.FILE_PATH, page_blob(file_path="\\\\server\\share")),
    (Fault.FILE_PATH, page_blob(file_path="\\nul")),
    (Fault.FILE_PATH, page_blob(metadata=SideFile("..\\m", "A" * 32))),
    (Fault.HASH, page_blob(properties=SideFile("\\m", ""))),
    (Fault.LENGTH, page_blob(length=1025)),
    (Fault.LENGTH, page_blob(length=(8 << 40) + 512)),
    (Fault.LARGE_FOR_FORMAT, page_blob(length=(1 << 40) + 512)),
    (Fault.LENGTH, block_blob(length=BLOCKS_MOST * PIECE_BYTES + 1)),
    (Fault.PIECE_EMPTY, page_blob(pieces=Pieces([Piece(0, 0, MD5)]))),
    (Fault.PIECE_LONG, block_blob(length=PIECE_BYTES + 1, pieces=[Piece(0, PIECE_BYTES + 1, MD5)])),
    (Fault.PIECE_LONG, page_blob(length=8 << 20, pieces=[Piece(0, PIECE_BYTES + 512, MD5)])),
    (Fault.PIECE_ALIGNMENT, page_blob(pieces=Pieces([Piece(100, 512, MD5)]))),
    (Fault.PIECE_ALIGNMENT, page_blob(pieces=Pieces([Piece(0, 100, MD5)]))),
    (Fault.PIECE_ORDER, page_blob(pieces=Pieces([Piece(512, 512, MD5), Piece(0, 512, MD5)]))),
    (Fault.PIECE_ORDER, page_blob(pieces=Pieces([Piece(0, 1024, MD5), Piece(512, 512, MD5)]))),
    (Fault.PIECE_BEYOND, page_blob(length=512)),
    (Fault.BLOCK_GAP, block_blob(pieces=Pieces([Piece(0, 300, MD5), Piece(301, 399, MD5)]))),
    (Fault.BLOCK_GAP, block_blob(pieces=Pieces([Piece(1, 699, MD5)]))),
    (Fault.BLOCK_GAP, block_blob(length=701)),
    (Fault.NO_LIST, block_blob(pieces=Pieces())),
    (Fault.BLOCK_ID, block_blob(pieces=Pieces([Piece(0, 700, MD5, "no base64!")]))),
    (Fault.BLOCK_ID, block_blob(pieces=Pieces([Piece(0, 700, MD5, "")]))),
    (
        Fault.BLOCK_ID,
        block_blob(pieces=Pieces([Piece(0, 300, MD5, "AAAA"), Piece(300, 400, MD5, "AAAAAAAA")])),
    ),
    (
        Fault.BLOCK_IDS_MIXED,
        block_blob(pieces=Pieces([Piece(0, 300, MD5, "AAAA"), Piece(300, 400, MD5)])),
    ),
    (
        Fault.BLOCK_IDS_MISSING,
        block_blob(
            length=PIECE_BYTES * 17,
            pieces=Pieces(Piece(n * PIECE_BYTES, PIECE_BYTES, MD5) for n in range(17)),
        ),
    ),
    (Fault.HASH, page_blob(pieces=Pieces([Piece(0, 512, b"")]))),
    (
        Fault.BLOCKS_MANY,
        block_blob(length=50_001, pieces=Pieces(Piece(n, 1, MD5) for n in range(50_001))),
    ),
]


ALSO = {Fault.BLOCK_GAP, Fault.BLOCK_IDS_MISSING}  # of a length nobody lists blocks for


@pytest.mark.parametrize(("fault", "blob"), BROKEN, ids=lambda one: str(getattr(one, "value", "")))
def test_a_broken_rule_is_named_and_never_written(fault: Fault, blob: ManifestBlob) -> None:
    blob = replace(blob, pieces=Pieces(blob.pieces))
    faults = {found.fault for found in faults_of(blob)}
    assert faults == {fault} | (faults & ALSO if blob.length > 10**11 else set())
    out = io.BytesIO()
    manifest = ManifestWriter(out.write, "S")
    if fault is Fault.LARGE_FOR_FORMAT:
        manifest.add(blob)
        return
    with pytest.raises(BackupError) as told:
        manifest.add(blob)
    assert told.value.code is ErrorCode.MANIFEST_RULE_BROKEN
    assert told.value.parameters["rule"] == fault.value
    manifest.add(page_blob(blob_path="mars/after"))
    manifest.finish()
    assert [one.blob_path for one in read(out.getvalue())[0]] == ["mars/after"]


@pytest.mark.parametrize("blob", [page_blob(), block_blob()])
def test_a_good_blob_has_no_fault(blob: ManifestBlob) -> None:
    assert list(faults_of(blob)) == []


@pytest.mark.parametrize("text", ["a\x01b", "a\ud800b", "\ufffe"])
def test_what_xml_cannot_hold_is_refused_before_a_byte_of_it(text: str) -> None:
    out = io.BytesIO()
    manifest = ManifestWriter(out.write, "S")
    with pytest.raises(BackupError):
        manifest.add(page_blob(client_data=text))
    manifest.add(page_blob())
    manifest.finish()
    assert len(read(out.getvalue())[0]) == 1


def test_a_manifest_without_blobs_or_serial_number_is_not_written() -> None:
    with pytest.raises(BackupError):
        ManifestWriter(io.BytesIO().write, " ")
    with pytest.raises(BackupError):
        ManifestWriter(io.BytesIO().write, "S").finish()
    manifest = ManifestWriter(io.BytesIO().write, "S")
    manifest.begin_list(BlobList())
    with pytest.raises(BackupError):
        manifest.begin_list(BlobList())


# --- documents of others

READING: list[tuple[Fault, bytes]] = [
    (Fault.UNKNOWN_VERSION, document(f"<BlobList>{BLOB}</BlobList>", version="2031-01-01")),
    (Fault.UNKNOWN_ELEMENT, document(f"<BlobList><New><Blob/></New>{BLOB}</BlobList>")),
    (Fault.DRIVE_ID_MISSING, document(f"<BlobList>{BLOB}</BlobList>", drive=" ")),
    (
        Fault.DRIVE_ID_LATE,
        document(f"<BlobList>{BLOB}</BlobList><DriveId>S</DriveId>"),
    ),
    (
        Fault.SEVERAL_DRIVES,
        document(f"<BlobList>{BLOB}</BlobList></Drive><Drive>"),
    ),
    (Fault.NO_BLOBS, document("<BlobList/>")),
    (
        Fault.DEFAULTS_LATE,
        document(f'<BlobList>{BLOB}<MetadataPath Hash="{"0" * 32}">\\m</MetadataPath></BlobList>'),
    ),
    (
        Fault.CREDENTIAL,
        document(f"<ContainerSas>c?sig=x</ContainerSas><BlobList>{BLOB}</BlobList>"),
    ),
    (
        Fault.MISSING,
        document("<BlobList>" + BLOB.replace("<Length>4</Length>", "") + "</BlobList>"),
    ),
    (
        Fault.TWICE,
        document(
            "<BlobList>" + BLOB.replace("<Length>", "<Length>4</Length><Length>") + "</BlobList>"
        ),
    ),
    (
        Fault.NOT_A_NUMBER,
        document("<BlobList>" + BLOB.replace("<Length>4", "<Length>4.0") + "</BlobList>"),
    ),
    (
        Fault.NOT_A_NUMBER,
        document("<BlobList>" + BLOB.replace('Offset="0"', 'Offset="-0"') + "</BlobList>"),
    ),
    (
        Fault.DISPOSITION,
        document(
            "<BlobList>"
            + BLOB.replace(
                "<BlockList>", "<ImportDisposition>Rename</ImportDisposition><BlockList>"
            )
            + "</BlobList>"
        ),
    ),
    (
        Fault.BOTH_LISTS,
        document(
            "<BlobList>"
            + BLOB.replace("<BlockList>", "<PageRangeList/><BlockList>")
            + "</BlobList>"
        ),
    ),
    (
        Fault.NO_LIST,
        document(
            "<BlobList><Blob><BlobPath>c-1/a</BlobPath><FilePath>\\a</FilePath><Length>1</Length></Blob></BlobList>"
        ),
    ),
    (Fault.CUT_OFF, document(f"<BlobList>{BLOB}{BLOB}")[:-60]),
]


@pytest.mark.parametrize(("fault", "data"), READING, ids=lambda one: str(getattr(one, "value", "")))
def test_a_fault_of_somebody_elses_manifest_is_told(fault: Fault, data: bytes) -> None:
    _, faults, _ = read(data)
    assert fault in {found.fault for found in faults}


@pytest.mark.parametrize("last", [False, True])
def test_a_credential_is_noticed_and_never_kept(last: bool) -> None:
    key = "VkGbrUqBWLYJ6zg1m29VOTrxpBgdNOlp+kp0C9MEdx3GELxmBw4hK94f7KysbbeKLDksg7VoN1W/a5UuM2zNgQ=="
    parts = [f"<StorageAccountKey>{key}</StorageAccountKey>", f"<BlobList>{BLOB}</BlobList>"]
    _, faults, reader = read(document("".join(reversed(parts) if last else parts)))
    assert reader.head.credential is Credential.ACCOUNT_KEY
    assert [found.fault for found in faults] == [Fault.CREDENTIAL]
    assert key not in repr((faults, reader.head, vars(reader), vars(reader._elements)))


def test_faults_name_their_blob_and_piece() -> None:
    inside = BLOB.replace("c-1/a", "c-1/b").replace(
        "</BlockList>", '<Block Offset="x" Length="1"/></BlockList>'
    )
    _, faults, _ = read(document(f"<BlobList>{BLOB}{inside}</BlobList>"))
    assert faults == [Found(Fault.NOT_A_NUMBER, "c-1/b", 1, detail="x+1")]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "iso-8859-1"])
def test_any_encoding_xml_names_is_read(encoding: str) -> None:
    text = document(f"<BlobList>{BLOB}</BlobList>".replace("c-1/a", "c-1/ä")).decode()
    data = text.replace("UTF-8", encoding.removesuffix("-sig")).encode(encoding)
    found, faults, _ = read(data)
    assert [blob.blob_path for blob in found] == ["c-1/ä"]
    assert faults == []


def test_line_breaks_around_a_value_are_layout_and_spaces_belong_to_it() -> None:
    inside = BLOB.replace("c-1/a", "\n   c-1/a b \n ").replace(">\\a<", ">\\a <")
    found, _, _ = read(document(f"<BlobList>{inside}</BlobList>"))
    assert (found[0].blob_path, found[0].file_path) == ("c-1/a b", "\\a ")


# --- hostile documents

_LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
HOSTILE: dict[str, Callable[[], bytes]] = {
    "a bomb of entities": lambda: (
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "ha">'
        + _LAUGHS.encode()
        + b"]><DriveManifest><Drive><DriveId>&l9;</DriveId></Drive></DriveManifest>"
    ),
    "a file of ours by an entity": lambda: (
        b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><DriveManifest>&f;</DriveManifest>'
    ),
    "an external document type": lambda: b'<!DOCTYPE x SYSTEM "http://h/x.dtd"><DriveManifest/>',
    "nothing": lambda: b"",
    "no XML": lambda: b"\x00" * 1000,
    "another document": lambda: b"<html/>",
    "an unknown encoding": lambda: b'<?xml version="1.0" encoding="klingon"?><DriveManifest/>',
}


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE.keys())
def test_what_is_no_manifest_is_refused_with_its_name(hostile: Callable[[], bytes]) -> None:
    with pytest.raises(BackupError) as told:
        list(ManifestReader(io.BytesIO(hostile()), name="E:\\x.xml"))
    assert told.value.code is ErrorCode.MANIFEST_UNREADABLE
    assert told.value.parameters["name"] == "E:\\x.xml"


class Endless(io.RawIOBase):
    """A beginning, and then the same forever; counts what was taken."""

    def __init__(self, head: bytes, rest: bytes) -> None:
        self._head, self._rest, self.taken = head, rest, 0

    def read(self, size: int = -1) -> bytes:
        assert self.taken < 100 << 20, "no bound"
        piece, self._head = self._head[:size], self._head[size:]
        if not piece:  # whole ones, so that what ends the reading is never a torn one
            piece = self._rest * (size // len(self._rest))
        self.taken += len(piece)
        return piece


_OPEN = b'<DriveManifest Version="2014-11-01"><Drive><DriveId>S</DriveId><BlobList>'


@pytest.mark.parametrize(
    ("head", "rest"),
    [
        (_OPEN, b"<a>"),
        (_OPEN + b"<x>", b"<a>"),
        (_OPEN + b"<!--", b"x"),
        (_OPEN + b'<Blob x="', b"x"),
        (_OPEN + b"<", b"x"),
        (_OPEN + b"<Blob><BlobPath>", b"x"),
        (_OPEN + b"<Blob><BlobPath>", b"&amp;"),
        (_OPEN + b"<Blob><ClientData><![CDATA[", b"x"),
        (_OPEN + b"<Blob ", b"a='1' "),
        (_OPEN + b"<?x ", b"x"),
        (_OPEN + b"</BlobList>", b"<BlobList/>"),
        (
            _OPEN + b"<Blob><PageRangeList>",
            b'<PageRange Offset="0" Length="512" Hash="' + b"a" * 32 + b'"/>',
        ),
    ],
)
def test_nothing_endless_is_kept(head: bytes, rest: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("offline_backup_gui.formats.manifest_elements.PIECES_MOST", 10_000)
    faults: list[Found] = []
    source = Endless(head, rest)
    for _ in ManifestReader(source, lambda one: faults.append(one)):
        pass
    assert faults[-1].fault is Fault.TOO_LARGE
    assert source.taken < 40 << 20


def test_the_end_is_told_even_when_most_faults_are_not_kept() -> None:
    def endings() -> Iterator[Fault]:
        faults: list[Found] = []
        list(ManifestReader(io.BytesIO(_OPEN + b"<!--" + b"x" * (3 << 20)), faults.append))
        yield from (found.fault for found in faults)

    assert list(endings()) == [Fault.TOO_LARGE]


# --- small things


def test_paths_and_names_are_turned_both_ways() -> None:
    assert file_path_of("a/b.c") == "\\a\\b.c"
    assert name_of_path("\\a\\b.c") == "a/b.c"


def test_the_service_renames_as_its_documents_say() -> None:
    assert renamed("BlobNameWithoutDot", 2) == "BlobNameWithoutDot (2)"
    assert renamed("Seattle.jpg", 3) == "Seattle (3).jpg"
