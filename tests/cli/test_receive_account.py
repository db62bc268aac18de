"""`receive` into an account on a blob server: drives with a manifest, Data Box Disks, shares."""

from __future__ import annotations

import hashlib
import io
import itertools
import os
import secrets
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from azure.storage.blob import BlobServiceClient

from offline_backup_gui.domain.drive_manifest import (
    PIECE_BYTES,
    BlobKind,
    BlobList,
    Disposition,
    ManifestBlob,
    Piece,
    Pieces,
)
from offline_backup_gui.formats.blob_files import (
    BlobProperties,
    metadata_xml,
    properties_xml,
    side_file,
)
from offline_backup_gui.formats.drive_manifest import ManifestWriter
from tests.azurite_server import Azurite
from tests.cli.desk import Desk, Said, on, snapshot
from tests.cli.test_devices import TIERS, disk, plan_by, share

pytestmark = pytest.mark.timeout(180)


class Prepared:
    """A drive with a manifest, as a copy of anybody would leave it."""

    def __init__(self, root: Path, serial: str = "WD-1") -> None:
        self.root = root
        root.mkdir()
        self.out = io.BytesIO()
        self.manifest = ManifestWriter(self.out.write, serial)

    def put(self, name: str, data: bytes) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def add(
        self,
        blob: str,
        data: bytes,
        kind: BlobKind = BlobKind.BLOCK,
        disposition: Disposition | None = None,
        **more: Any,
    ) -> None:
        name = f"data/{secrets.token_hex(4)}/" + blob.rsplit("/", 1)[-1]
        self.put(name, data)
        path = "\\" + name.replace("/", "\\")
        pieces = more.pop("pieces", None) or pieces_of(data, kind)
        length = more.pop("length", len(data))
        self.manifest.add(ManifestBlob(blob, path, length, kind, pieces, disposition, **more))

    def finish(self) -> Path:
        self.manifest.finish()
        self.put("DriveManifest.xml", self.out.getvalue())
        return self.root


def pieces_of(data: bytes, kind: BlobKind) -> Pieces:
    md5s = b"".join(
        hashlib.md5(data[at : at + PIECE_BYTES]).digest() for at in range(0, len(data), PIECE_BYTES)
    )
    return Pieces.regular(len(data), md5s, kind)


class Office(Desk):
    """A desk with a way into the account of the blob server."""

    def __init__(self, home: Path, azurite: Azurite) -> None:
        super().__init__(home)
        self.azurite = azurite
        self.key = self.home / "key.txt"
        self.key.write_text(azurite.connection_string)
        self.blobs = BlobServiceClient.from_connection_string(
            azurite.connection_string, api_version="2025-11-05"
        )
        self.container = f"data-{secrets.token_hex(6)}"

    def receive(self, *drives: Path) -> Said:
        account = ("--into", self.azurite.url, "--connection-string-file", self.key)
        return self.here("receive", *drives, *account, "--json")

    def there(self, container: str) -> dict[str, Any]:
        client = self.blobs.get_container_client(container)
        return {each.name: each for each in client.list_blobs(include=["metadata"])}

    def bytes_of(self, container: str, name: str) -> bytes:
        return self.blobs.get_blob_client(container, name).download_blob().readall()

    def put(self, name: str, data: bytes, **more: Any) -> None:
        if not self.blobs.get_container_client(self.container).exists():
            self.blobs.create_container(self.container)
        self.blobs.get_blob_client(self.container, name).upload_blob(data, **more)


@pytest.fixture
def office(tmp_path: Path, azurite: Azurite) -> Office:
    return Office(tmp_path / "desk", azurite)


def test_a_drive_becomes_the_blobs_of_its_manifest(office: Office) -> None:
    drive, c = Prepared(office.home / "drive"), office.container
    drive.put("meta.xml", metadata_xml({"origin": "branch 42", "Kind": "seed"}))
    drive.put(
        "props.xml",
        properties_xml(BlobProperties(content_type="text/plain", cache_control="no-store")),
    )
    shared, own = (
        side_file(name, (drive.root / name).read_bytes()) for name in ("meta.xml", "props.xml")
    )
    drive.manifest.begin_list(BlobList("one", metadata=shared))
    page = os.urandom(PIECE_BYTES + 1024) + bytes(512)
    drive.add(f"{c}/Seed.BaseBlob", page, BlobKind.PAGE)
    drive.manifest.begin_list(BlobList("two", properties=own))
    large = os.urandom(2 * PIECE_BYTES + 5)
    drive.add(f"{c}/a b/ä.txt", b"small")
    drive.add(f"{c}/empty", b"")
    drive.add(f"{c}/large", large)
    drive.add(f"$root/{c}.bin", b"at the root")
    holes = b"x" * 512 + b"not a part of the blob ".ljust(1024, b"-") + b"y" * 512
    ranges = [Piece(at, 512, hashlib.md5(holes[at : at + 512]).digest()) for at in (0, 1536)]
    drive.add(f"{c}/holes.vhd", holes, BlobKind.PAGE, pieces=Pieces(ranges))

    said = office.receive(drive.finish())
    assert (said.code, said.result["outcome"]) == (0, "done")
    figures = [said.result[key] for key in ("blobs", "page_blobs", "already_there")]
    assert figures == [6, 2, 0]
    there = office.there(c)
    assert set(there) == {"Seed.BaseBlob", "a b/ä.txt", "empty", "large", "holes.vhd"}
    wanted = {
        "Seed.BaseBlob": page,
        "a b/ä.txt": b"small",
        "empty": b"",
        "large": large,
        "holes.vhd": b"x" * 512 + bytes(1024) + b"y" * 512,
    }
    for name, data in wanted.items():
        blob = there[name]
        kind = "PageBlob" if name in ("Seed.BaseBlob", "holes.vhd") else "BlockBlob"
        assert (blob.blob_type, blob.size) == (kind, len(data))
        assert bytes(blob.content_settings.content_md5) == hashlib.md5(data).digest()
        assert office.bytes_of(c, name) == data
        seeded = {"origin": "branch 42", "Kind": "seed"} if name == "Seed.BaseBlob" else {}
        assert (blob.metadata or {}) == seeded
        plain = name not in ("Seed.BaseBlob",)
        expected = ("text/plain", "no-store") if plain else ("application/octet-stream", None)
        assert (blob.content_settings.content_type, blob.content_settings.cache_control) == expected
    assert office.bytes_of("$root", f"{c}.bin") == b"at the root"

    again = office.receive(drive.root)
    assert (again.code, again.result["blobs"], again.result["already_there"]) == (0, 0, 6)


def test_each_disposition_does_what_it_says(office: Office) -> None:
    drive, c = Prepared(office.home / "drive"), office.container
    for name in ("a.b.txt", "plain", "keep", "over", "kind"):
        office.put(name, b"old")
    office.put("plain (2)", b"old too")
    drive.add(f"{c}/a.b.txt", b"new", disposition=Disposition.RENAME)
    drive.add(f"{c}/plain", b"new")
    drive.add(f"{c}/keep", b"new", disposition=Disposition.NO_OVERWRITE)
    drive.add(f"{c}/over", b"new", disposition=Disposition.OVERWRITE)
    drive.add(f"{c}/kind", bytes(512), BlobKind.PAGE, Disposition.OVERWRITE)
    drive.add(f"{c}/free", b"new", disposition=Disposition.NO_OVERWRITE)
    drive.finish()
    for _ in range(2):  # the second time everything is there already
        said = office.receive(drive.root)
        assert said.code == 3
        found = {name: office.bytes_of(c, name) for name in office.there(c)}
        assert found == {
            "a.b.txt": b"old",
            "a.b (2).txt": b"new",
            "plain": b"old",
            "plain (2)": b"old too",
            "plain (3)": b"new",
            "keep": b"old",
            "over": b"new",
            "kind": b"old",
            "free": b"new",
        }
        moved = {each["wanted"]: each["blob"] for each in said.result["renamed"]}
        assert moved == {f"{c}/a.b.txt": f"{c}/a.b (2).txt", f"{c}/plain": f"{c}/plain (3)"}
        assert [each["other"] for each in said.result["kept"]] == [f"{c}/keep"]
        assert [each["reason"] for each in said.result["refused"]] == ["other-kind"]


def test_a_changed_byte_is_named_with_blob_and_block_and_nothing_of_it_arrives(
    office: Office,
) -> None:
    drive, c = Prepared(office.home / "drive"), office.container
    drive.add(f"{c}/good", b"good")
    drive.add(f"{c}/block", os.urandom(3 * PIECE_BYTES))
    drive.add(f"{c}/page", os.urandom(2 * PIECE_BYTES), BlobKind.PAGE)
    drive.add(f"{c}/short", b"short")
    drive.add(f"{c}/gone", b"gone")
    drive.finish()
    paths = {path.name: path for path in drive.root.rglob("*") if path.is_file()}
    for name, at in (("block", PIECE_BYTES + 7), ("page", 2 * PIECE_BYTES - 1)):
        with paths[name].open("r+b") as file:
            file.seek(at)
            old = file.read(1)
            file.seek(at)
            file.write(bytes([old[0] ^ 1]))
    paths["short"].write_bytes(b"shor")
    paths["gone"].unlink()
    said = office.receive(drive.root)
    assert (said.code, said.result["outcome"], said.result["blobs"]) == (3, "exceptions", 1)
    damaged = {each["blob"]: each for each in said.result["damaged"]}
    assert {blob.partition("/")[2]: each["reason"] for blob, each in damaged.items()} == {
        "block": "hash",
        "page": "hash",
        "short": "short",
        "gone": "object-missing",
    }
    block, page = damaged[f"{c}/block"], damaged[f"{c}/page"]
    assert (block["pieces"], block["offsets"]) == ([1], [PIECE_BYTES])
    assert (page["pieces"], page["offsets"]) == ([1], [PIECE_BYTES])
    assert set(office.there(c)) == {"good"}
    spoken = office.here("receive", drive.root, "--into", office.azurite.url)
    assert spoken.code == 1  # nothing was kept of the way into the account
    account = ("--into", office.azurite.url, "--connection-string-file", office.key)
    told = office.here("receive", drive.root, *account)
    assert f"{c}/block" in told.out
    assert "2 (4194304)" in told.out


def test_a_wrong_side_file_keeps_its_blob_out(office: Office) -> None:
    drive, c = Prepared(office.home / "drive"), office.container
    drive.put("meta.xml", metadata_xml({"a": "b"}))
    side = side_file("meta.xml", (drive.root / "meta.xml").read_bytes())
    drive.add(f"{c}/one", b"one", metadata=side)
    drive.add(f"{c}/two", b"two")
    drive.finish()
    (drive.root / "meta.xml").write_bytes(metadata_xml({"a": "c"}))
    said = office.receive(drive.root)
    assert said.code == 3
    assert [(each["blob"], each["reason"]) for each in said.result["damaged"]] == [
        (f"{c}/one", "side-file")
    ]
    assert set(office.there(c)) == {"two"}


def test_a_place_without_manifest_and_layout_is_refused(office: Office) -> None:
    (own,) = office.drives(1)
    account = ("--into", office.azurite.url, "--connection-string-file", office.key)
    said = office.here("receive", own, *account)
    assert said.code == 1
    assert "cannot be read into an account" in said.err


# --- devices


def put(place: Path, name: str, data: bytes = b"data") -> None:
    path = place / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def test_a_disk_and_a_share_become_blobs_by_their_layout(office: Office) -> None:
    c = office.container
    old, new = disk(office, "old"), disk(office, "new", TIERS)
    box = share(office, "contosodata_BlockBlob")
    put(old, f"BlockBlob/{c}/a/one.txt", b"one")
    put(old, f"PageBlob/{c}/two.vhd", b"2" * 1024 + bytes(PIECE_BYTES))
    put(old, f"BlockBlob/{c}-root.txt", b"root")
    put(new, f"BlockBlob/Cool/{c}/three", b"three")
    put(box, f"Archive/{c}/four", b"four")
    said = office.receive(old, new, box)
    assert (said.code, said.result["blobs"], said.result["page_blobs"]) == (0, 5, 1)
    there = office.there(c)
    tiers = {name: blob.blob_tier for name, blob in there.items()}
    assert tiers["three"] == "Cool"
    assert tiers["four"] == "Archive"
    assert set(there) == {"a/one.txt", "two.vhd", "three", "four"}
    assert there["two.vhd"].blob_type == "PageBlob"
    assert office.bytes_of(c, "two.vhd") == b"2" * 1024 + bytes(PIECE_BYTES)
    md5 = hashlib.md5(b"one").digest()
    assert bytes(there["a/one.txt"].content_settings.content_md5) == md5
    assert office.bytes_of("$root", f"{c}-root.txt") == b"root"
    again = office.receive(old, new, box)
    assert (again.code, again.result["already_there"], again.result["blobs"]) == (0, 5, 0)


def test_a_backup_on_disks_is_read_in_proved_moved_and_restored(
    office: Office, azurite: Azurite
) -> None:
    source = office.office()
    before = {name: data for name, data in snapshot(source).items() if name != "left.tmp"}
    plan = plan_by(office, "data-box-disk", source)
    ending = secrets.token_hex(4)
    text = plan.read_text().replace('"account"', f'"{azurite.url}"').replace("042", ending)
    plan.write_text(text)
    disks = [disk(office, "one", TIERS), disk(office, "two", TIERS)]
    secret = ("--passphrase-file", office.passphrase)
    copied = office.here("copy", plan, *on(disks), *secret)
    assert copied.code == 0, copied
    assert office.receive(*disks).code == 0
    account = ("--connection-string-file", office.key)
    arrived = office.here("arrival", plan, *account, "--json")
    assert arrived.code == 0, arrived
    assert office.here("vault", plan).code == 0
    for place in disks:
        shutil.rmtree(place)
    back = office.home / "back"
    vault = f"{azurite.url}/vault-{ending}"
    assert office.here("restore", vault, "--to", back).code == 0
    assert snapshot(back / source.name) == before


def test_two_disks_with_one_name_and_other_bytes_are_named(office: Office) -> None:
    c = office.container
    one, two = disk(office, "one"), disk(office, "two")
    for place, data in ((one, b"first"), (two, b"other")):
        put(place, f"BlockBlob/{c}/same.txt", b"equal")
        put(place, f"BlockBlob/{c}/x.txt", data)
    said = office.receive(one, two)
    assert (said.code, said.result["blobs"], said.result["already_there"]) == (3, 2, 1)
    (lost,) = said.result["refused"]
    assert (lost["fate"], lost["path"]) == ("collides", f"BlockBlob/{c}/x.txt")
    assert lost["other"].startswith(str(one))
    assert office.bytes_of(c, "x.txt") == b"first"


def test_drives_of_this_program_go_by_their_manifests_too(office: Office, azurite: Azurite) -> None:
    source, drives = office.office(), office.drives(2)
    before = {name: data for name, data in snapshot(source).items() if name != "left.tmp"}
    plan, ending = office.plan(source), secrets.token_hex(4)
    text = plan.read_text().replace('"account"', f'"{azurite.url}"').replace("042", ending)
    plan.write_text(text)
    secret = ("--passphrase-file", office.passphrase)
    assert office.here("copy", plan, *on(drives), *secret).code == 0
    assert all((drive / "DriveManifest.xml").is_file() for drive in drives)
    received = office.receive(*drives)
    assert (received.code, received.result["renamed"]) == (0, [])
    account = ("--connection-string-file", office.key)
    assert office.here("arrival", plan, *account).code == 0
    assert office.here("vault", plan).code == 0
    back = office.home / "back"
    vault = f"{azurite.url}/vault-{ending}"
    assert office.here("restore", vault, "--to", back).code == 0
    assert snapshot(back / source.name) == before


def test_plain_folders_copied_as_they_are_become_block_blobs(office: Office) -> None:
    source, drives = office.office(files=9), office.drives(3)
    before = {name: data for name, data in snapshot(source).items() if data != b"/"}
    plan = office.plan(source)
    text = plan.read_text().replace("[destination]", "as_is = true\n[destination]")
    plan.write_text(text.replace("landing-042", office.container))
    assert office.here("copy", plan, *on(drives)).code == 0
    received = office.receive(*[each for each in drives if (each / "DriveManifest.xml").exists()])
    assert (received.code, received.result["renamed"]) == (0, [])
    there = office.there(office.container)
    found = {name: office.bytes_of(office.container, name) for name in there}
    assert found == {
        f"{source.name}/{name}": data for name, data in before.items() if name != "left.tmp"
    }
    for name, blob in there.items():
        assert bytes(blob.content_settings.content_md5) == hashlib.md5(found[name]).digest()


# --- what will become of it, told beforehand

_FIGURES = ("outcome", "blobs", "page_blobs", "bytes", "already_there", "damaged")
_LISTS = ("replaced", "renamed", "kept", "refused")
_STATES = ("free", "block", "page", "leased", "leased page", "archived")


def foreseen(office: Office, *drives: Path) -> dict[str, Any]:
    account = ("--into", office.azurite.url, "--connection-string-file", office.key)
    before = {path: path.read_bytes() for path in office.state.rglob("ingest/*")}
    said = office.here("receive", *drives, *account, "--dry-run", "--json")
    assert before == {path: path.read_bytes() for path in office.state.rglob("ingest/*")}
    assert said.result["dry_run"] is True
    assert said.code == (0 if said.result["outcome"] == "done" else 3)
    return said.result


def as_told(result: dict[str, Any]) -> dict[str, Any]:
    lists = {key: sorted(map(str, result[key])) for key in _LISTS}
    return {key: result[key] for key in _FIGURES} | lists


def taken(office: Office, name: str, state: str) -> None:
    """Put a blob into the account that has a name already."""
    if state == "free":
        return
    kind = "PageBlob" if "page" in state else "BlockBlob"
    office.put(name, b"there".ljust(512), blob_type=kind)
    client = office.blobs.get_blob_client(office.container, name)
    if state == "archived":
        client.set_standard_blob_tier("Archive")
    if "leased" in state:
        client.acquire_lease()


def etags(office: Office) -> dict[str, str]:
    return {name: blob.etag for name, blob in office.there(office.container).items()}


def test_a_manifests_fate_is_foreseen_for_every_disposition_and_whatever_has_the_name(
    office: Office,
) -> None:
    drive, c = Prepared(office.home / "drive"), office.container
    wishes = [None, *Disposition]
    for number, (state, wish) in enumerate(itertools.product(_STATES, wishes)):
        for kind in BlobKind:
            name = f"{number}-{kind.value}.x"
            taken(office, name, state)
            drive.add(f"{c}/{name}", bytes([number]) * 512, kind, wish)
    drive.add(f"{c}/0-BlockBlob.x", b"the same name twice", BlobKind.BLOCK, Disposition.OVERWRITE)
    drive.finish()
    before = etags(office)
    told = foreseen(office, drive.root)
    assert etags(office) == before
    reasons = Counter(each["reason"] for each in told["refused"])
    assert {"other-kind", "leased", "archived"} <= set(reasons)
    said = office.receive(drive.root)
    assert as_told(told) == as_told(said.result)
    assert said.result["kept"]
    assert said.result["replaced"]
    # What is told after the run is what another run does: everything is there by now.
    again = foreseen(office, drive.root)
    assert again["blobs"] == 0
    assert as_told(again) == as_told(office.receive(drive.root).result)


def test_the_fate_of_devices_is_foreseen_alone_and_with_what_is_in_the_account(
    office: Office,
) -> None:
    c = office.container
    one, two, box = disk(office, "one"), disk(office, "two"), share(office, "contoso_BlockBlob")
    for number, state in enumerate(_STATES):
        taken(office, f"{number}", state)
        taken(office, f"p{number}", state)
        put(one, f"BlockBlob/{c}/{number}", b"new")
        put(two, f"PageBlob/{c}/p{number}", bytes(512))
    put(two, f"BlockBlob/{c}/0", b"new")  # the same bytes: one of them is enough
    put(two, f"BlockBlob/{c}/1", b"NEW")  # other bytes: a collision
    put(two, f"BlockBlob/{c}/dot./x", b"renamed")
    put(box, f"Cool/{c}/only", b"in a tier")
    put(box, "Cool/Upper/x", b"lower")
    before = etags(office)
    told = foreseen(office, one, two, box)
    # `device check` says the same of names, before anything is sent.
    account = ("--into", office.azurite.url, "--connection-string-file", office.key)
    checked = office.here("device", "check", "--fast", one, two, box, *account, "--json")
    assert checked.code == 3
    problems = [each for each in checked.result["devices"] for each in each["problems"]]
    barred = {each["reason"] for each in problems if each["fate"] == "refused"}
    assert barred == {"other-kind", "leased", "archived"}
    assert etags(office) == before
    said = office.receive(one, two, box)
    assert as_told(told) == as_told(said.result)
    replaced = {each["blob"] for each in problems if each["fate"] == "replaces"}
    assert replaced == set(said.result["replaced"])
    spoken = office.here("device", "check", "--fast", one, *account)
    assert f"replaces a blob that is in the account: BlockBlob/{c}/0 becomes {c}/0" in spoken.out


def test_what_is_replaced_by_the_same_bytes_is_no_loss(office: Office) -> None:
    c, one = office.container, disk(office, "one")
    account = ("--into", office.azurite.url, "--connection-string-file", office.key)
    for name, data in {"same": b"data", "longer": b"data!", "other": b"DATA"}.items():
        office.put(name, data)
        put(one, f"BlockBlob/{c}/{name}", b"data")
    checked = office.here("device", "check", one, *account, "--json").result["devices"][0]
    told = {each["blob"].partition("/")[2]: each["same"] for each in checked["problems"]}
    assert told == {"longer": False, "other": False}
    assert (checked["counts"]["replaces"], checked["counts"]["replaces-same"]) == (3, 1)
    spoken = office.here("device", "check", one, *account)
    assert f"replaces a blob with other content that is in the account: BlockBlob/{c}/other" in (
        spoken.out
    )
    (one / "BlockBlob" / c / "longer").unlink()
    (one / "BlockBlob" / c / "other").unlink()
    assert office.here("device", "check", one, *account, "--json").code == 0


def test_a_folder_is_foreseen_with_the_names_that_are_taken(office: Office) -> None:
    c, folder = office.container, office.home / "folder"
    for number, state in enumerate(_STATES):
        taken(office, f"{number}", state)
        put(folder, f"{number}")
    account = ("--into", office.azurite.url, "--connection-string-file", office.key)
    ask = ("device", "forecast", folder, "--container", c, "--json")
    assert office.here(*ask).code == 0
    said = office.here(*ask, *account)
    assert said.code == 3
    fates = {
        each["path"].rsplit("/", 1)[-1]: (each["fate"], each["reason"])
        for each in said.result["devices"][0]["problems"]
    }
    assert fates == {
        "1": ("replaces", ""),
        "2": ("refused", "other-kind"),
        "3": ("refused", "leased"),
        "4": ("refused", "other-kind"),
        "5": ("refused", "archived"),
    }


def test_drives_of_anybody_do_not_go_into_a_folder(office: Office) -> None:
    drive, box = Prepared(office.home / "drive"), disk(office, "one")
    drive.add("data/one", b"one")
    drive.finish()
    put(box, "BlockBlob/data/one")
    for place in (drive.root, box):
        said = office.here("receive", place, "--into", office.home / "account/landing")
        assert said.code == 1
        assert "takes backups of this program only" in said.err
        assert not (office.home / "account").exists()


def test_a_forecast_needs_an_account(office: Office) -> None:
    place = disk(office, "one")
    for command in (
        ("receive", place, "--into", office.home / "account", "--dry-run"),
        ("device", "check", place, "--into", office.home / "account"),
    ):
        said = office.here(*command)
        assert said.code == 2
        assert "is not the address of a storage account" in said.err
