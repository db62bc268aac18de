"""Ctrl+C while Azure is silent: what is asked beside the command is left behind."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from offline_backup_gui.adapters.state.store import StateStore
from offline_backup_gui.cli import asking
from offline_backup_gui.cli.asking import answered
from offline_backup_gui.domain.errors import Stopped
from offline_backup_gui.domain.state import KeptPlan
from offline_backup_gui.services.plan_file import read_plan_file
from tests.azure.replay.estate import ACCOUNT, SUBSCRIPTION
from tests.azure.replay.server import Served, running
from tests.azure.replay.service import Fault
from tests.azure.stand import program
from tests.azure.test_orders import Office
from tests.azure.test_vaults import PLAN, VAULT

_HANG_GUARD_S = 120
_EVERYTHING = "/subscriptions|/providers|/oauth2/|/retail/"
_PICKUP = ("--from", "2027-01-04T09:00", "--until", "2027-01-04T17:00", "--place", "Front desk")
# Every command that asks Azure; "ORDER" and "JOB" are forms, "disks" and "drives" what they made.
COMMANDS: dict[str, tuple[str, ...]] = {
    "sign-in by a code": ("sign-in", "--method", "device-code"),
    "destination": ("destination", "PLAN"),
    "order check": ("order", "check", "ORDER"),
    "order offers": ("order", "offers", "ORDER"),
    "order place": ("order", "place", "ORDER"),
    "order list": ("order", "list", "--subscription", SUBSCRIPTION),
    "order show": ("order", "show", "disks"),
    "order cancel": ("order", "cancel", "disks", "--reason", "not needed"),
    "order pickup": ("order", "pickup", "disks", *_PICKUP),
    "order credentials": ("order", "credentials", "disks", "--to", "secrets.txt"),
    "order answer": ("order", "answer", "disks", "--action", "Resume"),
    "order move": ("order", "move", "disks", "--form", "ORDER"),
    "import-job list": ("import-job", "list", "--subscription", SUBSCRIPTION),
    "import-job ship": ("import-job", "ship", "drives", "--carrier", "DHL", "--number", "0034"),
    "track": ("track", "PLAN", "--vault", VAULT, "--server", "FS01", "--look"),
}


class Desk:
    """An office with an order, an import job and an agent's plan, and its command line."""

    def __init__(self, served: Served, folder: Path) -> None:
        self.office = Office(served, folder)
        assert self.office.sign_in()[0] == 0
        _, disks = self.office.ask("order", "place", str(self.office.form))
        _, drives = self.office.ask("import-job", "place", str(self.office.job))
        plan = folder / "fs01.toml"
        plan.write_text(PLAN.replace("contoso.blob", f"{ACCOUNT}.blob"))
        store = StateStore(self.office.state)
        store.put_plan(KeptPlan(read_plan_file(plan), "", False, datetime.now(UTC)))
        # A form that ordered before would be looked up only.
        other = folder / "other.toml"
        other.write_text(self.office.form.read_text().replace("branch-042", "branch-043"))
        self.words = {"ORDER": str(other), "PLAN": str(plan)}
        self.words |= {"disks": disks["name"], "drives": drives["name"]}

    def command(self, words: tuple[str, ...]) -> list[str]:
        told = [self.words.get(word, word) for word in words]
        if words[0] == "sign-in":
            return [*told, "--cloud-file", str(self.office.cloud)]
        return [*told, "--client-secret-file", str(self.office.secret)]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("replay")
    with running(folder) as served:
        assert program(served)
        yield Desk(served, tmp_path_factory.mktemp("desk"))


# A process each: the polite kill takes the same way, so one command stands for all.
SIGNALS = [(name, signal.SIGINT) for name in COMMANDS] + [("order place", signal.SIGTERM)]


@pytest.mark.parametrize(("name", "number"), SIGNALS)
def test_a_command_that_azure_keeps_waiting_ends_at_once(
    desk: Desk, name: str, number: signal.Signals
) -> None:
    replay = desk.office.served.replay
    replay.held.clear()
    replay.fail(_EVERYTHING, Fault.HANG, times=999)
    try:
        with desk.office.start(*desk.command(COMMANDS[name]), "--json") as process:
            assert replay.held.wait(_HANG_GUARD_S)
            process.send_signal(number)
            # The server holds on: whoever waited for its answer would not end here. How long the
            # way is follows from the pauses of the line, see `test_every_call`.
            said, trouble = process.communicate(timeout=_HANG_GUARD_S)
    finally:
        replay.heal()
    assert trouble == ""
    assert (process.returncode, json.loads(said.splitlines()[-1])["outcome"]) == (4, "stopped")
    assert not replay.closing.is_set()


def test_work_that_hears_of_no_wish_is_left_behind() -> None:
    before = signal.getsignal(signal.SIGINT)
    let_go, begun = threading.Event(), threading.Event()

    def deaf(_control: object) -> None:
        begun.set()
        let_go.wait(_HANG_GUARD_S)

    def stop() -> None:
        begun.wait(_HANG_GUARD_S)
        signal.raise_signal(signal.SIGINT)

    threading.Thread(target=stop).start()
    with pytest.raises(Stopped):
        answered(deaf)
    assert not let_go.is_set()
    let_go.set()
    assert signal.getsignal(signal.SIGINT) is before


def test_an_answer_and_a_trouble_come_through() -> None:
    assert answered(lambda control: control.stopping) is False
    with pytest.raises(ValueError, match="seven"):
        answered(lambda _: int("seven"))
    assert asking.GRACE_S < 1
