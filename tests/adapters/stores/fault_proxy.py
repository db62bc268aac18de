"""A proxy before the blob server that counts requests and makes trouble on demand."""

from __future__ import annotations

import http.client
import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum, auto
from urllib.parse import parse_qs, urlsplit


class Fault(Enum):
    """What happens to a request."""

    BUSY = auto()  # 503, not forwarded
    CUT = auto()  # the connection ends, not forwarded
    ANSWER_LOST = auto()  # forwarded, then the connection ends
    BODY_DAMAGED = auto()  # one bit of what is sent flips
    ANSWER_DAMAGED = auto()  # one bit of what is received flips
    COPY_PENDING = auto()  # the answer says that a copy is still under way


@dataclass(frozen=True)
class Seen:
    """One request: what it asks for and how many bytes it carried."""

    method: str
    asks: str
    size_bytes: int


@dataclass
class FaultProxy:
    """Faults apply to the next requests that ask for `asks`, one each, in order."""

    root: str = ""
    seen: list[Seen] = field(default_factory=list)
    faults: list[tuple[str, Fault]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

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

    def note(self, seen: Seen) -> Fault | None:
        """Count a request; give the fault planned for it."""
        with self.lock:
            self.seen.append(seen)
            for planned in self.faults:
                if planned[0] == seen.asks:
                    self.faults.remove(planned)
                    return planned[1]
        return None


@contextmanager
def running_proxy(root: str) -> Iterator[FaultProxy]:
    """Stand between a client and the server at `root`."""
    proxy = FaultProxy()
    target = urlsplit(root).netloc

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            fault = proxy.note(Seen(self.command, _asks(self), len(body)))
            if fault is Fault.BUSY:
                self._answer(503, {"x-ms-error-code": "ServerBusy"}, b"")
            elif fault is Fault.CUT:
                self.close_connection = True
            else:
                self._forward(body, fault)

        do_GET = do_PUT = do_HEAD = do_DELETE = do_POST = do_any  # noqa: N815

        def _forward(self, body: bytes, fault: Fault | None) -> None:
            if fault is Fault.BODY_DAMAGED:
                body = _flipped(body)
            upstream = http.client.HTTPConnection(target, timeout=60)
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
            length = answer.getheader("Content-Length") if self.command == "HEAD" else None
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

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    proxy.root = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


_HOPS = ("connection", "keep-alive", "transfer-encoding", "content-length")


def _asks(handler: http.server.BaseHTTPRequestHandler) -> str:
    """Name a request: its "comp", "copy", or what the bare method does to a blob."""
    query = parse_qs(urlsplit(handler.path).query)
    if "comp" in query:
        return query["comp"][0]
    if "x-ms-copy-source" in handler.headers:
        return "copy"
    return {"GET": "get", "HEAD": "head", "PUT": "put", "DELETE": "delete"}[handler.command]


def _flipped(data: bytes) -> bytes:
    return bytes([data[0] ^ 1]) + data[1:] if data else data
