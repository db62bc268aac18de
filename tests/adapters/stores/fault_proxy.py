"""A proxy before the blob server that counts requests and makes trouble on demand."""

from __future__ import annotations

import http.client
import http.server
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from enum import Enum, auto
from urllib.parse import parse_qs, urlsplit


class Fault(Enum):
    """What happens to a request."""

    BUSY = auto()  # 503, not forwarded
    BROKEN = auto()  # 500, not forwarded
    THROTTLED = auto()  # 429 with Retry-After, not forwarded
    CUT = auto()  # the connection ends, not forwarded
    BODY_CUT = auto()  # the connection ends in the middle of what is sent, not forwarded
    ANSWER_LOST = auto()  # forwarded, then the connection ends
    ANSWER_CUT = auto()  # forwarded, then the connection ends in the middle of the answer
    BODY_DAMAGED = auto()  # one bit of what is sent flips
    ANSWER_DAMAGED = auto()  # one bit of what is received flips
    NONSENSE = auto()  # the answer is not what the service would ever say
    COPY_PENDING = auto()  # the answer says that a copy is still under way
    EXPIRED = auto()  # from now on the signature of this request is over: 403
    LATE = auto()  # forwarded, but only after a moment
    SLOW = auto()  # what is sent is taken in small sips
    HANGS = auto()  # nothing happens until `release`


@dataclass(frozen=True)
class Seen:
    """One request: what it asks for, how many bytes it carried, what happened to it."""

    method: str
    asks: str
    size_bytes: int
    fault: Fault | None = None


def _no_fault(_: Seen) -> Fault | None:
    return None


@dataclass
class FaultProxy:
    """Faults apply to the next requests that ask for `asks`, one each, in order.

    What is not planned `decide` may choose. `retry_after` goes with a 429, in seconds.
    """

    root: str = ""
    decide: Callable[[Seen], Fault | None] = _no_fault
    retry_after: str = "0"
    seen: list[Seen] = field(default_factory=list)
    faults: list[tuple[str, Fault]] = field(default_factory=list)
    expired: set[str] = field(default_factory=set)
    hanging: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    lock: threading.Lock = field(default_factory=threading.Lock)
    _go: threading.Event = field(default_factory=threading.Event)

    def plan(self, asks: str, *faults: Fault) -> None:
        """Arrange trouble for the next requests of a kind."""
        with self.lock:
            self.faults += [(asks, fault) for fault in faults]

    def count(self, asks: str) -> int:
        """Count the requests of a kind since the last `forget`."""
        return sum(seen.asks == asks for seen in self.seen)

    def forget(self) -> None:
        """Begin to count anew."""
        with self.lock:
            self.seen.clear()
            self.faults.clear()
            self.decide = _no_fault

    def release(self) -> None:
        """Let the requests that hang end; those that come later hang again."""
        with self.lock:
            self._go.set()
            self._go = threading.Event()

    def note(self, method: str, asks: str, size_bytes: int) -> Fault | None:
        """Count a request; give the fault planned or chosen for it."""
        with self.lock:
            seen = Seen(method, asks, size_bytes)
            fault = next((fault for kind, fault in self.faults if kind == asks), None)
            if fault is not None:
                self.faults.remove((asks, fault))
            else:
                fault = self.decide(seen)
            self.seen.append(Seen(method, asks, size_bytes, fault))
        return fault

    def hang(self) -> None:
        """Keep a request waiting until `release`."""
        with self.lock:
            go = self._go
        self.hanging.release()
        go.wait(60)


@contextmanager
def running_proxy(root: str) -> Iterator[FaultProxy]:
    """Stand between a client and the server at `root`."""
    proxy = FaultProxy()
    server = _Server(proxy, urlsplit(root).netloc)
    proxy.root = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield proxy
    finally:
        proxy.release()
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, proxy: FaultProxy, target: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.proxy, self.target = proxy, target

    def handle_error(self, *_: object) -> None:  # a client that stopped left; that is its right
        return


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_any(self) -> None:
        proxy, size = self.server.proxy, int(self.headers.get("Content-Length", 0))
        fault = proxy.note(self.command, _asks(self), size)
        if fault is Fault.BODY_CUT:
            self.rfile.read(size // 2)
            self.close_connection = True
            return
        body = self._sips(size) if fault is Fault.SLOW else self.rfile.read(size)
        signature = parse_qs(urlsplit(self.path).query).get("sig", [""])[0]
        if fault is Fault.EXPIRED:
            proxy.expired.add(signature)
        if fault is Fault.HANGS:
            proxy.hang()
        if signature in proxy.expired:
            self._refuse(403, "AuthenticationFailed", Date=_long_after())
        elif fault in _REFUSALS:
            status, code = _REFUSALS[fault]
            more = {"Retry-After": proxy.retry_after} if fault is Fault.THROTTLED else {}
            self._refuse(status, code, **more)
        elif fault in (Fault.CUT, Fault.HANGS):
            self.close_connection = True
        else:
            self._forward(body, fault)

    do_GET = do_PUT = do_HEAD = do_DELETE = do_POST = do_any  # noqa: N815

    def _sips(self, size: int) -> bytes:
        sips = []
        while size > 0:
            sips.append(self.rfile.read(min(size, 256 << 10)))
            size -= len(sips[-1])
            time.sleep(0.02)  # a line has a speed
        return b"".join(sips)

    def _refuse(self, status: int, code: str, **more: str) -> None:
        self._answer(status, {"x-ms-error-code": code, **more}, b"")

    def _forward(self, body: bytes, fault: Fault | None) -> None:
        if fault is Fault.LATE:
            time.sleep(0.05)
        if fault is Fault.BODY_DAMAGED:
            body = _flipped(body)
        upstream = http.client.HTTPConnection(self.server.target, timeout=60)
        headers = dict(self.headers.items())
        headers["Connection"] = "close"
        upstream.request(self.command, self.path, body or None, headers)
        answer = upstream.getresponse()
        content = answer.read()
        upstream.close()
        if fault is Fault.ANSWER_LOST:
            self.close_connection = True
            return
        given = {key: value for key, value in answer.getheaders() if key.lower() not in _HOPS}
        if fault is Fault.COPY_PENDING:
            given["x-ms-copy-status"] = "pending"
        if fault is Fault.ANSWER_DAMAGED:
            content = _flipped(content)
        if fault is Fault.NONSENSE:
            content = b"<html>Sign in to this network"
        length = answer.getheader("Content-Length") if self.command == "HEAD" else None
        if fault is Fault.ANSWER_CUT:
            # Without a body the head itself is not whole: nothing of it arrives.
            self.close_connection = True
            if not content:
                return
            length, content = str(len(content)), content[: len(content) // 2]
        self._answer(answer.status, given, content, length)

    def _answer(
        self, status: int, headers: dict[str, str], body: bytes, length: str | None = None
    ) -> None:
        self.send_response_only(status)
        for key, value in headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", length or str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:  # the run's output is for people
        return


_REFUSALS = {
    Fault.BUSY: (503, "ServerBusy"),
    Fault.BROKEN: (500, "InternalError"),
    Fault.THROTTLED: (429, "TooManyRequests"),
}
_HOPS = ("connection", "keep-alive", "transfer-encoding", "content-length")


def _long_after() -> str:
    """Give a time by which every signature of the tests is over."""
    return format_datetime(datetime.now(UTC) + timedelta(days=30), usegmt=True)


def _asks(handler: http.server.BaseHTTPRequestHandler) -> str:
    """Name a request: its "comp", "copy", or what the bare method does to a blob."""
    query = parse_qs(urlsplit(handler.path).query)
    if "comp" in query:
        return query["comp"][0]
    if "x-ms-copy-source" in handler.headers:
        return "copy"
    return {"GET": "get", "HEAD": "head", "PUT": "put", "DELETE": "delete"}[handler.command]


def _flipped(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :] if data else data
