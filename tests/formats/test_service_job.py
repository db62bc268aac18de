"""Job bodies as Azure returns them: every official example and recording, and what nobody knows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.job_facts import stages_of
from offline_backup_gui.domain.service_job import JobFamily
from offline_backup_gui.domain.shipment import Source, StageStatus
from offline_backup_gui.formats.service_job import read_job, read_jobs
from offline_backup_gui.formats.service_values import moment
from offline_backup_gui.services.job_views import view_of
from tests.azure.replay.examples import documents


def bodies() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every job body of the examples and recordings, with the file's name."""
    for name, document in documents():
        for place, body in enumerate(_jobs_in(document)):
            yield f"{name}:{place}", body


def _jobs_in(found: object) -> Iterator[dict[str, Any]]:
    """Look for resources whose type ends in jobs, answers and pages alike; requests have none."""
    if isinstance(found, dict):
        if str(found.get("type", "")).lower().endswith("jobs") and "properties" in found:
            yield found
            return
        for one in found.values():
            yield from _jobs_in(one)
    elif isinstance(found, list):
        for one in found:
            yield from _jobs_in(one)


CORPUS = dict(bodies())


def test_the_corpus_has_every_family() -> None:
    families = {read_job(body).family for body in CORPUS.values()}
    assert families >= {JobFamily.DATA_BOX, JobFamily.OWN_DRIVES, JobFamily.IMPORT_EXPORT}
    assert JobFamily.BACKUP in families
    assert len(CORPUS) > 40


@pytest.mark.parametrize("name", CORPUS)
def test_every_official_body_is_read_without_loss(name: str) -> None:
    body = CORPUS[name]
    properties = body["properties"]
    details = properties.get("details") or {}
    job = read_job(body)
    assert job.status == (properties.get("status") or properties.get("state") or "")
    tasks = properties.get("extendedInfo", {}).get("tasksList", ())
    assert [(step.name, step.progress) for step in job.steps] == [
        (step["stageName"], step["stageStatus"]) for step in details.get("jobStages", ())
    ] + [(task["taskId"], task["status"]) for task in tasks]
    for step, told in zip(job.steps, details.get("jobStages", ()), strict=not tasks):
        assert (step.at is None) == ("stageTime" not in told)
    assert list(job.actions) == list(details.get("actions", ()))
    old = [drive["driveId"] for drive in properties.get("driveList", ())]
    assert [drive.serial for drive in job.drives] == old + list(
        details.get("importDiskDetailsCollection") or ()
    )
    if "error" in properties:
        assert job.troubles[0].message == properties["error"]["message"]
    assert stages_of(job)


def test_the_timeline_follows_the_stages_and_not_the_status() -> None:
    body = next(b for n, b in CORPUS.items() if "2025-07-01" in n and n.endswith("JobsGet.json:0"))
    assert body["properties"]["status"] == "DeviceOrdered"
    done = [stage.name for stage in stages_of(read_job(body)) if stage.status is StageStatus.DONE]
    assert done == ["stage.ordered", "stage.prepared", "stage.dispatched", "stage.delivered"]


def test_a_job_of_a_vault_proves_nothing_about_the_vault() -> None:
    jobs = [body for name, body in CORPUS.items() if "ListJobs" in name and "recoverys" in name]
    read = [read_job(body) for body in jobs]
    assert {job.transfer for job in read} >= {"Backup", "ConfigureBackup"}
    for job in read:
        assert [stage.name for stage in stages_of(job)] == [job.transfer]


@pytest.mark.parametrize("name", ["Cancelled", "Aborted", "Failed_IssueDetectedAtAzureDC"])
def test_an_export_that_was_called_off_is_no_success(name: str) -> None:
    steps = [{"stageName": name, "stageStatus": "Succeeded"}]
    body = {
        "type": "Microsoft.DataBox/jobs",
        "properties": {"transferType": "ExportFromAzure", "details": {"jobStages": steps}},
    }
    assert [stage.status for stage in stages_of(read_job(body))] == [StageStatus.TROUBLE]


def test_a_job_whose_drives_are_filled_waits_for_the_carrier() -> None:
    for name in ("cli-customer-disk-2025-02-01.json:0", "2020-08-01/examples/GetJob.json:0"):
        body = next(body for place, body in CORPUS.items() if place.endswith(name))
        view = view_of(read_job(body), datetime(2026, 1, 1, tzinfo=UTC))
        assert (view.state, view.now_you) == ("state.sealed", "now.ship")
        sealed, sent = view.stages[:2]
        assert (sealed.status, sealed.source) == (StageStatus.DONE, Source.AZURE)
        assert sealed.evidence
        assert (sent.status, sent.azure_name) == (StageStatus.NOW, view.job.status)


def test_a_waiting_copy_is_trouble_with_azures_own_word() -> None:
    body = next(b for n, b in CORPUS.items() if "JobsGetWaitingForAction" in n)
    job = read_job(body)
    now = next(stage for stage in stages_of(job) if stage.status is not StageStatus.DONE)
    assert (now.name, now.status) == ("stage.reading-in", StageStatus.TROUBLE)
    assert job.troubles[0].code == "SsemUserCopyErrorWaitingForAction"


def test_no_secret_is_kept() -> None:
    body = {
        "type": "Microsoft.DataBox/jobs",
        "properties": {
            "details": {
                "reverseShipmentLabelSasKey": "canary-1",
                "unknown": {"passKey": "canary-2", "link": "https://a.blob/x?sv=1&sig=canary-3"},
                "copyLogDetails": [{"copyLogLink": "https://a.blob/log.xml?sig=canary-4"}],
                "importDiskDetailsCollection": {"S1": {"bitLockerKey": "canary-5"}},
            }
        },
    }
    assert "canary" not in repr(read_job(body))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2020-08-07T10:50:36.3341513+05:30", datetime(2020, 8, 7, 5, 20, 36, 334151, UTC)),
        ("2021-05-12T05:00:22Z", datetime(2021, 5, 12, 5, 0, 22, 0, UTC)),
        ("0001-01-01T05:30:00+05:30", None),
        ("0001-01-01T00:00:00+05:30", None),
        ("9999-12-31T23:59:59-08:00", None),
        ("yesterday", None),
        (20200807, None),
    ],
)
def test_times_come_with_any_offset_and_the_year_1_is_none(
    text: object, wanted: datetime | None
) -> None:
    assert moment(text) == wanted


_words = st.text(max_size=12) | st.sampled_from(["Succeeded!", "Done", "COMPLETED", "succeeded"])


@given(name=_words, progress=_words.filter(lambda word: word not in ("", "None")))
def test_a_word_nobody_knows_never_reads_as_success(name: str, progress: str) -> None:
    known = {"Succeeded", "SucceededWithWarnings", "Completed", "CompletedWithWarnings"}
    steps = [{"stageName": name, "stageStatus": progress}]
    for sku in ("DataBox", "DataBoxCustomerDisk"):
        body = {
            "type": "Microsoft.DataBox/jobs",
            "sku": {"name": sku},
            "properties": {"status": progress, "details": {"jobStages": steps}},
        }
        done = [one for one in stages_of(read_job(body)) if one.status is StageStatus.DONE]
        assert not done or progress in known


_keys = st.sampled_from(
    [
        "properties", "details", "jobStages", "stageName", "stageStatus", "stageTime", "status",
        "driveList", "copyProgress", "error", "type", "value", "importDiskDetailsCollection",
        "sku", "startTime", "percentComplete", "errorDetails", "serialNumber", "actions",
    ]
) | st.text(max_size=5)  # fmt: skip
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_keys, inner, max_size=5),
    max_leaves=25,
)
_types = st.sampled_from(
    [
        "Microsoft.DataBox/jobs",
        "Microsoft.ImportExport/jobs",
        "Microsoft.RecoveryServices/vaults/backupJobs",
        "Contoso.Other/things",
    ]
)


@given(properties=_json, kind=_types)
def test_whatever_stands_in_a_body_is_read(properties: object, kind: str) -> None:
    job = read_job({"type": kind, "properties": properties})
    stages_of(job)


@given(st.binary(max_size=60) | _json.map(lambda one: json.dumps(one).encode()))
def test_a_file_is_read_or_refused_in_words(data: bytes) -> None:
    refused = None
    try:
        jobs = read_jobs(data, "answer.json")
    except BackupError as error:
        refused, jobs = error.code, ()
    assert jobs or refused is ErrorCode.AZURE_ANSWER_UNREADABLE


def test_a_deeply_nested_file_is_refused() -> None:
    with pytest.raises(BackupError):
        read_jobs(b"[" * 200_000, "answer.json")
