"""An HTTPS server on this computer that answers as Azure's management services and Entra do."""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.azure.replay.certificate import make_certificate
from tests.azure.replay.service import Answer, Fault, Planned, Replay, Seen, error

_BEYOND_THE_CUT = 20


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    replay: Replay

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""

    def _handle(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(length)
        target = urlsplit(self.path)
        planned = self.replay.fault_for(f"{self.command} {target.path}")
        fault = planned.fault if planned else None
        if planned:
            self.replay.on_request()
        if fault in (Fault.CUT, Fault.HANG):
            return self._silent(hang=fault is Fault.HANG)
        if fault is Fault.EXPIRED:
            self.replay.entra.expire()
        elif planned and isinstance(planned.fault.value, int):
            return self._send(_failure(planned))
        if fault is Fault.NOT_JSON:
            return self._send(Answer(502, "<html>Bad gateway</html>"))
        if fault is Fault.GARBAGE:
            return self._send(Answer(200, "<<< no JSON", {"Content-Type": "application/json"}))
        if fault is Fault.ECHO:
            said = f"{self.path} {raw.decode('utf-8', 'replace')}"
            return self._send(Answer(400, error("InvalidRequestContent", said)))
        if fault is Fault.SLOW:
            self.replay.closing.wait(0.3)
        if self.replay.entra.is_mine(target.path):
            status, body, place = self.replay.entra.answer(
                self.replay.base, self.command, self.path, raw.decode("utf-8", "replace")
            )
            return self._send(
                Answer(status, body, {"Location": place} if place else {}),
                cut=fault is Fault.CUT_BODY,
                half=fault is Fault.HALF_JSON,
            )
        answer = self._answered(raw, target.path)
        if self.replay.bend is not None and answer.status < 300 and answer.body is not None:
            answer.body = self.replay.bend(answer.body)
        if fault in (Fault.CUT_AFTER, Fault.HANG_AFTER):
            return self._silent(hang=fault is Fault.HANG_AFTER)
        half = fault is Fault.HALF_JSON
        return self._send(answer, cut=fault is Fault.CUT_BODY, half=half)

    do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = _handle  # noqa: N815

    def _answered(self, raw: bytes, path: str) -> Answer:
        query = dict(parse_qsl(urlsplit(self.path).query))
        try:
            body = json.loads(raw) if raw else None
        except ValueError:
            return Answer(400, error("InvalidRequestContent", "not JSON"))
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        seen = Seen(
            self.command, unquote(path), query, body, token, self.headers.get("User-Agent", "")
        )
        if "/operationResults/" not in path:
            self.replay.requests.append(seen)
        return self.replay.answer(seen, path)

    def _send(self, answer: Answer, *, cut: bool = False, half: bool = False) -> None:
        page = isinstance(answer.body, str)
        body = b"" if answer.body is None else json.dumps(answer.body).encode()
        body = str(answer.body).encode() if page else body
        body = body[: len(body) // 2] if half else body
        with suppress(OSError):
            self.send_response_only(answer.status)
            self.send_header("Date", formatdate(time.time() + self.replay.clock_off_s, usegmt=True))
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if body and "Content-Type" not in answer.headers:
                kind = "text/html" if page else "application/json; charset=utf-8"
                self.send_header("Content-Type", kind)
            if answer.status != 204:
                self.send_header(
                    "Content-Length", str(len(body) + (_BEYOND_THE_CUT if cut and body else 0))
                )
            self.end_headers()
            self.wfile.write(body)
            if cut and body:
                self._cut()

    def _silent(self, *, hang: bool) -> None:
        if hang:
            self.replay.held.set()
            self.replay.closing.wait()
        self._cut()

    def _cut(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            # A reset, not a polite end.
            now = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, now)
            self.connection.close()


def _failure(planned: Planned) -> Answer:
    status = cast(int, planned.fault.value)
    codes = {
        429: "TooManyRequests",
        500: "InternalServerError",
        503: "ServiceUnavailable",
        403: "AuthorizationFailed",
        404: "ResourceNotFound",
        409: "Conflict",
    }
    headers = {}
    if planned.retry_after_s is not None:
        headers["Retry-After"] = f"{planned.retry_after_s:g}"
    return Answer(status, error(codes[status], "asked for by the test"), headers)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, context: ssl.SSLContext, replay: Replay) -> None:
        handler = type("Handler", (_Handler,), {"replay": replay})
        super().__init__(("127.0.0.1", 0), handler)
        self._context = context

    def get_request(self) -> tuple[Any, Any]:
        """Wrap each connection by itself, so that a bad greeting ends only its own."""
        connection, address = super().get_request()
        connection.settimeout(60)
        wrapped = self._context.wrap_socket(
            connection, server_side=True, do_handshake_on_connect=False
        )
        return wrapped, address

    def handleerror(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that went away."""


@dataclass
class Served:
    """Where the server answers, and the certificate to trust."""

    replay: Replay
    url: str
    certificate: Path


@contextmanager
def running(folder: Path) -> Iterator[Served]:
    """Run the server until the block ends; `folder` takes its certificate."""
    certificate, key = make_certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    replay = Replay()
    server = _Server(context, replay)
    url = f"https://localhost:{server.server_address[1]}"
    replay.base = url
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield Served(replay, url, certificate)
    finally:
        replay.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()
