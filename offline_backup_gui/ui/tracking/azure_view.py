"""What the cards say of a job of Azure, worked out from its last look; free of Qt."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from offline_backup_gui.domain.carriers import link_of
from offline_backup_gui.domain.plan import Plan, Route
from offline_backup_gui.domain.service_job import CopyProgress, DriveProgress, Package, ServiceJob
from offline_backup_gui.domain.shipment import KeptJob, Source, Tracking
from offline_backup_gui.words import Words

# Words of `arm_databox_copyStatus` and of the drives of both Import/Export services.
_WHOLE = frozenset({"Completed", "Data copy completed"})
_WAITS = frozenset(
    {"", "NotStarted", "InProgress", "Specified", "Received", "Transferring", "ShippedBack"}
    | {"Data copy not started", "ShippedToCustomer"}
)
_TO_DATACENTER, _TO_YOU = "to-datacenter", "to-customer"


class ParcelLine(Struct, frozen=True):
    """A parcel of one direction; `link` opens its page, `told` is an address only to be read."""

    way: str
    carrier: str
    number: str
    sent_at: datetime | None
    source: Source
    link: str
    told: str = ""


class ProgressLine(Struct, frozen=True):
    """How far a drive or an account is.

    `share` is of 1 or None. `whole` says all of it is in Azure, `halted` that Azure reported
    something else than waiting or copying; a word nobody knows is neither.
    """

    name: str
    said: str
    azure: str
    share: float | None
    whole: bool
    halted: bool
    details: tuple[str, ...] = ()


class Remark(Struct, frozen=True):
    """Something Azure reports: our title, Azure's words, and what to do."""

    title: str
    azure: str
    do: str
    heavy: bool = True


# ---------------------------------------------------------------- parcels


def parcels(tracking: Tracking) -> tuple[ParcelLine, ...]:
    """Give the parcels of both directions: what was typed here, and what Azure knows.

    A number that both know is one line, with the day that was typed.
    """
    typed, kept = tracking.parcel, tracking.job
    lines = [_of_azure(package) for package in (kept.job.packages if kept else ())]
    if typed is None:
        return tuple(lines)
    for place, line in enumerate(lines):
        if line.way == _TO_DATACENTER and _plain(line.number) == _plain(typed.tracking_number):
            lines[place] = replace(line, sent_at=line.sent_at or typed.shipped_at)
            return tuple(lines)
    number = typed.tracking_number
    link = link_of(typed.carrier, number)
    own = ParcelLine(_TO_DATACENTER, typed.carrier, number, typed.shipped_at, Source.YOU, link)
    return (*lines, own)


def _of_azure(package: Package) -> ParcelLine:
    link = link_of(package.carrier, package.number, package.link)
    told = package.link if link != package.link else ""
    return ParcelLine(
        package.way, package.carrier, package.number, package.shipped_at, Source.AZURE, link, told
    )


def _plain(text: str) -> str:
    return "".join(text.split()).upper()


# ---------------------------------------------------------------- progress


def drives(job: ServiceJob, words: Words) -> tuple[ProgressLine, ...]:
    """Give a line for each drive of the job, by serial number."""
    return tuple(_drive(one, words) for one in job.drives)


def _drive(one: DriveProgress, words: Words) -> ProgressLine:
    share = None if one.percent is None else min(max(one.percent / 100, 0.0), 1.0)
    whole = one.status in _WHOLE
    told = [said for said in one.words if not _is_action(said, words)]
    details = [": ".join(told)] if told else []
    if one.bytes_done and not whole:
        details.insert(0, words.text("azure-job.bytes-done", done=one.bytes_done))
    return ProgressLine(
        name=one.serial,
        said=_said(one.status, words),
        azure=one.status,
        share=1.0 if whole and share is None else share,
        whole=whole,
        halted=not whole and one.status not in _WAITS and _known(one.status, words),
        details=tuple(details),
    )


def _said(status: str, words: Words) -> str:
    """Say a drive's status in our words; one that is not known stays Azure's alone."""
    if not status:
        return words.text("azure-job.drive-announced")
    return words.term("drive-state", status) if _known(status, words) else ""


def _known(status: str, words: Words) -> bool:
    return words.has(f"drive-state.{status}")


def copies(job: ServiceJob, words: Words) -> tuple[ProgressLine, ...]:
    """Give a line for each account; figures of several drives into one account are summed."""
    by_account: dict[str, list[CopyProgress]] = {}
    for one in job.copies:
        by_account.setdefault(one.account, []).append(one)
    return tuple(_copy(account, found, words) for account, found in by_account.items())


def _copy(account: str, found: Sequence[CopyProgress], words: Words) -> ProgressLine:
    done = _sum(one.bytes_done for one in found)
    total = _sum(one.bytes_total for one in found)
    files, all_files = _sum(one.files_done for one in found), _sum(one.files_total for one in found)
    counting = any(one.enumerating for one in found)
    details = []
    if done is not None:
        key = "azure-job.bytes-of" if total else "azure-job.bytes-done"
        details.append(words.text(key, done=done, total=total or 0))
    if files is not None:
        key = "azure-job.files-of" if all_files else "azure-job.files-done"
        details.append(words.text(key, done=files, total=all_files or 0))
    for key, figures in (
        ("azure-job.files-refused", (one.files_refused for one in found)),
        ("azure-job.names-refused", (one.names_refused for one in found)),
        ("azure-job.containers-renamed", (one.renamed_containers for one in found)),
    ):
        if count := _sum(figures):
            details.append(words.text(key, count=count))
    details += [said for one in found for said in one.words if not _is_action(said, words)]
    share = None if counting or not total or done is None else min(done / total, 1.0)
    refused = bool(_sum(one.files_refused for one in found))
    return ProgressLine(
        name=account or words.text("azure-job.account-unnamed"),
        said=words.text("azure-job.counting") if counting else "",
        azure="",
        share=share,
        whole=share == 1.0 and not refused,
        halted=refused,
        details=tuple(details),
    )


def _sum(figures: Iterable[int | None]) -> int | None:
    known = [one for one in figures if one is not None]
    return sum(known) if known else None


# ---------------------------------------------------------------- what Azure reports


def remarks(job: ServiceJob, words: Words) -> tuple[Remark, ...]:
    """Give actions that Azure waits for, troubles, drives that halted, and delays."""
    return (
        *_lost(job, words),
        *_actions(job, words),
        *(
            Remark(
                words.text("azure-job.trouble"),
                ": ".join(filter(None, (one.code, one.message))),
                one.advice or words.text("azure-job.trouble-do"),
            )
            for one in job.troubles
        ),
        *_halted(job, words),
        *_delays(job, words),
    )


def _lost(job: ServiceJob, words: Words) -> Iterator[Remark]:
    if job.devices_lost:
        key = "now.devices-lost"
        yield Remark(words.text(f"{key}.title"), "allDevicesLost", words.text(f"{key}.why"))


def _actions(job: ServiceJob, words: Words) -> Iterator[Remark]:
    asked = [*job.actions]
    told = [*(one.words for one in job.drives), *(one.words for one in job.copies)]
    asked += [said for group in told for said in group if _is_action(said, words)]
    for action in dict.fromkeys(asked):
        if action == "None":
            continue
        known = _is_action(action, words)
        key = f"azure-action.{action}" if known else "azure-action.unknown"
        yield Remark(words.text(f"{key}.title"), action, words.text(f"{key}.do"))


def _is_action(said: str, words: Words) -> bool:
    return said == "None" or words.has(f"azure-action.{said}.title")


def _halted(job: ServiceJob, words: Words) -> Iterator[Remark]:
    for one in job.drives:
        key = f"drive-do.{one.status}"
        if words.has(key):
            title = words.text("azure-job.drive-halted", serial=one.serial)
            yield Remark(title, one.status, words.text(key))


def _delays(job: ServiceJob, words: Words) -> Iterator[Remark]:
    if job.delays:
        said = " · ".join(job.delays)
        yield Remark(
            words.text("azure-job.delay"), said, words.text("azure-job.delay-do"), heavy=False
        )


# ---------------------------------------------------------------- which job, how fresh


def shows_azure(plan: Plan) -> bool:
    """Say whether Azure takes part in a plan; it does not when practising in a folder."""
    return not plan.destination.is_folder


def title(kept: KeptJob) -> str:
    """Name the job."""
    return kept.job.name or kept.job.resource_type


def seen(kept: KeptJob, words: Words) -> str:
    """Say when the job was seen and who showed it."""
    key = "azure-job.seen" if kept.source is Source.AZURE else "azure-job.seen-file"
    return words.text(key, at=kept.seen_at)


def way_words(line: ParcelLine, route: Route, words: Words) -> str:
    """Name a direction: own drives come back, a device comes first."""
    if line.way == _TO_YOU and route is Route.IMPORT_EXPORT:
        return words.text("azure-job.way-back")
    return words.text(f"azure-job.way-{line.way}")
