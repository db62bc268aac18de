"""A drive as the program sees it: one physical disk, network share or practice folder."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

# How the made-up serial of a folder begins that is no medium of its own and has no marker.
FOLDER_SERIAL = "FOLDER-"


class Bus(StrEnum):
    """How a drive is attached."""

    USB = "usb"
    SATA = "sata"
    SAS = "sas"
    NVME = "nvme"
    NETWORK = "network"
    FOLDER = "folder"
    LOOP = "loop"
    VIRTUAL = "virtual"
    UNKNOWN = "unknown"


class Health(StrEnum):
    """What the drive says of itself; UNKNOWN when a bridge hides it."""

    GOOD = "good"
    FAILING = "failing"
    UNKNOWN = "unknown"


class Encryption(StrEnum):
    """BitLocker (or LUKS) state of the volume."""

    NONE = "none"
    LOCKED = "locked"
    UNLOCKED = "unlocked"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Drive:
    """Facts about one drive; sizes in bytes. `mounts` are the folders or letters it is at."""

    serial: str
    model: str
    bus: Bus
    size_bytes: int
    free_bytes: int
    mounts: tuple[str, ...]
    device: str = ""
    file_system: str = ""
    label: str = ""
    removable: bool = False
    read_only: bool = False
    is_system: bool = False
    has_medium: bool = True
    logical_sector_bytes: int = 512
    physical_sector_bytes: int = 512
    health: Health = Health.UNKNOWN
    encryption: Encryption = Encryption.UNKNOWN
    first_folders: tuple[str, ...] = ()
    repository_id: str = ""  # hex id of the Offline Backup repository found on it, if any
    rotational: bool | None = None  # None when the drive does not say

    @property
    def mount(self) -> str:
        """Give the first mount, or an empty string when the drive has none."""
        return self.mounts[0] if self.mounts else ""
