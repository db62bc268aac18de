"""What a job body of Azure says, put beside our own words: timeline, deadlines, who acts next."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from msgspec import Struct

from offline_backup_gui.domain import deadlines, timeline
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.job_facts import facts_alone, ships, stages_of
from offline_backup_gui.domain.service_job import ServiceJob
from offline_backup_gui.domain.shipment import Due, Stage
from offline_backup_gui.formats.service_job import MAX_BODY_BYTES, read_page


class JobView(Struct, frozen=True):
    """One job of Azure as we understand it. `state` and `now_you` are words keys or None."""

    job: ServiceJob
    stages: tuple[Stage, ...]
    due: tuple[Due, ...]
    state: str | None
    now_you: str | None


def view_of(job: ServiceJob, now: datetime) -> JobView:
    """Judge one job by what it says itself; a job alone never proves that drives may be erased."""
    if not ships(job):
        return JobView(job, stages_of(job), (), None, None)
    facts = facts_alone(job)
    next_step = timeline.now_you(facts)
    return JobView(
        job,
        stages_of(job),
        deadlines.due(facts, now),
        timeline.state(facts).value,
        None if next_step is None else next_step.value,
    )


class JobViews(Struct, frozen=True):
    """The jobs of one file; `next_link` leads to those that the file leaves out, "" for none."""

    views: tuple[JobView, ...]
    next_link: str = ""


def read_views(path: Path, now: datetime) -> JobViews:
    """Read a file with a job body, or a page of them; AZURE_ANSWER_UNREADABLE."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BODY_BYTES + 1)
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise BackupError(ErrorCode.AZURE_ANSWER_UNREADABLE, name=str(path), why=why) from error
    page = read_page(data, str(path))
    return JobViews(tuple(view_of(job, now) for job in page.jobs), page.next_link)
