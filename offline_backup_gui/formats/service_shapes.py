"""Brings what tools print of a resource into the shape of the management API; pure.

Azure's API nests a resource's own fields under "properties". The Azure command line and PowerShell
lift them up; PowerShell writes names with a capital, lists in the singular, and inner objects of
import jobs as prefixes. Nothing is left out: a name that is not known stays where it is.
Sources: `az databox job show` (extension 2.0), Az.DataBox and Az.ImportExport (generated models).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

Json = dict[str, object]

# Fields that stand beside "properties"; everything else of a flat resource belongs into it.
_OUTER = frozenset(
    {"id", "name", "type", "location", "tags", "sku", "identity", "systemData", "resourceGroup"}
    | {"etag", "eTag", "zones", "resourceGroupName", "subscriptionId"}
)
# PowerShell names a list like one of its items. Keys of our own kind stay as they are.
_PLURAL = {
    "tag": "tags",
    "detail": "details",
    "jobStage": "jobStages",
    "action": "actions",
    "contactDetail": "contactDetails",
    "copyLogDetail": "copyLogDetails",
    "deliverToDcPackageDetail": "deliverToDcPackageDetails",
    "returnToCustomerPackageDetail": "returnToCustomerPackageDetails",
    "dataImportDetail": "dataImportDetails",
    "accountDetail": "accountDetails",
    "errorDetail": "errorDetails",
    "jobDetailType": "jobDetailsType",
}
# Inner objects that PowerShell writes as prefixes: SkuName is the name of sku.
_PREFIXED = (
    *("sku", "identity", "systemData", "deliveryPackage", "returnPackage"),
    *("returnAddress", "returnShipping", "shippingInformation", "deliveryInfo"),
)
# Whose keys are names that people gave: serial numbers, tags.
_NAMED_BY_PEOPLE = frozenset({"importDiskDetailsCollection", "tags", "userAssignedIdentities"})
_DOT_NET_TIME = re.compile(r"/Date\((-?\d{1,14})(?:[+-]\d{4})?\)/")
# What ConvertTo-Json writes in place of what lies deeper than it was told to go.
_CUT = re.compile(
    r"Microsoft\.Azure\.(PowerShell|Management|Commands)\.[\w.]+|System\.Object\[\]|@\{"
)
_DEEPEST = 64
_HANDED_ON = 6  # wrappings around a resource, more than any tool makes
# Recordings of requests with their answers: of the libraries' tests, of PowerShell's, of a browser.
_EXCHANGES = ("interactions", "Entries", "entries", "exchanges")
_ANSWERS = ("response", "Response", "ResponseBody", "answer")
_BODIES = ("body", "Content", "content", "string", "text")
_MOST_WORDS = 400


def resources(found: object) -> Iterator[Json]:
    """Yield every resource, in the API's shape, out of the wrappings in which they are found.

    These are a list, a page ("value"), an official example ("responses"), what Invoke-AzRestMethod
    gives ("Content"), and recordings of requests with their answers: of these only the jobs.
    """
    exchanges = list(_exchanges(found))
    if not exchanges:
        yield from _unwrapped(found, 0)
    for answer in exchanges:
        yield from (one for one in _unwrapped(_body(answer, 0), 0) if _is_job(one))


def next_link(found: object) -> str:
    """Give the link to the page after this one; "" when the list ends here or it is no list."""
    if isinstance(found, dict) and isinstance(found.get("responses"), dict):
        answers = [one for one in found["responses"].values() if isinstance(one, dict)]
        found = next((one["body"] for one in answers if one.get("body")), None)
    if not isinstance(found, dict) or not isinstance(found.get("value"), list):
        return ""
    link = found.get("nextLink")
    return link if isinstance(link, str) else ""


def refusal(found: object) -> str:
    """Give Azure's own words when an answer is one of trouble, "" when it is none."""
    told = found.get("error", found.get("Error")) if isinstance(found, dict) else None
    if not isinstance(told, dict):
        return ""
    words = [told.get(name, told.get(name.title())) for name in ("code", "message")]
    return ": ".join(one for one in words if isinstance(one, str) and one)[:_MOST_WORDS]


def _exchanges(found: object) -> Iterator[object]:
    """Yield the answers of a recording; nothing when it is none."""
    if isinstance(found, dict) and isinstance(found.get("log"), dict):
        found = found["log"]
    if isinstance(found, dict):
        listed = next((found[name] for name in _EXCHANGES if isinstance(found.get(name), list)), ())
        found = listed or [one for one in found.values() if _answer(one) is not None]
    for one in found if isinstance(found, list) else ():
        answer = _answer(one)
        if answer is not None:
            yield answer


def _answer(one: object) -> object:
    if not isinstance(one, dict) or "properties" in one:
        return None
    return next((one[name] for name in _ANSWERS if one.get(name) is not None), None)


def _body(answer: object, depth: int) -> object:
    """Give what an answer holds, however deep and as whatever text the recorder wrote it."""
    if isinstance(answer, str) and depth <= _HANDED_ON:
        try:
            return json.loads(answer)
        except (ValueError, RecursionError):
            return None
    if not isinstance(answer, dict) or "properties" in answer or depth > _HANDED_ON:
        return answer
    inner = next((answer[name] for name in _BODIES if answer.get(name) is not None), None)
    return answer if inner is None else _body(inner, depth + 1)


def _is_job(resource: Json) -> bool:
    told = resource.get("type") or resource.get("id") or ""
    properties = resource.get("properties")
    named = isinstance(told, str) and re.search(r"jobs(/[^/]+)?$", told, re.I) is not None
    return named or (isinstance(properties, dict) and bool(kind_of(properties)))


def _unwrapped(found: object, depth: int) -> Iterator[Json]:
    if depth > _HANDED_ON:
        return
    if isinstance(found, list):
        for one in found:
            yield from _unwrapped(one, depth + 1)
        return
    if not isinstance(found, dict):
        return
    content = found.get("Content", found.get("content"))
    if found.get("properties") and isinstance(found["properties"], dict):
        yield found
    elif isinstance(found.get("value"), list):
        yield from _unwrapped(found["value"], depth + 1)
    elif isinstance(found.get("responses"), dict):
        told = [one for one in found["responses"].values() if isinstance(one, dict)]
        answers = [one.get("body") for one in told]
        yield from _unwrapped(next((body for body in answers if body), None), depth + 1)
    elif isinstance(content, str) and ("StatusCode" in found or "statusCode" in found):
        try:
            yield from _unwrapped(json.loads(content), depth + 1)
        except (ValueError, RecursionError):
            return
    else:
        resource = _lifted(_from_power_shell(found) if _is_power_shell(found) else found)
        if resource is not None:
            yield resource


def is_cut(found: object) -> bool:
    """Say whether PowerShell put names of types where an answer goes deeper than it wrote."""
    waiting = [found]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str) and _CUT.match(value):
            return True
        if isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return False


# --- flat resources


def _lifted(found: Json) -> Json | None:
    """Put the fields of a flat resource back under "properties"; None when it is no resource."""
    if isinstance(found.get("properties"), dict):
        return found
    place = found.get("id")
    if not kind_of(found) and not (isinstance(place, str) and "/providers/" in place):
        return None
    outer = {name: value for name, value in found.items() if name in _OUTER}
    inner = {name: value for name, value in found.items() if name not in _OUTER}
    return {**outer, "properties": inner}


def kind_of(properties: Mapping[str, object]) -> str:
    """Say which kind of job these fields are of, "" when they are of none; for bodies without."""
    details = properties.get("details")
    if isinstance(details, dict) and ("jobStages" in details or "jobDetailsType" in details):
        return "Microsoft.DataBox/jobs"
    if "transferType" in properties and "status" in properties:
        return "Microsoft.DataBox/jobs"
    if "driveList" in properties or ("jobType" in properties and "state" in properties):
        return "Microsoft.ImportExport/jobs"
    if "backupManagementType" in properties and "operation" in properties:
        return "Microsoft.RecoveryServices/vaults/backupJobs"
    return ""


# --- PowerShell


def _is_power_shell(found: Json) -> bool:
    return any(name in found for name in ("Id", "Name", "JobId", "Status", "State", "JobResource"))


def _from_power_shell(found: Json) -> Json:
    inner = found.get("JobResource")  # Az.DataBox before 0.2 had the resource inside
    if isinstance(inner, dict):
        found = {**{name: value for name, value in found.items() if name != "JobResource"}, **inner}
    told = _camel(found, 0)
    if not isinstance(told, dict):
        return {}
    for prefix in _PREFIXED:
        _gather(told, prefix)
    if "jobId" in told and "backupManagementType" in told:  # Get-AzRecoveryServicesBackupJob
        told.setdefault("name", told["jobId"])
        told.setdefault("entityFriendlyName", told.get("workloadName", ""))
    return told


def _camel(value: object, depth: int, *, keep: bool = False) -> object:
    if depth > _DEEPEST:
        return value
    if isinstance(value, list):
        return [_camel(one, depth + 1) for one in value]
    if isinstance(value, str):
        return _time(value)
    if not isinstance(value, dict):
        return value
    if isinstance(value.get("value"), str | int) and ("DateTime" in value or "Ticks" in value):
        return _time(str(value["value"]))
    told: Json = {}
    for key, one in value.items():
        name = key if keep else _name(key)
        told[key if name in told else name] = _camel(one, depth + 1, keep=name in _NAMED_BY_PEOPLE)
    return told


def _name(key: str) -> str:
    name = key[:1].lower() + key[1:]
    return _PLURAL.get(name, name)


def _time(text: str) -> str:
    found = _DOT_NET_TIME.fullmatch(text)
    if found is None:
        return text
    try:
        at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(found[1]))
    except OverflowError:
        return text
    return at.isoformat().replace("+00:00", "Z")


def _gather(told: Json, prefix: str) -> None:
    """Put skuName and skuModel into sku, unless there is one."""
    if isinstance(told.get(prefix), dict):
        return
    names = [
        name
        for name in told
        if name.startswith(prefix) and name[len(prefix) : len(prefix) + 1].isupper()
    ]
    if names:
        told[prefix] = {_name(name[len(prefix) :]): told.pop(name) for name in names}
