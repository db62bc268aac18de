"""From a plan to Microsoft's tool and back; what differs is said."""

from __future__ import annotations

import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace

from offline_backup_gui.adapters.private_files import PosixPrivate
from offline_backup_gui.adapters.state.store import StateStore
from offline_backup_gui.domain.drive import Bus, Drive
from offline_backup_gui.domain.drive_manifest import BlobKind, Disposition
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.plan import (
    AgentFields,
    DeploymentModel,
    Destination,
    Plan,
    Route,
)
from offline_backup_gui.domain.prepared_drive import key_name
from offline_backup_gui.formats.import_command import read_command
from offline_backup_gui.formats.import_csv import DataRow, read_data_set, read_drive_set
from offline_backup_gui.services.plan_file import read_plan_file, write_plan_file
from offline_backup_gui.services.tool_drives import Note
from offline_backup_gui.services.tool_files import KEY_PLACE, ToolFiles, plan_of
from tests.fakes import FakeClock, MemorySecrets, world_of

SAMPLES = Path(__file__).parents[1] / "formats" / "import_export"
KEY = "060456-014509-132033-080300-252615-584177-672089-411631"
PLAIN = Plan(
    "branch-042",
    DeploymentModel.STANDALONE,
    Route.IMPORT_EXPORT,
    ("D:\\Shares\\Photos", "E:\\Photos"),
    Destination("", "landing-042", ""),
    exclude=("*.tmp",),
    drives=("G:\\", "H:"),
    as_is=True,
)
AGENT = replace(
    PLAIN,
    deployment_model=DeploymentModel.MARS,
    agent=AgentFields("\\\\server\\staging", container="mars-042"),
    as_is=False,
    exclude=(),
)


@pytest.fixture
def tool(tmp_path: Path) -> Iterator[ToolFiles]:
    secrets = MemorySecrets()
    secrets.put(key_name("SN-G"), KEY.encode())

    def drive_at(path: str, known: Sequence[Drive]) -> Drive:
        if path.startswith("G"):
            return Drive("SN-G", "WD", Bus.SATA, 1, 1, (path,))
        raise BackupError(ErrorCode.DRIVE_NOT_FOUND, path=path)

    class NoDrives:
        def drives(self) -> Sequence[Drive]:
            return ()

    state = StateStore(tmp_path / "state")
    world = replace(
        world_of(state, FakeClock()),
        private_files=PosixPrivate(),
        secrets=secrets,
        drive_at=drive_at,
        drive_source=NoDrives(),
    )
    yield ToolFiles(world)
    state.close()


def test_the_keys_of_drives_are_not_written_onto_one_of_them(
    tool: ToolFiles, tmp_path: Path
) -> None:
    travelling = tmp_path / "travelling"
    travelling.mkdir()
    world = tool._world

    class Attached:
        def drives(self) -> Sequence[Drive]:
            return [Drive("SN-G", "WD", Bus.SATA, 1, 1, (str(travelling),))]

    beside = ToolFiles(replace(world, drive_source=Attached()))
    with pytest.raises(BackupError) as caught:
        beside.write(PLAIN, travelling / "tool")
    assert caught.value.code is ErrorCode.TARGET_ON_DRIVE
    assert list(travelling.iterdir()) == []
    assert beside.write(PLAIN, tmp_path / "tool")[0]


def test_plain_folders_become_lines_that_lead_to_our_blob_names(
    tool: ToolFiles, tmp_path: Path
) -> None:
    written, notes = tool.write(PLAIN, tmp_path / "tool")
    files = {path.name: path for path in written}
    _, rows = read_data_set(files["dataset.csv"].read_bytes(), "x")
    assert rows == (
        DataRow(
            "D:\\Shares\\Photos\\", "landing-042/Photos/", BlobKind.BLOCK, Disposition.OVERWRITE
        ),
        DataRow("E:\\Photos\\", "landing-042/Photos (2)/", BlobKind.BLOCK, Disposition.OVERWRITE),
    )
    drives = read_drive_set(files["driveset.csv"].read_bytes(), "x")
    assert [(one.letter, one.encrypt, one.bitlocker_key) for one in drives] == [
        ("G", False, KEY),
        ("H", True, ""),
    ]
    assert not any(one.format for one in drives)
    assert [(one.note, one.detail) for one in notes] == [(Note.EXCLUDE, "*.tmp"), (Note.KEYS, "")]
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in written)
    lines = files["commands.txt"].read_text().splitlines()
    commands = [read_command(line) for line in lines]
    assert [one.version for one in commands] == [2, 1, 1]
    assert (commands[1].letter, commands[1].bitlocker_key) == ("G", KEY_PLACE)
    assert commands[2].destination_directory == "landing-042/Photos (2)/"
    assert KEY not in files["commands.txt"].read_text()


def test_an_agents_staging_location_becomes_page_blobs_in_its_container(
    tool: ToolFiles, tmp_path: Path
) -> None:
    written, notes = tool.write(replace(AGENT, drives=("H:",)), tmp_path / "tool")
    _, rows = read_data_set(written[0].read_bytes(), "x")
    assert rows == (
        DataRow("\\\\server\\staging\\", "mars-042/", BlobKind.PAGE, Disposition.OVERWRITE),
    )
    assert notes == ()


def test_what_the_tool_cannot_do_is_refused_and_nothing_written(
    tool: ToolFiles, tmp_path: Path
) -> None:
    for plan, code in (
        (replace(PLAIN, as_is=False), ErrorCode.TOOL_KNOWS_NO_PACKS),
        (replace(AGENT, route=Route.DATA_BOX), ErrorCode.TOOL_KNOWS_NO_PACKS),
        (replace(PLAIN, drives=("C:\\mounted\\drive",)), ErrorCode.IMPORT_FILE_WRONG),
        (replace(PLAIN, sources=("/srv/data",)), ErrorCode.IMPORT_FILE_WRONG),
    ):
        with pytest.raises(BackupError) as told:
            tool.write(plan, tmp_path / "tool")
        assert told.value.code is code
    assert not (tmp_path / "tool").exists()
    tool.write(PLAIN, tmp_path / "tool")
    with pytest.raises(BackupError) as told:
        tool.write(PLAIN, tmp_path / "tool")
    assert told.value.code is ErrorCode.TARGET_EXISTS


@pytest.mark.parametrize("plan", [PLAIN, AGENT], ids=["plain", "agent"])
def test_a_plan_comes_back_from_its_own_files(tool: ToolFiles, tmp_path: Path, plan: Plan) -> None:
    written, _ = tool.write(plan, tmp_path / "tool")
    back = tool.read(written[0], plan.name)
    assert back.notes == ()
    assert (back.plan.travels_as_is, back.plan.blob_container) == (True, plan.blob_container)
    assert [path.rstrip("\\") for path in back.plan.carried] == list(plan.carried)
    version_1 = tmp_path / "v1.txt"
    version_1.write_text("\n".join(written[2].read_text().splitlines()[1:]))
    again = tool.read(version_1, plan.name)
    assert again.plan == replace(back.plan, drives=("G:\\",))
    write_plan_file(again.plan, tmp_path / "plan.toml")
    assert read_plan_file(tmp_path / "plan.toml").blob_container == plan.blob_container


def test_what_of_the_documents_samples_does_not_carry_over_is_said(
    tool: ToolFiles, tmp_path: Path
) -> None:
    blobs = tool.read(SAMPLES / "dataset-blobs.csv", "x")
    assert [(one.note, one.detail) for one in blobs.notes] == [
        (Note.SINGLE_FILE, "F:\\50M_original\\100M_1.csv.txt"),
        (Note.DISPOSITION, "F:\\50M_original\\"),
        (Note.NAMES, "containername/ → containername/50M_original/"),
    ]
    with pytest.raises(BackupError) as told:
        tool.read(SAMPLES / "dataset-workflow.csv", "x")
    assert told.value.parameters["value"] == "video, photo, music"
    with pytest.raises(BackupError):
        tool.read(SAMPLES / "dataset-files.csv", "x")
    with pytest.raises(BackupError):
        tool.read(tmp_path / "missing.csv", "x")
    page = tmp_path / "page.csv"
    head = (SAMPLES / "dataset-blobs.csv").read_text().splitlines()[0]
    page.write_text(
        f"{head}\nF:\\a\\,con-1/a/,PageBlob,overwrite,None,None\n"
        "F:\\b\\,con-1/b/,BlockBlob,overwrite,F:\\m.xml,None\n"
    )
    mixed = tool.read(page, "x")
    assert mixed.plan.sources == ("F:\\b\\",)
    assert [one.note for one in mixed.notes] == [Note.PAGE, Note.SIDE_FILES]


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [DataRow("F:\\a", "con-1/a", BlobKind.BLOCK)],
        [DataRow("F:\\a\\", "$root/", BlobKind.BLOCK)],
        [
            DataRow("F:\\a\\", "con-1/", BlobKind.PAGE),
            DataRow("F:\\b\\", "con-1/", BlobKind.PAGE),
        ],
    ],
)
def test_lines_no_plan_can_say_are_refused(rows: list[DataRow]) -> None:
    with pytest.raises(BackupError) as told:
        plan_of(rows, (), "x", "d.csv")
    assert told.value.code is ErrorCode.IMPORT_FILE_WRONG
