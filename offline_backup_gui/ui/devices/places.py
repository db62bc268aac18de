"""Which devices of Microsoft are here: found among the drives, or named by their full path."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QLabel, QLineEdit, QVBoxLayout

from offline_backup_gui.domain.device_layout import Device, Layout
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.fitness import DriveNeed
from offline_backup_gui.services import Services
from offline_backup_gui.ui.bridge import Bridge
from offline_backup_gui.ui.icons import IconButton
from offline_backup_gui.ui.widgets.boxes import Card, WrappingCheck, clear, row, unit
from offline_backup_gui.ui.widgets.notices import NoticeList
from offline_backup_gui.ui.widgets.texts import plain, text
from offline_backup_gui.words import Words

Place = tuple[str, Layout]
_NOT_HERE = frozenset({ErrorCode.NOT_A_DEVICE, ErrorCode.DRIVE_NOT_FOUND})


def devices_among(services: Services) -> tuple[Place, ...]:
    """Find the devices among the attached drives; asks each drive for its root only."""
    found = []
    listing = services.drives.listing(DriveNeed(0, (), "", None))
    for mount in dict.fromkeys(item.drive.mount for item in listing.drives if item.drive.mount):
        try:
            found.append((mount, services.devices.layout(mount)))
        except BackupError as error:
            if error.code not in _NOT_HERE:
                raise
    return tuple(found)


class PlacesCard(Card):
    """A tick for each device; all that are ticked are looked at together."""

    changed = Signal()

    def __init__(self, services: Services, words: Words, bridge: Bridge) -> None:
        super().__init__(words.text("device-desk.places-title"), "drive-usb")
        self._services, self._words, self._bridge = services, words, bridge
        self._ticks: dict[str, WrappingCheck] = {}
        self._named: dict[str, Layout] = {}
        self._shown: dict[str, Layout] = {}
        self._looking = False
        self._none = text(words.text("device-desk.places-none"), "subdued")
        self.add(self._none)
        self._list = QVBoxLayout()
        self._list.setSpacing(unit(self) // 3)
        self.add(self._list)
        self.path = QLineEdit()
        self.path.setPlaceholderText(words.text("device-desk.path-hint"))
        self.path.returnPressed.connect(self._add_typed)
        label = QLabel(words.text("device-desk.path"))
        label.setBuddy(self.path)
        self.path.setAccessibleName(plain(label.text()))
        self._add = self._button("plus", "device-desk.add", self._add_typed)
        browse = self._button("folder", "device-desk.browse", self._browse, "quiet")
        again = self._button("refresh", "device-desk.look", self.look, "quiet")
        self.add(label)
        line = row(self.path, self._add, spacing=unit(self) // 2)
        line.setStretch(0, 1)
        self.add(line)
        self.add(row(browse, again, 1, spacing=unit(self) // 2))
        self.notices = NoticeList(words)
        self.add(self.notices)

    def _button(self, icon: str, key: str, does: Callable[[], None], kind: str = "") -> IconButton:
        label = self._words.text(key)
        button = IconButton(icon, label, kind) if kind else IconButton(icon, label)
        button.setAccessibleName(plain(label))
        button.clicked.connect(lambda: does())
        return button

    @property
    def chosen(self) -> tuple[str, ...]:
        """Give the places that are ticked."""
        return tuple(path for path, tick in self._ticks.items() if tick.box.isChecked())

    def look(self) -> None:
        """Look among the drives; a place that was named stays."""
        if self._looking:
            return
        self._looking = True
        services = self._services

        def seen(found: tuple[Place, ...]) -> None:
            self._looking = False
            here = dict(found)
            self._show({**here, **{p: one for p, one in self._named.items() if p not in here}})

        def lost(error: BackupError) -> None:
            self._looking = False
            self.notices.show_trouble(error)

        self._bridge.call(self, lambda: devices_among(services), seen, lost)

    def add_place(self, path: str) -> None:
        """Take a folder or share that is a device; what is none says so."""
        path = path.strip().strip('"')
        if not path:
            return
        devices = self._services.devices

        def known(layout: Layout) -> None:
            self.notices.clear()
            self.path.clear()
            self._named[path] = layout
            self._show({**self._shown, path: layout})

        self._bridge.call(self, lambda: devices.layout(path), known, self.notices.show_trouble)

    def _add_typed(self) -> None:
        self.add_place(self.path.text())

    def _browse(self) -> None:
        dialog = QFileDialog(self, self._words.text("device-desk.pick"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(self.add_place)
        dialog.open()

    def _show(self, places: dict[str, Layout]) -> None:
        if places == self._shown:
            return
        before = {path: tick.box.isChecked() for path, tick in self._ticks.items()}
        self._shown = places
        clear(self._list)
        self._ticks = {}
        for path, layout in places.items():
            tick = WrappingCheck(self._said(path, layout))
            tick.box.setChecked(before.get(path, True))
            tick.toggled.connect(lambda _on: self.changed.emit())
            self._ticks[path] = tick
            self._list.addWidget(tick)
        self._none.setVisible(not places)
        self.changed.emit()

    def _said(self, path: str, layout: Layout) -> str:
        words = self._words
        kind = "disk" if layout.device is Device.DISK else "share"
        formats = words.listed([each.value for each in layout.formats])
        return words.text(f"device-desk.place-{kind}", path=path, formats=formats)
