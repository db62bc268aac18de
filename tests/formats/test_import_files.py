"""Journals, CSV files, commands and blobs' own files, as Microsoft prints them and as we write."""

from __future__ import annotations

import hashlib
import io
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from offline_backup_gui.domain.drive_manifest import BlobKind, Disposition
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.manifest_rules import Fault, Found, faults_of
from offline_backup_gui.formats.blob_files import (
    BlobProperties,
    metadata_xml,
    properties_xml,
    read_metadata,
    read_properties,
    side_file,
)
from offline_backup_gui.formats.drive_manifest import ManifestReader
from offline_backup_gui.formats.import_command import PrepImport, command_line, read_command
from offline_backup_gui.formats.import_csv import (
    DataRow,
    DriveRow,
    Target,
    data_set,
    drive_set,
    read_data_set,
    read_drive_set,
)
from offline_backup_gui.formats.import_journal import (
    DriveInfo,
    drive_information,
    drive_information_name,
    journal_text,
    read_journal,
)

SAMPLES = Path(__file__).parent / "import_export"
AT = datetime(2026, 11, 25, 20, 30, 1, 379_000)
KEY = "060456-014509-132033-080300-252615-584177-672089-411631"
MD5 = "D863FE44F861AE0DA4DCEAEEFFCCCE68"


def sample(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()


def is_refused(code: ErrorCode, work: object, *arguments: object) -> BackupError:
    assert callable(work)
    with pytest.raises(BackupError) as told:
        work(*arguments)
    assert told.value.code is code
    return told.value


UNREADABLE, WRONG = ErrorCode.IMPORT_FILE_UNREADABLE, ErrorCode.IMPORT_FILE_WRONG

# --- manifests


def test_the_documents_manifest_of_an_export_is_read_without_a_fault() -> None:
    faults: list[Found] = []
    reader = ManifestReader(io.BytesIO(sample("manifest-2011-export.xml")), faults.append)
    page, block = list(reader)
    assert (reader.head.drive_id, reader.whole, faults) == ("9WM35C3U", True, [])
    assert (page.kind, page.length, len(page.pieces)) == (BlobKind.PAGE, 15360, 3)
    assert (block.kind, block.pieces[3].block_id) == (BlobKind.BLOCK, "AwAAAA==")
    assert block.pieces[3].md5.hex().upper() == "11210E665C5F8E7E4F136D053B243E6A"
    assert page.properties is not None
    assert page.properties.path == "\\pictures\\city\\redmond.jpg.properties"
    assert [*faults_of(page), *faults_of(block)] == []


def test_every_placeholder_of_the_documents_form_is_noticed() -> None:
    faults: list[Found] = []
    reader = ManifestReader(io.BytesIO(sample("manifest-2014-form.xml")), faults.append)
    (blob,) = list(reader)
    assert (reader.lists[0].id, blob.client_data) == ("session#1-0", "client-data")
    assert {found.fault for found in faults} == {
        Fault.UNKNOWN_VERSION,
        Fault.CREDENTIAL,
        Fault.NOT_A_NUMBER,
        Fault.DISPOSITION,
        Fault.BOTH_LISTS,
    }


# --- blobs' own files


def test_the_documents_metadata_and_properties_are_read_and_written_again() -> None:
    metadata = read_metadata(sample("metadata.xml"), "m")
    assert metadata == {
        "UploadMethod": "Windows Azure Import/Export service",
        "DataSetName": "SampleData",
        "CreationDate": "10/1/2013",
    }
    assert read_metadata(metadata_xml(metadata), "m") == metadata
    properties = read_properties(sample("properties.xml"), "p")
    assert properties == BlobProperties(
        "application/octet-stream", "Q2hlY2sgSW50ZWdyaXR5IQ==", cache_control="no-cache"
    )
    assert read_properties(properties_xml(properties), "p") == properties


@given(
    st.dictionaries(
        st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,20}", fullmatch=True),
        st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=50),
        max_size=5,
    ).filter(lambda found: len({name.lower() for name in found}) == len(found))
)
def test_any_metadata_comes_back(metadata: dict[str, str]) -> None:
    metadata = {
        name: value.replace("\ufffe", "").replace("\uffff", "") for name, value in metadata.items()
    }
    assert read_metadata(metadata_xml(metadata), "m") == metadata


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"<Properties/>", UNREADABLE),
        (b"<Metadata><a><b/></a></Metadata>", UNREADABLE),
        (b"<!DOCTYPE x [<!ENTITY a 'b'>]><Metadata><a>&a;</a></Metadata>", UNREADABLE),
        (b"<Metadata><a>", UNREADABLE),
        (b"<Metadata><a-b>x</a-b></Metadata>", WRONG),
        (b"<Metadata><a>x</a><A>y</A></Metadata>", WRONG),
        (b"<Metadata><a>" + b"x" * 9000 + b"</a></Metadata>", WRONG),
        (b"<Metadata>" + b" " * (1 << 20) + b"</Metadata>", UNREADABLE),
    ],
)
def test_metadata_that_azure_would_refuse_is_refused(data: bytes, code: ErrorCode) -> None:
    is_refused(code, read_metadata, data, "m.xml")


def test_an_unknown_or_repeated_property_is_refused() -> None:
    told = is_refused(WRONG, read_properties, b"<Properties><Owner>x</Owner></Properties>", "p")
    assert told.parameters["value"] == "Owner"
    twice = b"<Properties><Etag>x</Etag><Etag>x</Etag></Properties>"
    is_refused(WRONG, read_properties, twice, "p")
    is_refused(WRONG, metadata_xml, {"a b": "x"})


def test_a_manifest_names_a_side_file_by_path_and_md5() -> None:
    side = side_file("meta/all.xml", b"<Metadata/>")
    md5 = hashlib.md5(b"<Metadata/>").hexdigest().upper()
    assert (side.path, side.md5) == ("\\meta\\all.xml", md5)


# --- journals


def test_the_documents_journals_are_read() -> None:
    one = read_journal(io.BytesIO(sample("drive-information.xml")), "x")
    assert one.drives == (DriveInfo("drive-id", MD5, "*******", "\\DriveManifest.xml"),)
    assert not one.cut_off
    session = read_journal(io.BytesIO(sample("session.jrn")), "x")
    assert (session.vocabulary, session.records, session.drives) == ("2013-02-01", 3, ())
    assert session.has_account_key


def test_a_journal_of_ours_is_read_and_has_the_documents_shape() -> None:
    drives = [DriveInfo("WD-1", MD5, KEY), DriveInfo("WD-2 & <3>", "A" * 32, KEY)]
    data = journal_text(drives, AT)
    assert data.startswith(
        b"[BeginUpdateRecord][2026/11/25 20:30:01.379][Type:NewJournalFile]\r\n"
        b"VocabularyVersion: 2013-02-01\r\n[EndUpdateRecord]\r\n"
    )
    found = read_journal(io.BytesIO(data), "x")
    assert found.drives == tuple(drives)
    assert (found.records, found.cut_off, found.has_account_key) == (3, False, False)
    one = drive_information(drives[0], AT)
    assert data.count(one) == 1
    assert read_journal(io.BytesIO(one), "x").drives == (drives[0],)
    theirs = [line.split(b"[")[0].strip() for line in sample("drive-information.xml").splitlines()]
    ours = [line.split(b"[")[0].strip() for line in one.splitlines()]
    plain = [line for line in theirs if b"<" not in line]
    assert [line for line in ours if b"<" not in line] == plain
    assert drive_information_name("J", drives[0]) == "J_DriveInfo_WD-1.xml"


@pytest.mark.parametrize(
    "laid_out",
    [
        sample("drive-information.xml").replace(b"[BeginValue]\n", b"[BeginValue]"),
        sample("drive-information.xml").replace(b"</Drive>\n[EndValue]", b"</Drive>[EndValue]"),
        b"".join(b"  " + line + b"  \r\n" for line in sample("drive-information.xml").splitlines()),
    ],
    ids=["begins-beside-its-mark", "ends-beside-its-mark", "indented"],
)
def test_another_layout_of_the_same_record_says_the_same(laid_out: bytes) -> None:
    wanted = read_journal(io.BytesIO(sample("drive-information.xml")), "x")
    assert len(wanted.drives) == 1
    assert read_journal(io.BytesIO(laid_out), "x") == wanted


def test_a_later_record_of_a_drive_replaces_the_earlier_one() -> None:
    data = journal_text([DriveInfo("WD-1", MD5, KEY), DriveInfo("WD-1", "B" * 32, KEY)], AT)
    assert [one.manifest_hash for one in read_journal(io.BytesIO(data), "x").drives] == ["B" * 32]


def test_a_journal_that_was_cut_by_a_power_failure_says_so() -> None:
    data = journal_text([DriveInfo("WD-1", MD5, KEY), DriveInfo("WD-2", MD5, KEY)], AT)
    cut = read_journal(io.BytesIO(data[: data.rindex(b"[EndValue]")]), "x")
    assert (cut.cut_off, [drive.drive_id for drive in cut.drives]) == (True, ["WD-1"])
    more = data[: data.rindex(b"SaveCommandOutput")] + journal_text([DriveInfo("WD-3", MD5)], AT)
    again = read_journal(io.BytesIO(more), "x")
    assert ([drive.drive_id for drive in again.drives], again.cut_off) == (
        ["WD-1", "WD-2", "WD-3"],
        False,
    )


def test_drive_information_without_a_record_around_it_is_read_too() -> None:
    inner = b"<?xml version='1.0' encoding='utf-8'?>\n<Drive><DriveId>A</DriveId><ManifestFile>\\M"
    data = (
        inner + b"</ManifestFile><ManifestHash>" + MD5.lower().encode() + b"</ManifestHash></Drive>"
    )
    assert read_journal(io.BytesIO(b"\xef\xbb\xbf" + data), "x").drives == (
        DriveInfo("A", MD5, "", "\\M"),
    )


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", UNREADABLE),
        (b"hello", UNREADABLE),
        (b"\x00\xff" * 100, UNREADABLE),
        (b"<html/>", UNREADABLE),
        (sample("session.jrn") + b"more\n", UNREADABLE),
        (sample("drive-information.xml").replace(b"D863", b"X863"), WRONG),
        (sample("drive-information.xml").replace(b"drive-id", b" "), UNREADABLE),
        (sample("session.jrn") + b"x" * 200_000, UNREADABLE),
    ],
)
def test_what_is_no_journal_is_refused(data: bytes, code: ErrorCode) -> None:
    is_refused(code, read_journal, io.BytesIO(data), "x.jrn")


def test_a_long_journal_is_read_in_little_memory() -> None:
    class Long(io.RawIOBase):
        left = 400

        def read(self, size: int = -1) -> bytes:
            self.left -= 1
            return record * 400 if self.left > 0 else b""

    record = (
        b"[BeginUpdateRecord][2016/11/02 18:24:14.749][Type:ActivityRecord]\nActivityId: CopyFile\n"
        b"SourceFile: [BeginValue]\nF:\\a\n[EndValue]\nSessionId: session#1\n[EndUpdateRecord]\n"
    )
    found = read_journal(Long(), "x")
    assert (found.records, found.sessions) == (399 * 400, ("session#1",))


def test_nothing_shows_a_key_by_accident() -> None:
    command = read_command(
        f"WAImportExport PrepImport /j:a.jrn /id:abc /t:x /bk:{KEY} /srcdir:a /dstdir:b/"
    )
    journal = read_journal(io.BytesIO(journal_text([DriveInfo("WD-1", MD5, KEY)], AT)), "x")
    shown = repr(
        [DriveInfo("a", MD5, KEY), DriveRow("G", False, True, False, KEY), command, journal]
    )
    assert "060456" not in shown


# --- CSV


def test_the_documents_csv_files_are_read() -> None:
    target, rows = read_data_set(sample("dataset-blobs.csv"), "x")
    assert target is Target.BLOBS
    assert rows[1] == DataRow(
        "F:\\50M_original\\", "containername/", BlobKind.BLOCK, Disposition.RENAME
    )
    assert [row.is_folder for row in rows] == [False, True]
    _, workflow = read_data_set(sample("dataset-workflow.csv"), "x")
    assert workflow[3].base_path == "\\\\myshare\\john\\music\\"
    assert workflow[3].properties_file == "H:\\mydirectory\\properties.xml"
    target, files = read_data_set(sample("dataset-files.csv"), "x")
    assert (target, files[0].destination) == (Target.FILES, "MyAzureFileshare1/MyFile1.txt")
    drives = read_drive_set(sample("driveset.csv"), "x")
    assert drives == (
        DriveRow("G", False, True, False, KEY),
        DriveRow("H", True, True, True),
    )


def test_the_columns_of_files_between_both_forms_are_read() -> None:
    target, rows = read_data_set(sample("dataset-files-2019.csv"), "x")
    assert target is Target.FILES
    assert rows == (
        DataRow(
            "F:\\MyFolder1\\MyFile1.txt",
            "MyAzureFileshare1/MyFile1.txt",
            disposition=Disposition.RENAME,
        ),
        DataRow("F:\\MyFolder2\\", "MyAzureFileshare1/", disposition=Disposition.RENAME),
    )
    told = is_refused(
        WRONG,
        read_data_set,
        sample("dataset-files-2019.csv").replace(b"rename", b"replace", 1),
        "d.csv",
    )
    assert told.parameters["place"] == "2, Disposition"


def test_a_destination_that_is_an_address_names_container_and_prefix() -> None:
    _, addresses = read_data_set(sample("dataset-addresses.csv"), "x")
    assert addresses == read_data_set(sample("dataset-workflow.csv"), "x")[1]


def test_columns_count_by_their_names_and_are_told_as_the_file_calls_them() -> None:
    data = b"ItemType,DstItemPathOrPrefix,BasePath\r\nPageBlob,con/,F:\\a\\\r\n"
    assert read_data_set(data, "x") == (Target.BLOBS, (DataRow("F:\\a\\", "con/", BlobKind.PAGE),))
    bad = data.replace(b"con/", b"Con/")
    told = is_refused(WRONG, read_data_set, bad, "d.csv")
    assert told.parameters["place"] == "2, DstItemPathOrPrefix"
    twice = data.replace(b"ItemType", b"BasePath")
    is_refused(UNREADABLE, read_data_set, twice, "d.csv")


@pytest.mark.parametrize(
    "name",
    [
        "dataset-blobs.csv",
        "dataset-workflow.csv",
        "dataset-addresses.csv",
        "dataset-files.csv",
        "dataset-files-2019.csv",
    ],
)
def test_a_data_set_is_written_as_it_was_read(name: str) -> None:
    target, rows = read_data_set(sample(name), name)
    assert read_data_set(data_set(rows, target), name) == (target, rows)
    spaced = [replace(rows[0], base_path='F:\\a b, "c"\\'), rows[0]]
    assert read_data_set(data_set(spaced, target), name)[1] == tuple(spaced)


def test_a_drive_set_is_written_as_it_was_read() -> None:
    data = sample("driveset.csv")
    assert drive_set(read_drive_set(data, "x")).replace(b"\r\n", b"\n") == data


def test_disk_images_become_page_blobs_when_nothing_is_said() -> None:
    rows = read_data_set(
        b"BasePath,DstBlobPathOrPrefix,BlobType,Disposition,MetadataFile,PropertiesFile\n"
        b"F:\\a.VHDX,con/a.vhdx,,,,\nF:\\b,con/b,,,,\nF:\\c.vhd,con/c.vhd,block,,,\n",
        "x",
    )[1]
    assert [row.blob_kind for row in rows] == [BlobKind.PAGE, BlobKind.BLOCK, BlobKind.BLOCK]
    assert rows[0].disposition is None


HEAD = b"BasePath,DstBlobPathOrPrefix,BlobType,Disposition,MetadataFile,PropertiesFile\n"
DRIVES = b"DriveLetter,FormatOption,SilentOrPromptOnFormat,Encryption,ExistingBitLockerKey\n"


@pytest.mark.parametrize(
    ("line", "column"),
    [
        (b"video,con/,BlockBlob,rename,None,None", "BasePath"),
        (b"F:\\a\\,Con/,BlockBlob,rename,None,None", "DstBlobPathOrPrefix"),
        (b"F:\\a,con,BlockBlob,rename,None,None", "DstBlobPathOrPrefix"),
        (b"F:\\a\\,$root,BlockBlob,rename,None,None", "DstBlobPathOrPrefix"),
        (b"F:\\a\\,con/,AppendBlob,rename,None,None", "BlobType"),
        (b"F:\\a\\,con/,BlockBlob,replace,None,None", "Disposition"),
    ],
)
def test_a_wrong_value_of_a_data_set_is_named_with_line_and_column(
    line: bytes, column: str
) -> None:
    told = is_refused(WRONG, read_data_set, HEAD + b"\n" + line, "d.csv")
    assert told.parameters["place"] == f"3, {column}"


@pytest.mark.parametrize(
    ("line", "column"),
    [
        (b"GG,Format,SilentMode,Encrypt,", "DriveLetter"),
        (b"G,Wipe,SilentMode,Encrypt,", "FormatOption"),
        (b"G,Format,,Encrypt,", "SilentOrPromptOnFormat"),
        (b"G,Format,SilentMode,Maybe,", "Encryption"),
        (b"G,Format,SilentMode,AlreadyEncrypted," + KEY.encode(), "Encryption"),
        (b"G,AlreadyFormatted,SilentMode,AlreadyEncrypted,", "ExistingBitLockerKey"),
        (b"G,AlreadyFormatted,SilentMode,AlreadyEncrypted,secret", "ExistingBitLockerKey"),
        (b"G,AlreadyFormatted,SilentMode,Encrypt," + KEY.encode(), "ExistingBitLockerKey"),
    ],
)
def test_a_wrong_value_of_a_drive_set_is_named_and_no_key_shown(line: bytes, column: str) -> None:
    told = is_refused(WRONG, read_drive_set, DRIVES + line, "d.csv")
    assert told.parameters["place"] == f"2, {column}"
    assert "060456" not in str(told)
    assert "secret" not in str(told)


@pytest.mark.parametrize("data", [b"", b"a,b\n1,2\n", b"\xff\xfe\x00", HEAD + b'"open', b"\x80abc"])
def test_what_is_no_csv_of_the_tool_is_refused(data: bytes) -> None:
    is_refused(UNREADABLE, read_data_set, data, "d.csv")
    is_refused(UNREADABLE, read_drive_set, data, "d.csv")


def test_rows_the_tool_would_refuse_are_not_written() -> None:
    is_refused(WRONG, data_set, [DataRow("a", "con/")])
    is_refused(WRONG, drive_set, [DriveRow("G", True, True, False, KEY)])


# --- commands


def test_the_documents_commands_are_read_and_written_again() -> None:
    lines = sample("commands.txt").decode().splitlines()
    read = [read_command(line) for line in lines]
    assert [one.version for one in read] == [1] * 5 + [2] * 6
    assert [one.has_account_key for one in read] == [True, False, False, False, True, True] + [
        False
    ] * 5
    assert read[3] == PrepImport(
        "SecondDrive.jrn",
        "BlueRayIso",
        source_file="K:\\Temp\\BlueRay.ISO",
        destination_blob="favorite/BlueRay.ISO",
        metadata_file="c:\\WAImportExport\\SampleMetadata.txt",
        property_file="c:\\WAImportExport\\SampleProperties.txt",
    )
    for one in read:
        written = command_line(one)
        assert "sk:" not in written
        assert "bm90" not in written
        assert read_command(written) == replace(one, has_account_key=False)


@pytest.mark.parametrize("written", ["d", "D:", "D:\\"])
def test_the_letter_of_a_drive_is_one_letter_however_it_is_written(written: str) -> None:
    line = f"WAImportExport.exe PrepImport /j:J.jrn /id:s#1 /t:{written} /encrypt /srcdir:D:\\a"
    assert read_command(f"{line} /dstdir:movies/drama/ /skipwrite").letter.upper() == "D"
    with pytest.raises(BackupError) as caught:
        read_command(f"{line} /dstdir:movies/ /skipwrite".replace(f"/t:{written}", "/t:DD"))
    assert caught.value.parameters["place"] == "/t"


def test_the_data_set_of_the_documents_syntax_line_needs_no_stroke() -> None:
    read = read_command(".\\WAImportExport.exe PrepImport /j:J.jrn /id:s-1 DataSet:d.csv")
    assert read.data_set == "d.csv"


def test_options_with_blanks_cases_and_values_behind_a_blank_are_understood() -> None:
    told = read_command(
        'PREPIMPORT /J:"C:\\my journal.jrn" /ID:session-1 /T: x /SrcDir:"H:\\My Data" /DSTDIR:con/ '
        "/Disposition:no-overwrite /BlobType:PageBlob /EnableContentMD5 /silentmode"
    )
    assert (told.journal, told.letter, told.source_directory) == (
        "C:\\my journal.jrn",
        "x",
        "H:\\My Data",
    )
    assert (told.disposition, told.kind, told.content_md5, told.silent) == (
        Disposition.NO_OVERWRITE,
        BlobKind.PAGE,
        True,
        True,
    )
    assert read_command(command_line(told)) == told


BASE = "WAImportExport PrepImport /j:a.jrn /id:abc "


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("WAImportExport PrepImport /id:abc /DataSet:d", "/j"),
        ("WAImportExport PrepImport /j:a /DataSet:d", "/id"),
        ("WAImportExport PrepImport /j:a /id:ab /DataSet:d", "/id"),
        ("WAImportExport PrepImport /j:a /id:a+b+c /DataSet:d", "/id"),
        (BASE, "/DataSet"),
        (BASE + "/what:x", "/what"),
        (BASE + "/DataSet:d /DataSet:e", "/DataSet"),
        (BASE + "/DataSet:", "/DataSet"),
        (BASE + "loose", "PrepImport"),
        (BASE + "/srcdir:a /dstblob:b", "/srcdir"),
        (BASE + "/srcdir:a", "/srcdir, /srcfile"),
        (BASE + "/srcdir:a /srcfile:b /dstdir:c", "/srcdir, /srcfile"),
        (BASE + "/srcdir:a /dstdir:b/ /DataSet:d", "/DataSet"),
        (BASE + "/srcdir:a /dstdir:b/ /format", "/format"),
        (BASE + f"/srcdir:a /dstdir:b/ /encrypt /bk:{KEY}", "/bk"),
        (BASE + "/srcdir:a /dstdir:b/ /BlobType:pageblob", "/BlobType"),
        (BASE + "/srcdir:a /dstdir:b/ /Disposition:Rename", "/Disposition"),
        (BASE + "/ResumeSession /AbortSession", "/AbortSession"),
    ],
)
def test_a_command_the_tool_would_refuse_is_refused_with_its_option(text: str, place: str) -> None:
    told = is_refused(WRONG, read_command, text)
    assert told.parameters["place"] == place
    assert "060456" not in str(told)


def test_another_command_is_refused() -> None:
    is_refused(UNREADABLE, read_command, "WAImportExport RepairImport /r:x")
    is_refused(UNREADABLE, read_command, "")
    is_refused(UNREADABLE, read_command, "WAImportExport PrepImport " + "x" * 40_000)
