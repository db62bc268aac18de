"""The papers of a shipment: gathers what is known, tells what is missing, writes PDFs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from msgspec.structs import replace

from offline_backup_gui.domain.deadlines import RETURN_DEVICE, TRACKING_NUMBER
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.findings import Finding
from offline_backup_gui.domain.job_facts import facts_of, route_of, ships
from offline_backup_gui.domain.orders import OrderForm, shipping_of
from offline_backup_gui.domain.papers import DriveLine, PageSize, PaperPress, ShipmentPaper
from offline_backup_gui.domain.plan import PlanId, Route
from offline_backup_gui.domain.prepared_drive import PreparedDrive
from offline_backup_gui.domain.service_job import ServiceJob
from offline_backup_gui.domain.shipment import (
    Parcel,
    SealedDrive,
    ShipmentFacts,
    StageName,
    Tracking,
)
from offline_backup_gui.domain.shipping import Code, JobShipping, ShippingNotes, Site
from offline_backup_gui.domain.shipping_rules import (
    Leaving,
    carriers_of,
    codes_of,
    country_code,
    groups_of,
    open_ends,
)
from offline_backup_gui.domain.state import KeptPlan
from offline_backup_gui.formats.point import head_of
from offline_backup_gui.formats.service_site import read_sites
from offline_backup_gui.services.shipments import Shipments
from offline_backup_gui.services.world import World

_MAX_BYTES = 8 << 20


class Papers:
    """Packing slip, custody sheet, address label and shipping checklist of plans and of jobs."""

    def __init__(self, world: World, shipments: Shipments) -> None:
        self._world, self._shipments = world, shipments

    # --- what is kept for them

    def note_form(self, plan_id: PlanId, form: OrderForm) -> None:
        """Keep what a form says of the way there and back."""
        notes = self._world.state.shipping(plan_id)
        told = self.of_form(form).over(notes.form)
        self._world.state.put_shipping(plan_id, replace(notes, form=told))

    def of_form(self, form: OrderForm) -> JobShipping:
        """Give what a form says of the way, its country by name."""
        names = self._world.geography.country_names
        return shipping_of(form, names.get(form.address.country, form.address.country))

    def note_site(self, plan_id: PlanId, site: Site) -> None:
        """Keep where Azure says the drives go."""
        notes = self._world.state.shipping(plan_id)
        told = replace(notes.form, site=site)
        self._world.state.put_shipping(plan_id, replace(notes, form=told))

    def note_codes(self, plan_id: PlanId, codes: Mapping[Code, str]) -> None:
        """Keep codes that came by mail; an empty one is forgotten."""
        notes = self._world.state.shipping(plan_id)
        known = {code: text for code, text in (notes.codes | dict(codes)).items() if text.strip()}
        self._world.state.put_shipping(plan_id, replace(notes, codes=known))

    def site_in(self, path: Path, region: str) -> Site:
        """Read a saved location of the service; of several, the one of the region.

        AZURE_ANSWER_UNREADABLE; SITE_NOT_IN_FILE when none or more than one fits.
        """
        try:
            with path.open("rb") as file:
                data = file.read(_MAX_BYTES + 1)
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise BackupError(ErrorCode.AZURE_ANSWER_UNREADABLE, name=str(path), why=why) from error
        sites = read_sites(data, str(path))
        fitting = [site for site in sites if _same(site.name, region)] if len(sites) > 1 else sites
        if len(fitting) != 1:
            raise BackupError(
                ErrorCode.SITE_NOT_IN_FILE,
                path=str(path),
                region=region or "–",
                sites=tuple(site.name for site in sites),
            )
        return fitting[0]

    # --- what they say

    def of_plan(self, plan_id: PlanId) -> tuple[ShipmentPaper, Leaving]:
        """Gather everything known of a plan's parcel.

        PLAN_NOT_FOUND; DRIVE_NOT_SEALED while there is no drive to name.
        """
        kept = self._world.state.plan(plan_id)
        if kept is None:
            raise BackupError(ErrorCode.PLAN_NOT_FOUND, name=plan_id)
        tracking, facts = self._shipments.track(plan_id), self._shipments.facts(kept)
        job = tracking.job.job if tracking.job is not None else None
        drives = _drives(tracking.drives, self._world.state.prepared(plan_id), job)
        route = kept.plan.route
        if not drives and route is Route.IMPORT_EXPORT:
            raise BackupError(ErrorCode.DRIVE_NOT_SEALED, drive=kept.plan.name)
        notes = self._world.state.shipping(plan_id)
        leaving = self._leaving(route, _known(notes, job), facts, tracking)
        paper = ShipmentPaper(
            plan_name=kept.plan.name,
            repository_id=kept.repository_id,
            chain_head=self._chain_head(kept),
            drives=drives,
            made_at=f"{self._world.clock.now():%Y-%m-%d}",
            job=job.name if job is not None else "",
        )
        return self._filled(paper, leaving, tracking.parcel or facts.parcel, notes.codes), leaving

    def of_job(
        self,
        job: ServiceJob,
        form: JobShipping | None = None,
        codes: Mapping[Code, str] | None = None,
    ) -> tuple[ShipmentPaper, Leaving]:
        """Gather what a job alone says, with what a form adds; JOB_WITHOUT_PARCEL for others."""
        if not ships(job):
            raise BackupError(ErrorCode.JOB_WITHOUT_PARCEL, name=job.name or job.resource_type)
        facts = facts_of(job)
        shipping = (form or JobShipping()).over(job.shipping or JobShipping())
        leaving = self._leaving(route_of(job), shipping, facts, None)
        paper = ShipmentPaper(
            plan_name=job.name,
            repository_id="",
            chain_head="",
            drives=_drives((), (), job),
            made_at=f"{self._world.clock.now():%Y-%m-%d}",
            job=job.name,
        )
        parcel = facts.parcel
        sent = job.package("to-datacenter")
        if parcel is None and sent is not None:
            paper = replace(paper, carrier=sent.carrier, tracking_number=sent.number)
        return self._filled(paper, leaving, parcel, codes or {}), leaving

    def findings(self, leaving: Leaving) -> tuple[Finding, ...]:
        """Tell what is missing on the papers, or does not fit."""
        return tuple(open_ends(self._world.geography, leaving))

    def lacking(self, plan_id: PlanId) -> tuple[Finding, ...]:
        """Tell what the papers of a plan still lack; as `of_plan`."""
        return self.findings(self.of_plan(plan_id)[1])

    def _leaving(
        self,
        route: Route,
        shipping: JobShipping,
        facts: ShipmentFacts,
        tracking: Tracking | None,
    ) -> Leaving:
        geography, home = self._world.geography, shipping.home
        made = facts.job_created_at
        stages = tracking.stages if tracking is not None else ()
        delivered = next((one.time for one in stages if one.name == StageName.DELIVERED), None)
        return Leaving(
            route,
            shipping,
            office=country_code(geography, home.country) if home is not None else "",
            number_by=(made + TRACKING_NUMBER).date() if made is not None else None,
            return_by=(delivered + RETURN_DEVICE).date() if delivered is not None else None,
        )

    def _filled(
        self,
        paper: ShipmentPaper,
        leaving: Leaving,
        parcel: Parcel | None,
        codes: Mapping[Code, str],
    ) -> ShipmentPaper:
        """Write addresses, carriers, codes and rules onto a paper."""
        shipping, geography = leaving.shipping, self._world.geography
        home, site = shipping.home, shipping.site
        wanted = dict.fromkeys(codes_of(geography, leaving), "") | dict(codes)
        if parcel is not None:
            paper = replace(
                paper,
                carrier=parcel.carrier,
                tracking_number=parcel.tracking_number,
                shipped_at=_day(parcel.shipped_at),
            )
        said = (site.information, site.instruction) if site is not None else ()
        return replace(
            paper,
            sender=home.lines if home is not None else (),
            sender_contact=tuple(filter(None, (home.phone, *home.emails))) if home else (),
            recipient=site.address.lines if site is not None else (),
            recipient_phone=site.address.phone if site is not None else "",
            recipient_note=" ".join(filter(None, said)),
            return_carrier=shipping.return_carrier,
            return_account=shipping.account_number,
            carriers=carriers_of(geography, leaving),
            codes=wanted,
            groups=groups_of(geography, leaving),
        )

    def _chain_head(self, kept: KeptPlan) -> str:
        if kept.plan.travels_as_is or not kept.repository_id:
            return ""
        from offline_backup_gui.engine.points import newest_point

        newest = newest_point(self._world.book(kept.repository_id))
        return "" if newest is None else head_of(newest.data).hex()

    # --- onto paper

    def save(self, plan_id: PlanId, folder: Path, language: str, paper: str) -> list[Path]:
        """Write the papers of a plan; `paper` is "A4" or "Letter"."""
        shipment, leaving = self.of_plan(plan_id)
        return self.write(shipment, leaving.route, folder, language, PageSize(paper))

    def write(
        self, shipment: ShipmentPaper, route: Route, folder: Path, language: str, page: PageSize
    ) -> list[Path]:
        """Write every paper that a route needs; a device of Microsoft has a label of its own."""
        press, written = self._world.press(), []
        for ending, write in _papers(press, route):
            path = folder / f"{shipment.plan_name}-{ending}.pdf"
            write(shipment, language, page, path)
            written.append(path)
        return written


_Write = Callable[[ShipmentPaper, str, PageSize, Path], None]


def _papers(press: PaperPress, route: Route) -> Sequence[tuple[str, _Write]]:
    own: tuple[tuple[str, _Write], ...] = (
        ("packing-slip", press.packing_slip),
        ("custody-sheet", press.custody_sheet),
        ("address-label", press.address_label),
        ("shipping-checklist", press.shipping_checklist),
    )
    return own if route is Route.IMPORT_EXPORT else (own[1], own[3])


def _known(notes: ShippingNotes, job: ServiceJob | None) -> JobShipping:
    """Join what is known of the way; where the drives go, the job itself knows best."""
    told = job.shipping if job is not None and job.shipping is not None else JobShipping()
    known = notes.form.over(told)
    return replace(known, site=told.site or known.site)


def _drives(
    sealed: Sequence[SealedDrive], prepared: Sequence[PreparedDrive], job: ServiceJob | None
) -> tuple[DriveLine, ...]:
    """Name every drive once by its serial, with all that is known of it.

    The manifest is the one it was sealed with: what was noted or told to Azure may be older.
    """
    lines: dict[str, DriveLine] = {}
    for one in sealed:
        at = f"{one.sealed_at:%Y-%m-%d %H:%M}" if one.sealed_at else ""
        lines[_plain(one.serial)] = DriveLine(
            one.serial,
            one.label,
            one.packs,
            one.size_bytes,
            one.fingerprint,
            at,
            one.manifest,
            one.carries_files,
        )
    others = [(ready.serial, ready.manifest_md5) for ready in prepared]
    others += [(told.serial, told.manifest_hash) for told in job.drives] if job else []
    for serial, manifest in others:
        line = lines.get(_plain(serial), DriveLine(serial))
        lines[_plain(serial)] = replace(line, manifest=line.manifest or manifest)
    return tuple(lines.values())


def _plain(serial: str) -> str:
    # A job and a manifest have it without the blanks that some makers print.
    return "".join(serial.split())


def _same(name: str, region: str) -> bool:
    return bool(region) and "".join(name.split()).lower() == "".join(region.split()).lower()


def _day(at: datetime) -> str:
    return f"{at:%Y-%m-%d}"
