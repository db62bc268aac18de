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


def into_account(plan: Path, office: Office) -> Path:
    text = in_container(plan, office).read_text()
    plan.write_text(text.replace('"account"', f'"{office.azurite.url}"'))
    return plan


@pytest.mark.parametrize("read", [False, True])
def test_plain_folders_are_safe_to_erase_once_every_byte_is_proved_in_the_account(
    office: Office, read: bool
) -> None:
    """Azurite compares stored bytes for an account key; under a signature they are read."""
    source = office.office()
    plan, drives = into_account(plain_plan(office, source), office), office.drives(2)
    account = ("--connection-string-file", office.key)
    if read:
        signature = office.home / "sas.txt"
        signature.write_text(office.azurite.sas())
        account = ("--sas-file", signature)
    assert office.here("copy", plan, *on(drives)).code == 0

    def safe() -> bool:
        tracked = office.here("track", plan, "--json").result
        assert [one["name"] for one in tracked["stages"]][-1] == "stage.arrived"
        told = office.here("track", plan).out
        assert ("The drives may be erased" in told) is tracked["safe_to_erase"]
        assert ("not proved yet that their files are in the account" in told) is not tracked[
            "safe_to_erase"
        ]
        return bool(tracked["safe_to_erase"])

    assert not safe()
    nothing = office.here("arrival", plan, *account, "--json")
    assert (nothing.code, nothing.result["arrived"]) == (3, 0)
    assert not safe()
    assert office.receive(*drives).code == 0
    assert not safe()  # that they were read in is no proof
    proved = office.here("arrival", plan, "--json")
    assert proved.code == 0, proved
    files = [name for name, data in snapshot(source).items() if data != b"/" and ".tmp" not in name]
    figures = [proved.result[key] for key in ("expected", "arrived", "damaged", "missing")]
    assert figures == [len(files), len(files), [], []]
    assert safe()
    # A byte that changed under an MD5 that still claims the old one is found all the same.
    name = f"office/{files[0]}"
    blob = office.blobs.get_blob_client(office.container, name)
    data = bytearray(blob.download_blob().readall())
    data[-1] ^= 1
    claimed = blob.get_blob_properties().content_settings
    blob.upload_blob(bytes(data), overwrite=True)
    blob.set_http_headers(claimed)
    changed = office.here("arrival", plan, "--json")
    assert (changed.code, changed.result["damaged"]) == (3, [name])
    assert not safe()
    blob.delete_blob()
    assert office.here("arrival", plan, "--json").result["missing"] == [name]
    data[-1] ^= 1
    blob.upload_blob(bytes(data))
    assert office.here("arrival", plan).code == 0
    assert safe()
    # What is copied later was never seen by that proof.
    (source / "new.txt").write_text("new")
    assert office.here("copy", plan, *on(drives)).code == 0
    assert not safe()


def test_an_agents_drives_are_safe_by_a_recovery_point_alone(office: Office) -> None:
    plan, drives = into_account(agent_plan(office, staging(office)), office), office.drives(1)
    assert office.here("copy", plan, *on(drives)).code == 0
    assert office.receive(*drives).code == 0
    said = office.here("arrival", plan, "--connection-string-file", office.key)
    assert said.code == 1
    assert "This step is not for branch-042" in said.err
    told = office.here("track", plan).out
    assert "only a recovery point of the agent in its vault proves the data" in told


def test_a_folder_that_stands_for_an_account_proves_nothing_of_plain_folders(
    office: Office,
) -> None:
    plan, drives = plain_plan(office, office.office()), office.drives(1)
    assert office.here("copy", plan, *on(drives)).code == 0
    said = office.here("arrival", plan)
    assert said.code != 0
    assert "is not the address of a storage account" in said.err
