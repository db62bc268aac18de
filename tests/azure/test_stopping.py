"""Ctrl+C and a polite kill while Azure is silent: each command ends, and says what is not known."""

from __future__ import annotations

import json
import signal
import threading
from pathlib import Path

import pytest

from offline_backup_gui import words
from offline_backup_gui.adapters.state.store import StateStore
from offline_backup_gui.cli import asking
from offline_backup_gui.cli.asking import answered
from offline_backup_gui.domain.errors import Stopped
from offline_backup_gui.domain.state import KeptPlan
from offline_backup_gui.services.plan_file import read_plan_file
from tests.azure.replay.estate import SUBSCRIPTION
from tests.azure.replay.server import Served
from tests.azure.replay.service import Fault
from tests.azure.stand import program
from tests.azure.test_orders import Office
from tests.azure.test_vaults import PLAN, T0, VAULT

TIMES = ("--from", "2026-12-01T08:00+00:00", "--until", "2026-12-01T16:00+00:00")
# The server holds the request as long as it lives: only a stop can end these.
_HANG_GUARD_S = 120


def interrupted(
    office: Office, where: str, arguments: tuple[str, ...], number: signal.Signals
) -> tuple[int, str, str]:
    """Run a command whose request is held back, and stop it there."""
    replay = office.served.replay
    replay.held.clear()
    replay.fail(where, Fault.HANG, times=9)
    with office.start(*arguments) as process:
        if not replay.held.wait(_HANG_GUARD_S):
            process.kill()
            pytest.fail(f"{arguments} asked nothing: {process.communicate()}")
        process.send_signal(number)
        said, trouble = process.communicate(timeout=_HANG_GUARD_S)
    replay.heal()
    return process.returncode, said, trouble


def test_each_command_ends_at_ctrl_c(served: Served, tmp_path: Path) -> None:
    office = Office(served, tmp_path)
    assert office.sign_in()[0] == 0
    code, placed = office.ask("order", "place", str(office.form))
    assert code == 0
    name, opens = placed["name"], ("--client-secret-file", str(office.secret))
    agent = tmp_path / "fs01.toml"
    agent.write_text(PLAN)
    StateStore(office.state).put_plan(KeptPlan(read_plan_file(agent), "", False, T0))
    linked = office.run("track", str(agent), "--vault", VAULT, "--server", "FS01")
    assert linked[0] == 0
    sign_in, _ = program(served)
    commands = {
        "/locations/": ("order", "offers", str(office.form), *opens),
        "/validateInputs": ("order", "check", str(office.form), *opens),
        "GET .*/jobs/": ("order", "show", name, *opens),
        "GET .*/jobs$": ("order", "list", "--subscription", SUBSCRIPTION, *opens),
        "POST .*/listCredentials": (
            "order", "credentials", name, "--to", str(tmp_path / "c"), *opens,
        ),
        "/backupProtectedItems": ("track", str(agent), "--look", *opens),
        "/token": (
            "sign-in", "--cloud-file", str(office.cloud), "--method", "service-principal",
            "--tenant", sign_in.tenant, "--client-id", sign_in.client_id, *opens,
        ),
        "/devicecode": ("sign-in", "--cloud-file", str(office.cloud), "--method", "device-code"),
    }  # fmt: skip
    for where, arguments in commands.items():
        code, said, trouble = interrupted(office, where, (*arguments, "--json"), signal.SIGINT)
        assert (code, trouble) == (4, ""), arguments
        assert json.loads(said.splitlines()[-1])["outcome"] == "stopped"
    assert not (tmp_path / "c").exists()


def test_a_deed_that_is_stopped_says_that_it_may_have_been_taken(
    served: Served, tmp_path: Path
) -> None:
    office = Office(served, tmp_path)
    assert office.sign_in()[0] == 0
    opens = ("--client-secret-file", str(office.secret))
    place = ("order", "place", str(office.form), *opens)
    warning = words.load("en").text("cli.order-stopped")
    code, said, _ = interrupted(office, "PUT /subscriptions", place, signal.SIGTERM)
    assert (code, warning in said) == (4, True)
    code, placed = office.ask(*place[:3])
    assert code == 0
    for where, deed in {
        "/cancel": ("order", "cancel", placed["name"]),
        "/bookShipmentPickUp": ("order", "pickup", placed["name"], *TIMES, "--place", "Desk"),
        "/mitigate": ("order", "answer", placed["name"], "--action", "Resume"),
    }.items():
        code, said, _ = interrupted(office, where, (*deed, *opens), signal.SIGINT)
        assert (code, warning in said) == (4, True), deed
    assert len(served.replay.jobs.created) == 1


def test_work_that_hears_of_no_wish_is_left_behind() -> None:
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
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_answer_and_a_trouble_come_through() -> None:
    assert answered(lambda control: control.stopping) is False
    with pytest.raises(ValueError, match="seven"):
        answered(lambda _: int("seven"))
    assert asking.GRACE_S < 1
