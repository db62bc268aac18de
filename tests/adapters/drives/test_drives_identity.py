"""Serial numbers in the odd forms that systems and bridges hand on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offline_backup_gui.adapters.drives.identity import clean_serial, is_telling, swapped


@pytest.mark.parametrize(
    ("raw", "model", "serial"),
    [
        ("ZA1FQ7XY", "", "ZA1FQ7XY"),
        ("            VK0ABCDE", "WDC WD80EFZX", "VK0ABCDE"),
        ("     WD-WCANKH572006", "", "WD-WCANKH572006"),
        ("0025_38B7_1140_0D1D.", "", "002538B711400D1D"),
        ("ACE4_2E00_1234_5678_2EE4_AC00_0000_0001.", "", "ACE42E00123456782EE4AC0000000001"),
        # A worldwide name of 20 bytes is no text in hexadecimal.
        (
            "00c1f9f52a1b4c2f2200ab2c6140a8c012345678",
            "",
            "00c1f9f52a1b4c2f2200ab2c6140a8c012345678",
        ),
        ("{1c7e6b0e-7f5c-4d5e-9a51-2d7f0c8d9a11}", "", "{1c7e6b0e-7f5c-4d5e-9a51-2d7f0c8d9a11}"),
        ("S3Z5 NB0K  12", "", "S3Z5 NB0K 12"),
        ("", "", ""),
    ],
)
def test_a_serial_is_given_as_it_is_printed(raw: str, model: str, serial: str) -> None:
    assert clean_serial(raw, model) == serial


def test_the_hexadecimal_form_of_old_drivers_is_read() -> None:
    printed = "WD-WMANK4051741"
    raw = swapped(printed.rjust(20)).encode().hex()
    assert clean_serial(raw) == printed


@pytest.mark.parametrize("printed", ["38IGT0G5T", "K434T81257SL", "WD-WMANK4051741"])
def test_swapped_letters_are_put_right_when_the_model_shows_it(printed: str) -> None:
    raw = swapped(printed.rjust(20))
    assert clean_serial(raw, swapped("TOSHIBA MK1651GSY ")) == printed
    assert clean_serial(raw, "TOSHIBA MK1651GSY") != printed


@pytest.mark.parametrize(
    "model", ["ST8000NM0055-1RM112", "WDC WD2500JB", "Kingston", "TS512GSSD", ""]
)
def test_a_model_that_reads_well_is_not_taken_for_swapped(model: str) -> None:
    assert clean_serial("ABCDEFGH", model) == "ABCDEFGH"


@pytest.mark.parametrize(
    "filler",
    ["", "0000000000000000", "FFFFFFFF", "....", "0123456789ABCDEF", "1234567890", "None", "____",
     "0000_0000_0000_0000."],
)  # fmt: skip
def test_fillers_tell_nothing(filler: str) -> None:
    assert not is_telling(clean_serial(filler))


@given(raw=st.text(max_size=60), model=st.text(max_size=40))
def test_any_text_gives_a_serial_without_padding(raw: str, model: str) -> None:
    serial = clean_serial(raw, model)
    assert serial == serial.strip()
    assert len(serial) <= len(raw)
