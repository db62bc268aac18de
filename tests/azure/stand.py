"""A sign-in to the replay server, and a SecretStore that lives as long as the test."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from offline_backup_gui.adapters.azure.gate import Gate
from offline_backup_gui.adapters.azure.pace import Pace
from offline_backup_gui.domain.clouds import CUSTOM, Cloud, SignIn, SignInMethod, SignInSecret
from offline_backup_gui.domain.errors import Stopped
from tests.azure.replay.entra import TENANT
from tests.azure.replay.server import Served

PROGRAM = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
PACE = Pace(first_pause_s=0.01, poll_s=0.01, operation_s=60)
IMPATIENT = Pace(first_pause_s=0.01, poll_s=0.01, read_s=0.1, operation_s=60)
_HANG_GUARD_S = 60


@dataclass
class Memory:
    """A SecretStore in memory."""

    kept: dict[str, bytes] = field(default_factory=dict)
    lasting: bool = True

    def get(self, name: str) -> bytes | None:
        return self.kept.get(name)

    def put(self, name: str, secret: bytes) -> None:
        self.kept[name] = secret

    def forget(self, name: str) -> None:
        self.kept.pop(name, None)


class Wish:
    """A control that a test may set to stop."""

    stopping = False

    def checkpoint(self) -> None:
        if self.stopping:
            raise Stopped


def cloud_of(served: Served) -> Cloud:
    return Cloud(
        CUSTOM,
        authority=served.url,
        resource_manager=served.url,
        scope="https://management.azure.com/.default",
        storage_suffix="core.windows.net",
        prices=served.url,
        certificate=str(served.certificate),
    )


def program(served: Served) -> tuple[SignIn, SignInSecret]:
    """Give a service principal's sign-in."""
    sign_in = SignIn(cloud_of(served), SignInMethod.SERVICE_PRINCIPAL, TENANT, PROGRAM)
    return sign_in, SignInSecret(served.replay.entra.client_secret)


def gate(secrets: Memory | None = None, pace: Pace = PACE) -> Gate:
    return Gate(Memory() if secrets is None else secrets, pace)


def assert_stops_at_once(served: Served, wish: Wish, work: Callable[[], object]) -> None:
    """Run work until the server holds a request back, wish to stop, see it obey.

    The server keeps holding: work that waited for its socket would not end here. How long the way
    of a stop is follows from the pauses of the line, see `test_every_call`.
    """
    ended: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:
            ended.append(error)

    thread = threading.Thread(target=run)
    served.replay.held.clear()
    thread.start()
    assert served.replay.held.wait(_HANG_GUARD_S), ended
    wish.stopping = True
    thread.join(_HANG_GUARD_S / 2)
    assert [type(error) for error in ended] == [Stopped], ended
    assert not served.replay.closing.is_set()
