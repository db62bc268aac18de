"""What a first user stumbled over: kits, missing drives, places that are not drives."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Callable

import pytest

from tests.cli.desk import Desk, noise, on
from tests.drive_fixtures import MountedDrive, tmpfs_drives  # noqa: F401

pytestmark = pytest.mark.timeout(120)
MIB = 1 << 20


def test_a_kit_made_after_the_vault_opens_the_vault(desk: Desk) -> None:
    plan, drives = desk.copied()
    desk.json("receive", *drives, "--into", desk.landing)
    desk.json("arrival", plan)
    desk.json("vault", plan)
    paper = desk.home / "kit.pdf"
    made = desk.json("kit", plan, "--to", paper)
    assert made.code == 0
    assert {str(desk.landing), str(desk.vault)} <= set(made.result["opens"])
    assert len(made.result["opens_not"]) == len(drives)
    assert (desk.vault / "keys" / "recovery.json").is_file()
    assert stat.S_IMODE(paper.stat().st_mode) == 0o600


def test_a_kit_never_takes_the_place_of_another_file(desk: Desk) -> None:
    plan, _ = desk.copied()
    before = plan.read_bytes()
    refused = desk.json("kit", plan, "--to", plan)
    assert (refused.code, refused.result["code"]) == (1, "target-exists")
    assert plan.read_bytes() == before


def test_an_account_is_no_drive_to_verify(desk: Desk) -> None:
    _, drives = desk.copied()
    received = desk.json("receive", *drives, "--into", desk.landing)
    assert received.code == 0, received
    refused = desk.json("verify", desk.landing)
    assert (refused.code, refused.result["code"]) == (1, "not-one-drive")


def test_a_pack_that_no_record_lists_is_no_success(desk: Desk) -> None:
    _, drives = desk.copied()
    pack = next(drives[0].glob("*/packs/*/*"))
    shutil.copy(pack, pack.with_name("0" * 32))
    verified = desk.json("verify", drives[0])
    assert (verified.code, len(verified.result["unlisted"])) == (3, 1)


@pytest.mark.parametrize(
    "account",
    [
        "https://a.blob.core.windows.net/?sv=2020&sig=TOPSECRET",
        "https://TOPSECRET@a.blob.core.windows.net",
        "http://TOPSECRET:x@a.blob.core.windows.net",
        "http://a.blob.core.windows.net",
    ],
)
def test_a_secret_in_the_plan_is_refused_and_not_repeated(desk: Desk, account: str) -> None:
    plan = desk.plan(desk.office())
    plan.write_text(plan.read_text().replace('account = "account"', f'account = "{account}"'))
    refused = desk.json("plan", "check", plan)
    assert refused.result["code"] == "account-address-not-allowed"
    assert refused.code != 0
    assert "TOPSECRET" not in refused.out + refused.err


def test_the_folder_a_pulled_drive_leaves_is_not_written_to(
    desk: Desk,
    tmpfs_drives: Callable[[int], MountedDrive],  # noqa: F811
) -> None:
    plan = desk.plan(desk.office())
    kept, pulled = tmpfs_drives(80 * MIB), tmpfs_drives(80 * MIB)
    given = on([kept.mount, pulled.mount])
    assert desk.json("copy", plan, *given, "--passphrase-file", desk.passphrase).code == 0
    pulled.pull()
    refused = desk.json("copy", plan, *given)
    assert refused.code == 1
    assert refused.result["parameters"]["finding"] == "drive-place-empty"
    assert not list(pulled.mount.iterdir())


def test_a_drive_that_is_away_is_named_when_only_it_has_packs(
    desk: Desk,
    tmpfs_drives: Callable[[int], MountedDrive],  # noqa: F811
) -> None:
    source = desk.office()
    (source / "large.bin").write_bytes(noise(3, 20 * MIB))
    plan = desk.plan(source)
    first, second = tmpfs_drives(80 * MIB), tmpfs_drives(80 * MIB)
    given = on([first.mount, second.mount])
    assert desk.json("copy", plan, *given, "--passphrase-file", desk.passphrase).code == 0
    alone = desk.json("copy", plan, *on([first.mount]))
    assert alone.code == 0
    (away,) = alone.result["elsewhere"]
    assert away["packs"] >= 1
    said = desk.say("copy", plan, *on([first.mount]))
    assert away["serial"] in said.out
    assert desk.json("copy", plan, *given).result["elsewhere"] == []
