"""When each event of a run came first: phases begin and end with them."""

from __future__ import annotations

import time

from benchmarks.timing import Spent


class Moments(list[object]):
    """Stands in for the list of events of an office. `first` has clocks, not durations."""

    def __init__(self) -> None:
        super().__init__()
        self.first: dict[str, Spent] = {}

    def append(self, event: object) -> None:
        """Take one event, which is a pair of code and parameters."""
        now = Spent(time.perf_counter(), time.process_time())
        self.first.setdefault(str(event[0]), now)  # type: ignore[index]
