"""Plans whose files travel as they are: an agent's staging location, and plain folders."""

from __future__ import annotations

import hashlib
import io
import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from offline_backup_gui.adapters.state.store import StateStore
from offline_backup_gui.domain.drive_manifest import BlobKind, ManifestBlob
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.formats.drive_manifest import ManifestReader
from offline_backup_gui.services import mirrors
from tests.cli.desk import Desk, noise, on, snapshot

AGENT = """\
name = "branch-042"
deployment_model = "{model}"
route = "import-export"
[destination]
account = "account"
landing = "landing-042"
[agent]
staging_location = {staging}
container = "seed-042"
import_job_name = "branch-042-seed"
"""
PLAIN = """\
name = "branch-042"
deployment_model = "standalone"
route = "import-export"
as_is = true
sources = {sources}
exclude = ["*.tmp"]
[destination]
account = "account"
landing = "landing-042"
"""


def staging(desk: Desk, *sizes: int) -> Path:
    """Give what an agent left an hour ago."""
    folder = desk.home / "staging"
    folder.mkdir()
    for number, size in enumerate(sizes or (700_416, 40_960, 512), 1):
        left(folder, number, size)
    return folder


def left(folder: Path, number: int, size: int, minutes: float = 60) -> Path:
    """Write one file of an agent, unchanged for that long; the first is its backup itself."""
    path = folder / f"Volume {number}.{'AIBBlob' if number == 1 else 'BaseBlob'}"
    path.write_bytes(noise(number, size))
    at = time.time() - minutes * 60
    os.utime(path, (at, at))
    return path


def agent_plan(desk: Desk, folder: Path, model: str = "mars") -> Path:
    path = desk.home / "plan.toml"
    path.write_text(AGENT.format(model=model, staging=json.dumps(str(folder))))
    return path


def plain_plan(desk: Desk, *sources: Path) -> Path:
    path = desk.home / "plan.toml"
    path.write_text(PLAIN.format(sources=json.dumps([str(source) for source in sources])))
    return path


def blobs(*drives: Path) -> dict[str, tuple[ManifestBlob, bytes]]:
    """Read the manifests of drives, and what they point at."""
    found = {}
    for drive in drives:
        faults: list[object] = []
        data = (drive / "DriveManifest.xml").read_bytes()
        for blob in ManifestReader(io.BytesIO(data), faults.append):
            assert blob.blob_path not in found
            path = drive / blob.file_path[1:].replace("\\", "/")
            found[blob.blob_path] = (blob, path.read_bytes())
        assert faults == []
    return found


@pytest.mark.parametrize("model", ["mars", "mabs", "dpm"])
def test_an_agents_data_travels_as_page_blobs_without_a_passphrase(desk: Desk, model: str) -> None:
    folder = staging(desk)
    plan, drives = agent_plan(desk, folder, model), desk.drives(2)
    before = snapshot(folder)
    said = desk.json("copy", plan, *on(drives))
    assert said.code == 0, said
    assert snapshot(folder) == before
    result = said.result
    assert (result["outcome"], result["files"], result["blobs"]) == ("done", 3, "page-blob")
    assert result["container"] == "seed-042"
    found = blobs(*drives)
    assert {path: data for path, (_, data) in found.items()} == {
        f"seed-042/{name}": data for name, data in before.items()
    }
    assert {blob.kind for blob, _ in found.values()} == {BlobKind.PAGE}
    for drive in result["drives"]:
        text = (Path(drive["path"]) / "DriveManifest.xml").read_bytes()
        assert drive["fingerprint"] == hashlib.md5(text).hexdigest()
        assert f"<DriveId>{drive['serial']}</DriveId>".encode() in text


def test_plain_folders_travel_as_block_blobs_under_their_own_names(desk: Desk) -> None:
    office = desk.office()
    other = desk.home / "other" / "office"
    other.mkdir(parents=True)
    (other / "left.tmp").write_text("not wanted")
    (other / "letter.txt").write_text("Dear")
    plan, drives = plain_plan(desk, office, other), desk.drives(2)
    said = desk.json("copy", plan, *on(drives))
    assert said.code == 0, said
    found = blobs(*drives)
    expected = {
        f"landing-042/office/{name}": data
        for name, data in snapshot(office).items()
        if data != b"/" and not name.endswith(".tmp")
    }
    expected["landing-042/office (2)/letter.txt"] = b"Dear"
    assert {path: data for path, (_, data) in found.items()} == expected
    assert {blob.kind for blob, _ in found.values()} == {BlobKind.BLOCK}
    # The plan says beforehand that nothing of ours encrypts.
    checked = desk.json("plan", "check", plan)
    assert checked.code == 0
    assert "travels-readable" in {one["code"] for one in checked.result["findings"]}


def test_what_cannot_become_a_blob_is_said_before_the_copy(desk: Desk) -> None:
    folder = staging(desk, 512, 700)
    plan, drives = agent_plan(desk, folder), desk.drives(1)
    checked = desk.here("plan", "check", plan, "--json")
    assert checked.code == 1
    (finding,) = [one for one in checked.result["findings"] if one["code"] == "blobs-refused"]
    assert finding["parameters"] == {
        "reason": "page-length",
        "count": 1,
        "names": ["Volume 2.BaseBlob"],
    }
    before = snapshot(drives[0])
    said = desk.here("copy", plan, *on(drives))
    assert said.code == 1
    assert "multiple of 512 bytes" in said.err
    assert "Volume 2.BaseBlob" in said.err
    assert snapshot(drives[0]) == before


@pytest.mark.parametrize(
    ("change", "state", "word"),
    [
        (lambda folder: left(folder, 2, 40_960, minutes=14), "resting", "have not changed for a"),
        (lambda folder: left(folder, 2, 0), "incomplete", "still missing"),
        (lambda folder: (folder / "Volume 1.AIBBlob").unlink(), "incomplete", "still missing"),
        (lambda folder: left(folder, 3, 512, minutes=-90), "resting", "have not changed for a"),
    ],
)
def test_a_staging_location_that_is_not_ready_is_not_copied(
    desk: Desk, change: Callable[[Path], object], state: str, word: str
) -> None:
    folder = staging(desk)
    plan, drives = agent_plan(desk, folder), desk.drives(1)
    change(folder)
    checked = desk.here("plan", "check", plan, "--json")
    assert checked.code == 1
    (finding,) = [one for one in checked.result["findings"] if one["code"] == "staging-not-ready"]
    assert (finding["severity"], finding["parameters"]["state"]) == ("blocker", state)
    before = snapshot(drives[0])
    said = desk.here("copy", plan, *on(drives))
    assert said.code == 4
    assert word in said.err
    assert "(staging-not-ready)" in said.err
    assert snapshot(drives[0]) == before


def test_what_is_copied_although_it_is_not_ready_stays_in_the_record_of_the_job(
    desk: Desk,
) -> None:
    folder = staging(desk)
    plan, drives = agent_plan(desk, folder), desk.drives(1)
    left(folder, 2, 512, minutes=1)
    said = desk.json("copy", plan, *on(drives), "--unready")
    assert said.code == 0
    assert said.result["staging"] == "resting"
    (event,) = said.events("staging-not-ready")
    assert event["parameters"]["state"] == "resting"
    state = StateStore(desk.state)
    (kept,) = state.plans()
    (job,) = state.jobs(kept.plan.plan_id)
    assert job.options["unready"] is True
    assert "staging-not-ready" in {event.code for _, event in state.events(job.job_id, 0)}
    # A location that is ready leaves nothing to answer for, whatever was allowed.
    left(folder, 2, 512)
    said = desk.json("copy", plan, *on(drives), "--unready")
    assert (said.result["staging"], said.events("staging-not-ready")) == ("ready", [])


def test_steps_of_a_backup_in_packs_are_refused(desk: Desk) -> None:
    plan, drives = agent_plan(desk, staging(desk)), desk.drives(1)
    assert desk.here("copy", plan, *on(drives)).code == 0
    for command in (("arrival", plan), ("vault", plan), ("increment", plan)):
        said = desk.here(*command)
        assert said.code == 1
        assert "This step is not for branch-042" in said.err


def test_status_says_that_the_drives_are_ready(desk: Desk) -> None:
    plan, drives = agent_plan(desk, staging(desk)), desk.drives(1)
    assert desk.here("copy", plan, *on(drives)).code == 0
    said = desk.here("track", plan)
    assert said.code == 0
    assert "Sealed, ready to ship" in said.out


def test_a_drive_of_another_plan_is_refused(desk: Desk) -> None:
    folder, drives = staging(desk), desk.drives(1)
    assert desk.here("copy", agent_plan(desk, folder), *on(drives)).code == 0
    before = snapshot(drives[0])
    office = desk.office()
    secret = ("--passphrase-file", desk.passphrase)
    for plan, more in (
        (plain_plan(desk, office), ()),
        (desk.plan(office, file="packs.toml"), secret),
    ):
        said = desk.here("copy", plan, *on(drives), *more)
        assert said.code == 1
        assert "Carries another backup" in said.err
    assert snapshot(drives[0]) == before


def test_the_staging_location_is_no_drive(desk: Desk) -> None:
    folder = staging(desk)
    said = desk.here("copy", agent_plan(desk, folder), "--drive", folder)
    assert said.code == 1
    assert "source" in said.err


def test_an_emptied_staging_location_ends_the_copy_and_the_drives_stay_ready(desk: Desk) -> None:
    folder = staging(desk)
    plan, drives = agent_plan(desk, folder), desk.drives(2)
    assert desk.here("copy", plan, *on(drives)).code == 0
    before = [snapshot(drive) for drive in drives]
    for path in folder.iterdir():
        path.unlink()
    said = desk.here("copy", plan, *on(drives))
    assert said.code == 4
    assert "Nothing of the agent is there yet" in said.err
    assert [snapshot(drive) for drive in drives] == before
    said = desk.here("copy", plan, *on(drives), "--unready")
    assert said.code == 1
    assert f"{folder} holds no files that can be copied" in said.err
    assert [snapshot(drive) for drive in drives] == before
    assert "Sealed, ready to ship" in desk.here("track", plan).out


def test_one_folder_of_several_that_is_empty_keeps_its_copies(desk: Desk) -> None:
    office, share = desk.office(), desk.home / "share"
    share.mkdir()
    for number in range(3):
        (share / f"{number}.dat").write_bytes(noise(number, 5000))
    drives = desk.drives(2)
    assert desk.here("copy", plain_plan(desk, office, share), *on(drives)).code == 0
    before = [snapshot(drive) for drive in drives]
    share.rename(desk.home / "away")
    share.mkdir()  # what is left of a mount point
    (office / "new.txt").write_text("and something to copy")
    # A line in the ledger must not make a difference.
    for _ in range(2):
        said = desk.here("copy", plain_plan(desk, office, share), *on(drives))
        assert said.code == 1
        assert f"{share} holds nothing now, but 3 of its files are on the drives" in said.err
        assert [snapshot(drive) for drive in drives] == before
        os.mkfifo(office / "pipe") if not (office / "pipe").exists() else None
    (office / "pipe").unlink()
    # One file that is left is somebody's wish; so is a plan without the folder.
    (share / "0.dat").write_bytes(noise(0, 5000))
    assert desk.here("copy", plain_plan(desk, office, share), *on(drives)).code == 0
    assert sum("share/" in name for name in blobs(*with_manifest(drives))) == 1
    assert desk.here("copy", plain_plan(desk, office), *on(drives)).code == 0
    assert not any("share/" in name for name in blobs(*with_manifest(drives)))


def with_manifest(drives: list[Path]) -> list[Path]:
    return [drive for drive in drives if (drive / "DriveManifest.xml").exists()]


def prepared(desk: Desk) -> set[str]:
    """Give the manifest hashes that an import job of the only plan would be told."""
    state = StateStore(desk.state)
    (kept,) = state.plans()
    return {one.manifest_md5.lower() for one in state.prepared(kept.plan.plan_id)}


def test_a_copy_that_breaks_leaves_no_hash_of_a_manifest_that_is_gone(desk: Desk) -> None:
    folder = staging(desk)
    plan, drives = agent_plan(desk, folder), desk.drives(1)
    assert desk.here("copy", plan, *on(drives)).code == 0
    manifest = drives[0] / "DriveManifest.xml"
    assert prepared(desk) == {hashlib.md5(manifest.read_bytes()).hexdigest()}
    left(folder, 4, 512)
    with pytest.MonkeyPatch.context() as patch:

        def broken(*_: object) -> None:
            raise BackupError(ErrorCode.DRIVE_FAILING, drive="drive")

        patch.setattr(mirrors, "seal_mirrors", broken)
        assert desk.here("copy", plan, *on(drives)).code != 0
    assert not manifest.exists()
    assert prepared(desk) == set()
    assert "Sealed, ready to ship" not in desk.here("track", plan).out
    assert desk.here("copy", plan, *on(drives)).code == 0
    assert prepared(desk) == {hashlib.md5(manifest.read_bytes()).hexdigest()}


def test_a_drive_that_carries_nothing_does_not_keep_a_plan_from_being_ready(desk: Desk) -> None:
    plan, drives = agent_plan(desk, staging(desk, 512, 1024)), desk.drives(3)
    said = desk.here("copy", plan, *on(drives))
    assert said.code == 0
    assert "carries nothing" in said.out
    assert len(prepared(desk)) == 2
    assert "Sealed, ready to ship" in desk.here("track", plan).out


def test_a_killed_copy_goes_on_where_it_stood(desk: Desk) -> None:
    folder = staging(desk, *[1 << 20] * 40)
    plan, drives = agent_plan(desk, folder), desk.drives(2)
    running = desk.begin("copy", plan, *on(drives), "--json")
    assert running.stdout is not None
    for line in running.stdout:
        if json.loads(line)["event"] == "copy":
            break
    while not list(drives[0].glob("seed-042/*Blob")):
        assert running.poll() is None
    running.send_signal(signal.SIGKILL)
    running.communicate()
    said = desk.json("copy", plan, *on(drives))
    assert said.code == 0, said
    assert said.result["files"] == 40
    found = blobs(*drives)
    expected = {f"seed-042/{name}": data for name, data in snapshot(folder).items()}
    assert {path: data for path, (_, data) in found.items()} == expected
