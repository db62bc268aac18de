"""Reads the bodies of jobs as Azure's management API returns them; pure, and lenient by intent.

What a service adds tomorrow must not hide what it said today: a field of another type counts as
not given, and all of it stays in `ServiceJob.said`. Shapes: Data Box 2023-12-01 to 2025-07-01,
Import/Export 2016-11-01 to 2021-01-01, Recovery Services backup 2024-04-01.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator, Mapping

import msgspec

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.service_job import (
    CopyProgress,
    DriveProgress,
    JobFamily,
    JobStep,
    JobTrouble,
    Package,
    ServiceJob,
)
from offline_backup_gui.formats.service_shapes import (
    is_cut,
    kind_of,
    next_link,
    refusal,
    resources,
)
from offline_backup_gui.formats.service_site import box_shipping, old_shipping
from offline_backup_gui.formats.service_values import Fields, leaves, unsecret

MAX_BODY_BYTES = 64 << 20
_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_OWN_DRIVES = "databoxcustomerdisk"


class JobPage(msgspec.Struct, frozen=True):
    """The jobs of one answer; `next_link` is where Azure keeps the rest of a list, "" for none."""

    jobs: tuple[ServiceJob, ...]
    next_link: str = ""


def read_jobs(data: bytes, label: str) -> tuple[ServiceJob, ...]:
    """Read the jobs of one answer, as `read_page`."""
    return read_page(data, label).jobs


def read_page(data: bytes, label: str) -> JobPage:
    """Read one body, a list or page of them, or what a tool of Azure printed (`service_shapes`).

    AZURE_ANSWER_UNREADABLE when it is no JSON with a job in it, AZURE_ANSWER_CUT when PowerShell
    left out what lies deep; `label` names it.
    """
    if len(data) > MAX_BODY_BYTES:
        raise BackupError(ErrorCode.AZURE_ANSWER_UNREADABLE, name=label, why="too large")
    try:
        found = json.loads(_text(data))
    except (ValueError, RecursionError) as error:
        why = str(error) or type(error).__name__
        raise BackupError(ErrorCode.AZURE_ANSWER_UNREADABLE, name=label, why=why) from error
    jobs = tuple(read_job(body) for body in resources(found))
    if is_cut(found):
        raise BackupError(ErrorCode.AZURE_ANSWER_CUT, name=label)
    if not jobs:
        why = str(unsecret({"why": refusal(found) or "no job in it"})["why"])
        raise BackupError(ErrorCode.AZURE_ANSWER_UNREADABLE, name=label, why=why)
    link = str(unsecret({"link": next_link(found)})["link"])
    return JobPage(jobs, link)


def _text(data: bytes) -> str | bytes:
    """Give a file as JSON knows it: UTF-8, 16 or 32, with or without a mark, else Windows' own.

    Windows PowerShell writes UTF-16 with ">", the old console the code page of western Europe.
    """
    try:
        data.decode("utf-8-sig")
    except UnicodeDecodeError:
        if not data.startswith(_MARKS) and b"\0" not in data[:4]:
            return data.decode("cp1252", "replace")
    return data


def read_job(body: Mapping[str, object]) -> ServiceJob:
    """Read one job body; never raises, whatever is in it. Secrets are left out before reading."""
    told = unsecret(body)
    outer = Fields(told)
    properties = told.get("properties")
    inner = properties if isinstance(properties, dict) else {}
    kind = outer.text("type") or _type_in(outer.text("id")) or kind_of(inner)
    return msgspec.structs.replace(_of_kind(outer, kind), said=leaves(told))


def _of_kind(outer: Fields, kind: str) -> ServiceJob:
    match kind.lower():
        case "microsoft.databox/jobs":
            return _data_box(outer, kind)
        case "microsoft.importexport/jobs":
            return _import_export(outer, kind)
        case "microsoft.recoveryservices/vaults/backupjobs":
            return _backup(outer, kind)
    return _other(outer, kind)


def _type_in(resource_id: str) -> str:
    """Give the resource type that an id tells: provider, then every second part."""
    _, _, tail = resource_id.partition("/providers/")
    parts = tail.split("/")
    return "/".join([*parts[:1], *parts[1::2]]) if tail else ""


# --- Data Box: devices of Microsoft, and own drives


def _data_box(outer: Fields, kind: str) -> ServiceJob:
    properties = outer.inner("properties")
    details = properties.inner("details")
    sku = outer.inner("sku")
    names = (sku.text("name"), details.text("jobDetailsType"))
    own = any(name.lower() == _OWN_DRIVES for name in names)
    delays = properties.inner("delayInformation")
    return ServiceJob(
        family=JobFamily.OWN_DRIVES if own else JobFamily.DATA_BOX,
        resource_type=kind,
        name=outer.text("name"),
        status=properties.text("status"),
        resource_id=outer.text("id"),
        sku=sku.text("model") or sku.text("name") or details.text("jobDetailsType"),
        transfer=properties.text("transferType"),
        created_at=properties.moment("startTime"),
        changed_at=outer.inner("systemData").moment("lastModifiedAt"),
        steps=tuple(_steps(details)),
        drives=tuple(_drives(details)),
        copies=tuple(_copies(details)),
        packages=tuple(_packages(details, _BOX_WAYS, "trackingId")),
        actions=details.texts("actions"),
        troubles=tuple(_troubles(properties)),
        delays=tuple(filter(None, (properties.text("delayedStage"), *delays.strings()))),
        logs=tuple(_logs(details)),
        shipping=box_shipping(details, outer.text("location")),
        devices_lost=properties.flag("allDevicesLost"),
    )


_BOX_WAYS = {
    "deliveryPackage": "to-customer",
    "returnPackage": "to-datacenter",
    "deliverToDcPackageDetails": "to-datacenter",
    "returnToCustomerPackageDetails": "to-customer",
}


def _steps(details: Fields) -> Iterator[JobStep]:
    for step in details.list("jobStages"):
        yield JobStep(
            name=step.text("stageName"),
            progress=step.text("stageStatus"),
            label=step.text("displayName"),
            at=step.moment("stageTime"),
        )


def _drives(details: Fields) -> Iterator[DriveProgress]:
    """Yield drives by serial number: those that are copied, then those only announced."""
    announced = details.inner("importDiskDetailsCollection")
    seen = set()
    for one in details.list("copyProgress"):
        serial = one.text("serialNumber")
        if not serial:
            continue
        seen.add(serial)
        papers = announced.inner(serial)
        yield DriveProgress(
            serial=serial,
            status=one.text("copyStatus") or one.text("status"),
            percent=_percent(one),
            bytes_done=one.count("bytesCopied") or one.count("bytesProcessed"),
            manifest_file=papers.text("manifestFile"),
            manifest_hash=papers.text("manifestHash"),
            words=_words(one),
        )
    for serial in announced.names():
        if serial not in seen:
            papers = announced.inner(serial)
            file, digest = papers.text("manifestFile"), papers.text("manifestHash")
            yield DriveProgress(serial, "", manifest_file=file, manifest_hash=digest)


def _percent(one: Fields) -> float | None:
    """Give the percentage of a drive; own drives only have bytes to work it out from."""
    told = one.number("percentComplete")
    done, total = one.count("bytesProcessed"), one.count("totalBytesToProcess")
    if told is not None or done is None or not total or one.flag("isEnumerationInProgress"):
        return told
    return round(min(100.0, done * 100 / total), 1)


def _copies(details: Fields) -> Iterator[CopyProgress]:
    for one in details.list("copyProgress"):
        account = one.text("storageAccountName") or one.text("accountId").rpartition("/")[2]
        if not account and one.text("serialNumber"):
            continue  # of a drive, and told there
        yield CopyProgress(
            account=account,
            bytes_done=one.count("bytesProcessed"),
            bytes_total=one.count("totalBytesToProcess"),
            files_done=one.count("filesProcessed"),
            files_total=one.count("totalFilesToProcess"),
            files_refused=one.count("filesErroredOut"),
            renamed_containers=one.count("renamedContainerCount"),
            names_refused=one.count("invalidFilesProcessed"),
            enumerating=one.flag("isEnumerationInProgress"),
            words=_words(one),
        )


def _words(one: Fields) -> tuple[str, ...]:
    told = one.inner("error")
    said = (told.text("code"), told.text("message"), *one.texts("actions"))
    return tuple(filter(None, said))


def _packages(
    found: Fields, way_by_field: Mapping[str, str], number_field: str
) -> Iterator[Package]:
    """Yield the parcels that have a carrier or a number; the services name the number otherwise."""
    for name, way in way_by_field.items():
        parcel = found.inner(name)
        carrier, number = parcel.text("carrierName"), parcel.text(number_field)
        if carrier or number:
            link, shipped_at = parcel.text("trackingUrl"), parcel.moment("shipDate")
            yield Package(way, carrier, number, link, shipped_at)


def _logs(details: Fields) -> Iterator[str]:
    for one in details.list("copyLogDetails"):
        for name in ("copyLogLink", "errorLogLink", "copyVerboseLogLink", "verboseLogLink"):
            if one.text(name):
                yield one.text(name).partition("?")[0]  # what follows may be a signature


def _troubles(properties: Fields) -> Iterator[JobTrouble]:
    told = properties.inner("error")
    if told.text("code") or told.text("message"):
        yield JobTrouble(told.text("code"), told.text("message"))
    if properties.text("cancellationReason"):
        yield JobTrouble("cancellationReason", properties.text("cancellationReason"))


# --- the older Import/Export service


def _import_export(outer: Fields, kind: str) -> ServiceJob:
    properties, system = outer.inner("properties"), outer.inner("systemData")
    return ServiceJob(
        family=JobFamily.IMPORT_EXPORT,
        resource_type=kind,
        name=outer.text("name"),
        status=properties.text("state"),
        resource_id=outer.text("id"),
        transfer=properties.text("jobType"),
        created_at=system.moment("createdAt"),
        changed_at=system.moment("lastModifiedAt"),
        drives=tuple(_old_drive(one) for one in properties.list("driveList")),
        packages=tuple(_packages(properties, _OLD_WAYS, "trackingNumber")),
        percent=properties.number("percentComplete"),
        logs=tuple(filter(None, (properties.text("diagnosticsPath"),))),
        shipping=old_shipping(properties, outer.text("location")),
    )


_OLD_WAYS = {"deliveryPackage": "to-datacenter", "returnPackage": "to-customer"}


def _old_drive(one: Fields) -> DriveProgress:
    places = ("copyStatus", "verboseLogUri", "errorLogUri", "manifestUri")
    return DriveProgress(
        serial=one.text("driveId"),
        status=one.text("state"),
        percent=one.number("percentComplete"),
        bytes_done=one.count("bytesSucceeded"),
        manifest_file=one.text("manifestFile"),
        manifest_hash=one.text("manifestHash"),
        words=tuple(one.text(name).partition("?")[0] for name in places if one.text(name)),
    )


# --- backup jobs of a vault


def _backup(outer: Fields, kind: str) -> ServiceJob:
    properties = outer.inner("properties")
    return ServiceJob(
        family=JobFamily.BACKUP,
        resource_type=kind,
        name=properties.text("entityFriendlyName") or outer.text("name"),
        status=properties.text("status"),
        resource_id=outer.text("id"),
        sku=properties.text("jobType"),
        transfer=properties.text("operation"),
        created_at=properties.moment("startTime"),
        ended_at=properties.moment("endTime"),
        steps=tuple(_tasks(properties.inner("extendedInfo"))),
        actions=properties.texts("actionsInfo"),
        troubles=tuple(_backup_troubles(properties)),
        percent=properties.inner("extendedInfo").number("progressPercentage"),
        server=properties.text("mabServerName") or properties.text("dpmServerName"),
    )


def _tasks(extended: Fields) -> Iterator[JobStep]:
    for one in extended.list("tasksList"):
        at = one.moment("endTime") or one.moment("startTime")
        yield JobStep(one.text("taskId"), one.text("status"), at=at)


def _backup_troubles(properties: Fields) -> Iterator[JobTrouble]:
    for one in properties.list("errorDetails"):
        code = one.text("errorCode") or str(one.count("errorCode") or "")
        said = one.text("errorString") or one.text("errorTitle")
        yield JobTrouble(code, said, " ".join(one.texts("recommendations")))


# --- anything else


def _other(outer: Fields, kind: str) -> ServiceJob:
    properties = outer.inner("properties")
    status = next(
        (properties.text(name) for name in ("status", "state", "provisioningState")
         if properties.text(name)), ""
    )  # fmt: skip
    return ServiceJob(
        family=JobFamily.OTHER,
        resource_type=kind,
        name=outer.text("name"),
        status=status,
        resource_id=outer.text("id"),
        created_at=properties.moment("startTime"),
    )
