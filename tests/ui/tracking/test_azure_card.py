"""The card of Azure in the window: what it shows, and what is brought in from elsewhere."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel, QProgressBar, QPushButton
from pytestqt.qtbot import QtBot

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.plan import PlanId
from offline_backup_gui.domain.shipment import Source
from offline_backup_gui.ui.tracking.log_dialog import LogDialog
from offline_backup_gui.ui.tracking.status_dialog import StatusDialog
from offline_backup_gui.ui.tracking.window import TrackingWindow
from tests.ui.tracking import scenes
from tests.ui.tracking.conftest import Open
from tests.ui.tracking.fakes import NOW
from tests.ui.tracking.test_window import notices, settled

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")
COPY_LOG = """<CopyLog Summary="Summary">
  <Status>Failed</Status>
  <TotalFiles_Blobs>3</TotalFiles_Blobs>
  <FilesErrored>1</FilesErrored>
</CopyLog>
"""


def lines(window: TrackingWindow) -> list[str]:
    labels = window.detail.findChildren(QLabel)
    return [label.text() for label in labels if label.isVisible()]


def test_the_card_shows_each_drive_with_its_share(open_window: Open) -> None:
    window = open_window(scenes.at_azure())
    bars = [bar for bar in window.detail.azure.findChildren(QProgressBar) if bar.isVisible()]
    assert [(bar.accessibleName(), bar.value()) for bar in bars] == [
        ("ZR5018KQW", 1000),
        ("ZR5028KQW", 429),
        ("contoso042", 714),
    ]
    assert "being read in · Azure: InProgress" in lines(window)
    assert "was not in the parcel · Azure: DriveNotReceived" in lines(window)


def test_freshness_is_that_of_the_last_look_at_azure(open_window: Open) -> None:
    window = open_window(scenes.at_azure())
    assert "Azure seen 4 minutes ago" in lines(window)


def test_offline_says_of_when_the_last_look_at_azure_is(open_window: Open, qtbot: QtBot) -> None:
    world = scenes.azure_asks()
    window = open_window(world)
    world.trouble["track"] = BackupError(ErrorCode.ACCOUNT_UNREACHABLE, account="contoso042")
    window.refresh()
    settled(qtbot, window)
    seen = window.detail._words.moment(NOW - timedelta(hours=9))
    assert f"Offline: last known of {seen}" in lines(window)


def test_a_plan_whose_job_was_never_seen_says_so(open_window: Open) -> None:
    window = open_window(scenes.sealed())
    assert "Checked just now · Azure not seen yet" in lines(window)
    assert window.detail.azure.status_button.isVisible()


def test_practising_in_a_folder_shows_no_card_of_azure(open_window: Open) -> None:
    window = open_window(scenes.practice())
    assert not window.detail.azure.isVisible()
    assert "Checked just now" in lines(window)


def test_a_carriers_page_opens_on_a_click_and_not_before(
    open_window: Open, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(
        "offline_backup_gui.ui.tracking.deeds.QDesktopServices.openUrl",
        lambda url: opened.append(url.toString(url.ComponentFormattingOption.FullyEncoded)),
    )
    window = open_window(scenes.azure_asks())
    buttons = window.detail.shipment.parcels.findChildren(QPushButton)
    assert [button.accessibleName() for button in buttons] == [
        "Follow parcel 1Z 999&x=1 at UPS",
        "Follow parcel 1Z99900000000000 at UPS",
    ]
    assert opened == []
    for button in buttons:
        button.click()
    assert opened == [
        "https://wwwapps.ups.com/tracking?num=1Z999",
        "https://www.ups.com/track?tracknum=1Z99900000000000",
    ]
    assert "Azure's address, not opened from here: http://parcels.example/1Z999" in lines(window)


def test_asking_for_what_azure_said_brings_its_card_into_view(open_window: Open) -> None:
    window = open_window(scenes.azure_asks())
    window.resize(window.minimumSize())
    area = window.detail
    assert area.azure.visibleRegion().isEmpty()
    area.now_card.button.click()
    assert not area.azure.visibleRegion().isEmpty()


def test_a_status_read_in_the_portal_is_noted_with_its_date(
    open_window: Open, qtbot: QtBot
) -> None:
    world = scenes.travelling()
    window = open_window(world)
    window.detail.azure.status_button.click()
    dialog = window.findChild(StatusDialog)
    assert dialog is not None
    assert not dialog.save_button.isEnabled()
    offered = [dialog.status.itemText(n) for n in range(dialog.status.count())]
    assert offered[:3] == ["Awaiting shipment information", "Shipped", "Received"]
    dialog.status.setCurrentText("Received")
    dialog.save_button.click()
    settled(qtbot, window)
    name, plan_id, status, at = world.calls[-1]
    assert (name, plan_id, status) == ("note_status", world.plans[0].plan_id, "Received")
    assert abs(at - NOW) < timedelta(minutes=1)  # type: ignore[operator]
    assert notices(window) == []


def test_a_word_that_is_not_known_is_kept_and_said_to_be_unknown(
    open_window: Open, qtbot: QtBot
) -> None:
    window = open_window(scenes.travelling())
    window.detail.azure.status_button.click()
    dialog = window.findChild(StatusDialog)
    assert dialog is not None
    dialog.status.setCurrentText("Quantum hold")
    assert "does not know the word" in dialog.hint.text()
    dialog.save_button.click()
    settled(qtbot, window)
    assert "“Quantum hold” is kept as it is" in notices(window)[0]


def test_what_was_typed_is_said_to_be_older_than_the_look_at_azure(
    open_window: Open, qtbot: QtBot
) -> None:
    window = open_window(scenes.at_azure())
    window.readings.note_status("Received", NOW - timedelta(days=1))
    settled(qtbot, window)
    assert "Azure itself was seen later" in notices(window)[0]


def test_a_day_to_come_counts_as_now(open_window: Open, qtbot: QtBot) -> None:
    world = scenes.travelling()
    window = open_window(world)
    window.readings.note_status("Received", NOW + timedelta(hours=20))
    settled(qtbot, window)
    assert world.calls[-1][3] == NOW


def test_a_saved_job_is_handed_to_the_services(open_window: Open, qtbot: QtBot) -> None:
    world = scenes.travelling()
    window = open_window(world)
    window.readings.open_job("/tmp/job.json")
    settled(qtbot, window)
    assert world.calls[-1] == ("note_job_file", world.plans[0].plan_id, Path("/tmp/job.json"))
    world.trouble["note_job_file"] = BackupError(ErrorCode.JOB_OF_ANOTHER_PLAN, name="job.json")
    window.readings.open_job("/tmp/job.json")
    settled(qtbot, window)
    assert "job.json holds no job that belongs to this backup" in notices(window)[0]


def test_a_job_out_of_a_file_is_named_as_such(open_window: Open) -> None:
    world = scenes.at_azure()
    plan_id = PlanId(world.plans[0].plan_id)
    kept = world.looks[plan_id]
    world.looks[plan_id] = type(kept)(kept.job, kept.seen_at, Source.YOU)
    window = open_window(world)
    assert any(line.startswith("Azure as in the file opened on 9 June") for line in lines(window))


def test_a_log_is_opened_with_its_verdict_and_its_entries(
    open_window: Open, qtbot: QtBot, tmp_path: Path
) -> None:
    log = tmp_path / "copy.xml"
    entity = '<ErroredEntity Path="scans/2019.pdf"><Category>UploadErrorCloudHttp</Category>'
    entity += "<ErrorCode>409</ErrorCode><ErrorMessage>Conflict</ErrorMessage>"
    entity += "<Type>File</Type></ErroredEntity>\n"
    log.write_text(entity + COPY_LOG, encoding="utf-8")
    window = open_window(scenes.at_azure())
    window.readings.open_log(str(log))
    settled(qtbot, window)
    dialog = window.findChild(LogDialog)
    assert dialog is not None
    assert dialog.verdict.accessibleName().startswith("Not everything in this log reached Azure")
    row = [dialog.model.index(0, place).data() for place in range(4)]
    assert row[:2] == ["not in Azure", "scans/2019.pdf"]
    assert row[2].startswith("refused by the storage account")
    assert row[3] == "UploadErrorCloudHttp 409"
    dialog.accept()


def test_a_file_that_is_no_log_is_told_as_trouble(
    open_window: Open, qtbot: QtBot, tmp_path: Path
) -> None:
    other = tmp_path / "holiday.txt"
    other.write_text("sun, sea", encoding="utf-8")
    window = open_window(scenes.at_azure())
    window.readings.open_log(str(other))
    settled(qtbot, window)
    assert "holiday.txt" in notices(window)[0]
    assert window.findChild(LogDialog) is None


def test_all_that_azure_says_is_a_click_away(open_window: Open) -> None:
    window = open_window(scenes.at_azure())
    card = window.detail.azure
    assert card.more is None
    assert card.more_button is not None
    card.more_button.click()
    assert card.more is not None
    assert card.more.isVisible()
    said = card._shown.job.said
    assert len(said) > 20
    missing = [value for value in said.values() if value not in card.more.text()]
    assert missing == []
    card.more_button.click()
    assert not card.more.isVisible()
    assert card.more_button.text() == "More from Azure"
