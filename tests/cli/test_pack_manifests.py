"""Backups in packs on own drives carry a drive manifest as well: Azure reads only what it lists."""

from __future__ import annotations

import json
import signal
from pathlib import Path

from tests.cli.desk import Desk, on
from tests.cli.test_as_is import blobs
from tests.formats.manifest_by_the_book import departures


def objects(drive: Path) -> dict[str, bytes]:
    return {
        path.relative_to(drive).as_posix(): path.read_bytes()
        for path in (drive / "landing-042").rglob("*")
        if path.is_file()
    }


def assert_manifests(*drives: Path) -> None:
    """Every drive's manifest lists exactly what lies in the container's folder."""
    for drive in drives:
        assert list(departures(drive)) == []
        assert {path: data for path, (_, data) in blobs(drive).items()} == objects(drive)


def test_every_object_of_a_sealed_drive_is_listed(desk: Desk) -> None:
    plan, drives = desk.copied(2)
    assert_manifests(*drives)
    # The import job is told of both: serial number and the manifest's own MD5.
    kept = desk.store()
    prepared = kept.prepared(kept.plans()[0].plan.plan_id)
    texts = [(drive / "DriveManifest.xml").read_text() for drive in drives]
    assert all(any(f"<DriveId>{one.serial}<" in text for text in texts) for one in prepared)
    assert len(prepared) == 2
    assert desk.here("manifest", "check", drives[0]).code == 0
    del plan


def test_a_further_copy_writes_it_anew(desk: Desk) -> None:
    plan, drives = desk.copied(2)
    (desk.home / "office" / "new.txt").write_text("new")
    before = [(drive / "DriveManifest.xml").read_bytes() for drive in drives]
    said = desk.here("copy", plan, *on(drives))
    assert said.code == 0, said
    assert_manifests(*drives)
    assert [(drive / "DriveManifest.xml").read_bytes() for drive in drives] != before


def test_packs_that_were_hashed_without_blocks_are_read_once_more(desk: Desk) -> None:
    plan, drives = desk.copied(1, own_process=True)
    (drives[0] / "DriveManifest.xml").unlink()
    for book in desk.state.rglob("book.db*"):
        book.unlink()  # what was hashed is in the drive's record, without its blocks
    said = desk.here("copy", plan, *on(drives), "--passphrase-file", desk.passphrase)
    assert said.code == 0, said
    assert_manifests(*drives)


def test_a_pack_that_was_damaged_since_is_not_listed_but_made_again(desk: Desk) -> None:
    plan, drives = desk.copied(1, own_process=True)
    for book in desk.state.rglob("book.db*"):
        book.unlink()
    pack = max(drives[0].glob("landing-042/packs/*/*"), key=lambda path: path.stat().st_size)
    data = bytearray(pack.read_bytes())
    data[len(data) // 2] ^= 1
    pack.write_bytes(data)
    secret = ("--passphrase-file", desk.passphrase)
    said = desk.here("copy", plan, *on(drives), *secret)
    assert said.code == 1
    assert pack.name in said.err
    assert not (drives[0] / "DriveManifest.xml").exists()
    said = desk.here("copy", plan, *on(drives), *secret)
    assert said.code == 0, said
    assert_manifests(*drives)
    assert desk.here("verify", *drives).code == 0


def test_while_a_drive_is_written_it_has_no_manifest(desk: Desk) -> None:
    plan, drives = desk.copied(1, own_process=True)
    for number in range(30):
        (desk.home / "office" / f"more {number}").write_bytes(bytes([number]) * 2_000_000)
    running = desk.begin("copy", plan, *on(drives), "--json")
    assert running.stdout is not None
    for line in running.stdout:
        if json.loads(line)["event"] == "copy":
            break
    assert not (drives[0] / "DriveManifest.xml").exists()
    running.send_signal(signal.SIGKILL)
    running.communicate()
    assert desk.say("copy", plan, *on(drives)).code == 0
    assert_manifests(*drives)
