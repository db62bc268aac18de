"""What drives say of themselves: SMART, NVMe, SAS, and the ways through drivers and bridges."""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offline_backup_gui.adapters.drives import ata, bitlocker, nvme, scsi
from offline_backup_gui.adapters.drives import windows_envelopes as envelope
from offline_backup_gui.adapters.drives import windows_layout as layout
from offline_backup_gui.adapters.drives.ata import Attribute, judge_smart
from offline_backup_gui.adapters.drives.report import SelfReport, report, worst
from offline_backup_gui.adapters.drives.scsi import AtaTask
from offline_backup_gui.domain.drive import Encryption, Health, HealthSign, Sign

FINE = Attribute(1, 100, 0, predicts_failure=True)


def test_without_a_verdict_and_without_limits_nothing_found_is_nothing_known() -> None:
    assert judge_smart((FINE,), None) == SelfReport()
    assert judge_smart(None, None) == SelfReport()
    assert judge_smart((FINE,), {1: 10}).health is Health.GOOD
    assert judge_smart(None, None, exceeded=False).health is Health.GOOD


def test_only_an_attribute_that_predicts_failure_counts_against_its_limit() -> None:
    # ST9100821AS of libatasmart's examples: 4 (starts and stops) at 1 of 20, and the disk is fine.
    age = Attribute(4, 1, 90_000, predicts_failure=False)
    assert judge_smart((age,), {4: 20}).health is Health.GOOD
    failure = Attribute(10, 212, 0, predicts_failure=True)
    assert judge_smart((failure,), {10: 223}) == SelfReport(
        Health.FAILING, (HealthSign(Sign.ATTRIBUTE, 10),)
    )


@pytest.mark.parametrize(("value", "limit"), [(0, 20), (254, 255), (100, 0), (1, 0xFE)])
def test_values_and_limits_that_mean_nothing_are_no_failure(value: int, limit: int) -> None:
    odd = Attribute(3, value, 0, predicts_failure=True)
    assert judge_smart((odd,), {3: limit}).health is Health.GOOD


@pytest.mark.parametrize(
    ("number", "raw", "signs"),
    [
        (5, 63, ((Sign.REALLOCATED, 63),)),
        # Fujitsu keeps another counter in the upper bytes of 5 and of 197.
        (5, 8589934592000, ()),
        (197, 120173136838658, ((Sign.PENDING, 2),)),
        (198, 1, ((Sign.UNCORRECTABLE, 1),)),
        (199, 40_000, ()),  # faults of the cable
    ],
)
def test_bad_sectors_are_counted_and_nothing_else(
    number: int, raw: int, signs: tuple[tuple[Sign, int], ...]
) -> None:
    found = judge_smart((Attribute(number, 100, raw, predicts_failure=False),), {number: 1})
    assert tuple((sign.sign, sign.count) for sign in found.signs) == signs
    assert found.health is (Health.DOUBTFUL if signs else Health.GOOD)


def test_blank_sectors_of_a_bridge_are_no_answer() -> None:
    blank = bytes(512)
    assert ata.parse_attributes(blank) is None
    assert ata.parse_thresholds(blank) is None
    assert ata.parse_identify(blank) is None
    assert nvme.parse_health_log(blank) == SelfReport()
    assert nvme.parse_controller(bytes(4096)) is None
    assert ata.parse_attributes(b"\xff" * 512) is None


def test_a_sector_with_a_wrong_sum_is_no_answer() -> None:
    sector = bytearray(512)
    struct.pack_into("<BHBB6s", sector, 2, 5, 0x33, 100, 100, b"\x07")
    sector[511] = -sum(sector) & 0xFF
    assert ata.parse_attributes(bytes(sector)) == (Attribute(5, 100, 7, predicts_failure=True),)
    sector[100] ^= 1
    assert ata.parse_attributes(bytes(sector)) is None


def nvme_log(**changes: int) -> bytes:
    facts = {"warning": 0, "kelvin": 310, "spare": 100, "least": 10, "used": 5, "errors": 0}
    facts |= changes
    head = struct.pack(
        "<BHBBB", *(facts[name] for name in ("warning", "kelvin", "spare", "least", "used"))
    )
    return (head.ljust(160, b"\0") + facts["errors"].to_bytes(16, "little")).ljust(512, b"\0")


@pytest.mark.parametrize(
    ("changes", "health", "signs"),
    [
        ({}, Health.GOOD, {}),
        ({"spare": 10}, Health.GOOD, {}),
        ({"spare": 9}, Health.FAILING, {Sign.SPARE: 9}),
        ({"warning": 1}, Health.FAILING, {Sign.SPARE: 100}),
        ({"warning": 2}, Health.DOUBTFUL, {Sign.HOT: 0}),
        ({"warning": 4}, Health.FAILING, {Sign.UNRELIABLE: 0}),
        ({"warning": 8}, Health.FAILING, {Sign.UNRELIABLE: 0}),
        ({"errors": 3}, Health.DOUBTFUL, {Sign.MEDIA_ERRORS: 3}),
        ({"used": 99}, Health.GOOD, {}),
        ({"used": 100}, Health.DOUBTFUL, {Sign.WORN: 100}),
        ({"kelvin": 0, "warning": 1}, Health.UNKNOWN, {}),
        ({"spare": 255}, Health.UNKNOWN, {}),
    ],
)
def test_the_health_log_of_an_nvme_disk_is_judged(
    changes: dict[str, int], health: Health, signs: dict[Sign, int]
) -> None:
    found = nvme.parse_health_log(nvme_log(**changes))
    assert found.health is health
    assert {sign.sign: sign.count for sign in found.signs} == signs


@pytest.mark.parametrize(
    ("codes", "health"),
    [("0000", Health.GOOD), ("5d10", Health.FAILING), ("0b01", Health.DOUBTFUL),
     ("0b03", Health.UNKNOWN)],
)  # fmt: skip
def test_a_sas_disk_predicts_its_failure_by_one_code(codes: str, health: Health) -> None:
    page = bytes.fromhex("2f00000800000304" + codes + "2600")
    assert scsi.parse_informational_exceptions(page).health is health


def test_another_page_than_was_asked_for_says_nothing() -> None:
    page = bytes.fromhex("0d000008000003045d102600")
    assert scsi.parse_informational_exceptions(page) == SelfReport()


def descriptor_sense(middle: int, high: int, before: bytes = b"") -> bytes:
    registers = bytes([9, 12, 0, 0, 0, 0, 0, 0, 0, middle, 0, high, 0, 0x50])
    return bytes([0x72, 1, 0, 0x1D, 0, 0, 0, len(before) + 14]) + before + registers


@pytest.mark.parametrize(
    ("sense", "verdict"),
    [
        (descriptor_sense(0x4F, 0xC2), False),
        (descriptor_sense(0xF4, 0x2C), True),
        (descriptor_sense(0xF4, 0x2C, before=bytes([3, 2, 0, 0])), True),
        (descriptor_sense(0, 0), None),
        (bytes([0x70, 0, 1, 0, 0x50, 0, 0, 10, 0, 0, 0xF4, 0x2C, 0, 0x1D, 0, 0, 0, 0]), True),
        (bytes([0x70, 0, 5, 0, 0, 0, 0, 10, 0, 0, 0xF4, 0x2C, 0x20, 0, 0, 0, 0, 0]), None),
        (bytes([0x72, 1, 0, 0x1D, 0, 0, 0, 200, 0, 0]), None),
        (b"", None),
    ],
)
def test_the_verdict_behind_a_bridge_is_read_from_sense_data(
    sense: bytes, verdict: bool | None
) -> None:
    assert scsi.parse_smart_status(sense) is verdict


def test_questions_to_a_bridge_are_those_of_the_standard() -> None:
    # As smartctl writes them with -r ioctl,2 for -d sat and -d sat,12.
    identify = AtaTask(scsi.IDENTIFY_DEVICE)
    read = AtaTask(scsi.SMART, scsi.SMART_READ_DATA)
    status = AtaTask(scsi.SMART, scsi.SMART_RETURN_STATUS, reads=False)
    assert scsi.pass_through_16(identify).hex(" ") == (
        "85 08 0e 00 00 00 01 00 00 00 00 00 00 00 ec 00"
    )
    assert scsi.pass_through_16(read).hex(" ") == "85 08 0e 00 d0 00 01 00 00 00 4f 00 c2 00 b0 00"
    assert scsi.pass_through_16(status).hex(" ") == (
        "85 06 20 00 da 00 00 00 00 00 4f 00 c2 00 b0 00"
    )
    assert scsi.pass_through_12(read).hex(" ") == "a1 08 0e d0 01 00 4f c2 00 b0 00 00"


def test_reports_of_one_drive_are_put_together_by_the_worst() -> None:
    good, unknown = SelfReport(Health.GOOD), SelfReport()
    doubtful = report({Sign.PENDING: 2}, verdict=True)
    failing = report({Sign.PENDING: 1, Sign.VERDICT: 0}, verdict=True)
    assert worst(unknown, good) == good
    assert worst(good, doubtful) == doubtful
    assert worst(doubtful, failing) == SelfReport(
        Health.FAILING, (HealthSign(Sign.VERDICT), HealthSign(Sign.PENDING, 2))
    )
    assert worst() == unknown


# ------------------------------------------------------------ layout and BitLocker


def test_pieces_of_a_volume_that_are_not_there_are_not_believed() -> None:
    one = struct.pack("<II", 0xFFFFFFFF, 0) + struct.pack("<I4xqq", 2, 1 << 20, 5 << 20)
    assert layout.parse_extents(one) == (layout.Extent(2, 1 << 20, 5 << 20),)
    assert layout.parse_extents(one[:-1]) == ()
    negative = struct.pack("<II", 1, 0) + struct.pack("<I4xqq", 2, -5, 5)
    assert layout.parse_extents(negative) == ()


@pytest.mark.parametrize("name", ["NTFS    ", "EXFAT   ", "other   "])
def test_a_volume_without_bitlocker_is_not_encrypted(name: str) -> None:
    sector = (b"\xeb\x52\x90" + name.encode()).ljust(510, b"\0") + b"\x55\xaa"
    boot = bitlocker.parse_boot_sector(sector)
    assert bitlocker.state_of(boot, None, opened=True) is Encryption.NONE


def test_a_vista_volume_is_known_by_its_signature_alone() -> None:
    sector = b"\xeb\x52\x90-FVE-FS-".ljust(510, b"\0") + b"\x55\xaa"
    boot = bitlocker.parse_boot_sector(sector)
    assert boot == bitlocker.BootSector("", True)
    assert bitlocker.state_of(boot, None, opened=False) is Encryption.LOCKED
    assert bitlocker.state_of(boot, None, opened=True) is Encryption.UNLOCKED


def test_entries_that_never_end_or_reach_out_are_left() -> None:
    head = b"-FVE-FS-" + struct.pack("<4HQ", 60, 2, 4, 4, 0)
    data = bytearray((head.ljust(64, b"\0") + struct.pack("<3I", 2**32 - 1, 1, 48)).ljust(400))
    struct.pack_into("<4H", data, 112, 0, 2, 8, 1)
    assert bitlocker.parse_metadata(bytes(data)) is Encryption.UNLOCKED
    struct.pack_into("<4H", data, 112, 0xFFFF, 2, 8, 1)
    assert bitlocker.parse_metadata(bytes(data)) is Encryption.UNLOCKED


PARSERS: list[Callable[[bytes], object]] = [
    ata.parse_identify,
    ata.parse_attributes,
    ata.parse_thresholds,
    nvme.parse_controller,
    nvme.parse_health_log,
    scsi.parse_smart_status,
    scsi.parse_informational_exceptions,
    bitlocker.parse_boot_sector,
    bitlocker.parse_metadata,
    layout.parse_extents,
    layout.parse_layout,
    layout.parse_disk_attributes,
    envelope.scsi_answer,
    envelope.smart_answer,
    envelope.smart_status,
    envelope.nvme_answer,
]
# Beginnings that get past the first look, so that what lies behind is reached.
BEGINNINGS = [
    b"",
    b"-FVE-FS-" + struct.pack("<4HQ", 60, 2, 4, 4, 0),
    b"\xeb\x58\x90-FVE-FS-",
    bytes.fromhex("2f000008000003"),
    bytes.fromhex("7201001d000000"),
    struct.pack("<II", 1, 4),
    struct.pack("<II", 0, 4),
    struct.pack("<8I", 48, 48, 3, 2, 2, 0, 40, 512),
]


@pytest.mark.parametrize("parse", PARSERS)
@given(
    beginning=st.sampled_from(BEGINNINGS),
    tail=st.binary(max_size=700),
    end=st.sampled_from([b"", b"\x55\xaa"]),
)
def test_any_bytes_are_read_without_trouble(
    parse: Callable[[bytes], object], beginning: bytes, tail: bytes, end: bytes
) -> None:
    parse(beginning + tail)
    parse((beginning + tail)[:510].ljust(510, b"\0") + end)


@given(data=st.binary(max_size=200))
def test_an_envelope_never_gives_more_than_it_holds(data: bytes) -> None:
    unpacked = envelope.scsi_answer(data)
    assert unpacked.data in data
    assert unpacked.sense in data
    assert envelope.nvme_answer(data) in data
