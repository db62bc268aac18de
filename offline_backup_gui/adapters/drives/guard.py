"""Questions that may never be answered: a dead share, a dying disk. Nobody waits for ever here."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Mapping
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Answer = TypeVar("Answer")


class _Question(Generic[Answer]):
    """One call on a daemon thread; one stuck in the kernel cannot be ended, only left behind."""

    def __init__(self, function: Callable[[], Answer]) -> None:
        self._function = function
        self._answers: list[Answer] = []
        self._thread = threading.Thread(target=self._run, name="drive-question", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._answers.append(self._function())
        except OSError:
            # A drive that answers with trouble is as good as one that does not answer.
            return

    @property
    def pending(self) -> bool:
        return self._thread.is_alive()

    def answers(self, timeout_s: float) -> list[Answer]:
        """Give the answer as a list of one, or an empty list when there is none in time."""
        self._thread.join(max(0.0, timeout_s))
        return [] if self.pending else self._answers


class Guard:
    """Remembers which drives are silent, so that polling does not pile up stuck threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._silent: dict[Hashable, _Question[object]] = {}

    def ask_all(
        self, questions: Mapping[Key, Callable[[], Answer]], timeout_s: float
    ) -> dict[Key, Answer]:
        """Ask all at once and wait `timeout_s` seconds in all; the silent are missing.

        A question whose earlier asking still hangs is not asked again. OSError counts as silence.
        """
        deadline = time.monotonic() + timeout_s
        asked = {
            key: _Question(function)
            for key, function in questions.items()
            if not self.is_silent(key)
        }
        answered: dict[Key, Answer] = {}
        for key, question in asked.items():
            for answer in question.answers(deadline - time.monotonic()):
                answered[key] = answer
            if question.pending:
                with self._lock:
                    self._silent[key] = question  # type: ignore[assignment]
        return answered

    def is_silent(self, key: Hashable) -> bool:
        """Say whether an earlier question with this key still hangs."""
        with self._lock:
            question = self._silent.get(key)
            if question is not None and not question.pending:
                del self._silent[key]
                return False
            return question is not None
