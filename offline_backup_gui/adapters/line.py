"""The line to Azure's services: whole answers, and a stop that need not wait.

The libraries' own waits cannot be cut short: they sleep between tries and block in a socket. Here
each request has a thread of its own, and whoever waits for it looks for the wish to stop.
"""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable
from typing import Any

import requests
from azure.core.exceptions import IncompleteReadError, ServiceResponseError
from azure.core.pipeline.transport import RequestsTransport

from offline_backup_gui.domain.errors import Stopped
from offline_backup_gui.domain.ports import Control

# Long enough to seal the packs that were begun on a good line, short enough to feel obeyed.
GRACE_S = 0.5
LOOK_EVERY_S = 0.05


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
        self._obey(GRACE_S)
        answer = _Answer(lambda: self._exchange(request, options))
        while not answer.done.wait(LOOK_EVERY_S):
            self._obey(GRACE_S)
        return answer.get()

    def sleep(self, duration: float) -> None:
        """Let time pass, in seconds; Stopped."""
        end = time.monotonic() + duration
        while (left := end - time.monotonic()) > 0:
            self._obey(0)
            time.sleep(min(left, LOOK_EVERY_S))

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
        except IncompleteReadError as error:
            raise ServiceResponseError(error, error=error) from error
        finally:
            request.data = body
        try:
            # An answer that is cut off in its middle is tried again like one that never came.
            _ = response.internal_response.content
        except requests.RequestException as error:
            raise ServiceResponseError(error, error=error) from error
        return self._taken(response)

    def _taken(self, response: Any) -> Any:
        """Look at an answer before anybody else does."""
        return response


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


def in_own_thread(work: Callable[[], Any], control: Control | None) -> Any:
    """Do what blocks and cannot be interrupted; Stopped within a second of the wish to stop.

    The thread goes on until it ends by itself; nobody waits for it.
    """
    answer = _Answer(work)
    while not answer.done.wait(LOOK_EVERY_S):
        if control is not None and control.stopping:
            raise Stopped
    return answer.get()
