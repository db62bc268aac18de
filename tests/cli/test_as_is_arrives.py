"""What `copy` put onto own drives is read into an account by the drives' manifests alone."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tests.azurite_server import Azurite
from tests.cli.desk import on, snapshot
from tests.cli.test_as_is import agent_plan, plain_plan, staging
from tests.cli.test_receive_account import Office

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def office(tmp_path: Path, azurite: Azurite) -> Office:
    return Office(tmp_path / "desk", azurite)


def arrived(office: Office, *drives: Path) -> dict[str, tuple[str, bytes]]:
    """Read the drives in; give type and bytes of each blob, whose MD5 the account must know."""
    said = office.receive(*drives)
    assert said.code == 0, said
    assert (said.result["renamed"], said.result["refused"], said.result["damaged"]) == ([], [], [])
    found = {}
    for name, blob in office.there(office.container).items():
        data = office.bytes_of(office.container, name)
        assert bytes(blob.content_settings.content_md5) == hashlib.md5(data).digest()
        found[name] = (str(blob.blob_type.value), data)
    return found


def in_container(plan: Path, office: Office) -> Path:
    text = plan.read_text()
    for name in ("seed-042", "landing-042"):
        text = text.replace(name, office.container)
    plan.write_text(text)
    return plan


def test_an_agents_data_arrives_as_page_blobs_under_its_own_names(office: Office) -> None:
    folder = staging(office, 9 << 20, 512, 0)
    plan, drives = in_container(agent_plan(office, folder), office), office.drives(2)
    # An empty file is odd for an agent; it is copied on somebody's word.
    assert office.here("copy", plan, *on(drives), "--unready").code == 0
    expected = {name: ("PageBlob", data) for name, data in snapshot(folder).items()}
    found = arrived(office, *(drive for drive in drives if (drive / "DriveManifest.xml").exists()))
    assert found == expected


def test_plain_folders_arrive_as_block_blobs(office: Office) -> None:
    source = office.office()
    plan, drives = in_container(plain_plan(office, source), office), office.drives(2)
    assert office.here("copy", plan, *on(drives)).code == 0
    assert arrived(office, *drives) == {
        f"office/{name}": ("BlockBlob", data)
        for name, data in snapshot(source).items()
        if data != b"/" and not name.endswith(".tmp")
    }


def test_packs_arrive_by_their_manifest_too(office: Office) -> None:
    plan, drives = in_container(office.plan(office.office()), office), office.drives(2)
    said = office.here("copy", plan, *on(drives), "--passphrase-file", office.passphrase)
    assert said.code == 0, said
    expected: dict[str, tuple[str, bytes]] = {}
    for drive in drives:
        for name, data in snapshot(drive / office.container).items():
            if (drive / office.container / name).is_file():
                expected[name] = ("BlockBlob", data)
    assert arrived(office, *drives) == expected
