"""The line to an account: whole answers, patience with a bad line, and a stop that need not wait.

The library's own waits cannot be cut short: it sleeps between tries and blocks in a socket. Here
each request has a thread of its own, and whoever waits for it looks for the wish to stop.
"""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable
from typing import Any

import requests
from azure.core.exceptions import HttpResponseError, ServiceResponseError
from azure.core.pipeline.transport import RequestsTransport
from azure.storage.blob import LinearRetry

from offline_backup_gui.domain.errors import Stopped
from offline_backup_gui.domain.ports import Control

# Long enough to seal the packs that were begun on a good line, short enough to feel obeyed.
_GRACE_S = 0.5
_LOOK_EVERY_S = 0.05
_LONGEST_PAUSE_S = 30.0
_TOO_MANY = 429
_ASKED = "asked_s"


class Line(RequestsTransport):  # type: ignore[misc]  # the library hides its type
    """Sends requests. Once `control` is stopping, a request that hangs raises Stopped.

    Nothing can interrupt its thread; it ends with the connection, at the latest by its time limit.
    """

    def __init__(self, control: Control | None = None, **settings: Any) -> None:
        super().__init__(**settings)
        self._control = control
        self._stopping_since: float | None = None

    def send(self, request: Any, **options: Any) -> Any:
        """Send a request and give the whole answer; Stopped."""
        if self._control is None:
            return self._exchange(request, options)
        self._obey(_GRACE_S)
        answer = _Answer(lambda: self._exchange(request, options))
        while not answer.done.wait(_LOOK_EVERY_S):
            self._obey(_GRACE_S)
        return answer.get()

    def sleep(self, duration: float) -> None:
        """Let time pass, in seconds; Stopped."""
        end = time.monotonic() + duration
        while (left := end - time.monotonic()) > 0:
            self._obey(0)
            time.sleep(min(left, _LOOK_EVERY_S))

    def _obey(self, grace_s: float) -> None:
        if self._control is None or not self._control.stopping:
            return
        now = time.monotonic()
        if self._stopping_since is None:
            self._stopping_since = now
        if now - self._stopping_since >= grace_s:
            raise Stopped

    def _exchange(self, request: Any, options: dict[str, Any]) -> Any:
        body = request.data
        if isinstance(body, bytes) and body:
            # Whole bytes would have to leave within one time limit, which a slow line cannot keep;
            # as a stream each piece has the whole limit.
            request.data = io.BytesIO(body)
        try:
            response = super().send(request, **options)
        finally:
            request.data = body
        try:
            # An answer that is cut off in its middle is tried again like one that never came.
            _ = response.internal_response.content
        except requests.RequestException as error:
            raise ServiceResponseError(error, error=error) from error
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


class _Answer:
    """What a request brings, some time."""

    def __init__(self, exchange: Callable[[], Any]) -> None:
        self.done = threading.Event()
        self._exchange = exchange
        self._result: Any = None
        self._error: BaseException | None = None
        threading.Thread(target=self._run, name="account request", daemon=True).start()

    def get(self) -> Any:
        if self._error is not None:
            raise self._error
        return self._result

    def _run(self) -> None:
        try:
            self._result = self._exchange()
        except BaseException as error:
            self._error = error
        finally:
            self.done.set()


def _asked_for(answer: Any) -> float:
    """Give the seconds for which the service wants to be left alone."""
    try:
        return float(answer.headers["Retry-After"])
    except (AttributeError, KeyError, ValueError):
        return 0.0
