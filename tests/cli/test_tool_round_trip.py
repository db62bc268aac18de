"""From the files of WAImportExport to a plan and back, with the samples of its documents."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path

import pytest

from offline_backup_gui.adapters.state.store import StateStore
from offline_backup_gui.domain.prepared_drive import key_name
from tests.cli.desk import Desk, snapshot
from tests.cli.shelf import Shelf

SAMPLES = Path(__file__).parents[1] / "formats" / "import_export"
KEY = "060456-014509-132033-080300-252615-584177-672089-411631"


@pytest.fixture
def shelf(desk: Desk) -> Shelf:
    """Attach the two drives of the documents' drive set, by their letters."""
    found = Shelf(desk)
    found.add(mounts=("G:\\",), serial="WD  12 A")
    found.add(mounts=("H:\\",))
    return found


def kept_keys(shelf: Shelf) -> dict[str, bytes | None]:
    services = shelf.build()
    secrets = services.world.secrets
    found = {one: secrets.get(key_name(one)) for one in ("WD12A", "WD-WCC4N0000002")}
    assert isinstance(services.world.state, StateStore)
    services.world.state.close()
    return found


def test_the_documents_samples_become_a_plan_and_lead_back_to_the_same_files(
    shelf: Shelf,
) -> None:
    home, before = shelf.desk.home, shelf.contents()
    told = shelf.say(
        "manifest", "plan", SAMPLES / "dataset-blobs.csv", "--drive-set",
        SAMPLES / "driveset.csv", "--to", home / "plan.toml", "--name", "wai", "--json",
    )  # fmt: skip
    assert told.code == 0
    plan = tomllib.loads((home / "plan.toml").read_text("utf-8"))
    assert plan["drives"] == ["G:\\", "H:\\"]
    assert plan["sources"] == ["F:\\50M_original\\"]
    notes = {one["note"]: one["detail"] for one in told.result["notes"]}
    assert notes["prepare"] == "H:"
    assert notes["key-kept"] == "G: WD12A"
    assert kept_keys(shelf) == {"WD12A": KEY.encode(), "WD-WCC4N0000002": None}
    assert KEY not in told.out + (home / "plan.toml").read_text("utf-8")

    assert shelf.say("manifest", "tool", home / "plan.toml", "--to", home / "one").code == 0
    drives = (home / "one" / "driveset.csv").read_text().splitlines()
    assert drives[1:] == [
        f"G,AlreadyFormatted,SilentMode,AlreadyEncrypted,{KEY}",
        "H,AlreadyFormatted,SilentMode,Encrypt,",
    ]
    # The command of version 2 alone names both files; they lie beside it.
    commands = home / "one" / "commands.txt"
    version_2 = home / "one" / "version-2.txt"
    version_2.write_text(commands.read_text().splitlines()[0])
    asked = ("--to", home / "again.toml", "--name", "wai", "--json")
    back = shelf.say("manifest", "plan", version_2, *asked)
    assert back.code == 0
    version_2.unlink()
    assert (home / "again.toml").read_bytes() == (home / "plan.toml").read_bytes()
    assert {one["note"] for one in back.result["notes"]} == {"prepare", "key-kept"}
    assert shelf.say("manifest", "tool", home / "again.toml", "--to", home / "two").code == 0
    assert snapshot(home / "two") == snapshot(home / "one")
    assert shelf.contents() == before


def test_a_key_without_its_drive_is_said_to_be_left(shelf: Shelf) -> None:
    (first, _) = shelf.disks
    for number, (mounts, made) in enumerate([((), False), (("G:\\",), True)]):
        shelf.put(first, mounts=mounts, serial_made=made)
        told = shelf.say(
            "manifest", "plan", SAMPLES / "dataset-blobs.csv", "--drive-set",
            SAMPLES / "driveset.csv", "--to", shelf.desk.home / f"{number}.toml", "--name", "wai",
            "--json",
        )  # fmt: skip
        assert told.code == 0
        assert {"note": "key-left", "detail": "G:"} in told.result["notes"]
        assert set(kept_keys(shelf).values()) == {None}


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("G,AlreadyFormatted,SilentMode,AlreadyEncrypted,123456", 2),
        ("G,Format,SilentMode,AlreadyEncrypted,", 2),
        ("GG,Format,SilentMode,Encrypt,", 2),
    ],
)
def test_a_drive_set_that_is_wrong_leaves_no_plan_and_no_key(
    shelf: Shelf, line: str, code: int
) -> None:
    home = shelf.desk.home
    shutil.copy(SAMPLES / "driveset.csv", home / "driveset.csv")
    with (home / "driveset.csv").open("a") as file:
        file.write(line + "\n")
    asked = ("--to", home / "plan.toml", "--name", "wai", "--json")
    drives = ("--drive-set", home / "driveset.csv")
    told = shelf.say("manifest", "plan", SAMPLES / "dataset-blobs.csv", *drives, *asked)
    assert (told.code, told.result["code"]) == (code, "import-file-wrong")
    assert "123456" not in told.out
    assert not (home / "plan.toml").exists()
    assert set(kept_keys(shelf).values()) == {None}
    # A drive set is no data set, and the other way round.
    for data, drive in (("driveset.csv", "driveset.csv"), ("dataset-blobs.csv",) * 2):
        swapped = ("--drive-set", SAMPLES / drive)
        told = shelf.say("manifest", "plan", SAMPLES / data, *swapped, *asked)
        assert (told.code, told.result["code"]) == (2, "import-file-unreadable")


@pytest.mark.parametrize("sample", ["dataset-workflow.csv", "dataset-files.csv"])
def test_a_data_set_no_plan_can_say_is_refused_with_its_line(shelf: Shelf, sample: str) -> None:
    plan = shelf.desk.home / "plan.toml"
    told = shelf.say("manifest", "plan", SAMPLES / sample, "--to", plan, "--name", "wai", "--json")
    assert (told.code, told.result["code"]) == (2, "import-file-wrong")
    assert not plan.exists()
