"""The practice journey with the installed program: plugged-in drives, an account, every byte."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.wine.machine import Machine, Said
from tests.wine.office import make_office, seen

PLAN = r"""
name = "branch-042"
deployment_model = "standalone"
route = "import-export"
sources = ['C:\journey\office']
[destination]
account = 'ACCOUNT'
landing = "landing-042"
vault = "vault-042"
"""
HOME = r"C:\journey"
# Longer than the 260 letters that a program of Windows reaches when it does nothing for it.
FAR = "\\".join(["a long way down to the account and to what is restored"] * 5)
ACCOUNT = rf"{HOME}\{FAR}\account"
STATE = {"OFFLINE_BACKUP_STATE": HOME + r"\state"}
DRIVES = ("E:\\", "F:\\")


@pytest.fixture
def home(installed: Machine, tmp_path: Path) -> Iterator[Path]:
    home = installed.here(HOME)
    make_office(home / "office")
    (home / "plan.toml").write_text(PLAN.replace("ACCOUNT", ACCOUNT))
    (home / "passphrase.txt").write_text("Seven-Words-That-Nobody-Else-Would-Think-Of\n")
    for number, letter in enumerate("EF", 1):
        folder = tmp_path / letter
        installed.plug(f"{letter}:", folder, label=f"BACKUP-{number}", serial=0x5A1B_0000 + number)
    yield home
    for letter in "EF":
        installed.unplug(f"{letter}:")
    shutil.rmtree(home)


def test_an_office_comes_back_byte_for_byte(installed: Machine, home: Path) -> None:
    def say(*words: str) -> Said:
        return installed.say(*words, "--json", environment=STATE)

    plan, landing, vault = f"{HOME}\\plan.toml", rf"{ACCOUNT}\landing-042", rf"{ACCOUNT}\vault-042"
    before = seen(home / "office")
    assert len(ACCOUNT) > 260
    assert max(len(rf"{HOME}\office\{name}") for name in before) > 300
    copied = say(
        *("copy", plan, "--drive", DRIVES[0], "--drive", DRIVES[1]),
        *("--passphrase-file", f"{HOME}\\passphrase.txt"),
    )
    assert (copied.code, copied.err, copied.result["exceptions"]) == (0, "", [])
    assert [drive["sealed"] for drive in copied.result["drives"]] == [True, True]
    files = [path for path in (home / "office").rglob("*") if path.is_file()]
    assert copied.result["files"] == len(files)

    verified = say("verify", *DRIVES)
    assert (verified.code, verified.result["outcome"]) == (0, "done")
    assert [drive["past_cache"] for drive in verified.result["drives"]] == [True, True]
    received = say("receive", *DRIVES, "--into", landing)
    assert (received.code, received.result["outcome"]) == (0, "done")
    arrived = say("arrival", plan)
    assert arrived.code == 0
    assert arrived.result["expected"] == arrived.result["arrived"] > 0
    assert say("vault", plan).code == 0

    (home / "office" / "Ümlaut neu.txt").write_bytes(b"new")
    (home / "office" / "no extension").unlink()
    after = seen(home / "office")
    sent = say("increment", plan)
    assert (sent.code, sent.result["files"]) == (0, len(files))
    newest, oldest = (point["id"] for point in say("points", vault).result["points"])

    for point, store, promised in ((oldest, [vault], before), (newest, [vault], after)):
        restored = say("restore", *store, "--to", f"{HOME}\\{point}", "--point", point)
        assert (restored.code, restored.result["differences"]) == (0, [])
        assert seen(home / point / "office") == promised
    alone = say("restore", *DRIVES, "--to", rf"{HOME}\{FAR}\from drives")
    assert (alone.code, alone.result["point"]) == (0, oldest)
    assert seen(installed.here(rf"{HOME}\{FAR}\from drives") / "office") == before
