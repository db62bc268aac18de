"""What the tools of Windows print: strict where the scripts are ours, digits alone where not."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from offline_backup_gui.domain.bitlocker import password_of, wrong_group
from offline_backup_gui.domain.preparing import DiskIdentity, NewVolume
from offline_backup_gui.formats.disk_tools import (
    CHANGED,
    Refused,
    parse_disk,
    parse_new_volume,
    parse_recovery_password,
    refusal_code,
)
from tests.house.checkout import ROOT

SAMPLES = ROOT / "tests" / "samples" / "bitlocker"
VOLUME = "\\\\?\\Volume{5f3b2c1d-8e4a-4b7c-9d10-00000000ab42}\\"
DISK = {
    "path": "\\\\?\\scsi#disk&ven_ata#5&2a#000000#{53f56307}",
    "unique": "50014EE2B5A1F3C7",
    "serial": " WD-WX31D ",
    "size": "8001563222016",
    "in_use": False,
}


def told(**answer: object) -> bytes:
    return json.dumps(answer).encode()


def test_there_are_outputs_of_three_servers_in_two_languages() -> None:
    names = {path.name for path in SAMPLES.glob("protectors-add-*.txt")}
    assert names == {
        f"protectors-add-{year}-{language}.txt"
        for year in (2019, 2022, 2025)
        for language in ("en", "de")
    }


@pytest.mark.parametrize("name", sorted(path.name for path in SAMPLES.glob("protectors-add-*.txt")))
def test_the_password_is_found_in_every_language_and_version(name: str) -> None:
    raw = (SAMPLES / name).read_bytes()
    found = parse_recovery_password(raw)
    assert wrong_group(found) is None
    assert raw.count(found.encode()) == 2
    assert parse_recovery_password(raw.decode("cp850").encode("utf-16-le")) == found


def test_one_wrong_digit_in_the_output_is_no_password() -> None:
    raw = (SAMPLES / "protectors-add-2022-de.txt").read_bytes()
    found = parse_recovery_password(raw)
    wrong = found[:-1] + str((int(found[-1]) + 1) % 10)
    with pytest.raises(ValueError, match="0 recovery passwords"):
        parse_recovery_password(raw.replace(found.encode(), wrong.encode()))


def test_two_passwords_are_none_because_nobody_knows_the_new_one() -> None:
    raw = (SAMPLES / "protectors-add-2022-en.txt").read_bytes()
    with pytest.raises(ValueError, match="2 recovery passwords"):
        parse_recovery_password(raw + password_of(bytes(range(16))).encode())


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_refusal_is_told_by_its_code_and_never_by_a_password(language: str) -> None:
    assert refusal_code((SAMPLES / f"refused-2022-{language}.txt").read_bytes()) == "0x80310061"
    assert refusal_code((SAMPLES / f"protectors-add-2019-{language}.txt").read_bytes()) == ""


def test_a_disk_and_a_volume_are_read_whole() -> None:
    assert parse_disk(told(**DISK)) == DiskIdentity(
        str(DISK["path"]), "50014EE2B5A1F3C7", 8001563222016, "WD-WX31D", in_use=False
    )
    answer = b"\xef\xbb\xbf" + told(volume=VOLUME, letter="E", size="8001427640320") + b"\r\n"
    assert parse_new_volume(answer) == NewVolume(VOLUME, "E:\\", 8001427640320)


def test_what_a_script_refused_is_told_by_its_name() -> None:
    assert parse_new_volume(told(trouble=CHANGED)) == Refused(CHANGED)
    refused = Refused("StorageWMI 41000,Clear-Disk", "Not Supported")
    assert parse_disk(told(trouble=refused.kind, said=refused.said)) == refused


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{}",
        b"null",
        b"[]",
        b'{"path": "x"',
        told(**{**DISK, "size": 5}),
        told(**{**DISK, "size": "-5"}),
        told(**{**DISK, "in_use": "False"}),
        told(**{**DISK, "path": ""}),
        told(**DISK, more=1),
        b" " * (1 << 17),
    ],
)
def test_what_is_no_answer_about_a_disk_is_refused(raw: bytes) -> None:
    with pytest.raises((ValueError, msgspec.DecodeError)):
        parse_disk(raw)


@pytest.mark.parametrize("volume", ["E:\\", VOLUME[:-1], VOLUME + "x", "\\\\.\\PhysicalDrive1", ""])
def test_only_the_name_of_a_volume_is_one(volume: str) -> None:
    with pytest.raises(ValueError, match="volume"):
        parse_new_volume(told(volume=volume, letter="E", size="1"))


@given(st.binary())
def test_any_bytes_end_in_an_answer_or_a_value_error(raw: bytes) -> None:
    for parse in (parse_disk, parse_new_volume, parse_recovery_password):
        try:
            parse(raw)
        except ValueError:
            continue
    assert len(refusal_code(raw)) in (0, 10)
