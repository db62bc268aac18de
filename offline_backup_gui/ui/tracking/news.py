"""What is worth a notification: deadlines that come near and new things to do; free of Qt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from offline_backup_gui.domain.plan import PlanId
from offline_backup_gui.ui.tracking import view
from offline_backup_gui.words import Words


class News:
    """Remembers what was asked of the admin; which deadlines were told, the services remember."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._asked: dict[PlanId, str | None] = {}

    def of(self, backups: Sequence[view.Backup]) -> Iterator[tuple[str, str]]:
        """Yield title and sentence of each news: new things to do, and what came near."""
        for backup in backups:
            if backup.tracking is None:
                continue
            plan, now_you = backup.plan, backup.tracking.now_you
            # What is to do when the window opens is in plain sight and needs no notification.
            if self._asked.get(plan.plan_id, now_you) != now_you and now_you is not None:
                yield plan.name, self._words.text(f"{now_you}.short")
            self._asked[plan.plan_id] = now_you
            for warning in backup.warnings:
                what = self._words.text(warning.due.what)
                yield plan.name, f"{what}, {view.due_words(warning.due, self._words)}"
