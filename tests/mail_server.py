"""A real SMTP server on loopback that keeps what it is given; STARTTLS, TLS, sign-in, refusals."""

from __future__ import annotations

import base64
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Mailbox:
    """What the server got, and how it is to behave."""

    certificate: Path
    key: Path
    security: str = "starttls"
    user: str = ""
    password: str = ""
    refuse: str = ""  # the command that is refused, "MAIL" or "RCPT" or "DATA"
    mails: list[str] = field(default_factory=list)
    protected: list[bool] = field(default_factory=list)
    port: int = 0

    def context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context


class _Talk(socketserver.BaseRequestHandler):
    box: Mailbox

    def handle(self) -> None:
        self.line = self.request
        self.secure = self.box.security == "tls"
        try:
            if self.secure:
                self.line = self.box.context().wrap_socket(self.line, server_side=True)
            self._serve()
        except OSError:
            return
        finally:
            self.line.close()

    def _say(self, text: str) -> None:
        self.line.sendall(text.encode() + b"\r\n")

    def _serve(self) -> None:
        self._say("220 loopback")
        lines = self.line.makefile("rb")
        while command := lines.readline().decode("ascii", "replace").strip():
            word = command.split()[0].upper()
            if word == self.box.refuse:
                self._say("550 not from here")
            elif word in ("EHLO", "HELO"):
                offers = ["loopback"]
                if self.box.security == "starttls" and not self.secure:
                    offers.append("STARTTLS")
                if self.box.user:
                    offers.append("AUTH PLAIN")
                for place, offer in enumerate(offers):
                    self._say(f"250{' ' if place == len(offers) - 1 else '-'}{offer}")
            elif word == "STARTTLS":
                self._say("220 go on")
                lines.close()
                self.line = self.box.context().wrap_socket(self.line, server_side=True)
                self.secure, lines = True, self.line.makefile("rb")
            elif word == "AUTH":
                told = base64.b64decode(command.split()[2]).decode().split("\0")
                fits = told[1:] == [self.box.user, self.box.password]
                self._say("235 welcome" if fits else "535 no")
            elif word == "DATA":
                self._say("354 go on")
                self._take(lines)
                self._say("250 taken")
            elif word == "QUIT":
                self._say("221 bye")
                break
            else:
                self._say("250 fine")
        lines.close()

    def _take(self, lines: object) -> None:
        text = []
        while (line := lines.readline()) not in (b".\r\n", b""):  # type: ignore[attr-defined]
            text.append(line.decode())
        self.box.mails.append("".join(text))
        self.box.protected.append(self.secure)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


@contextmanager
def running_mail_server(box: Mailbox) -> Iterator[Mailbox]:
    """Serve until the block ends; `box.port` says where."""
    talk = type("Talk", (_Talk,), {"box": box})
    with _Server(("127.0.0.1", 0), talk) as server:
        box.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield box
        finally:
            server.shutdown()
            thread.join()
