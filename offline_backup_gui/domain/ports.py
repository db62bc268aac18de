"""The doors to the world, as small Protocols; adapters implement them, tests/fakes.py too."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from types import TracebackType
from typing import Protocol

from msgspec import Struct

from offline_backup_gui.domain.drive import Drive
from offline_backup_gui.domain.errors import Parameter
from offline_backup_gui.domain.findings import Finding
from offline_backup_gui.domain.machine_log import LogNumber
from offline_backup_gui.domain.mail import MailSettings
from offline_backup_gui.domain.plan import PlanId
from offline_backup_gui.domain.shadow import ShadowPlaces


class ObjectInfo(Struct, frozen=True):
    """One stored object: name inside its container, size in bytes, MD5 (16 bytes) if stored."""

    name: str
    size_bytes: int
    md5: bytes | None = None


class ObjectWriter(Protocol):
    """One object being written; nothing exists under its name before `commit`."""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Append bytes; the buffer may be reused as soon as the call returns."""

    def commit(self, md5: bytes | None = None) -> None:
        """Flush to the medium and make the object appear under its name, with its MD5."""

    def abort(self) -> None:
        """Throw the bytes away; safe to call twice and after `commit`."""


class ObjectStore(Protocol):
    """One container of named objects: on a drive, in a folder account or in Azure.

    Names are lower-case paths with "/". Trouble is raised as BackupError with the store's `label`.
    """

    @property
    def label(self) -> str:
        """Name the store for people: a path or URL without secrets."""

    def objects(self, prefix: str = "") -> Iterator[ObjectInfo]:
        """Yield every finished object below `prefix`, sorted by name; unfinished ones never."""

    def read(self, name: str, offset: int = 0, length: int | None = None) -> bytes:
        """Give bytes of an object; OBJECT_MISSING when it is not there. Short at the end."""

    def create(self, name: str, *, replace: bool = False) -> ObjectWriter:
        """Begin an object. Without `replace`, an existing object makes `commit` fail."""

    def delete(self, name: str) -> None:
        """Remove an object; no trouble when it is not there."""


class RawReader(Protocol):
    """Sequential read-back of one object, past the cache where the system allows."""

    @property
    def past_cache(self) -> bool:
        """Say whether the bytes come from the medium, not from memory."""

    def read_into(self, buffer: memoryview) -> int:
        """Fill the buffer from the current position; give the count, 0 at the end."""

    def __enter__(self) -> RawReader: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class Swept(Protocol):
    """A store in which a killed writer leaves something behind."""

    def sweep(self) -> int:
        """Remove what killed writers left; give the count. Only while nobody writes."""


class SweptStore(ObjectStore, Swept, Protocol):
    """A store that one process writes: what an earlier one left when killed can be swept."""


class DriveStore(ObjectStore, Swept, Protocol):
    """An object store on a drive: it can be full, pulled, and read back past the cache."""

    def room_bytes(self) -> int:
        """Give the bytes that may still be written (free space, or a practice drive's limit)."""

    def capacity_bytes(self) -> int:
        """Give the size of the medium in bytes."""

    def read_back(self, name: str) -> RawReader:
        """Open an object for verifying."""

    def is_present(self) -> bool:
        """Say whether this very medium (not another at the same path) still answers."""


class ServerSideCopy(Protocol):
    """A store that can take an object from another container of the same account by itself."""

    def adopt(self, source: ObjectStore, info: ObjectInfo) -> None:
        """Copy one object inside the account; its MD5 is kept. No bytes cross the line."""


class ServerSideProof(Protocol):
    """A store that can check stored bytes against an MD5 by itself."""

    def prove(self, info: ObjectInfo) -> bool | None:
        """Say whether the stored bytes have `info.md5`; None when the service cannot tell.

        No bytes cross the line. The stored MD5 property proves nothing: nobody checks it.
        """


class Container(ObjectStore, Swept, ServerSideCopy, ServerSideProof, Protocol):
    """A container of an account: what it holds can be copied and proved on the account's side."""


class Account(Protocol):
    """A storage account: a folder on this computer or Azure Blob Storage."""

    def containers(self) -> Sequence[str]:
        """Name every container, sorted."""

    def container(self, name: str, *, create: bool = False) -> Container:
        """Open a container; ACCOUNT_NOT_FOUND when missing and not to be created."""


class DriveSource(Protocol):
    """What is attached to this computer."""

    def drives(self) -> Sequence[Drive]:
        """List every drive; DRIVES_UNANSWERED when the system does not answer."""


class DriveHints(Protocol):
    """Says that drives may have come or gone; only listing tells what is attached."""

    def due(self) -> bool:
        """Say whether to list now; quick, and each hint is given once."""

    def close(self) -> None:
        """Listen no more."""


class DriveDoor(Protocol):
    """How the engine reaches the container on a drive."""

    def open(self, mount: str, container: str) -> DriveStore:
        """Open (not create) the container folder on the drive mounted there."""

    def release(self, mount: str) -> Sequence[Finding]:
        """Flush and eject the drive; findings say what still uses it."""


class Scheduler(Protocol):
    """Starts commands every day at local times, whether or not somebody is logged in."""

    def put(self, plan_id: PlanId, times: Sequence[str], command: Sequence[str]) -> bool:
        """Schedule (or reschedule) a plan; gives whether the system will do it."""

    def is_set(self, plan_id: PlanId, times: Sequence[str], command: Sequence[str]) -> bool:
        """Say whether the system runs this very command at these times, and will go on so."""

    def remove(self, plan_id: PlanId) -> None:
        """Run nothing for this plan any more."""


class SecretStore(Protocol):
    """Secrets by name, protected for the machine (or for this session only, and said so)."""

    def get(self, name: str) -> bytes | None:
        """Give a secret, or None when it is not known."""

    def put(self, name: str, secret: bytes) -> None:
        """Keep a secret."""

    def forget(self, name: str) -> None:
        """Remove a secret; no trouble when it is not there."""

    @property
    def lasting(self) -> bool:
        """Say whether secrets survive this session."""


class MailPost(Protocol):
    """Hands mails to the admin's server."""

    def send(self, settings: MailSettings, password: str, subject: str, text: str) -> None:
        """Send one mail. MAIL_UNREACHABLE, MAIL_REFUSED, MAIL_LOGIN_REFUSED."""


class Clock(Protocol):
    """Time and waiting, so that tests need neither."""

    def now(self) -> datetime:
        """Give the time, aware, in UTC."""

    def monotonic(self) -> float:
        """Give seconds that never run backwards."""

    def wait(self, seconds: float) -> None:
        """Let time pass."""


class PowerGuard(Protocol):
    """Keeps the computer awake while a job runs."""

    def __enter__(self) -> PowerGuard: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class MachineLog(Protocol):
    """The log that administrators of this machine watch."""

    def note(self, number: LogNumber, **parameters: Parameter) -> None:
        """Add an entry; `parameters` fill its sentence. Never raises."""


class ShadowView(Protocol):
    """Sources as they stood at one moment, while programs go on writing to them."""

    @property
    def found(self) -> ShadowPlaces:
        """Say where each source is read, and which sources are read live."""

    def whole(self) -> bool:
        """Say whether everything frozen is still there."""

    def release(self) -> None:
        """Give it back; safe to call twice. A killed process gives it back as well."""


class ShadowCopies(Protocol):
    """Takes shadow copies of the volumes that hold the sources."""

    def take(self, sources: Sequence[str], checkpoint: Callable[[], None]) -> ShadowView:
        """Freeze what can be frozen; the rest is a gap in what was found, never an error.

        `checkpoint` is called while waiting and may raise Stopped.
        """


class WindowSlot(Protocol):
    """Room for one window; whoever comes second can only wish to see the first."""

    def take(self) -> bool:
        """Take the room; False while another process has it."""

    def wish(self) -> None:
        """Ask the window that is there to come to the front."""

    def wished(self) -> bool:
        """Say, once, whether somebody asked."""

    def pending(self) -> bool:
        """Say whether nobody has heard the wish yet."""

    def give_back(self) -> None:
        """Leave."""


class Control(Protocol):
    """Where a job's threads meet the admin's wish to pause or stop."""

    def checkpoint(self) -> None:
        """Wait while paused; raise Stopped when asked to stop. Call once per block."""

    @property
    def stopping(self) -> bool:
        """Say whether a stop was asked for."""
