"""Asks a disk of Windows about itself: by the drivers' own questions first, then past them.

What is asked depends on the bus, so that nobody gets commands it was not made for: some old
bridges stop answering after one. UNKNOWN is what remains when nothing answers.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct, field

from offline_backup_gui.adapters.drives import ata, nvme, scsi
from offline_backup_gui.adapters.drives import windows_bytes as ioctl
from offline_backup_gui.adapters.drives import windows_envelopes as envelope
from offline_backup_gui.adapters.drives.report import SelfReport, report, worst
from offline_backup_gui.adapters.drives.scsi import AtaTask
from offline_backup_gui.adapters.drives.win32 import Volume
from offline_backup_gui.adapters.drives.windows_bytes import DeviceDescriptor
from offline_backup_gui.domain.drive import Bus, Sign

_ROOM = 8192
_IDENTIFY = AtaTask(scsi.IDENTIFY_DEVICE)
_READ_DATA = AtaTask(scsi.SMART, scsi.SMART_READ_DATA)
_READ_THRESHOLDS = AtaTask(scsi.SMART, scsi.SMART_READ_THRESHOLDS)
_RETURN_STATUS = AtaTask(scsi.SMART, scsi.SMART_RETURN_STATUS, reads=False)
_FAILING_MARK = (0xF4, 0x2C)


class Told(Struct, frozen=True):
    """What a disk told of itself; `serial` and `model` are its own, not those of a bridge."""

    health: SelfReport = field(default_factory=SelfReport)
    serial: str = ""
    model: str = ""
    sector_bytes: int = 0  # its own logical sectors; 0 when not told
    rotational: bool | None = None


def ask_disk(disk: Volume, device: DeviceDescriptor) -> Told:
    """Ask an open disk about its identity and health. May hang with the device."""
    if device.bus is Bus.NVME:
        return _ask_nvme(disk)
    if device.bus is Bus.SATA:
        return _ask_ata(_Drivers(disk), prediction(disk))
    if device.bus is Bus.SAS:
        page = _scsi(disk, scsi.log_sense(), scsi.LOG_BYTES).data
        return Told(worst(scsi.parse_informational_exceptions(page), prediction(disk)))
    if device.bus is Bus.USB and not device.removable:
        return _ask_bridge(disk)
    # Behind a RAID controller, in a virtual machine and on cards, a disk has no voice.
    return Told()


def prediction(disk: Volume) -> SelfReport:
    """Ask the driver for the verdict (IOCTL_STORAGE_PREDICT_FAILURE); it adds the SMART table.

    The driver asks ATA and SAS disks alike; the table is there for ATA disks only.
    """
    answer = disk.control(ioctl.IOCTL_STORAGE_PREDICT_FAILURE, b"", _ROOM)
    if answer.code or len(answer.data) < 4:
        return SelfReport()
    verdict = report({Sign.VERDICT: 0} if any(answer.data[:4]) else {}, verdict=True)
    return worst(verdict, ata.judge_smart(ata.parse_attributes(answer.data[4:]), None))


def _ask_nvme(disk: Volume) -> Told:
    def ask(log_page: int | None, data_bytes: int) -> bytes:
        for question in envelope.nvme_questions(log_page=log_page, data_bytes=data_bytes):
            answer = disk.control(ioctl.IOCTL_STORAGE_QUERY_PROPERTY, question, len(question))
            if told := envelope.nvme_answer(answer.data):
                return told
        return b""

    controller = nvme.parse_controller(ask(None, nvme.CONTROLLER_BYTES))
    health = nvme.parse_health_log(ask(nvme.HEALTH_LOG, nvme.HEALTH_BYTES))
    return Told(
        worst(health, prediction(disk)),
        serial=controller.serial if controller else "",
        model=controller.model if controller else "",
    )


def _ask_bridge(disk: Volume) -> Told:
    """Ask the ATA disk behind a USB bridge, in the longer form first."""
    for form in (scsi.pass_through_16, scsi.pass_through_12):
        told = _ask_ata(_Bridge(disk, form), SelfReport())
        if told.model:
            return told
    return Told()


def _ask_ata(way: _Drivers | _Bridge, known: SelfReport) -> Told:
    identity = ata.parse_identify(way.sector(_IDENTIFY))
    if identity is None:
        return Told(known)
    smart = SelfReport()
    if identity.smart:
        attributes = ata.parse_attributes(way.sector(_READ_DATA))
        thresholds = ata.parse_thresholds(way.sector(_READ_THRESHOLDS))
        smart = ata.judge_smart(attributes, thresholds, exceeded=way.exceeded())
    return Told(
        worst(known, smart),
        identity.serial,
        identity.model,
        identity.logical_bytes,
        identity.rotational,
    )


class _Drivers:
    """The way through Windows' own ATA driver."""

    def __init__(self, disk: Volume) -> None:
        self._disk = disk

    def sector(self, task: AtaTask) -> bytes:
        """Read one sector of answer; empty when there is none."""
        question = envelope.smart_question(task)
        answer = self._disk.control(envelope.SMART_RCV_DRIVE_DATA, question, _ROOM)
        return envelope.smart_answer(answer.data)

    def exceeded(self) -> bool | None:
        """Ask for the disk's verdict."""
        question = envelope.smart_question(_RETURN_STATUS)
        answer = self._disk.control(envelope.SMART_SEND_DRIVE_COMMAND, question, _ROOM)
        registers = envelope.smart_status(answer.data)
        if registers == scsi.SMART_MARK:
            return False
        return True if registers == _FAILING_MARK else None


class _Bridge:
    """The way through a bridge that turns SCSI commands into ATA ones."""

    def __init__(self, disk: Volume, form: Callable[[AtaTask], bytes]) -> None:
        self._disk = disk
        self._form = form

    def sector(self, task: AtaTask) -> bytes:
        """Read one sector of answer; empty when there is none."""
        return _scsi(self._disk, self._form(task), ata.SECTOR_BYTES).data

    def exceeded(self) -> bool | None:
        """Ask for the disk's verdict."""
        question = envelope.scsi_question(self._form(_RETURN_STATUS), 0)
        answer = self._disk.control(envelope.IOCTL_SCSI_PASS_THROUGH, question, len(question))
        return scsi.parse_smart_status(envelope.scsi_answer(answer.data, wants_sense=True).sense)


def _scsi(disk: Volume, command: bytes, data_bytes: int) -> envelope.ScsiAnswer:
    question = envelope.scsi_question(command, data_bytes)
    answer = disk.control(envelope.IOCTL_SCSI_PASS_THROUGH, question, len(question))
    return envelope.scsi_answer(answer.data)
