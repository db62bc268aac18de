"""Who may read and change a folder that only administrators should: judged, never asked; pure."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from msgspec import Struct

from offline_backup_gui.domain.sddl import Ace, Descriptor

# The machine itself and its administrators. OW and CO stand for the owner, who is judged anyway.
_TRUSTED = frozenset(
    {
        "SY",
        "S-1-5-18",
        "BA",
        "S-1-5-32-544",
        "LA",  # the administrator account that comes with the machine
        "DA",  # domain administrators
        "EA",  # enterprise administrators
        "OW",
        "S-1-3-4",
        "CO",
        "S-1-3-0",
        "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464",  # TrustedInstaller
    }
)
# On a folder: add files 2, add folders 4. What else would change things is everything below.
_ADD = 0x2 | 0x4
_CHANGE = (
    0x10  # FILE_WRITE_EA
    | 0x40  # FILE_DELETE_CHILD
    | 0x100  # FILE_WRITE_ATTRIBUTES
    | 0x00010000  # DELETE
    | 0x00040000  # WRITE_DAC
    | 0x00080000  # WRITE_OWNER
    | 0x10000000  # GENERIC_ALL
    | 0x40000000  # GENERIC_WRITE
)
_ATTRIBUTES_ONLY = 0x10 | 0x100


class RightsFault(StrEnum):
    """What is wrong with a folder, worst first."""

    LINK = "link"
    OWNER = "owner"
    OPEN = "open"
    CHANGEABLE = "changeable"
    ADDABLE = "addable"
    READABLE = "readable"
    INHERITS = "inherits"


# Nobody else can have put or changed anything inside: closing the folder is enough.
MENDABLE = frozenset({RightsFault.READABLE, RightsFault.INHERITS})


class Fault(Struct, frozen=True):
    """One thing that is wrong, and the account it is about."""

    fault: RightsFault
    who: str = ""


def closed_folder(owner: str) -> str:
    """Give the list that lets in system and administrators, and an owner where one is named."""
    own = f"(A;OICI;FA;;;{owner})" if owner else ""
    return f"D:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA){own}"


def closed_file(owner: str) -> str:
    """Give the list of a file that system, administrators and its owner open, and nobody else."""
    return f"D:PAI(A;;FA;;;SY)(A;;FA;;;BA)(A;;FA;;;{owner})"


def is_trusted(account: str, more: Collection[str] = ()) -> bool:
    """Say whether an account may own what only administrators should change."""
    return account in _TRUSTED or account in more


def judge(descriptor: Descriptor, more: Collection[str] = ()) -> list[Fault]:
    """Give every fault of a folder, worst first; `more` are trusted accounts besides."""
    faults: list[Fault] = []
    if not is_trusted(descriptor.owner, more):
        faults.append(Fault(RightsFault.OWNER, descriptor.owner))
    if descriptor.aces is None:
        faults.append(Fault(RightsFault.OPEN, "WD"))
    # A denial never gives anything; what it takes away is not counted either.
    faults += (
        Fault(_weight(ace), ace.who)
        for ace in descriptor.aces or ()
        if ace.allows and ace.mask and not is_trusted(ace.who, more)
    )
    if not descriptor.protected:
        faults.append(Fault(RightsFault.INHERITS))
    order = list(RightsFault)
    return sorted(dict.fromkeys(faults), key=lambda fault: order.index(fault.fault))


def _weight(ace: Ace) -> RightsFault:
    # Handed down to files, the bit for "add files" means "write into them".
    into_files = "OI" in ace.marks and ace.mask & _ADD
    if into_files or ace.mask & (_CHANGE & ~_ATTRIBUTES_ONLY):
        return RightsFault.CHANGEABLE
    if ace.mask & _ADD:
        return RightsFault.ADDABLE
    return RightsFault.READABLE


def judge_mode(mode: int, owner: int, me: int) -> list[Fault]:
    """Give the faults of a folder by its POSIX mode and owner."""
    faults: list[Fault] = []
    if owner not in (me, 0):
        faults.append(Fault(RightsFault.OWNER, str(owner)))
    if mode & 0o022:
        # What others put there belongs to them, and files have rights of their own.
        faults.append(Fault(RightsFault.ADDABLE))
    elif mode & 0o077:
        faults.append(Fault(RightsFault.READABLE))
    return faults
