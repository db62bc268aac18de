"""What a practice run tells: its steps, what it proved with figures, and what it cannot prove."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct, field

from offline_backup_gui.domain.errors import Parameter


class Step(StrEnum):
    """Every step of the journey, in its order; `words` has "practice.step.<value>"."""

    OFFICE = "office"
    PLAN = "plan"
    COPY = "copy"
    VERIFY = "verify"
    RECEIVE = "receive"
    ARRIVAL = "arrival"
    VAULT = "vault"
    CHANGE_1 = "change-1"
    INCREMENT_1 = "increment-1"
    CHANGE_2 = "change-2"
    INCREMENT_2 = "increment-2"
    RESTORE_1 = "restore-1"
    RESTORE_2 = "restore-2"
    RESTORE_CODE = "restore-code"
    RESTORE_DRIVES = "restore-drives"
    SCAN = "scan"
    DAMAGE = "damage"


class Claim(StrEnum):
    """What a practice run proves; `words` has "practice.proof.<value>"."""

    SPREAD = "spread"
    LEDGER = "ledger"
    VERIFIED = "verified"
    ARRIVED = "arrived"
    VAULTED = "vaulted"
    INCREMENTS = "increments"
    RESTORED_1 = "restored-1"
    RESTORED_2 = "restored-2"
    RESTORED_CODE = "restored-code"
    RESTORED_DRIVES = "restored-drives"
    NOTHING_READABLE = "nothing-readable"
    DAMAGE_FOUND = "damage-found"


class Open(StrEnum):
    """What practice cannot prove; `words` has "practice.open.<value>"."""

    AZURE = "azure"
    MEDIUM = "medium"
    SHIPPING = "shipping"
    LOCKED = "locked"
    NAMES = "names"


class Proof(Struct, frozen=True):
    """One claim with its figures. `details` name what speaks against it: paths, objects."""

    claim: Claim
    good: bool
    figures: dict[str, Parameter]
    details: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        """Give the shape the command line prints."""
        return {
            "claim": self.claim.value,
            "good": self.good,
            "figures": self.figures,
            "details": list(self.details),
        }


class PracticeResult(Struct):
    """Everything one practice run found out. Sizes in bytes, times in seconds."""

    folder: str
    kept: bool
    files: int = 0
    size_bytes: int = 0
    stored_bytes: int = 0
    sent_bytes: int = 0
    exceptions: list[dict[str, str]] = field(default_factory=list)
    seconds: dict[Step, float] = field(default_factory=dict)
    proofs: list[Proof] = field(default_factory=list)
    open: list[Open] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Say whether every claim is proved."""
        return {proof.claim for proof in self.proofs if proof.good} == set(Claim)

    def as_json(self) -> dict[str, object]:
        """Give the last line of `practice --json`, without its "event"."""
        return {
            "outcome": "done" if self.good else "failed",
            "folder": self.folder if self.kept else "",
            "files": self.files,
            "bytes": self.size_bytes,
            "stored_bytes": self.stored_bytes,
            "sent_bytes": self.sent_bytes,
            "exceptions": self.exceptions,
            "seconds": {step.value: round(taken, 2) for step, taken in self.seconds.items()},
            "proofs": [proof.as_json() for proof in self.proofs],
            "open": [item.value for item in self.open],
        }
