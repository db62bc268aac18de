"""Ctrl+C while Azure is silent: what is asked beside the command is left behind."""

from __future__ import annotations

import signal
import threading

import pytest

from offline_backup_gui.cli import asking
from offline_backup_gui.cli.asking import answered
from offline_backup_gui.domain.errors import Stopped

_HANG_GUARD_S = 120


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
