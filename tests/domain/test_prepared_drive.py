"""What an import job is told of a prepared drive, and where its key is kept."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.prepared_drive import PreparedDrive, key_name, prepared_drive

MD5 = "109b21108597ef36d5785f08303f3638"


def test_a_record_has_the_shape_that_azure_takes() -> None:
    drive = prepared_drive("WD-WCC1 ", MD5, "DriveManifest.xml", "key")
    assert drive == PreparedDrive("WD-WCC1", "\\DriveManifest.xml", MD5.upper(), "key")
    assert prepared_drive("A", MD5).manifest_name == "\\DriveManifest.xml"
    assert prepared_drive("A", MD5, "a/b.xml").manifest_name == "\\a\\b.xml"


@pytest.mark.parametrize(
    ("serial", "md5", "manifest", "named"),
    [
        ("", MD5, "\\D.xml", "serial"),
        ("two words", MD5, "\\D.xml", "serial"),
        ("bell\a", MD5, "\\D.xml", "serial"),
        ("A", "12", "\\D.xml", "manifest-hash"),
        ("A", "z" * 32, "\\D.xml", "manifest-hash"),
        ("A", MD5, "", "manifest"),
        ("A", MD5, "F:\\D.xml", "manifest"),
        ("A", MD5, "..\\D.xml", "manifest"),
    ],
)
def test_what_azure_would_not_take_is_named(
    serial: str, md5: str, manifest: str, named: str
) -> None:
    with pytest.raises(BackupError) as told:
        prepared_drive(serial, md5, manifest)
    assert told.value.code is ErrorCode.VALUE_NOT_UNDERSTOOD
    assert told.value.parameters["name"] == named


@given(st.text(max_size=80), st.text(max_size=80))
def test_every_serial_has_a_secret_of_its_own(one: str, other: str) -> None:
    assert re.fullmatch(r"[a-z0-9][a-z0-9.-]{0,99}", key_name(one))
    assert (key_name(one) == key_name(other)) == (one.strip() == other.strip())


def test_serials_that_differ_in_case_alone_do_not_share_a_key() -> None:
    assert key_name("ZR5A") != key_name("zr5a")
    assert key_name("ZR5A").startswith("bitlocker-zr5a-")
