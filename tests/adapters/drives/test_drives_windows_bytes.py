"""Storage answers of Windows, from bytes to facts; no bytes may upset the reader."""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offline_backup_gui.adapters.drives import windows_bytes as ioctl
from offline_backup_gui.adapters.drives.windows_bytes import DeviceDescriptor, Sectors
from offline_backup_gui.domain.drive import Bus
from tests.adapters.drives.recordings import windows


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "usb-stick",
            DeviceDescriptor(
                "Kingston DataTraveler 3.0", "60A44C413DF8F4311A5A0F4B", Bus.USB, removable=True
            ),
        ),
        ("usb-sata-4096", DeviceDescriptor("ASMT 2115", "00000000000000000042", Bus.USB)),
        ("usb-no-serial", DeviceDescriptor("JMicron Generic", "", Bus.USB)),
        ("sata-512e", DeviceDescriptor("ST8000NM0055-1RM112", "ZA1FQ7XY", Bus.SATA)),
        ("sata-failing", DeviceDescriptor("WDC WD80EFZX-68UW8N0", "VK0ABCDE", Bus.SATA)),
        (
            "nvme",
            DeviceDescriptor("SAMSUNG MZVL21T0HCLR-00BL7", "002538B711400D1D", Bus.NVME),
        ),
        ("sas", DeviceDescriptor("SEAGATE ST8000NM0075", "ZA18ABCD0000C8331234", Bus.SAS)),
        (
            "raid",
            DeviceDescriptor("DELL PERC H730P Mini", "00c1f9f52a1b4c2f2200ab2c6140a8c0", Bus.RAID),
        ),
        ("virtual", DeviceDescriptor("Msft Virtual Disk", "", Bus.VIRTUAL)),
        ("virtual-file", DeviceDescriptor("Msft Virtual Disk", "", Bus.IMAGE)),
        (
            "storage-space",
            DeviceDescriptor(
                "Msft Storage Space", "{1c7e6b0e-7f5c-4d5e-9a51-2d7f0c8d9a11}", Bus.SPACES
            ),
        ),
        (
            "card-reader",
            DeviceDescriptor("Generic- SD/MMC", "058F63666485", Bus.USB, removable=True),
        ),
        ("wine", DeviceDescriptor()),
    ],
)
def test_a_device_tells_its_model_serial_and_bus(name: str, expected: DeviceDescriptor) -> None:
    assert ioctl.parse_device(windows(name)["device"]) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("usb-stick", Sectors(512, 512)),
        ("sata-512e", Sectors(512, 4096)),
        ("usb-sata-4096", Sectors(4096, 4096)),
    ],
)
def test_a_device_tells_its_sectors(name: str, expected: Sectors) -> None:
    assert ioctl.parse_sectors(windows(name)["alignment"]) == expected


@pytest.mark.parametrize("logical", [0, 1, 511, 513, 131072, 0xFFFFFFFF])
def test_sector_sizes_no_disk_has_are_not_believed(logical: int) -> None:
    answer = struct.pack("<7I", 28, 28, 0, 0, logical, logical, 0)
    assert ioctl.parse_sectors(answer) is None
    geometry = struct.pack("<q4Iq", 1, 12, 255, 63, logical, 10**9)
    assert ioctl.parse_geometry_sectors(geometry) is None


def test_spinning_disks_and_solid_ones_are_told_apart() -> None:
    assert ioctl.parse_rotational(windows("sata-512e")["seek_penalty"]) is True
    assert ioctl.parse_rotational(windows("nvme")["seek_penalty"]) is False
    assert ioctl.parse_rotational(b"") is None


def test_sizes_and_numbers_are_read() -> None:
    assert ioctl.parse_length(windows("usb-stick")["length"]) == 64_023_257_088
    assert ioctl.parse_geometry_size(windows("wine")["geometry"]) == 82_252_800_000
    assert ioctl.parse_disk_number(windows("usb-stick")["number"]) == 3
    assert ioctl.parse_disk_number(struct.pack("<3I", 7, 0xFFFFFFFF, 0)) is None
    assert ioctl.parse_length(struct.pack("<q", -1)) == 0


@pytest.mark.parametrize(
    ("device", "share"),
    [
        (r"\Device\LanmanRedirector\;Z:00000000000003e7\server\share", r"\\server\share"),
        (r"\Device\Mup\;LanmanRedirector\;Z:0000000003e7\server\a\b", r"\\server\a\b"),
        (r"\Device\HarddiskVolume3", ""),
        (r"\Device\Mup\;LanmanRedirector\;Z:0\server", ""),
        ("", ""),
    ],
)
def test_the_share_behind_a_network_letter_is_read(device: str, share: str) -> None:
    assert ioctl.parse_share(device) == share


PARSERS = [
    ioctl.parse_device,
    ioctl.parse_sectors,
    ioctl.parse_geometry_sectors,
    ioctl.parse_rotational,
    ioctl.parse_disk_number,
    ioctl.parse_hot_plug,
    ioctl.parse_device_id,
    ioctl.parse_length,
    ioctl.parse_geometry_size,
]


@pytest.mark.parametrize("parse", PARSERS)
@given(data=st.binary(max_size=300))
def test_any_bytes_are_read_without_trouble(parse: Callable[[bytes], object], data: bytes) -> None:
    parse(data)


@given(
    offsets=st.lists(st.integers(0, 0xFFFFFFFF), min_size=4, max_size=4),
    tail=st.binary(max_size=64),
)
def test_texts_at_any_offset_are_short_and_printable(offsets: list[int], tail: bytes) -> None:
    data = struct.pack("<IIBBBB", 40, 40, 0, 0, 0, 0) + struct.pack("<6I", *offsets, 7, 0) + tail
    device = ioctl.parse_device(data)
    assert device.bus in {Bus.USB, Bus.VIRTUAL}
    for text in (device.model, device.serial):
        assert len(text) <= 2 * 256 + 1
        assert text.isprintable()


@pytest.mark.parametrize("name", ["usb-stick", "sata-512e", "sas"])
def test_a_cut_off_answer_tells_what_is_left_and_nothing_else(name: str) -> None:
    whole = windows(name)["device"]
    full = ioctl.parse_device(whole)
    for length in range(len(whole)):
        cut = ioctl.parse_device(whole[:length])
        assert full.serial.startswith(cut.serial)
        assert full.model.startswith(cut.model)
