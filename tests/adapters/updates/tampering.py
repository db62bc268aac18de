"""Every way we know to tamper with an update, each with the code of its refusal."""

from __future__ import annotations

import random
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Metadata, MetaFile, Snapshot, Targets, Timestamp

from installer.release.repository import COMPACT, packed
from offline_backup_gui.domain.errors import ErrorCode
from offline_backup_gui.formats import update_file
from tests.adapters.updates.vendor import NOW, Vendor, new_keys, setup_of

DAMAGED, FAKE, EXPIRED = (
    ErrorCode.UPDATE_FILE_DAMAGED,
    ErrorCode.UPDATE_NOT_GENUINE,
    ErrorCode.UPDATE_EXPIRED,
)
MIXED, BACK, LARGE, OLDER = (
    ErrorCode.UPDATE_MIXED,
    ErrorCode.UPDATE_ROLLED_BACK,
    ErrorCode.UPDATE_TOO_LARGE,
    ErrorCode.UPDATE_OLDER,
)
TIMESTAMP = "metadata/timestamp.json"
Members = dict[str, bytes]


@dataclass(frozen=True)
class Tampered:
    """An update file that must be refused; `days` have passed since the office last looked."""

    name: str
    data: bytes
    code: ErrorCode
    days: float = 0.0


@dataclass
class Releases:
    """Two releases of one vendor, with a new root between them; the office knows the first.

    Before both there was another one, so their metadata have the versions 2 and 3.
    """

    vendor: Vendor
    first: Members
    second: Members

    def __post_init__(self) -> None:
        self.setup = next(name for name in self.second if name.startswith("targets/"))
        self.old_setup = next(name for name in self.first if name.startswith("targets/"))
        self.good = packed(self.second)

    def changed(self, **members: bytes) -> bytes:
        return packed({**self.second, **{_path(key): data for key, data in members.items()}})


def _path(key: str) -> str:
    return {
        "timestamp": TIMESTAMP,
        "snapshot": "metadata/3.snapshot.json",
        "targets": "metadata/3.targets.json",
        "root": "metadata/2.root.json",
    }[key]


def made(vendor: Vendor) -> Releases:
    vendor.release("1.0.1")
    vendor.release("1.1.0")
    first = vendor.members()
    vendor.rotate("timestamp")
    vendor.now += timedelta(days=10)
    vendor.release("1.2.0")
    return Releases(vendor, first, vendor.members())


def all_of(releases: Releases) -> Iterator[Tampered]:
    for kind in (
        _flipped_members,
        _flipped_frames,
        _cut,
        _foreign_names,
        _missing,
        _expired,
        _older,
        _mixed,
        _stranger,
        _too_few_signatures,
        _respelled,
        _too_large,
    ):
        yield from kind(releases)


# ---------------------------------------------------------------- bytes


def _flip(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def _flipped_members(releases: Releases) -> Iterator[Tampered]:
    dice = random.Random(42)
    for member, data in releases.second.items():
        for bit in dice.sample(range(len(data) * 8), 12):
            flipped = packed({**releases.second, member: _flip(data, bit)})
            yield Tampered(f"bit {bit} of {member}", flipped, FAKE)


def _flipped_frames(releases: Releases) -> Iterator[Tampered]:
    """Flip bits of headers, of the zeros that fill blocks, and of the end."""
    dice, good, at = random.Random(43), releases.good, 0
    for name, data in sorted(releases.second.items()):
        places = [at + dice.randrange(update_file.BLOCK) for _ in range(3)]
        filled = at + update_file.BLOCK + len(data)
        filling = update_file.padding(len(data))
        places += [filled + dice.randrange(len(filling))] if filling else []
        for place in places:
            bit = place * 8 + dice.randrange(8)
            yield Tampered(f"bit {bit} around {name}", _flip(good, bit), DAMAGED)
        at = filled + len(filling)
    for place in (at, at + 600, len(good) - 1):
        yield Tampered(f"byte {place} of the end", _flip(good, place * 8 + 3), DAMAGED)


def _cut(releases: Releases) -> Iterator[Tampered]:
    good = releases.good
    for length in (0, 1, 511, 512, 700, len(good) // 2, len(good) - 1024, len(good) - 1):
        yield Tampered(f"cut to {length}", good[:length], DAMAGED)
    yield Tampered("one byte more", good + b"\0", DAMAGED)
    yield Tampered("a second file behind", good + good, DAMAGED)
    yield Tampered("a zip instead", b"PK\x03\x04" + good[4:], DAMAGED)


def _foreign_names(releases: Releases) -> Iterator[Tampered]:
    for name in (
        "../../Windows/evil.dll",
        "/etc/passwd",
        "C:/Windows/evil.dll",
        "metadata/../../evil.json",
        "metadata/..\\evil.json",
        "metadata/3.delegated.json",
        "metadata/root.json",
        "metadata/02.root.json",
        f"targets/{'a' * 64}.evil.exe",
        "targets/OfflineBackup-setup.exe",
        "zzz",
    ):
        yield Tampered(f"a file {name}", packed({**releases.second, name: b"evil"}), DAMAGED)
    spare = f"targets/{'0' * 64}.{update_file.SETUP_NAME}"
    yield Tampered("a spare setup", packed({**releases.second, spare: b"evil"}), DAMAGED)
    old = {**releases.second, "metadata/2.targets.json": releases.first["metadata/2.targets.json"]}
    yield Tampered("a spare part of the older release", packed(old), DAMAGED)
    link = tarfile.TarInfo(TIMESTAMP)
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    block = link.tobuf(tarfile.USTAR_FORMAT)
    yield Tampered("a link", block + update_file.END, DAMAGED)
    one = update_file.header(TIMESTAMP, 0)
    yield Tampered("one name twice", one + one + releases.good, DAMAGED)


def _missing(releases: Releases) -> Iterator[Tampered]:
    for member in releases.second:
        rest = {name: data for name, data in releases.second.items() if name != member}
        # Without the new root the timestamp is signed by a key that nobody has heard of.
        code = FAKE if "2.root" in member else DAMAGED
        yield Tampered(f"without {member}", packed(rest), code)


# ---------------------------------------------------------------- time


def _expired(releases: Releases) -> Iterator[Tampered]:
    yield Tampered("a frozen timestamp", releases.good, EXPIRED, days=71)
    for role in ("timestamp", "snapshot", "targets"):
        yield Tampered(f"an expired {role}", packed(_with_expired(releases, role)), EXPIRED)
    yield Tampered("everything expired, the root too", releases.good, EXPIRED, days=1200)


def _with_expired(releases: Releases, role: str) -> Members:
    """Sign the second release anew with one role out of date."""
    keys, members = releases.vendor.keys, dict(releases.second)
    chain = ("targets", "snapshot", "timestamp")
    for name in chain[chain.index(role) :]:
        metadata = Metadata.from_bytes(members[_path(name)])
        if name == role:
            metadata.signed.expires = NOW - timedelta(days=1)
        else:
            _refer(metadata, members)
        members[_path(name)] = _signed(metadata, keys[name])
    return members


def _refer(metadata: Metadata, members: Members) -> None:
    """Let metadata name what lies beside it."""
    kind = "targets" if isinstance(metadata.signed, Snapshot) else "snapshot"
    name = next(name for name in members if name.endswith(f".{kind}.json"))
    version = int(name.split("/")[1].split(".")[0])
    meta = MetaFile.from_data(version, members[name], ["sha256"])
    if isinstance(metadata.signed, Snapshot):
        metadata.signed.meta["targets.json"] = meta
    elif isinstance(metadata.signed, Timestamp):
        metadata.signed.snapshot_meta = meta


def _signed(metadata: Metadata, keys: list[CryptoSigner]) -> bytes:
    metadata.signatures.clear()
    for key in keys:
        metadata.sign(key, append=True)
    return metadata.to_bytes(COMPACT)


def _older(releases: Releases) -> Iterator[Tampered]:
    yield Tampered("targets from before", packed(_aged(releases, "targets")), BACK)
    yield Tampered("an older program", packed(_older_program(releases)), OLDER)


def _aged(releases: Releases, role: str) -> Members:
    """Let the vendor's own keys sign something that is numbered before what the office knows."""
    keys, members = releases.vendor.keys, dict(releases.second)
    chain = ("targets", "snapshot", "timestamp")
    for name in chain[chain.index(role) :]:
        metadata = Metadata.from_bytes(members.pop(_path(name)))
        if name != "targets":
            _refer(metadata, members)
        if name == role:
            metadata.signed.version = 1
        number = "" if name == "timestamp" else f"{metadata.signed.version}."
        members[f"metadata/{number}{name}.json"] = _signed(metadata, keys[name])
    return members


def _older_program(releases: Releases) -> Members:
    """Sign an old program as the newest release: what a vendor in a hurry might do."""
    metadata = Metadata.from_bytes(releases.second[_path("targets")])
    assert isinstance(metadata.signed, Targets)
    custom = metadata.signed.targets[update_file.SETUP_NAME].custom
    custom["version"] = "0.9.9"
    return _signed_anew(dict(releases.second), metadata, releases.vendor.keys)


def _signed_anew(
    members: Members, targets: Metadata, keys: dict[str, list[CryptoSigner]]
) -> Members:
    members[_path("targets")] = _signed(targets, keys["targets"])
    for name in ("snapshot", "timestamp"):
        metadata = Metadata.from_bytes(members[_path(name)])
        _refer(metadata, members)
        members[_path(name)] = _signed(metadata, keys[name])
    return members


# ---------------------------------------------------------------- mixtures and strangers


def _mixed(releases: Releases) -> Iterator[Tampered]:
    first = releases.first
    targets, snapshot = first["metadata/2.targets.json"], first["metadata/2.snapshot.json"]
    yield Tampered("targets of the first release", releases.changed(targets=targets), MIXED)
    yield Tampered("snapshot of the first release", releases.changed(snapshot=snapshot), MIXED)
    both = releases.changed(targets=targets, snapshot=snapshot)
    yield Tampered("all but the timestamp of the first release", both, MIXED)
    old = {**releases.second, releases.setup: first[releases.old_setup]}
    yield Tampered("setup of the first release", packed(old), FAKE)
    # The key of the first timestamp was withdrawn by the second root.
    withdrawn = releases.changed(timestamp=first[TIMESTAMP])
    yield Tampered("timestamp of the first release", withdrawn, FAKE)
    swapped = releases.changed(snapshot=releases.second[_path("targets")])
    yield Tampered("targets called snapshot", swapped, FAKE)


def _stranger(releases: Releases) -> Iterator[Tampered]:
    strange = new_keys()
    for role in ("root", "targets", "snapshot", "timestamp"):
        metadata = Metadata.from_bytes(releases.second[_path(role)])
        data = _signed(metadata, strange[role])
        yield Tampered(f"{role} signed by a stranger", releases.changed(**{role: data}), FAKE)
    other = Vendor(releases.vendor.folder.parent / "stranger", releases.vendor.now)
    other.release("9.9.9")
    yield Tampered("a whole release of a stranger", packed(other.members()), FAKE)
    root = {"metadata/2.root.json": (other.folder / "metadata" / "1.root.json").read_bytes()}
    yield Tampered("a stranger's root", packed({**other.members(), **root}), FAKE)
    evil = {**releases.second, releases.setup: setup_of("6.6.6")}
    yield Tampered("another setup under the signed name", packed(evil), FAKE)


def _too_few_signatures(releases: Releases) -> Iterator[Tampered]:
    keys = releases.vendor.keys
    targets = Metadata.from_bytes(releases.second[_path("targets")])
    for one in keys["targets"]:
        alone = _signed_anew(dict(releases.second), targets, {**keys, "targets": [one]})
        yield Tampered("targets signed by one of two", packed(alone), FAKE)
    twice = {**keys, "targets": [keys["targets"][0], keys["targets"][0]]}
    again = packed(_signed_anew(dict(releases.second), targets, twice))
    yield Tampered("targets signed twice by one", again, FAKE)
    nobody = packed(_signed_anew(dict(releases.second), targets, {**keys, "targets": []}))
    yield Tampered("targets signed by nobody", nobody, FAKE)
    root = Metadata.from_bytes(releases.second[_path("root")])
    one_root = releases.changed(root=_signed(root, keys["root"][:1]))
    yield Tampered("root signed by one of three", one_root, FAKE)


def _respelled(releases: Releases) -> Iterator[Tampered]:
    """What a verifier of signatures alone would let pass."""
    for role in ("root", "timestamp"):
        data = releases.second[_path(role)]
        metadata = Metadata.from_bytes(data)
        first = next(iter(metadata.signatures.values()))
        hexadecimal = first.signature.encode()
        useless = b'"signatures":[{"keyid":"%s","sig":"00"},' % (b"0" * 64)
        spellings = {
            "with a space": data.replace(b":", b": ", 1),
            "with a line end": data + b"\n",
            "in capitals": data.replace(hexadecimal, hexadecimal.upper()),
            "with a useless signature": data.replace(b'"signatures":[', useless),
        }
        for name, changed in spellings.items():
            assert changed != data
            yield Tampered(f"{role} {name}", releases.changed(**{role: changed}), FAKE)


def _too_large(releases: Releases) -> Iterator[Tampered]:
    endless = releases.changed(timestamp=b" " * (300 << 10))
    yield Tampered("a timestamp without end", endless, LARGE)
    longer = {**releases.second, releases.setup: releases.second[releases.setup] + b"\0"}
    yield Tampered("a setup that goes on", packed(longer), LARGE)
    metadata = Metadata.from_bytes(releases.second[_path("targets")])
    assert isinstance(metadata.signed, Targets)
    metadata.signed.targets[update_file.SETUP_NAME].length = 300 << 20
    huge = _signed_anew(dict(releases.second), metadata, releases.vendor.keys)
    yield Tampered("a setup of 300 MiB", packed(huge), LARGE)
