"""Ctrl+C and a polite kill while Azure is silent: each command ends, and says what is not known."""

from __future__ import annotations

import signal
import threading

import pytest

from offline_backup_gui.cli import asking
from offline_backup_gui.cli.asking import answered
from offline_backup_gui.domain.errors import Stopped
from tests.azure.replay.service import Fault
from tests.azure.test_orders import Office

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
