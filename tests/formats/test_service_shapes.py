"""Job bodies as the Azure command line and PowerShell print them, saved in any way they save."""

from __future__ import annotations

import codecs
import json
import re
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.service_job import JobFamily, ServiceJob
from offline_backup_gui.formats.service_job import read_job, read_jobs, read_page
from offline_backup_gui.formats.service_values import leaves, unsecret
from tests.azure.replay.spec import SPECS
from tests.formats.test_service_job import CORPUS

Json = dict[str, Any]
SHIPPING = {
    name: body
    for name, body in CORPUS.items()
    if str(body["type"]).lower() in ("microsoft.databox/jobs", "microsoft.importexport/jobs")
    and ("status" in body["properties"] or "state" in body["properties"])
}
SINGULAR = {"Details": "Detail", "Tags": "Tag", "JobStages": "JobStage", "Actions": "Action"}
SINGULAR |= {"ContactDetails": "ContactDetail", "CopyLogDetails": "CopyLogDetail"}
SINGULAR |= {"JobDetailsType": "JobDetailType"}
WHOSE_KEYS_ARE_NAMES = ("importDiskDetailsCollection", "tags")


def flat(body: Json) -> Json:
    """Lift the properties up, as the Azure command line does, which adds the group."""
    outer = {name: value for name, value in body.items() if name != "properties"}
    return {**outer, **body["properties"], "resourceGroup": "bvttoolrg6"}


def pascal(value: Any, *, keep: bool = False) -> Any:
    if isinstance(value, list):
        return [pascal(one) for one in value]
    if not isinstance(value, dict):
        return value
    told = {}
    for key, one in value.items():
        name = key if keep else key[0].upper() + key[1:]
        told[SINGULAR.get(name, name)] = pascal(one, keep=key in WHOSE_KEYS_ARE_NAMES)
    return told


def power_shell(body: Json) -> Json:
    """Write a body as the generated modules of PowerShell do."""
    told = pascal({k: v for k, v in flat(body).items() if k != "resourceGroup"})
    for prefix in ("Sku", "DeliveryPackage", "ReturnPackage", "ReturnAddress"):
        inner = told.pop(prefix, None) or {}
        told |= {f"{prefix}{name}": value for name, value in inner.items()}
    return told


def same(job: ServiceJob, wanted: ServiceJob) -> bool:
    return replace(job, said={}) == replace(wanted, said={})


@pytest.mark.parametrize("name", SHIPPING)
@pytest.mark.parametrize("shape", [flat, power_shell])
def test_what_a_tool_prints_of_an_official_body_reads_like_the_body(name: str, shape: Any) -> None:
    body = SHIPPING[name]
    (job,) = read_jobs(json.dumps(shape(body)).encode(), "saved.json")
    wanted = read_job(body)
    assert same(job, wanted), (job, wanted)
    # and nothing of it is lost on the way
    assert set(wanted.said.values()) <= set(job.said.values())


@pytest.mark.parametrize("name", SHIPPING)
def test_a_body_without_type_and_id_is_told_by_its_fields(name: str) -> None:
    body = {key: value for key, value in SHIPPING[name].items() if key not in ("type", "id")}
    for shape in (dict, flat):
        (job,) = read_jobs(json.dumps(shape(body)).encode(), "saved.json")
        assert job.family is read_job(SHIPPING[name]).family
        assert job.steps == read_job(SHIPPING[name]).steps


ONE = next(body for name, body in SHIPPING.items() if "2025-07-01" in name and "JobsGet" in name)


@pytest.mark.parametrize(
    "written",
    [
        lambda text: codecs.BOM_UTF8 + text.encode(),
        lambda text: text.encode("utf-16"),
        lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
        lambda text: text.encode("utf-16-le"),
        lambda text: text.encode("utf-32"),
        lambda text: text.encode("cp1252"),
        lambda text: f"\r\n{text}\r\n".encode(),
        lambda text: f"[{text}]".encode(),
        lambda text: f'{{"value": [{text}], "Count": 1}}'.encode(),
        lambda text: json.dumps({"StatusCode": 200, "Content": text}).encode(),
    ],
)
def test_every_way_of_saving_is_read(written: Any) -> None:
    body = {**ONE, "tags": {"Büro": "Köln"}}
    (job,) = read_jobs(written(json.dumps(body, ensure_ascii=False)), "saved.json")
    assert job == read_job(body)
    assert job.said["tags.Büro"] == "Köln"


def test_times_of_dot_net_are_read() -> None:
    at = datetime.fromisoformat("2026-11-02T08:15:00+00:00")
    stamp = f"/Date({int(at.timestamp() * 1000)})/"
    body = {"Name": "o", "Status": "Delivered", "TransferType": "ImportToAzure"}
    (job,) = read_jobs(json.dumps({**body, "StartTime": stamp}).encode(), "saved.json")
    assert job.created_at == at
    inner = {"value": stamp, "DisplayHint": 2, "DateTime": "Montag, 2. November 2026 08:15:00"}
    (job,) = read_jobs(json.dumps({**body, "StartTime": inner}).encode(), "saved.json")
    assert job.created_at == at


def test_a_backup_job_of_power_shell_is_read() -> None:
    body = {
        "ActivityId": "a", "JobId": "6b0", "Operation": "Backup", "Status": "Completed",
        "WorkloadName": "C:\\", "StartTime": "2026-11-02T08:15:00Z", "BackupManagementType": "MAB",
    }  # fmt: skip
    (job,) = read_jobs(json.dumps([body]).encode(), "saved.json")
    assert (job.family, job.name, job.status) == (JobFamily.BACKUP, "C:\\", "Completed")


def test_any_resource_that_names_its_place_is_told_whole() -> None:
    place = "/subscriptions/0/resourceGroups/rg/providers/Microsoft.RecoveryServices/vaults/v"
    body = {
        "Id": f"{place}/backupFabrics/Azure/protectionContainers/c/protectedItems/p",
        "Name": "p", "ProtectionStatus": "Healthy", "BackupManagementType": "MAB",
    }  # fmt: skip
    (job,) = read_jobs(json.dumps([body]).encode(), "saved.json")
    assert job.family is JobFamily.OTHER
    assert job.resource_type.endswith("/protectionContainers/protectedItems")
    assert job.said["properties.protectionStatus"] == "Healthy"


def test_what_power_shell_cut_off_is_refused_with_its_reason() -> None:
    cut = {**power_shell(ONE), "Detail": "Microsoft.Azure.PowerShell.Cmdlets.DataBox.Models.Detail"}
    with pytest.raises(BackupError) as refused:
        read_jobs(json.dumps(cut).encode(), "saved.json")
    assert refused.value.code is ErrorCode.AZURE_ANSWER_CUT


@pytest.mark.parametrize(
    "found",
    [
        {"Name": "x"},
        {"name": "x", "type": "Microsoft.Storage/storageAccounts", "status": "available"},
        {"jobName": "x", "jobSecrets": {"passKey": "p"}},
        {"error": {"code": "AuthorizationFailed", "message": "no"}},
        {"StatusCode": 200, "Content": "<html>"},
        {"Content": {"properties": {}}},
        [[[[[[[[[{"properties": {}}]]]]]]]]],
    ],
)
def test_what_is_no_job_is_refused(found: object) -> None:
    with pytest.raises(BackupError) as refused:
        read_jobs(json.dumps(found).encode(), "saved.json")
    assert refused.value.code is ErrorCode.AZURE_ANSWER_UNREADABLE


# --- recordings, pages, and answers of trouble

SKUS = {"value": [{"sku": {"name": "DataBox"}, "enabled": True, "properties": {"a": 1}}]}


@pytest.mark.parametrize(
    "recorded",
    [
        lambda body: {"interactions": [{"request": {}, "response": {"body": body}}]},
        lambda body: {"interactions": [{"response": {"body": {"string": json.dumps(body)}}}]},
        lambda body: {"Entries": [{"RequestBody": ONE, "StatusCode": 200, "ResponseBody": body}]},
        lambda body: {"Test+$GET+1": {"Request": {}, "Response": {"Content": json.dumps(body)}}},
        lambda body: {"log": {"entries": [{"response": {"content": {"text": json.dumps(body)}}}]}},
        lambda body: [{"request": {"body": ONE}, "response": {"body": body}}],
    ],
)
@pytest.mark.parametrize("paged", [False, True])
def test_the_jobs_of_a_recording_are_read_and_nothing_else(recorded: Any, paged: bool) -> None:
    other = recorded(SKUS)
    found = recorded({"value": [ONE]} if paged else ONE)
    (job,) = read_jobs(json.dumps(found).encode(), "recorded.json")
    assert job == read_job(ONE)
    with pytest.raises(BackupError):
        read_jobs(json.dumps(other).encode(), "recorded.json")


def test_our_own_recordings_are_read_whole() -> None:
    for path in SPECS.rglob("recordings/*.json"):
        jobs = read_jobs(path.read_bytes(), path.name)
        named = [body for name, body in CORPUS.items() if path.name in name]
        assert list(jobs) == [read_job(body) for body in named]


def test_the_rest_of_a_list_is_not_forgotten() -> None:
    link = "https://management.azure.com/subscriptions/1/jobs?$skipToken=2"
    page: Json = {"value": [ONE], "nextLink": link}
    found: Any
    for found in (page, {"responses": {"200": {"body": page}}}):
        assert read_page(json.dumps(found).encode(), "page.json").next_link == link
    for found in ({"value": [ONE]}, {**page, "nextLink": None}, [ONE], ONE):
        assert read_page(json.dumps(found).encode(), "page.json").next_link == ""


@pytest.mark.parametrize("name", ["error", "Error"])
def test_an_answer_of_trouble_is_refused_in_azures_own_words(name: str) -> None:
    told = {"code": "AuthorizationFailed", "message": "see https://a.blob/l.xml?sig=canary now"}
    with pytest.raises(BackupError) as refused:
        read_jobs(json.dumps({name: told}).encode(), "saved.json")
    why = str(refused.value.parameters["why"])
    assert why == "AuthorizationFailed: see https://a.blob/l.xml now"


# --- all that Azure says, less what is secret


def test_serials_and_tags_may_look_like_names_of_secrets() -> None:
    told = unsecret(
        {
            "importDiskDetailsCollection": {"WDSAS-1": {"manifestFile": "m", "bitLockerKey": "k"}},
            "passKey": {"value": "k"},
            "isSasEnabled": True,
            "disasterRecovery": "on",
        }
    )
    assert told == {
        "importDiskDetailsCollection": {"WDSAS-1": {"manifestFile": "m"}},
        "isSasEnabled": True,
        "disasterRecovery": "on",
    }


def test_keys_and_signatures_within_a_text_are_taken_out() -> None:
    key = "-".join(f"{n:06d}" for n in range(111111, 888889, 111111))
    told = unsecret(
        {
            "message": f"Key {key} does not open it, see https://a.blob/l.xml?se=1&sig=canary now",
            "connection": "AccountName=x;AccountKey=canary==;EndpointSuffix=y",
        }
    )
    assert told["message"] == "Key *** does not open it, see https://a.blob/l.xml now"
    assert told["connection"] == "AccountName=x;AccountKey=***;EndpointSuffix=y"


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=20,
)


@given(st.dictionaries(st.text(max_size=4), _json))
def test_each_value_has_a_path_of_its_own(found: Json) -> None:
    def count(value: object) -> int:
        if isinstance(value, dict | list):
            return sum(map(count, value.values() if isinstance(value, dict) else value))
        return 0 if value is None or (isinstance(value, str) and not value.strip()) else 1

    assert len(leaves(found)) == count(found)


def test_a_body_of_any_depth_is_read() -> None:
    deep: Json = {}
    for _ in range(900):
        deep = {"a": deep, "b": [1]}
    job = read_job({"type": "Contoso.Other/things", "properties": deep})
    assert 50 < len(job.said) < 70
    assert all(re.fullmatch(r"type|properties(\.a)*\.b\[0\]", path) for path in job.said)
