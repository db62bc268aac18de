"""A newer copy onto drives takes old proofs back: nothing says protected, no increment runs."""

from __future__ import annotations

import pytest

from tests.cli.desk import Desk, noise, on

pytestmark = pytest.mark.timeout(120)


def test_an_increment_never_sends_the_first_backup(desk: Desk) -> None:
    plan = desk.plan(desk.office())
    refused = desk.json("increment", plan, "--passphrase-file", desk.passphrase)
    assert (refused.code, refused.result["code"]) == (1, "vault-empty")
    assert not list(desk.vault.glob("packs/*/*"))


def test_a_newer_copy_is_not_protected_by_the_proof_of_the_older(desk: Desk) -> None:
    source = desk.office()
    plan, drives = desk.plan(source), desk.drives(1)

    def copied_and_vaulted() -> None:
        desk.json("copy", plan, *on(drives), "--passphrase-file", desk.passphrase)
        desk.json("receive", *drives, "--into", desk.landing)
        assert desk.json("arrival", plan).code == 0
        assert desk.json("vault", plan).code == 0

    copied_and_vaulted()
    assert desk.json("track", plan).result["safe_to_erase"] is True
    assert desk.json("increment", plan).code == 0

    (source / "later.bin").write_bytes(noise(7, 60_000))
    assert desk.json("copy", plan, *on(drives)).code == 0
    tracked = desk.json("track", plan).result
    assert tracked["safe_to_erase"] is False
    assert tracked["state"] not in ("state.protected", "state.in-vault", "state.arrived")
    refused = desk.json("increment", plan)
    assert (refused.code, refused.result["code"]) == (1, "vault-empty")

    copied_and_vaulted()
    assert desk.json("track", plan).result["safe_to_erase"] is True
    assert desk.json("increment", plan).code == 0
