"""Progress on a terminal: one bar for the job, one line for each drive that is being written."""

from __future__ import annotations

from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.table import Column

from offline_backup_gui.domain.job import Lane, Phase, Reading
from offline_backup_gui.words import Words

_FOUR_A_SECOND = 4
_WITH_DRIVES = (Phase.COPY, Phase.VERIFY)


class Bars:
    """Shown while a job runs; taken away before anything else is printed."""

    def __init__(self, words: Words, stream: TextIO) -> None:
        self._words = words
        self._progress = Progress(
            TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True)),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[figures]}", markup=False, table_column=Column(no_wrap=True)),
            console=Console(file=stream, highlight=False),
            refresh_per_second=_FOUR_A_SECOND,
            transient=True,
        )
        self._job = self._progress.add_task("", total=None, figures="")
        self._tasks: dict[str, TaskID] = {}
        self._progress.start()

    def show(self, reading: Reading) -> None:
        """Show the newest reading."""
        total = reading.bytes_total if reading.scan_complete and reading.bytes_total else None
        self._progress.update(
            self._job,
            description=self._words.term("phase", reading.phase.value),
            total=total,
            completed=min(reading.bytes_done, total) if total else 0,
            figures=self._figures(reading, total),
        )
        for lane in reading.lanes:
            self._show_lane(lane, visible=reading.phase in _WITH_DRIVES)

    def _figures(self, reading: Reading, total: int | None) -> str:
        words = self._words
        if not reading.bytes_total and not reading.bytes_done:
            return ""
        done = words.size(reading.bytes_done)
        if reading.bytes_total:
            done = f"{done} / {words.size(reading.bytes_total)}"
        parts = [words.percent(min(1.0, reading.bytes_done / total))] if total else []
        parts += [done, words.rate(reading.rate_bytes_s)]
        if reading.seconds_left is not None:
            parts.append(words.text("cli.left", time=words.duration(reading.seconds_left)))
        return "  ".join(parts)

    def _show_lane(self, lane: Lane, *, visible: bool) -> None:
        if lane.drive_id not in self._tasks:
            self._tasks[lane.drive_id] = self._progress.add_task("", total=None, figures="")
        words = self._words
        share = lane.verified_bytes if lane.to_verify_bytes else 0
        self._progress.update(
            self._tasks[lane.drive_id],
            visible=visible,
            description="  " + (lane.label or lane.path),
            total=lane.to_verify_bytes or None,
            completed=share,
            figures="  ".join(
                (
                    words.term("lane", lane.state),
                    words.size(lane.written_bytes),
                    words.rate(lane.rate_bytes_s),
                )
            ),
        )

    def stop(self) -> None:
        """Take the bars away."""
        self._progress.stop()
