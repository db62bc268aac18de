"""Where own drives go: the datacenter's address, asked of Azure and kept for the papers."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.findings import Finding
from offline_backup_gui.domain.orders import OWN_DRIVES, JobRef
from offline_backup_gui.domain.plan import PlanId
from offline_backup_gui.domain.ports import Control
from offline_backup_gui.domain.shipping import Code, Site
from offline_backup_gui.services.azure import Azure
from offline_backup_gui.services.import_jobs import ImportJobs
from offline_backup_gui.services.orders import Orders
from offline_backup_gui.services.papers import Papers

# The older service has gone, or this sign-in may not ask it: the newer one alone counts then.
_NOT_ASKED = frozenset(
    {ErrorCode.AZURE_NOT_FOUND, ErrorCode.AZURE_REFUSED, ErrorCode.AZURE_FORBIDDEN}
)


class WayThere(Struct, frozen=True):
    """What the papers of a plan will say of the way there, and what they still lack.

    `codes` are those the parcel may need, "" where none came yet.
    """

    lines: tuple[str, ...] = ()
    instruction: str = ""
    codes: dict[Code, str] = {}
    findings: tuple[Finding, ...] = ()


class _Place(Struct, frozen=True):
    """Of which region the drives are, and who asks; no name while there is no job."""

    ref: JobRef
    region: str


class Sites:
    """Asks for addresses and keeps them; the program knows none by itself."""

    def __init__(
        self, azure: Azure, orders: Orders, import_jobs: ImportJobs, papers: Papers
    ) -> None:
        self._azure, self._orders = azure, orders
        self._import_jobs, self._papers = import_jobs, papers

    def way(self, plan_id: PlanId) -> WayThere:
        """Give what is known so far; as `Papers.of_plan`."""
        paper, leaving = self._papers.of_plan(plan_id)
        site = leaving.shipping.site
        return WayThere(
            paper.recipient,
            site.instruction if site is not None else "",
            paper.codes,
            self._papers.findings(leaving),
        )

    def note_codes(self, plan_id: PlanId, codes: Mapping[Code, str]) -> None:
        """Keep codes that came by mail."""
        self._papers.note_codes(plan_id, codes)

    def ask(self, plan_id: PlanId, control: Control | None = None) -> Site:
        """Ask Azure where the drives of a plan go, and keep it for its papers.

        The job itself knows best; before there is one, and where it tells nothing, the region does.
        SIGN_IN_NEEDED, AZURE_…; SITE_REGION_UNKNOWN, SITE_NOT_TOLD.
        """
        place = self._place(plan_id)
        site = self._of_job(place, control) or self._of_region(place, control)
        if site is None:
            raise BackupError(ErrorCode.SITE_NOT_TOLD, region=place.region)
        self._papers.note_site(plan_id, site)
        return site

    def _place(self, plan_id: PlanId) -> _Place:
        order = self._orders.of_plan(plan_id)
        if order is not None:
            return _Place(order.ref, order.region)
        answers = self._import_jobs.answers(plan_id)
        azure = answers.azure
        if not (azure.subscription and azure.region):
            raise BackupError(ErrorCode.SITE_REGION_UNKNOWN)
        ref = JobRef(azure.subscription.strip(), answers.order.group.strip(), "")
        return _Place(ref, azure.region)

    def _of_job(self, place: _Place, control: Control | None) -> Site | None:
        if not place.ref.name:
            return None
        try:
            shipping = self._orders.show(place.ref, control).job.shipping
        except BackupError as error:
            if error.code is ErrorCode.ORDER_NOT_FOUND:
                return None  # noted under another name, or made by the older service
            raise
        site = shipping.site if shipping is not None else None
        return site if site is not None and site.address.lines else None

    def _of_region(self, place: _Place, control: Control | None) -> Site | None:
        ref, region = place.ref, place.region
        found = self._azure.desk(control).site(ref.subscription, ref.group, region, OWN_DRIVES)
        if found is not None and found.address.lines:
            return found
        try:
            listed = self._azure.old_jobs(control).sites()
        except BackupError as error:
            if error.code not in _NOT_ASKED:
                raise
            listed = ()
        same = next((site for site in listed if _plain(site.name) == _plain(region)), None)
        if same is not None and found is not None:
            return replace(same, instruction=found.instruction)
        return same or found


def _plain(region: str) -> str:
    return "".join(region.split()).lower()
