"""A proxy on this computer that passes https on, as an office has one."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class Proxy:
    """Where it answers, and the places it was asked for."""

    url: str
    asked: list[str] = field(default_factory=list)


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def _serve(client: socket.socket, proxy: Proxy) -> None:
    with client, suppress(OSError):
        head = b""
        while b"\r\n\r\n" not in head:
            head += client.recv(4096)
        place = head.split(b" ")[1].decode()
        proxy.asked.append(place)
        host, port = place.rsplit(":", 1)
        with socket.create_connection((host, int(port))) as server:
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=_pass_on, args=(server, client), daemon=True)
            back.start()
            _pass_on(client, server)
            back.join(10)


@contextmanager
def running_proxy() -> Iterator[Proxy]:
    """Run the proxy until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        proxy = Proxy(f"http://127.0.0.1:{listener.getsockname()[1]}")

        def accept() -> None:
            with suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    threading.Thread(target=_serve, args=(client, proxy), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield proxy
