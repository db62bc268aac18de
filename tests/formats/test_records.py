"""Records that anybody may read: every wrong bit is found, newer is told from damaged."""

from __future__ import annotations

import time

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from offline_backup_gui.domain.errors import ErrorCode
from offline_backup_gui.formats.canonical import MAX_RECORD_BYTES
from offline_backup_gui.formats.record import (
    MAX_TEXT,
    DriveRecord,
    RecordObject,
    Session,
    check_drive_tag,
    check_repository_tag,
    drive_id_of,
    drive_record_name,
    new_repository_record,
    read_drive_record,
    read_repository_record,
    seal_drive_record,
)
from tests.formats.hostile import (
    KEYRING,
    OTHER_KEY,
    OTHER_REPOSITORY,
    accepted_cuts,
    accepted_flips,
    changed,
    code_of,
    refusal,
    with_check,
)

DRIVE_ID = "0123456789abcdef"
NAME = drive_record_name(DRIVE_ID)
PACK = "packs/ab/ab" + "0" * 30
POINT = "points/20261123t090000z-" + "1" * 16
LINE = RecordObject(PACK, 5, "0" * 32, "f" * 64)
REPOSITORY = new_repository_record(KEYRING, "2026-11-23T09:00:00Z")


def drive_record(**changes: object) -> DriveRecord:
    record = DriveRecord(
        1,
        KEYRING.repository_id.hex(),
        DRIVE_ID,
        "S4NENX0R",
        "Backup 1",
        sealed=True,
        past_cache=True,
        sessions=[Session("2026-11-23T09:00:00Z", "2026-11-23T10:00:00Z", POINT[7:])],
        objects=[LINE],
        check="",
        tag="",
    )
    return msgspec.structs.replace(record, **changes)


DRIVE = seal_drive_record(KEYRING, drive_record())


def read_drive(data: bytes) -> DriveRecord:
    return read_drive_record(data, NAME)


each_record = pytest.mark.parametrize(
    ("data", "read"),
    [
        pytest.param(REPOSITORY, read_repository_record, id="repository"),
        pytest.param(DRIVE, read_drive, id="drive"),
    ],
)


@each_record
def test_every_flipped_bit_of_a_record_is_found_without_a_key(data, read) -> None:
    assert accepted_flips(data, read) == []


@each_record
def test_a_record_cut_short_or_made_longer_is_refused(data, read) -> None:
    assert accepted_cuts(data, read) == []


@each_record
def test_a_newer_record_is_called_newer_whatever_else_it_holds(data, read) -> None:
    newer = changed(data, format=2, encryption="AES-512", signature=[1, {"a": None}], tag=7)
    assert code_of(lambda: read(newer)) is ErrorCode.FORMAT_NEWER


@each_record
def test_a_flipped_bit_in_the_version_is_damage_and_not_a_newer_version(data, read) -> None:
    at = data.index(b'"format":1') + 9
    flipped = data[:at] + b"3" + data[at + 1 :]
    assert code_of(lambda: read(flipped)) is ErrorCode.FORMAT_DAMAGED


@each_record
@pytest.mark.parametrize("version", [0, -1, True, None, "1", 1.0, [1]])
def test_a_version_that_never_was_is_refused(data, read, version) -> None:
    assert code_of(lambda: read(changed(data, format=version))) is ErrorCode.FORMAT_DAMAGED


@each_record
@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(b'"format":1', b'"format":1,"format":1', id="the same key twice"),
        pytest.param(b'"format":1', b'"format": 1', id="a space"),
        pytest.param(b'"format":1', b'"format":01', id="a leading zero"),
        pytest.param(b'"format":1', b'"format":NaN', id="not a number"),
        pytest.param(b'"format":1', b'"format":1e0', id="an exponent"),
        pytest.param(b'"format":1', b'"format":' + b"9" * 25, id="a huge number"),
        pytest.param(b'"format":1', b'"format":' + b"9" * 10_000, id="a monstrous number"),
        pytest.param(b'"format":1', b'"format":1,"zzz":' + b"[" * 200_000, id="a nesting bomb"),
        pytest.param(b'"format":1', b'"format":1,"f":"\xff"', id="no UTF-8"),
        pytest.param(b'"format":1', b'"format":1,"f":"\\ud800"', id="half a character"),
        pytest.param(b'"format":1', b'"format":1,"new":1', id="an unknown key"),
        pytest.param(b'"tag":"', b'"tag":"\xed\xa0\x80', id="a surrogate"),
        pytest.param(b'"tag":"', b'"tag":"\\u0061', id="an escape"),
        pytest.param(b"}\n", b"}\r\n", id="a Windows line end"),
        pytest.param(b"}\n", b"}", id="no line end"),
        pytest.param(b"}\n", b"}{}\n", id="two records"),
    ],
)
def test_json_that_means_two_things_is_refused(data, read, old, new) -> None:
    rest = data[74:].replace(old, new)
    assert rest != data[74:]
    begun = time.perf_counter()
    trouble = refusal(lambda: read(with_check(rest)))
    assert trouble is not None
    assert len(str(trouble)) < 500
    assert time.perf_counter() - begun < 2


@each_record
@given(rest=st.binary(max_size=200))
def test_random_bytes_are_refused(data, read, rest) -> None:
    assert refusal(lambda: read(rest)) is not None
    assert refusal(lambda: read(with_check(rest))) is not None


@each_record
def test_a_record_of_impossible_size_is_refused_unread(data, read) -> None:
    assert code_of(lambda: read(bytes(MAX_RECORD_BYTES + 1))) is ErrorCode.FORMAT_DAMAGED


@each_record
def test_another_top_level_value_is_refused(data, read) -> None:
    for text in (b"null\n", b"[]\n", b"{}\n", b'""\n', b"0" * 100):
        assert code_of(read, text) is ErrorCode.FORMAT_DAMAGED


# --- the repository record


def test_a_repository_record_comes_back() -> None:
    record = read_repository_record(REPOSITORY)
    check_repository_tag(KEYRING, record)
    assert record.repository_id == KEYRING.repository_id.hex()
    assert record.created == "2026-11-23T09:00:00Z"


@pytest.mark.parametrize(
    "change",
    [
        {"encryption": "none"},
        {"encryption": "AES-128-GCM"},
        {"chunk_identity": "MD5"},
        {"compression": "none"},
        {"program": "Another"},
        {"created": "yesterday"},
        {"created": "٢٠26-11-23T09:00:00Z"},
        {"repository_id": "00" * 15},
        {"repository_id": "AB" * 16},
        {"tag": ""},
        {"chunking": "a\x1b[2J"},
        {"chunking": "x" * (MAX_TEXT + 1)},
    ],
)
def test_a_repository_record_that_names_something_else_is_refused(change) -> None:
    trouble = code_of(lambda: read_repository_record(changed(REPOSITORY, **change)))
    assert trouble is ErrorCode.FORMAT_DAMAGED


def test_a_repository_record_made_without_the_key_fails_its_tag() -> None:
    forged = read_repository_record(changed(REPOSITORY, created="2020-01-01T00:00:00Z"))
    assert code_of(lambda: check_repository_tag(KEYRING, forged)) is ErrorCode.OBJECT_DAMAGED


@pytest.mark.parametrize("keyring", [OTHER_KEY, OTHER_REPOSITORY])
def test_a_repository_record_fits_its_own_key_only(keyring) -> None:
    record = read_repository_record(REPOSITORY)
    assert code_of(lambda: check_repository_tag(keyring, record)) is ErrorCode.OBJECT_DAMAGED


# --- drive records

HEX32 = st.text("0123456789abcdef", min_size=32, max_size=32)
HEX64 = st.text("0123456789abcdef", min_size=64, max_size=64)
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=50)
NAMES = st.one_of(
    st.just("repository.json"),
    st.sampled_from(["keys/passphrase.json", "keys/recovery.json", POINT]),
    HEX32.map(lambda text: f"packs/{text[:2]}/{text}"),
)
OBJECTS = st.builds(RecordObject, NAMES, st.integers(0, (1 << 63) - 1), HEX32, HEX64)
RECORDS = st.builds(
    drive_record,
    serial=TEXT,
    label=TEXT,
    sealed=st.booleans(),
    past_cache=st.booleans(),
    objects=st.lists(OBJECTS, max_size=5, unique_by=lambda line: line.name),
)


@given(record=RECORDS)
def test_a_drive_record_comes_back(record) -> None:
    found = read_drive(seal_drive_record(KEYRING, record))
    check_drive_tag(KEYRING, found)
    assert msgspec.structs.replace(found, check="", tag="") == record


@given(text=st.text(max_size=400))
def test_whatever_a_drive_says_of_itself_can_be_sealed_and_read(text) -> None:
    found = read_drive(seal_drive_record(KEYRING, drive_record(serial=text, label=text)))
    assert not {chr(code) for code in (*range(32), *range(127, 160))} & set(found.label)


def test_half_a_character_in_a_serial_number_does_not_stop_the_seal() -> None:
    assert read_drive(seal_drive_record(KEYRING, drive_record(serial="A\udc80B"))).serial == "A?B"


@pytest.mark.parametrize(
    "name",
    [
        "../secret",
        "packs/../../x",
        "/etc/passwd",
        "C:\\x",
        "packs/ab/cd" + "0" * 30,
        "packs/AB/AB" + "0" * 30,
        "packs/ab/ab" + "0" * 31,
        "points/20261123t090000z-" + "1" * 15,
        "points/٢٠261123t090000z-" + "1" * 16,
        "keys/../passphrase.json",
        "keys/con.json/x",
        "keys/Passphrase.json",
        "drives/" + "0" * 16 + ".json",
        "repository.json\n",
        "",
    ],
)
def test_a_record_cannot_name_what_no_drive_of_ours_holds(name) -> None:
    lines = [{"name": name, "size": 1, "md5": "0" * 32, "blake3": "0" * 64}]
    trouble = code_of(lambda: read_drive(changed(DRIVE, objects=lines)))
    assert trouble is ErrorCode.FORMAT_DAMAGED


@pytest.mark.parametrize(
    "change",
    [
        {"size": -1},
        {"size": 1 << 63},
        {"size": 10**30},
        {"size": 1.5},
        {"md5": "g" * 32},
        {"md5": "0" * 31},
        {"blake3": "0" * 63},
        {"blake3": None},
        {"extra": 1},
    ],
)
def test_a_line_with_an_impossible_value_is_refused(change) -> None:
    line = {"name": PACK, "size": 5, "md5": "0" * 32, "blake3": "f" * 64} | change
    trouble = code_of(lambda: read_drive(changed(DRIVE, objects=[line])))
    assert trouble is ErrorCode.FORMAT_DAMAGED


def test_an_object_listed_twice_is_refused() -> None:
    line = {"name": PACK, "size": 5, "md5": "0" * 32, "blake3": "f" * 64}
    trouble = code_of(lambda: read_drive(changed(DRIVE, objects=[line, line | {"size": 6}])))
    assert trouble is ErrorCode.FORMAT_DAMAGED


@pytest.mark.parametrize(
    "change",
    [
        {"label": "a\x1b]0;owned\x07"},
        {"serial": "x\n"},
        {"label": "x" * (MAX_TEXT + 1)},
        {"repository_id": "zz" * 16},
        {"drive_id": "../../etc"},
        {"drive_id": "f" * 16},
        {"tag": "0" * 63},
        {"sessions": [{"started": "never", "finished": "", "point": ""}]},
        {"sessions": [{"started": "2026-11-23T09:00:00Z", "finished": "soon", "point": ""}]},
        {"sealed": 1},
    ],
)
def test_a_drive_record_with_a_hostile_value_is_refused(change) -> None:
    assert code_of(lambda: read_drive(changed(DRIVE, **change))) is ErrorCode.FORMAT_DAMAGED


def test_a_drive_record_made_without_the_key_fails_its_tag() -> None:
    forged = read_drive(changed(DRIVE, objects=[]))
    assert code_of(lambda: check_drive_tag(KEYRING, forged)) is ErrorCode.OBJECT_DAMAGED


@pytest.mark.parametrize("keyring", [OTHER_KEY, OTHER_REPOSITORY])
def test_a_drive_record_fits_its_own_key_only(keyring) -> None:
    assert code_of(lambda: check_drive_tag(keyring, read_drive(DRIVE))) is ErrorCode.OBJECT_DAMAGED


def test_the_tag_of_one_record_does_not_fit_another() -> None:
    forged = changed(REPOSITORY, tag=read_drive(DRIVE).tag)
    record = read_repository_record(forged)
    assert code_of(lambda: check_repository_tag(KEYRING, record)) is ErrorCode.OBJECT_DAMAGED


def test_a_drive_record_under_another_drives_name_is_refused() -> None:
    other = drive_record_name("f" * 16)
    assert code_of(lambda: read_drive_record(DRIVE, other)) is ErrorCode.FORMAT_DAMAGED


@pytest.mark.parametrize(
    "name", ["drives/x.json", "drives/" + "0" * 17 + ".json", "drives/" + "0" * 16, "x/" + NAME]
)
def test_other_names_are_no_drive_records(name) -> None:
    assert drive_id_of(name) is None


def test_the_largest_drive_record_is_read_in_a_few_seconds() -> None:
    lines = [
        RecordObject(f"packs/{n % 256:02x}/{n % 256:02x}{n:030x}", n, "0" * 32, "f" * 64)
        for n in range(100_000)
    ]
    data = seal_drive_record(KEYRING, drive_record(objects=lines))
    assert len(data) < MAX_RECORD_BYTES
    begun = time.perf_counter()
    assert len(read_drive(data).objects) == 100_000
    assert time.perf_counter() - begun < 10
