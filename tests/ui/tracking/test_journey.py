"""The whole way through the windows with real services, from sealed drives to restored files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from offline_backup_gui import words
from offline_backup_gui.app import build_services
from offline_backup_gui.domain.job import JobKind, JobState
from offline_backup_gui.domain.plan import DeploymentModel, Draft, Measurement, Plan, Route
from offline_backup_gui.services import Services
from offline_backup_gui.ui.bridge import Bridge
from offline_backup_gui.ui.restore.flow import Step
from offline_backup_gui.ui.tracking.window import TrackingWindow
from offline_backup_gui.ui.widgets.notices import Notice

pytestmark = [
    pytest.mark.qt_log_ignore("propagateSizeHints"),
    pytest.mark.timeout(180),
    # Runners outlive whoever starts them, on purpose.
    pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
PASSPHRASE = "otter lamp violin seven rain harbour slate"
LONG_MS = 60_000
FILES = {
    "Accounts/ledger.txt": b"one line\n" * 9_000,
    "Accounts/empty.txt": b"",
    "Pictures/harbour.raw": bytes(range(256)) * 4_000,
    "Ärger & Söhne/Größe.txt": "größer".encode(),
}


@pytest.fixture
def office(tmp_path: Path) -> Path:
    root = tmp_path / "office"
    for name, content in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return root


@pytest.fixture
def services(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Services:
    """Give the real services over a fresh state; jobs run in processes of their own."""
    state = tmp_path / "state"
    monkeypatch.setenv("OFFLINE_BACKUP_STATE", str(state))
    return build_services(state)


@pytest.fixture
def bridge() -> Iterator[Bridge]:
    made = Bridge()
    yield made
    made.close()
    made.finish()


def sealed_plan(services: Services, office: Path, tmp_path: Path, qtbot: QtBot) -> Plan:
    """Decide a practice plan over two small drives and copy onto them."""
    mounts = []
    for number in (1, 2):
        folder = tmp_path / f"drive{number}"
        mounts.append(services.drives.add_folder(str(folder), 500_000_000).mount)
    draft = Draft(
        deployment_model=DeploymentModel.STANDALONE,
        route=Route.IMPORT_EXPORT,
        sources=(str(office),),
        measurement=Measurement(4, 3, 1_200_000, complete=True),
        practice=True,
        account=str(tmp_path / "account"),
        landing="landing-office",
        vault="vault-office",
        repository_id=services.protection.create(PASSPHRASE),
        secret_ready=True,
        kit_saved=True,
        kit_code_confirmed=True,
        drives=tuple(mounts),
        schedule_times=("21:00",),
        name="Office",
    )
    plan = services.planning.decide(draft)
    job_id = services.backups.start(plan.plan_id, JobKind.COPY)
    qtbot.waitUntil(
        lambda: services.backups.job(job_id).state in (JobState.DONE, JobState.EXCEPTIONS),
        timeout=LONG_MS,
    )
    return plan


def test_a_practice_backup_is_walked_to_the_vault_and_restored(
    services: Services, bridge: Bridge, office: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    sealed_plan(services, office, tmp_path, qtbot)
    english = words.load("en")
    window = TrackingWindow(services, english, bridge)
    qtbot.addWidget(window)
    window.show()
    card = window.detail.now_card

    def wait_for(label: str) -> None:
        qtbot.waitUntil(
            lambda: card.isVisible() and card.button.text() == label and card.button.isEnabled(),
            timeout=LONG_MS,
        )

    for label in ("Read the drives in", "Check arrival", "Move to vault"):
        wait_for(label)
        assert not window.detail.safe_card.isVisible()
        card.button.click()
    wait_for("Run now")
    assert window.detail.safe_card.isVisible()
    (office / "Accounts" / "new.txt").write_bytes(b"since then")
    card.button.click()
    qtbot.waitUntil(lambda: card.isVisible() and not card.button.isVisible(), timeout=LONG_MS)
    assert window.list.entries.index(0).data(0) == "Office"

    # The papers, as the shipment card makes them.
    window.deeds.save_papers(str(tmp_path))
    qtbot.waitUntil(lambda: len(list(tmp_path.glob("*.pdf"))) == 4, timeout=LONG_MS)

    window.detail.runs.restore_button.click()
    wizard = window.restore_wizard
    assert wizard is not None
    wizard.next_button.click()
    qtbot.waitUntil(lambda: wizard.current() == Step.POINT.value, timeout=LONG_MS)
    assert wizard.point.model.rowCount() == 2
    wizard.next_button.click()
    qtbot.waitUntil(lambda: wizard.files.tree_model.rowCount() == 1, timeout=LONG_MS)
    wizard.next_button.click()
    to = tmp_path / "restored"
    wizard.target.folder.setText(str(to))
    wizard.next_button.click()
    qtbot.waitUntil(lambda: wizard.current() == Step.RUN.value, timeout=LONG_MS)
    qtbot.waitUntil(wizard.run.open_button.isVisible, timeout=LONG_MS)
    said = wizard.run.notices.findChildren(Notice)[0].accessibleName()
    assert said.startswith("Everything is restored")
    restored = {
        str(path.relative_to(to)).split("/", 1)[1]: path.read_bytes()
        for path in to.rglob("*")
        if path.is_file()
    }
    assert restored == {**FILES, "Accounts/new.txt": b"since then"}
    wizard.close()
    window.close()


def test_one_folder_comes_back_from_a_drive_with_the_passphrase_typed(
    services: Services, bridge: Bridge, office: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    sealed_plan(services, office, tmp_path, qtbot)
    window = TrackingWindow(services, words.load("en"), bridge)
    qtbot.addWidget(window)
    window.open_restore(None)
    wizard = window.restore_wizard
    assert wizard is not None
    for number in (1, 2):
        wizard.where.add_folder(str(tmp_path / f"drive{number}" / "landing-office"))
    wizard.where.passphrase.setText("not the passphrase at all, not at all")
    wizard.next_button.click()
    qtbot.waitUntil(lambda: bool(wizard.where.notices.findChildren(Notice)), timeout=LONG_MS)
    said = wizard.where.notices.findChildren(Notice)[0].accessibleName()
    assert said.startswith("This passphrase does not open the backup")
    wizard.where.passphrase.setText(PASSPHRASE)
    wizard.next_button.click()
    qtbot.waitUntil(lambda: wizard.current() == Step.POINT.value, timeout=LONG_MS)
    wizard.next_button.click()
    model = wizard.files.tree_model
    qtbot.waitUntil(lambda: model.rowCount() == 1, timeout=LONG_MS)
    wizard.files.none_button.click()
    wizard.files.search.setText("größe")
    found = wizard.files.found_model
    qtbot.waitUntil(lambda: found.rowCount() == 1, timeout=LONG_MS)
    wizard.files.all_button.click()
    wizard.next_button.click()
    to = tmp_path / "restored"
    wizard.target.folder.setText(str(to))
    wizard.next_button.click()
    qtbot.waitUntil(wizard.run.open_button.isVisible, timeout=LONG_MS)
    restored = [path for path in to.rglob("*") if path.is_file()]
    assert [path.name for path in restored] == ["Größe.txt"]
    assert restored[0].read_bytes() == "größer".encode()
    wizard.close()
