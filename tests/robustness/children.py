"""The command line in child processes that may be killed, each with a time of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from offline_backup_gui import app
from offline_backup_gui.adapters.clock import SystemClock
from tests.cli.desk import Desk
from tests.robustness.killing import Act, run_until

_BEGUN = datetime(2026, 11, 2, 6, tzinfo=UTC)
_BETWEEN = timedelta(hours=1)


@dataclass(frozen=True)
class Result:
    """What a command said in the end. `operations` is 0 when it was killed."""

    killed: bool
    code: int
    said: Mapping[str, Any]
    operations: int
    ready_s: float | None

    @property
    def trouble(self) -> str:
        """Give the code of the trouble that ended it, or nothing."""
        return str(self.said.get("code", ""))


class Program:
    """Runs commands one after the other; each counts as one hour later than the one before.

    So the time in the name of a restore point tells which run began it.
    """

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.runs = 0

    def run(self, *arguments: object, at: int = 0, acts: Mapping[int, Act] | None = None) -> Result:
        """Run a command until operation `at`, or to its end."""
        self.runs += 1
        begun = _BEGUN + self.runs * _BETWEEN

        class RunClock(SystemClock):
            def now(self) -> datetime:
                return begun

        def work() -> dict[str, object]:
            setattr(app, "SystemClock", RunClock)  # noqa: B010
            said = self.desk.here(*arguments, "--json")
            assert not said.err.strip() or said.code, said.err
            return {"code": said.code, "result": said.result}

        ending = run_until(at, work, acts=acts)
        if ending.killed:
            return Result(True, -1, {}, 0, ending.ready_s)
        return Result(
            False,
            ending.gave["code"],
            ending.gave["result"],
            ending.operations,
            ending.ready_s,
        )


def run_of(point_id: str) -> int:
    """Say which run began a restore point."""
    moment = datetime.strptime(point_id[:16], "%Y%m%dt%H%M%Sz").replace(tzinfo=UTC)
    number, rest = divmod(moment - _BEGUN, _BETWEEN)
    assert not rest, point_id
    return number


def told(result: Result) -> str:
    """Give a result in a few words."""
    if result.killed:
        return "killed"
    return f"code {result.code} {result.said.get('outcome')} {result.trouble}".rstrip()
