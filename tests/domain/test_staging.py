"""Which places would do for an agent's data, and what is said of one that would not."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from offline_backup_gui.domain.agent_fields import (
    job_findings,
    job_name_fits,
    name_findings,
    suggest_job_name,
)
from offline_backup_gui.domain.drive import Bus, Drive, Encryption, Volume
from offline_backup_gui.domain.findings import Finding, FindingCode, Severity
from offline_backup_gui.domain.plan import AgentFields
from offline_backup_gui.domain.staging import (
    PlaceLook,
    StagingNeed,
    is_network_path,
    judge,
    places,
)
from offline_backup_gui.domain.staging_watch import StagedFile

GB = 10**9
NEED = 500 * GB


def disk(letters: str, free: int = 900 * GB, **facts: Any) -> Drive:
    mounts = tuple(f"{letter}:\\" for letter in letters)
    volumes = tuple(Volume(mount, (mount,), free_bytes=free) for mount in mounts)
    given: dict[str, Any] = {"volumes": volumes, **facts}
    return Drive(f"S{letters}", "Disk", Bus.SATA, 1000 * GB, free, mounts, **given)


SYSTEM = disk("C", is_system=True)
DATA = disk("D")
EXTRA = disk("E")
SHARE = Drive("N", "\\\\files\\stage", Bus.NETWORK, 2000 * GB, 800 * GB, ("N:\\",))
ALL = (SYSTEM, DATA, EXTRA, SHARE)
PLAIN = StagingNeed(NEED, sources=("D:\\Data",))


def seen(path: str, free: int = 900 * GB, **facts: Any) -> PlaceLook:
    return PlaceLook(path, there=True, is_folder=True, writable=True, free_bytes=free, **facts)


def said(
    path: str, need: StagingNeed = PLAIN, look: PlaceLook | None = None, **more: Any
) -> dict[FindingCode, Finding]:
    found = judge(path, look or seen(path), ALL, need, **more)
    return {finding.code: finding for finding in found}


def test_a_folder_on_another_disk_with_exactly_enough_room_has_nothing_against_it() -> None:
    assert said("E:\\Staging", look=seen("E:\\Staging", NEED)) == {}


def test_one_byte_too_few_is_said_with_what_is_missing() -> None:
    found = said("E:\\Staging", look=seen("E:\\Staging", NEED - 1))
    assert list(found) == [FindingCode.STAGING_TOO_SMALL]
    finding = found[FindingCode.STAGING_TOO_SMALL]
    assert finding.severity is Severity.BLOCKER
    assert finding.parameters == {
        "path": "E:\\Staging",
        "free_bytes": NEED - 1,
        "need_bytes": NEED,
        "missing_bytes": 1,
    }


def test_what_the_agent_has_written_already_needs_no_room_any_more() -> None:
    half = (StagedFile("a.AIBBlob", 200 * GB),)
    assert said("E:\\S", look=seen("E:\\S", 300 * GB), staged=half) == {}
    assert FindingCode.STAGING_TOO_SMALL in said("E:\\S", look=seen("E:\\S", 300 * GB - 1),
                                                 staged=half)  # fmt: skip


@pytest.mark.parametrize("path", ["D:\\Staging", "d:/staging", "\\\\?\\D:\\Staging"])
def test_a_staging_location_on_a_source_volume_is_blocked(path: str) -> None:
    finding = said(path)[FindingCode.STAGING_ON_SOURCE]
    assert finding.severity is Severity.BLOCKER
    assert finding.parameters == {"path": path, "source": "D:\\Data"}


def test_a_volume_mounted_in_a_folder_of_the_source_volume_is_another_volume() -> None:
    folder = Volume("m", ("D:\\Mount\\",), free_bytes=900 * GB)
    inside = Drive("M", "Disk", Bus.SATA, 1, 900 * GB, ("D:\\Mount\\",), volumes=(folder,))
    found = judge("D:\\Mount\\S", seen("D:\\Mount\\S"), (*ALL, inside), PLAIN)
    assert found == ()


def test_a_share_with_a_source_in_it_is_blocked_though_no_drive_is_listed_for_it() -> None:
    need = replace(PLAIN, sources=("\\\\files\\home\\users",))
    assert FindingCode.STAGING_ON_SOURCE in said("\\\\FILES\\home\\users\\stage", need)
    assert said("\\\\files\\other", need) == {}


def test_a_drive_that_travels_cannot_hold_the_staging_location() -> None:
    need = replace(PLAIN, drives=("e:\\",))
    assert list(said("E:\\S", need)) == [FindingCode.STAGING_ON_TRAVELLING_DRIVE]


def test_a_full_network_path_is_needed_when_the_drives_hang_on_another_computer() -> None:
    elsewhere = replace(PLAIN, copy_elsewhere=True)
    assert list(said("E:\\S", elsewhere)) == [FindingCode.STAGING_NOT_NETWORK_PATH]
    assert said("\\\\files\\stage\\one", elsewhere) == {}
    assert said("E:\\S") == {}


@pytest.mark.parametrize(
    ("path", "is_one"),
    [
        ("\\\\server\\share", True),
        ("\\\\server\\share\\folder", True),
        ("\\\\10.0.0.5\\acc_PageBlob\\", True),
        ("\\\\server", False),
        ("\\\\server\\", False),
        ("\\\\?\\C:\\x", False),
        ("\\\\.\\PhysicalDrive1", False),
        ("//server/share", False),
        ("C:\\share", False),
    ],
)
def test_a_network_path_names_server_and_share(path: str, is_one: bool) -> None:
    assert is_network_path(path) is is_one


def test_a_mapped_letter_is_told_with_the_path_behind_it() -> None:
    finding = said("N:\\one\\two")[FindingCode.STAGING_MAPPED_LETTER]
    assert finding.severity is Severity.BLOCKER
    assert finding.parameters["share"] == "\\\\files\\stage\\one\\two"
    assert said("N:\\")[FindingCode.STAGING_MAPPED_LETTER].parameters["share"] == (
        "\\\\files\\stage"
    )


@pytest.mark.parametrize("path", ["Staging", "E:Staging", "..\\x", "E:"])
def test_a_path_that_means_something_else_to_others_is_blocked(path: str) -> None:
    assert FindingCode.STAGING_NOT_WHOLE_PATH in said(path)


@pytest.mark.parametrize(
    ("look", "code"),
    [
        (PlaceLook("E:\\S", None), FindingCode.STAGING_SILENT),
        (PlaceLook("E:\\S", False), FindingCode.STAGING_NOT_REACHED),
        (PlaceLook("E:\\S", True, False), FindingCode.STAGING_NOT_A_FOLDER),
        (
            PlaceLook("E:\\S", True, True, False, 900 * GB),
            FindingCode.STAGING_NOT_WRITABLE,
        ),
    ],
)
def test_what_this_computer_sees_is_one_finding(look: PlaceLook, code: FindingCode) -> None:
    assert list(said("E:\\S", look=look)) == [code]


def test_nothing_typed_is_one_finding_and_nothing_looked_at_is_none() -> None:
    assert [f.code for f in judge("  ", None, ALL, PLAIN)] == [FindingCode.STAGING_NOT_CHOSEN]
    assert judge("E:\\S", None, ALL, PLAIN) == ()


def test_large_sectors_and_the_system_disk_are_warnings() -> None:
    odd = replace(EXTRA, logical_sector_bytes=4096, is_system=True)
    found = judge("E:\\S", seen("E:\\S"), (SYSTEM, odd), PLAIN)
    assert {f.code: f.severity for f in found} == {
        FindingCode.STAGING_SECTORS: Severity.WARNING,
        FindingCode.STAGING_ON_SYSTEM_DISK: Severity.WARNING,
    }


def test_files_of_others_are_named_and_those_of_the_agent_are_not() -> None:
    files = tuple(StagedFile(name, 1) for name in ("x/A.AIBBLOB", "x/a.BaseBlob", "old.txt"))
    finding = said("E:\\S", staged=files)[FindingCode.STAGING_HOLDS_OTHER_FILES]
    assert (finding.severity, finding.parameters["files"]) == (Severity.WARNING, ("old.txt",))


def test_every_volume_and_share_is_a_place_and_the_roomiest_that_would_do_is_first() -> None:
    two = Drive(
        "T", "Disk", Bus.SATA, 1, 1, ("F:\\", "G:\\"),
        volumes=(Volume("h", (), size_bytes=9), Volume("f", ("F:\\",), free_bytes=NEED),
                 Volume("g", ("G:\\",), free_bytes=NEED - 1)),
    )  # fmt: skip
    locked = Drive("L", "Disk", Bus.SATA, 1, 1, ("L:\\",), encryption=Encryption.LOCKED)
    found = places((*ALL, two, locked), PLAIN)
    assert [place.mount for place in found] == ["C:\\", "E:\\", "N:\\", "F:\\", "D:\\", "G:\\"]
    assert [place.would_do for place in found] == [True, True, True, True, False, False]
    assert found[2].network_path == "\\\\files\\stage"
    assert found[5].findings[0].parameters["missing_bytes"] == 1


def test_a_job_that_differs_from_what_the_agent_was_told_is_named() -> None:
    told = AgentFields("\\\\nas\\s", "6F1D", "contososeed", "fs04", "fs04-seed")
    assert not list(job_findings(told, "6f1d", "contososeed", "FS04-seed"))
    assert not list(job_findings(AgentFields(), "6f1d", "other", "job"))
    found = list(job_findings(told, "7a", "other", "branch-1"))
    assert [one.parameters["field"] for one in found] == [
        "subscription_id",
        "storage_account",
        "import_job_name",
    ]
    assert {one.code for one in found} == {FindingCode.IMPORT_JOB_DIFFERS}
    assert found[1].parameters == {
        "field": "storage_account",
        "ours": "other",
        "theirs": "contososeed",
    }


@pytest.mark.parametrize("name", ["abc", "branch-042-seed", "A1-b", "x" * 24, "2026"])
def test_names_of_import_jobs_that_azure_takes(name: str) -> None:
    assert job_name_fits(name)
    assert FindingCode.IMPORT_JOB_NAME_NOT_ALLOWED not in _codes(import_job_name=name)


@pytest.mark.parametrize(
    "name",
    ["ab", "x" * 25, "-abc", "abc-", "a b c", "seed_1", "stra\u00dfe", "a.b.c", "\u0661" * 3],
)
def test_names_of_import_jobs_that_azure_refuses_come_with_one_it_takes(name: str) -> None:
    assert not job_name_fits(name)
    (finding,) = (
        f for f in name_findings(AgentFields(import_job_name=name))
        if f.code is FindingCode.IMPORT_JOB_NAME_NOT_ALLOWED
    )  # fmt: skip
    assert finding.severity is Severity.BLOCKER
    suggestion = str(finding.parameters["suggestion"])
    assert job_name_fits(suggestion)
    assert suggestion[0].isalpha()
    assert suggestion == suggestion.lower()


def test_suggestions_are_allowed_for_any_text() -> None:
    for text in ("", "!", "7", "Filiale 042 \u2013 Erstsicherung des Servers", "-" * 40, "\u00e9"):
        assert job_name_fits(suggest_job_name(text)), text


GOOD = AgentFields(
    "E:\\S", "0F1E2D3C-0000-4000-8000-00000000000a", "contoso042", "seed-042", "seed-042"
)


def _codes(**fields: str) -> dict[FindingCode, Severity]:
    return {f.code: f.severity for f in name_findings(replace(GOOD, **fields))}


def test_fields_are_refused_one_by_one() -> None:
    block = Severity.BLOCKER
    assert _codes() == {}
    account = "https://contoso042.blob.core.windows.net"
    assert _codes(storage_account=account) == {FindingCode.STORAGE_ACCOUNT_NAME_NOT_ALLOWED: block}
    assert _codes(container="Seed") == {FindingCode.CONTAINER_NAME_NOT_ALLOWED: block}
    assert _codes(subscription_id="Contoso") == {FindingCode.SUBSCRIPTION_ID_NOT_ALLOWED: block}
    assert _codes(import_job_name="", container="", storage_account="") == {}
