"""Logs of the service in all their forms, and what hostile or broken ones do: nothing."""

from __future__ import annotations

import io
import json
import os
import tracemalloc
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offline_backup_gui import words
from offline_backup_gui.cli.exit_codes import ExitCode, code_of_trouble
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.service_log import (
    DRIVE_TROUBLES,
    ELSEWHERE,
    JUDGED,
    LogForm,
    LogMark,
    LogVerdict,
    ServiceLog,
    differing,
    mark_of_device,
    verdict,
)
from offline_backup_gui.formats import service_xml
from offline_backup_gui.formats.service_log import MOST_ENTRIES, read_log
from offline_backup_gui.formats.service_xml import MOST_BYTES
from offline_backup_gui.services.service_logs import read_log_file

MOST_MEMORY = 10 << 20
SAMPLES = Path(__file__).parent / "service_logs"
RESOURCES = Path(__file__).parents[2] / "resources"


def sample(name: str) -> ServiceLog:
    with (SAMPLES / name).open("rb") as file:
        return read_log(file)


def read(text: str | bytes) -> ServiceLog:
    return read_log(io.BytesIO(text.encode() if isinstance(text, str) else text))


@pytest.mark.parametrize(
    ("name", "form", "version", "judged", "refused", "renamed"),
    [
        ("copy-2021-names-changed.xml", LogForm.COPY, "2021-08-01", "names-changed", 0, 3),
        ("copy-2019-refused.xml", LogForm.COPY, "", "incomplete", 2, 0),
        ("copy-2018-good.xml", LogForm.COPY, "", "complete", 0, 0),
        ("drive-2014-verbose.xml", LogForm.DRIVE, "2014-11-01", "incomplete", 1, 1),
        ("drive-2018-error.xml", LogForm.DRIVE, "2018-10-01", "incomplete", 1, 0),
        ("drive-2018-good.xml", LogForm.DRIVE, "2018-10-01", "complete", 0, 0),
        ("drive-2018-renamed.xml", LogForm.DRIVE, "2018-10-01", "names-changed", 0, 3),
        ("drive-2018-verbose.xml", LogForm.DRIVE, "2018-10-01", "complete", 0, 0),
        ("device-names.xml", LogForm.DEVICE, "", "mend-first", 0, 0),
        ("validation-names.xml", LogForm.CHECK, "2018-10-01", "mend-first", 0, 0),
        ("validation-page-blob.xml", LogForm.CHECK, "2018-10-01", "mend-first", 0, 0),
    ],
)
def test_each_form_is_read_and_judged(
    name: str, form: LogForm, version: str, judged: str, refused: int, renamed: int
) -> None:
    log = sample(name)
    assert (log.form, log.version, verdict(log)) == (form, version, LogVerdict(judged))
    assert (log.count(LogMark.REFUSED), log.count(LogMark.RENAMED)) == (refused, renamed)
    assert not log.cut_off


def test_failed_with_no_refused_file_means_that_names_were_changed() -> None:
    log = sample("copy-2021-names-changed.xml")
    assert (log.status, log.total, log.refused) == ("Failed", 60, 0)
    assert [(entry.path, entry.new_name) for entry in log.entries] == [
        ("New Folder", "DataBox-f55763d4-8ef7-458f-b029-f36b51ada34f"),
        ("CV", "DataBox-6bcae46f-04c8-4385-8442-3a28b962c930"),
        ("New_ShareFolder", "DataBox-96d8e2ee-ffd4-4529-9ec0-f666674b70d9"),
    ]


def test_a_refused_blob_names_its_damaged_range() -> None:
    log = sample("drive-2014-verbose.xml")
    refused = next(entry for entry in log.entries if entry.mark is LogMark.REFUSED)
    assert refused.path == "\\Users\\bob\\Pictures\\animals\\koala.jpg"
    assert "PageRange 65536 Corrupted" in refused.words
    assert [entry.code for entry in log.entries if entry.mark is LogMark.NOTED] == ["Skipped"]
    assert (log.drive_id, log.total) == ("WD-WMATV123456", 4)


def test_completed_with_errors_where_names_were_changed_says_which() -> None:
    log = sample("drive-2018-renamed.xml")
    assert (log.status, log.total, log.wrong) == ("CompletedWithErrors", 8, 0)
    assert (log.entries[0].path, log.entries[0].new_name) == (
        "\\PageBlob\\pageblob test\\private.vhd",
        "databox-c2073fd1cc379d83e03d6b7acce23a6cf29d1eef/private.vhd",
    )
    assert ("CopyErrors Completed", "5 No errors encountered") in log.about


def drive_log(inner: str, status: str = "Completed", version: str = "2018-10-01") -> ServiceLog:
    """Read a log of a drive with something in it."""
    drive = f"<DriveLog Version='{version}'><DriveId>D1</DriveId>{inner}"
    return read(f"{drive}<Status>{status}</Status></DriveLog>")


@pytest.mark.parametrize("word", ["LeasePresent", "StorageRequestFailed", "Vanished", "completed"])
def test_a_file_of_a_share_that_was_refused_is_seen(word: str) -> None:
    file = f"<File Status='{word}'><FileStoragePath>s/a.txt</FileStoragePath></File>"
    log = drive_log(file)
    assert verdict(log) is LogVerdict.INCOMPLETE
    assert (log.entries[0].path, log.entries[0].code) == ("s/a.txt", word)


@pytest.mark.parametrize(
    ("inner", "judged"),
    [
        ("<BlockList><Block Offset='0' Status='Corrupted'/></BlockList>", "incomplete"),
        ("<FileRangeList><FileRange Offset='0' Status='Lost'/></FileRangeList>", "incomplete"),
        ("<ImportDisposition Status='Cancelled'>rename</ImportDisposition>", "incomplete"),
        ("<ImportDisposition Status='Beamed'>rename</ImportDisposition>", "incomplete"),
        ("<ImportDisposition Status='Overwritten'>overwrite</ImportDisposition>", "complete"),
        ("<Metadata Status='Corrupted'/>", "complete"),
    ],
)
def test_what_is_wrong_inside_a_completed_blob_counts(inner: str, judged: str) -> None:
    log = drive_log(f"<Blob Status='Completed'><BlobPath>c/a</BlobPath>{inner}</Blob>")
    assert verdict(log) is LogVerdict(judged)
    assert bool(log.entries) == ("Overwritten" not in inner)


@pytest.mark.parametrize("word", sorted(DRIVE_TROUBLES))
def test_a_drive_that_could_not_be_read_is_named_with_its_reason(word: str) -> None:
    log = drive_log("", word, "2014-11-01")
    assert (verdict(log), log.wrong) == (LogVerdict.INCOMPLETE, 1)
    assert [(one.path, one.code) for one in log.entries] == [("D1", word)]


def test_the_words_for_whole_drives_are_the_published_ones() -> None:
    found = json.loads((RESOURCES / "statuses.json").read_text("utf-8"))
    codes = {one["code"] for one in found["import_export_drive_log_codes"]["drive"]}
    assert codes - DRIVE_TROUBLES == {
        "Completed",
        "CompletedWithWarnings",
        "CompletedWithErrors",
    }
    assert codes >= DRIVE_TROUBLES


def test_what_only_the_summary_counts_as_refused_is_refused() -> None:
    summary = "<Summary><CopyErrors><LeasePresent Count='2'/></CopyErrors></Summary>"
    assert drive_log(summary, "CompletedWithErrors").wrong == 2
    assert verdict(drive_log(summary)) is LogVerdict.INCOMPLETE
    log = read(
        "<CopyLog><Status>Completed</Status><FilesErrored>0</FilesErrored><Summary><CopyErrors>"
        "<UploadErrorWin32 Count='3'/></CopyErrors></Summary></CopyLog>"
    )
    assert (log.wrong, verdict(log)) == (3, LogVerdict.INCOMPLETE)


def test_a_word_that_only_sounds_like_a_new_name_is_no_success() -> None:
    log = read(
        "<ErroredEntity Path='a'><Category>NotRenamed</Category></ErroredEntity>"
        "<CopyLog><Status>Failed</Status><FilesErrored>0</FilesErrored></CopyLog>"
    )
    assert verdict(log) is LogVerdict.INCOMPLETE


def test_what_a_device_cannot_take_is_told_with_its_name_in_letters() -> None:
    log = sample("device-names.xml")
    assert [(entry.mark, entry.path) for entry in log.entries][1:] == [
        (LogMark.TO_MEND, "\\testdirectory-~!@#$%^&()_+{}"),
        (LogMark.TO_RENAME, "\\InvalidUnicodeFiles\\SpcChar-55296-\ufffd"),
        (LogMark.TO_MEND, "\\PageBlob512NotAligned\\File100Bytes"),
    ]
    assert log.wrong == 3
    only_names = '<file error="ERROR_BLOB_OR_FILE_NAME_ENDING">\\a.</file>'
    assert verdict(read(only_names)) is LogVerdict.NAMES_WILL_CHANGE
    assert verdict(read('<root><file error="ERROR_OF_TOMORROW">\\a</file></root>')) is (
        LogVerdict.MEND_FIRST
    )


def test_what_the_validation_tool_found_is_told() -> None:
    log = sample("validation-names.xml")
    assert [(entry.path, entry.code) for entry in log.entries] == [
        ("Azu-reFile", "InvalidShareContainerFormat"),
        ("bbcont ainer1", "InvalidShareContainerFormat"),
    ]
    assert log.about == (
        ("SessionId", "bbsession"),
        ("ItemType", "BlockBlob"),
        ("SourceDirectory", "E:\\BlockBlob"),
    )
    good = '<ErrorLog Version="2018-10-01"><Errors><Error Code="None"/></Errors></ErrorLog>'
    assert verdict(read(good)) is LogVerdict.CHECKED
    assert verdict(read(good.removesuffix("</ErrorLog>"))) is LogVerdict.UNKNOWN
    warned = read(good.replace("Errors>", "Warnings>").replace('Error Code="None"', 'W Code="x"'))
    assert (verdict(warned), warned.count(LogMark.NOTED)) == (LogVerdict.CHECKED, 1)
    unlisted = read(
        good.replace('<Error Code="None"/>', "<Error Code='a'><Count>7</Count></Error>")
    )
    assert unlisted.wrong == 7


def test_what_happened_on_a_device_is_told_event_by_event() -> None:
    log = sample("audit-log.txt")
    assert (log.form, len(log.custody), log.cut_off) == (LogForm.AUDIT, 3, False)
    logged_on = log.custody[1]
    assert logged_on.at == datetime(2018, 9, 10, 20, 23, 42)
    assert logged_on.activity == "An account was successfully logged on."
    assert logged_on.words == (
        "Security ID: S-1-5-18; Account Name: WIN-DATABOXADMIN; Logon Type: 3; "
        "Account Name: ANONYMOUS LOGON"
    )


@pytest.mark.parametrize("name", ["audit-log.txt", "order-history.txt"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_texts_may_be_saved_in_any_way_windows_saves(name: str, encoding: str) -> None:
    text = (SAMPLES / name).read_text()
    assert read(text.encode(encoding)) == sample(name)
    assert read(text.replace("\n", "\r\n").encode(encoding)) == sample(name)


def test_every_word_of_the_documents_has_a_meaning_in_both_languages() -> None:
    found = json.loads((RESOURCES / "statuses.json").read_text("utf-8"))
    device = found["data_box_device_error_codes"]
    codes = {*found["data_box_disk_validation_codes"]["values"]} - {"None"}
    codes |= {*found["copy_log_categories_2021_08_01"]["values"]}
    for key in ("critical_block_prepare_to_ship", "non_critical_names_get_changed"):
        codes |= {*device[key]}
    assert {mark_of_device(one) for one in device["critical_block_prepare_to_ship"]} == {
        LogMark.TO_MEND
    }
    assert {mark_of_device(one) for one in device["non_critical_names_get_changed"]} == {
        LogMark.TO_RENAME
    }
    for language in ("en", "de"):
        spoken = words.load(language)
        assert [
            one for one in codes | ELSEWHERE | DRIVE_TROUBLES if not spoken.has(f"log-code.{one}")
        ] == []
        for form in LogForm:
            assert form in JUDGED or spoken.has(f"log-form.{form}")
        for mark in LogMark:
            assert spoken.has(f"log-mark.{mark}")


def test_crc64_is_decimal_in_a_verbose_log_and_hexadecimal_in_a_bill_of_materials() -> None:
    log, bill = sample("verbose-2021.xml"), sample("bill-of-materials.xml")
    assert (log.form, bill.form) == (LogForm.VERBOSE, LogForm.BOM)
    assert log.files[0].crc64 == bill.files[0].crc64 == 16296155123779954476
    assert differing(log, bill) == ("\\photos\\a.jpg", "\\photos\\lost.jpg")


def test_an_order_history_gives_each_step_with_its_whole_description() -> None:
    log = sample("order-history.txt")
    assert [step.activity for step in log.custody][:2] == ["OrderCreated", "DevicePrepared"]
    last = log.custody[-1]
    assert last.at == datetime(2019, 2, 4, 20, 1, 10)
    assert last.words.endswith("sanitized according to NIST 800-88 Rev 1.")
    assert log.about[0] == ("Name", "DataBoxTestOrder")
    assert ("Account Name", "gusacct") in log.about


@pytest.mark.parametrize("name", sorted(path.name for path in SAMPLES.glob("*.xml")))
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_the_encoding_does_not_matter(name: str, encoding: str) -> None:
    text = (SAMPLES / name).read_text()
    assert read(text.encode(encoding)) == sample(name)


@pytest.mark.parametrize(
    "name",
    ["copy-2021-names-changed.xml", "drive-2014-verbose.xml", "drive-2018-renamed.xml"],
)
def test_a_log_that_was_cut_off_never_reads_as_complete(name: str) -> None:
    text = (SAMPLES / name).read_text().rstrip()
    for end in range(len(text) - 1):
        log = read(text[:end])
        assert log.cut_off
        assert verdict(log) in (LogVerdict.UNKNOWN, LogVerdict.INCOMPLETE)


@pytest.mark.parametrize("status", ["Perfect", "succeeded", "", "CompletedFully"])
def test_a_status_nobody_knows_is_not_success(status: str) -> None:
    log = read(f"<CopyLog><Status>{status}</Status><FilesErrored>0</FilesErrored></CopyLog>")
    assert verdict(log) is LogVerdict.UNKNOWN


@pytest.mark.parametrize(
    "hostile",
    [
        '<!DOCTYPE a [<!ENTITY x "y">]><CopyLog><Status>&x;</Status></CopyLog>',
        '<!DOCTYPE a SYSTEM "file:///etc/passwd"><CopyLog><Status>Completed</Status></CopyLog>',
        "<a>" * 100_000,
        "<CopyLog><Status>&undefined;</Status></CopyLog>",
        "</logs><CopyLog><Status>Completed</Status></CopyLog><logs>",
    ],
)
def test_a_hostile_log_says_nothing(hostile: str) -> None:
    log = read(hostile)
    assert log.cut_off
    assert verdict(log) is LogVerdict.UNKNOWN


def test_a_million_entries_cost_no_more_than_the_bound() -> None:
    entity = b'<ErroredEntity Path="a"><Category>UploadErrorWin32</Category></ErroredEntity>'

    class Endless(io.RawIOBase):
        """Gives so many entities without holding them."""

        def __init__(self) -> None:
            self.left = 200_000

        def seek(self, offset: int, whence: int = 0) -> int:
            self.left = 200_000
            return 0

        def read(self, size: int = -1) -> bytes:
            count = min(self.left, max(1, size // len(entity)))
            self.left -= count
            return entity * count

    tracemalloc.start()
    log = read_log(Endless())  # type: ignore[arg-type]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (log.count(LogMark.REFUSED), len(log.entries)) == (200_000, MOST_ENTRIES)
    assert peak < 32 << 20


class Stream(io.RawIOBase):
    """Gives a start, then the same piece again and again, without holding it all."""

    def __init__(self, start: bytes, piece: bytes, size_bytes: int) -> None:
        self.start, self.piece, self.size_bytes = start, piece, size_bytes
        self.at = 0

    def seek(self, offset: int, whence: int = 0) -> int:
        self.at = 0
        return 0

    def read(self, size: int = -1) -> bytes:
        start = self.start if self.at == 0 else b""
        left = min(size, self.size_bytes - self.at) - len(start)
        count = max(0 if start else 1, left // len(self.piece))
        if self.at >= self.size_bytes:
            return b""
        given = start + self.piece * count
        self.at += len(given)
        return given


LONG = b"x" * 30_000
HOSTILE = {
    "a text without an end": (b"<CopyLog><Status>", LONG),
    "a tag without an end": (b'<ErroredEntity Path="', LONG),
    "a comment without an end": (b"<CopyLog><!--", LONG),
    "a name without an end": (b"<CopyLog><", LONG),
    "a processing instruction": (b"<CopyLog><?x ", LONG),
    "one attribute after another": (b"<File ", b"".join(b'a%d="" ' % n for n in range(3000))),
    "long attributes": (b"<CopyLog/>", b'<File Path="%b" CRC64="1"/>' % LONG),
    "long texts": (
        b"<CopyLog/>",
        b'<ErroredEntity Path="%b"><ErrorMessage>%b</ErrorMessage><Type>%b</Type>'
        b"</ErroredEntity>" % (LONG[:9000], LONG[:9000], LONG[:9000]),
    ),
    "spaces at the start": (b" " * 4096, b" " * 60_000),
    "a declaration of spaces": (b"<?xml" + b" " * 4096, b" " * 60_000),
    "a rename of spaces": (
        b"<CopyLog/>",
        b'<ErroredEntity Path="a"><ErrorMessage>renamed to:a%bx</ErrorMessage></ErroredEntity>'
        % (b" " * 4000),
    ),
    "small pieces of text": (b"<CopyLog><Status>", b"&lt;" * 10_000),
    "a history of one description": (
        b"11/12/2018 12:00:00 AM | a | b | c\n",
        b" | | | more\n" * 500,
    ),
    "a history of steps": (
        b"11/12/2018 12:00:00 AM | a | b | c\n",
        b"11/12/2018 12:00:00 AM | a | b | c\n" * 50,
    ),
    "a history of short lines": (b"11/12/2018 12:00:00 AM | a | b | c\n", b"|\n" * 1000),
    "an audit log of one event": (
        b"11/12/2018 12:00:00 AM : a\n",
        b"Account Name: %b\n" % LONG[:3000] + b"Account Name:" + b" " * 4000 + b"\n",
    ),
    "an audit log of events": (b"", b"11/12/2018 12:00:00 AM : a\n" * 50),
    "a finding of names": (
        b"<ErrorLog><Errors><Error Code='a'><List>",
        b"<File Path='%b'/>" % LONG[:3000],
    ),
}


SMALL = frozenset({"small pieces of text", "a rename of spaces"})


@pytest.mark.parametrize("name", HOSTILE)
def test_whatever_is_large_costs_bounded_memory(name: str) -> None:
    start, piece = HOSTILE[name]
    # Where each piece is small, the time is what may grow; elsewhere it is the memory.
    stream = Stream(start, piece, (2 if name in SMALL else 16) << 20)
    tracemalloc.start()
    log = read_log(stream)  # type: ignore[arg-type]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert verdict(log) in (LogVerdict.UNKNOWN, LogVerdict.INCOMPLETE)
    assert peak < MOST_MEMORY, peak


def test_ever_new_elements_cost_bounded_memory() -> None:
    class Inventing(Stream):
        """Gives an element of another name each time."""

        def read(self, size: int = -1) -> bytes:
            if self.at == 0:
                self.at = len(self.start)
                return self.start
            self.at += size
            number = self.at
            if number > self.size_bytes:
                return b""
            return b"".join(
                b"<a%d>%b</a%d>" % (number + n, LONG[:500], number + n) for n in range(60)
            )

    for start in (b"<ErroredEntity>", b"<CopyLog>", b"<DriveLog>", b"<DriveLog><Blob>"):
        tracemalloc.start()
        log = read_log(Inventing(start, b"", 12 << 20))  # type: ignore[arg-type]
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert log.cut_off
        assert peak < MOST_MEMORY, (start, peak)


def test_a_text_that_was_cut_shows_it() -> None:
    log = read(f'<File Path="{"p" * 9000}" CRC64="1"/><File Path="{"q" * 4096}" CRC64="1"/>')
    assert [(len(file.path), file.path[-1]) for file in log.files] == [(4097, "…"), (4096, "q")]
    log = read(f"<CopyLog><Status>{'s' * 9000}</Status></CopyLog>")
    assert (len(log.status), log.status[-1]) == (4097, "…")


def test_a_log_that_never_ends_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_xml, "MOST_BYTES", 4 << 20)
    stream = Stream(b"<CopyLog/>", b'<File Path="a" CRC64="1"/>', 1 << 60)
    log = read_log(stream)  # type: ignore[arg-type]
    assert log.cut_off
    assert stream.at < 8 << 20


def test_a_file_that_is_too_large_or_no_file_is_said(tmp_path: Path) -> None:
    large = tmp_path / "large.xml"
    with large.open("wb") as file:
        file.write(b"<CopyLog><Status>Completed</Status></CopyLog>")
        file.truncate(MOST_BYTES + 1)  # sparse: it takes no room
    with pytest.raises(BackupError) as refused:
        read_log_file(large)
    assert refused.value.code is ErrorCode.SERVICE_LOG_TOO_LARGE
    assert code_of_trouble(refused.value.code) is ExitCode.WRONG_USAGE
    said = words.load("en").trouble(refused.value)
    assert "2" in said.why
    assert "{" not in said.title + said.why + said.do
    with pytest.raises(BackupError) as refused:
        read_log_file(tmp_path)
    assert refused.value.code is ErrorCode.SERVICE_LOG_UNREADABLE
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(BackupError) as refused:
            read_log_file(tmp_path / "pipe")
        assert refused.value.code is ErrorCode.SERVICE_LOG_UNREADABLE


_pieces = st.sampled_from(
    ["<ErroredEntity Path='a'>", "</ErroredEntity>", "<CopyLog>", "</CopyLog>", "<Status>",
     "</Status>", "Failed", "<DriveLog>", "<Blob Status='x'>", "</Blob>", "<File crc64='-1'>",
     "</File>", "<file size='x'>", "</file>", "|", "&amp;", "<!--", "-->", "<![CDATA[", "]]>"]
) | st.text(max_size=6)  # fmt: skip


@given(st.lists(_pieces, max_size=25).map("".join) | st.binary(max_size=80))
def test_whatever_stands_in_a_log_is_read_without_trouble(text: str | bytes) -> None:
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    verdict(read(data))
