"""The line to a storage account: patience with a bad line, and with a service that is busy."""

from __future__ import annotations

from typing import Any

from azure.core.exceptions import HttpResponseError
from azure.storage.blob import LinearRetry

from offline_backup_gui.adapters import line

_LONGEST_PAUSE_S = 30.0
_TOO_MANY = 429
_ASKED = "asked_s"


class Line(line.Line):
    """A line on which an answer of "too many requests" is an error."""

    def _taken(self, response: Any) -> Any:
        if response.status_code == _TOO_MANY:
            # The library repeats after an error, and knows no 429.
            raise HttpResponseError(response=response)
        return response


class Patience(LinearRetry):
    """Tries again after 1, 2, 4 … seconds, or after what the service asks for."""

    def __init__(self, line: Line, first_pause_s: float, tries: int) -> None:
        super().__init__(
            retry_total=tries, retry_connect=tries, retry_read=tries, retry_status=tries
        )
        self._line, self._first_pause_s = line, first_pause_s

    def sleep(self, settings: dict[str, Any], transport: object) -> None:  # noqa: ARG002
        """Wait before the next try; Stopped. The library wraps the transport, and its sleep."""
        self._line.sleep(self.get_backoff_time(settings))

    def increment(
        self, settings: dict[str, Any], request: Any, response: Any = None, error: Any = None
    ) -> bool:
        """Count a try that failed; say whether there is another one."""
        answer = response if response is not None else getattr(error, "response", None)
        settings[_ASKED] = _asked_for(answer)
        return super().increment(settings, request, response, error)

    def get_backoff_time(self, settings: dict[str, Any]) -> float:
        """Give the pause before the next try, in seconds."""
        doubled = self._first_pause_s * 2 ** (settings["count"] - 1)
        return float(min(max(doubled, settings[_ASKED]), _LONGEST_PAUSE_S))


def _asked_for(answer: Any) -> float:
    """Give the seconds for which the service wants to be left alone."""
    try:
        return float(answer.headers["Retry-After"])
    except (AttributeError, KeyError, ValueError):
        return 0.0
