"""The journey by commands with a real blob server as the account."""

from __future__ import annotations

import secrets
import shutil

import pytest

from tests.azurite_server import Azurite
from tests.cli.desk import Desk, on, snapshot

pytestmark = pytest.mark.timeout(120)


def test_a_script_walks_the_journey_over_a_blob_server(desk: Desk, azurite: Azurite) -> None:
    source, drives = desk.office(), desk.drives(2)
    first = {name: data for name, data in snapshot(source).items() if name != "left.tmp"}
    plan = desk.plan(source)
    ending = secrets.token_hex(4)
    text = plan.read_text().replace('"account"', f'"{azurite.url}"').replace("042", ending)
    plan.write_text(text)
    landing, vault = (f"{azurite.url}/{name}-{ending}" for name in ("landing", "vault"))
    key = desk.home / "connection.txt"
    key.write_text(azurite.connection_string)
    account = ("--connection-string-file", key)
    secret = ("--passphrase-file", desk.passphrase)

    # A copy needs no way into the account; everything after it does.
    copied = desk.here("copy", plan, *on(drives), *secret, "--json")
    assert (copied.code, copied.result["files"]) == (0, 7)
    closed = desk.here("arrival", plan)
    assert closed.code == 1
    assert "A way into" in closed.err

    assert desk.here("receive", *drives, "--into", landing, *account).code == 0
    said = desk.json("arrival", plan, *account)
    assert (said.code, said.result["missing"]) == (0, [])
    assert desk.here("vault", plan).code == 0
    (source / "new").write_text("new")
    assert desk.here("increment", plan).code == 0
    assert [point["files"] for point in desk.here("points", vault, "--json").result["points"]] == [
        8,
        7,
    ]
    assert azurite.connection_string.encode() not in (desk.state / "state.db").read_bytes()

    shutil.rmtree(desk.state)
    (source / "newer").write_text("newer")
    again = desk.here("increment", plan, *secret, *account, "--json")
    assert (again.code, again.result["files"]) == (0, 9)
    assert again.result["sent_bytes"] < 300_000
    points = desk.here("points", vault, "--json").result["points"]
    assert [point["files"] for point in points] == [9, 8, 7]

    shutil.rmtree(desk.state)
    sas = desk.home / "sas.txt"
    sas.write_text(azurite.sas("rl"))
    back = desk.home / "back"
    options = ("--sas-file", sas, *secret, "--point", points[-1]["id"], "--to", back)
    restored = desk.say("restore", vault, *options, "--json")
    assert (restored.code, restored.result["differences"]) == (0, [])
    assert snapshot(back / source.name) == first
    assert "sig=" not in restored.out
