"""The master key: what is derived from it never changes, and slots open for one secret only."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
import unicodedata

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offline_backup_gui.domain.errors import ErrorCode
from offline_backup_gui.formats import keys
from offline_backup_gui.formats.keys import (
    Keyring,
    derive,
    open_with_passphrase,
    open_with_recovery_code,
    passphrase_slot,
    recovery_slot,
)
from tests.formats.hostile import (
    KEYRING,
    MASTER,
    OTHER_KEY,
    OTHER_REPOSITORY,
    REPOSITORY_ID,
    accepted_cuts,
    accepted_flips,
    changed,
    code_of,
    refusal,
    with_check,
)

QUICK = 8 * 1024  # KiB, the least that is accepted
PASSPHRASE = "correct horse battery staple"
ENTROPY = bytes(range(20))
PASS_SLOT = passphrase_slot(KEYRING, PASSPHRASE, memory_kib=QUICK)
CODE_SLOT = recovery_slot(KEYRING, ENTROPY)


def open_pass(data: bytes) -> Keyring:
    return open_with_passphrase(data, PASSPHRASE)


def open_code(data: bytes) -> Keyring:
    return open_with_recovery_code(data, ENTROPY)


each_slot = pytest.mark.parametrize(
    ("slot", "read"),
    [
        pytest.param(PASS_SLOT, open_pass, id="passphrase"),
        pytest.param(CODE_SLOT, open_code, id="recovery"),
    ],
)


# --- derivation: fixed for ever; a changed value here means old backups cannot be read


def own_hkdf(key: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    """Derive as RFC 5869 says, from HMAC alone."""
    secret, block, out = hmac.digest(salt, key, hashlib.sha256), b"", b""
    while len(out) < length:
        block = hmac.digest(secret, block + info + bytes([len(out) // 32 + 1]), hashlib.sha256)
        out += block
    return out[:length]


def test_derivation_gives_the_published_vector() -> None:
    """Test case 1 of RFC 5869."""
    okm = derive(bytes([0x0B] * 22), bytes(range(13)), bytes(range(0xF0, 0xFA)), 42)
    assert okm.hex() == (
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
    )


@given(key=st.binary(min_size=1, max_size=80), salt=st.binary(max_size=80), info=st.binary())
def test_derivation_is_plain_hkdf(key, salt, info) -> None:
    assert derive(key, salt, info, 48) == own_hkdf(key, salt, info, 48)


def test_what_is_derived_from_a_master_key_never_changes() -> None:
    key, check = KEYRING.object_key(b"pack", bytes(32), bytes(16))
    assert {
        "chunk id": KEYRING.chunk_id(b"Offline Backup").hex(),
        "tag": KEYRING.tag(b"Offline Backup"),
        "chunker seed": KEYRING.chunker_seed,
        "pack key": key.hex(),
        "pack check": check.hex(),
        "point key": KEYRING.object_key(b"point", bytes(32), bytes(16))[0].hex(),
    } == GOLDEN


GOLDEN: dict[str, object] = {
    "chunk id": "a7f9139cd0ec93567cc7151b0402ab67175bb4f7b0f5b46e371de730e6120687",
    "tag": "d44d906ff1c94f8d002ba88a1a028c8bcc4c9b32815e24fe7a12be6007742489",
    "chunker seed": 7020644466142583595,
    "pack key": "a1e4b5a7c2e1ffea0825710c12361c23ecd3857d547cb5656f3023809c8b0fef",
    "pack check": "cf265d6528e7bcbdae749264a46f5086",
    "point key": "d61a11637ea3dfe65030884342c38fd9caef33ceddde3dc6ee8786e4f695085c",
}


def test_every_use_of_the_master_key_has_a_key_of_its_own() -> None:
    """A salt may even be the repository id: the info strings keep the uses apart."""
    salt = REPOSITORY_ID + bytes(16)
    found = [
        derive(MASTER, REPOSITORY_ID, b"chunk id v1"),
        derive(MASTER, REPOSITORY_ID, b"record tag v1"),
        derive(MASTER, REPOSITORY_ID, b"chunker seed v1"),
        derive(MASTER, REPOSITORY_ID, b"slot wrap v1"),
        *KEYRING.object_key(b"pack", salt, REPOSITORY_ID),
        *KEYRING.object_key(b"point", salt, REPOSITORY_ID),
    ]
    assert len({part[:16] for part in found}) == len(found)


def test_the_seed_of_the_chunker_fits_what_it_takes() -> None:
    assert all(
        0 <= Keyring(REPOSITORY_ID, bytes([n] * 32)).chunker_seed < 1 << 63 for n in range(64)
    )


@pytest.mark.parametrize(("repository", "master"), [(bytes(15), MASTER), (bytes(16), bytes(31))])
def test_a_keyring_of_another_size_cannot_be_made(repository, master) -> None:
    with pytest.raises(ValueError, match="keyring"):
        Keyring(repository, master)


def test_a_keyring_does_not_print_its_key() -> None:
    assert MASTER.hex() not in repr(KEYRING)
    assert repr(MASTER) not in repr(KEYRING)


# --- slots


@settings(max_examples=15)
@given(passphrase=st.text(min_size=1, max_size=60), master=st.binary(min_size=32, max_size=32))
def test_a_passphrase_opens_its_slot(passphrase, master) -> None:
    keyring = Keyring(REPOSITORY_ID, master)
    assert (
        open_with_passphrase(passphrase_slot(keyring, passphrase, memory_kib=QUICK), passphrase)
        == keyring
    )


@given(
    entropy=st.binary(min_size=20, max_size=20),
    repository=st.binary(min_size=16, max_size=16),
    master=st.binary(min_size=32, max_size=32),
)
def test_a_recovery_code_opens_its_slot(entropy, repository, master) -> None:
    keyring = Keyring(repository, master)
    assert open_with_recovery_code(recovery_slot(keyring, entropy), entropy) == keyring


def test_an_umlaut_is_the_same_on_every_keyboard() -> None:
    slot = passphrase_slot(
        KEYRING, unicodedata.normalize("NFD", "Grüße aus Köln"), memory_kib=QUICK
    )
    assert open_with_passphrase(slot, unicodedata.normalize("NFC", "Grüße aus Köln")) == KEYRING


@pytest.mark.parametrize(
    "passphrase", ["", "Correct horse battery staple", PASSPHRASE + " ", "\udc80"]
)
def test_another_passphrase_is_called_wrong(passphrase) -> None:
    assert (
        code_of(lambda: open_with_passphrase(PASS_SLOT, passphrase)) is ErrorCode.PASSPHRASE_WRONG
    )


def test_another_recovery_code_is_called_wrong() -> None:
    for bit in range(160):
        other = (int.from_bytes(ENTROPY, "big") ^ 1 << bit).to_bytes(20, "big")
        trouble = code_of(open_with_recovery_code, CODE_SLOT, other)
        assert trouble is ErrorCode.RECOVERY_CODE_WRONG


def test_two_slots_of_one_secret_share_nothing() -> None:
    first, second = (msgspec.json.decode(recovery_slot(KEYRING, ENTROPY)) for _ in range(2))
    assert first["kdf"]["salt"] != second["kdf"]["salt"]
    assert first["key_check"] != second["key_check"]
    assert first["wrapped"] != second["wrapped"]


@each_slot
def test_a_flipped_bit_in_a_slot_is_damage_and_never_a_wrong_secret(slot, read) -> None:
    assert accepted_flips(slot, read) == []
    for at in range(len(slot)):
        flipped = slot[:at] + bytes([slot[at] ^ 1]) + slot[at + 1 :]
        assert code_of(read, flipped) is ErrorCode.FORMAT_DAMAGED


@each_slot
def test_a_slot_cut_short_or_made_longer_is_refused(slot, read) -> None:
    assert accepted_cuts(slot, read) == []


def test_one_kind_of_slot_is_not_taken_for_the_other() -> None:
    assert code_of(lambda: open_pass(CODE_SLOT)) is ErrorCode.FORMAT_DAMAGED
    assert code_of(lambda: open_code(PASS_SLOT)) is ErrorCode.FORMAT_DAMAGED


@each_slot
def test_a_newer_slot_is_called_newer_before_anything_else_is_looked_at(slot, read) -> None:
    newer = changed(slot, format=2, kdf={"name": "argon3"}, wrapped=[], more=1)
    assert code_of(lambda: read(newer)) is ErrorCode.FORMAT_NEWER


@each_slot
def test_everything_in_a_slot_is_bound_to_the_wrapped_key(slot, read) -> None:
    """Somebody without the secret changes one value and makes the check value right again."""
    fields = msgspec.json.decode(slot)
    other = passphrase_slot(OTHER_REPOSITORY, PASSPHRASE, memory_kib=QUICK)
    if "memory_kib" not in fields["kdf"]:
        other = recovery_slot(OTHER_REPOSITORY, ENTROPY)
    foreign = msgspec.json.decode(other)
    assert read(other) == OTHER_REPOSITORY
    for name in ("repository_id", "kdf", "key_check", "wrapped"):
        forged = changed(slot, **{name: foreign[name]})
        assert refusal(read, forged) is not None, name


def test_costs_are_bound_as_well() -> None:
    forged = changed(PASS_SLOT, kdf__iterations=2)
    assert code_of(lambda: open_pass(forged)) is ErrorCode.PASSPHRASE_WRONG


def test_a_forged_wrapping_under_the_right_passphrase_is_damage() -> None:
    wrapped = bytearray(base64.b64decode(msgspec.json.decode(CODE_SLOT)["wrapped"]))
    for at in range(len(wrapped)):
        forged = bytes(wrapped[:at]) + bytes([wrapped[at] ^ 128]) + bytes(wrapped[at + 1 :])
        slot = changed(CODE_SLOT, wrapped=base64.b64encode(forged).decode())
        assert code_of(open_code, slot) is ErrorCode.FORMAT_DAMAGED


# --- bounds


@pytest.mark.parametrize(
    "cost",
    [
        {"kdf__memory_kib": 0},
        {"kdf__memory_kib": QUICK - 1},
        {"kdf__memory_kib": 256 * 1024 + 1},
        {"kdf__memory_kib": 1 << 32},
        {"kdf__memory_kib": 10**30},
        {"kdf__memory_kib": -1},
        {"kdf__memory_kib": 8192.0},
        {"kdf__iterations": 0},
        {"kdf__iterations": 17},
        {"kdf__iterations": -1},
        {"kdf__lanes": 0},
        {"kdf__lanes": 17},
        {"kdf__lanes": 1 << 31},
    ],
)
def test_a_cost_out_of_bounds_is_refused_before_any_work(cost) -> None:
    begun = time.perf_counter()
    assert code_of(lambda: open_pass(changed(PASS_SLOT, **cost))) is ErrorCode.FORMAT_DAMAGED
    assert time.perf_counter() - begun < 2


def test_memory_and_iterations_are_bounded_together() -> None:
    costly = changed(PASS_SLOT, kdf__memory_kib=256 * 1024, kdf__iterations=9)
    begun = time.perf_counter()
    assert code_of(lambda: open_pass(costly)) is ErrorCode.FORMAT_DAMAGED
    assert time.perf_counter() - begun < 2


def test_new_slots_cost_at_least_what_is_recommended() -> None:
    """RFC 9106 section 4, second choice: 64 MiB, 3 passes, 4 lanes, a salt of 16 bytes."""
    kdf = msgspec.json.decode(passphrase_slot(KEYRING, PASSPHRASE))["kdf"]
    assert (kdf["memory_kib"], kdf["iterations"], kdf["lanes"]) == (64 * 1024, 3, 4)
    assert len(base64.b64decode(kdf["salt"])) == 16


@pytest.mark.parametrize("name", ["argon2i", "argon2d", "pbkdf2", "scrypt", "none", "", None])
def test_another_derivation_is_refused(name) -> None:
    assert (
        code_of(lambda: open_pass(changed(PASS_SLOT, kdf__name=name))) is ErrorCode.FORMAT_DAMAGED
    )
    assert (
        code_of(lambda: open_code(changed(CODE_SLOT, kdf__name=name))) is ErrorCode.FORMAT_DAMAGED
    )


@each_slot
@pytest.mark.parametrize("size", [0, 1, 7, 8, 15, 17, 24, 31, 33, 64, 100_000])
def test_a_salt_of_another_length_is_refused(slot, read, size) -> None:
    salt = base64.b64encode(bytes(size)).decode()
    assert code_of(lambda: read(changed(slot, kdf__salt=salt))) is ErrorCode.FORMAT_DAMAGED


@pytest.mark.parametrize("size", [0, 7, 8, 12, 16, 28, 59, 61, 76, 100_000])
def test_a_wrapped_key_of_another_length_is_refused(size) -> None:
    wrapped = base64.b64encode(bytes(size)).decode()
    trouble = code_of(lambda: open_code(changed(CODE_SLOT, wrapped=wrapped)))
    assert trouble is ErrorCode.FORMAT_DAMAGED


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text + "\n",
        lambda text: " " + text,
        lambda text: text[:4] + "\r\n" + text[4:],
        lambda text: text.rstrip("="),
        lambda text: text + "=",
        lambda text: text + "====",
        lambda text: "=" + text[1:],
        lambda text: "-_" + text[2:],
        lambda text: "é" + text[1:],
        lambda text: "\0" + text[1:],
        lambda text: text[:-2] + chr(ord(text[-2]) + 1) + "=",  # spare bits that are not zero
        lambda text: "",
    ],
)
def test_base64_that_is_not_as_we_write_it_is_refused(spoil) -> None:
    salt = base64.b64encode(bytes(32)).decode()
    trouble = code_of(lambda: open_code(changed(CODE_SLOT, kdf__salt=spoil(salt))))
    assert trouble is ErrorCode.FORMAT_DAMAGED


@each_slot
@pytest.mark.parametrize("value", ["", "00" * 15, "zz" * 16, "AB" * 16, "00" * 17, "٠٠" * 16])
def test_a_repository_id_that_is_none_is_refused(slot, read, value) -> None:
    assert code_of(lambda: read(changed(slot, repository_id=value))) is ErrorCode.FORMAT_DAMAGED


@each_slot
@given(rest=st.binary(max_size=300))
def test_random_bytes_are_no_slot(slot, read, rest) -> None:
    assert refusal(lambda: read(rest)) is not None
    assert refusal(lambda: read(with_check(rest))) is not None


def test_a_computer_without_enough_memory_says_so(monkeypatch) -> None:
    class Poor:
        def __init__(self, **_: object) -> None: ...

        def derive(self, _: bytes) -> bytes:
            raise MemoryError

    monkeypatch.setattr(keys, "Argon2id", Poor)
    assert code_of(lambda: open_pass(PASS_SLOT)) is ErrorCode.FORMAT_DAMAGED


def test_a_slot_opens_its_own_repository_only() -> None:
    assert open_pass(PASS_SLOT) != OTHER_KEY
    assert open_pass(PASS_SLOT) == KEYRING
