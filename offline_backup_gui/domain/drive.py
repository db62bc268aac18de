"""A drive as the program sees it: one physical disk, network share or practice folder."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from offline_backup_gui.domain.device_layout import Layout

# How the made-up serial of a folder begins that is no medium of its own and has no marker.
FOLDER_SERIAL = "FOLDER-"


class Bus(StrEnum):
    """How a drive is attached."""

    USB = "usb"
    SATA = "sata"
    SAS = "sas"
    NVME = "nvme"
    SCSI = "scsi"
    SAN = "san"  # Fibre Channel, iSCSI: a disk of another machine
    RAID = "raid"  # a volume that a controller makes of several disks
    SPACES = "spaces"  # a volume that Windows makes of several disks
    CARD = "card"  # SD and MMC
    IMAGE = "image"  # a mounted VHD or VHDX file
    NETWORK = "network"
    FOLDER = "folder"
    LOOP = "loop"
    VIRTUAL = "virtual"
    UNKNOWN = "unknown"


# What has no health, no sectors and no connector of its own.
NOT_A_DISK = frozenset(
    {Bus.FOLDER, Bus.LOOP, Bus.NETWORK, Bus.VIRTUAL, Bus.IMAGE, Bus.SPACES, Bus.SAN}
)


class Health(StrEnum):
    """What the drive says of itself; UNKNOWN when a bridge hides it, never GOOD by default."""

    GOOD = "good"
    DOUBTFUL = "doubtful"  # it works and has lost something already
    FAILING = "failing"
    UNKNOWN = "unknown"


class Encryption(StrEnum):
    """BitLocker (or LUKS) state of the volume."""

    NONE = "none"
    LOCKED = "locked"
    UNLOCKED = "unlocked"
    SUSPENDED = "suspended"  # encrypted, and the key lies readable on the drive
    CONVERTING = "converting"  # being encrypted or decrypted, now or after a pause
    UNKNOWN = "unknown"


class PartitionStyle(StrEnum):
    """How the disk is divided; NONE on a disk that was never initialised."""

    GPT = "gpt"
    MBR = "mbr"
    NONE = "none"
    UNKNOWN = "unknown"


class Sign(StrEnum):
    """What a drive's own records count or say; each makes it doubtful or failing."""

    VERDICT = "verdict"  # it predicts its failure
    ATTRIBUTE = "attribute"  # number of the SMART attribute at its threshold
    SPARE = "spare"  # per cent of spare blocks left, below what the maker allows
    UNRELIABLE = "unreliable"  # NVMe: reliability degraded, or the medium is read-only now
    REALLOCATED = "reallocated"  # sectors replaced by spare ones
    PENDING = "pending"  # sectors that could not be read and wait for a write
    UNCORRECTABLE = "uncorrectable"  # sectors that stayed unreadable
    MEDIA_ERRORS = "media-errors"  # NVMe: reads that came back wrong
    WORN = "worn"  # per cent of the write endurance used, 100 and more
    HOT = "hot"  # warmer than the maker allows


class HealthSign(Struct, frozen=True):
    """One sign and its count; 0 for signs that only say yes."""

    sign: Sign
    count: int = 0


class Volume(Struct, frozen=True):
    """A file system on a drive (or on several); sizes in bytes, `mounts` may be none."""

    identity: str  # the system's own name for it
    mounts: tuple[str, ...] = ()
    label: str = ""
    file_system: str = ""
    size_bytes: int = 0
    free_bytes: int = 0
    read_only: bool = False
    encryption: Encryption = Encryption.UNKNOWN
    disks: int = 1  # on how many disks it lies


class Drive(Struct, frozen=True):
    """Facts about one drive; sizes in bytes. `mounts` are the folders or letters it is at.

    `serial` tells drives apart on this computer. With `serial_made` it is not the one the disk has
    in hardware, because the system gives none or one that several disks share: nobody else could
    find the disk by it, a datacenter least of all.
    """

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
    hot_plug: bool = False  # may be unplugged while the computer runs
    offline: bool = False  # the system was told to leave it alone
    partition_style: PartitionStyle = PartitionStyle.UNKNOWN
    dynamic: bool = False  # Windows' dynamic disk
    signs: tuple[HealthSign, ...] = ()
    volumes: tuple[Volume, ...] = ()  # as far as the system tells; empty where it does not
    forbidden_by: str = ""  # name of the policy of this computer that forbids writing
    disk_sector_bytes: int = 0  # logical sectors of the disk behind a USB adapter; 0 not known
    layout: Layout | None = None  # of a Data Box Disk or a share of a Data Box
    serial_made: bool = False  # the serial was made up or changed here
    serial_of_adapter: bool = False  # a USB adapter told it, and the disk behind it did not answer
    manifest: str = ""  # name of an import job's drive manifest found on it, if any

    @property
    def mount(self) -> str:
        """Give the first mount, or an empty string when the drive has none."""
        return self.mounts[0] if self.mounts else ""
