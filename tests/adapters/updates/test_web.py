"""A place behind an address, on loopback: what it gives is bounded and judged like any other."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from offline_backup_gui.adapters.updates.desk import UpdateDesk
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.updates import place_of
from tests.adapters.updates.vendor import NOW, Office, Vendor, setup_of
from tests.fakes import FakeClock


class _Server(SimpleHTTPRequestHandler):
    """Serves a folder; `mood` makes it misbehave."""

    mood = ""
    seen: list[str] = []
    dripped = 0

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        type(self).seen.append(self.path)
        if self.mood == "redirect":
            self.send_response(302)
            self.send_header("Location", "/elsewhere")
            self.end_headers()
        elif self.mood == "broken":
            self.send_response(500)
            self.end_headers()
        elif self.mood == "drip" and "timestamp" in self.path:
            self._drip()
        elif self.mood in self.path and self.mood:
            self._endless()
        else:
            super().do_GET()

    def _drip(self) -> None:
        """Send a byte every tenth of a second until nobody listens any more."""
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        type(self).dripped = 0
        self.connection.settimeout(0.1)
        while type(self).dripped < 100:
            try:
                self.wfile.write(b"{")
                type(self).dripped += 1
                if self.connection.recv(1) == b"":
                    return
            except TimeoutError:
                continue
            except OSError:
                return

    def _endless(self) -> None:
        self.send_response(200)
        self.end_headers()
        try:
            while True:
                self.wfile.write(b"x" * 65536)
        except OSError:
            return  # the office has had enough


@pytest.fixture
def vendor(tmp_path: Path) -> Vendor:
    made = Vendor(tmp_path / "repository")
    made.release("1.1.0")
    return made


@pytest.fixture
def address(vendor: Vendor) -> Iterator[str]:
    _Server.mood, _Server.seen = "", []
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Server, directory=vendor.folder))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def office(vendor: Vendor, tmp_path: Path) -> Office:
    return Office(tmp_path / "office", vendor.root)


def test_a_release_comes_from_an_address(office: Office, address: str) -> None:
    release = office.desk.take(place_of(address), lambda _size: None)
    assert release.version == "1.1.0"
    office.desk.start()
    assert office.started[0][0].read_bytes() == setup_of("1.1.0")


def test_a_look_fetches_metadata_once_and_no_setup(office: Office, address: str) -> None:
    office.desk.look(place_of(address))
    assert len(_Server.seen) == len(set(_Server.seen))
    assert not [path for path in _Server.seen if "targets/" in path]


@pytest.mark.parametrize(
    ("mood", "code"),
    [
        ("redirect", ErrorCode.UPDATE_UNREACHABLE),
        ("broken", ErrorCode.UPDATE_UNREACHABLE),
        ("timestamp", ErrorCode.UPDATE_TOO_LARGE),
        ("snapshot", ErrorCode.UPDATE_TOO_LARGE),
        ("root", ErrorCode.UPDATE_TOO_LARGE),
        ("targets/", ErrorCode.UPDATE_TOO_LARGE),
    ],
)
def test_a_server_that_misbehaves_gets_nowhere(
    office: Office, address: str, mood: str, code: ErrorCode
) -> None:
    _Server.mood = mood
    with pytest.raises(BackupError) as caught:
        office.desk.take(place_of(address), lambda _size: None)
    assert caught.value.code is code
    assert office.state() == {}
    _Server.mood = ""
    assert office.desk.look(place_of(address)).version == "1.1.0"


def test_a_server_that_drips_is_given_up(office: Office, address: str) -> None:
    """By the office's clock, each time it looks at it a minute has passed."""
    _Server.mood = "drip"

    class Slow(FakeClock):
        def monotonic(self) -> float:
            self.wait(60.0)
            return super().monotonic()

    desk = UpdateDesk(office.folder, office.root, Slow(NOW), office.start, "1.0.0")
    with pytest.raises(BackupError) as caught:
        desk.look(place_of(address))
    assert caught.value.code is ErrorCode.UPDATE_UNREACHABLE
    assert _Server.dripped < 50


@pytest.mark.parametrize(
    "text",
    [
        "http://updates.example",
        "ftp://updates.example",
        "https://",
        "https://name:secret@updates.example",
        "https://updates.example/?sas=secret",
        "https://updates.example:99999",
        "https://updates.example/#x",
        "file:///srv/updates",
        "updates",
        "../updates",
        "",
    ],
)
def test_other_places_are_not_allowed(text: str) -> None:
    with pytest.raises(BackupError) as caught:
        place_of(text)
    assert caught.value.code is ErrorCode.UPDATE_ADDRESS_NOT_ALLOWED
    assert "secret" not in str(caught.value)
