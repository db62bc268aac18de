"""Orders and import jobs through the official library of Data Box; bodies in `databox_bodies`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.mgmt.databox import DataBoxManagementClient
from azure.mgmt.databox import models as m

from offline_backup_gui.adapters.azure import databox_bodies as bodies
from offline_backup_gui.adapters.azure.session import Session
from offline_backup_gui.adapters.azure.trouble import watched
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.orders import (
    Address,
    Contact,
    Credential,
    FoundOrder,
    JobRef,
    Offer,
    OrderForm,
    OrderSecrets,
    Pickup,
    PickupAnswer,
    Verdict,
)
from offline_backup_gui.domain.service_status import CANCELLED
from offline_backup_gui.domain.shipping import Site
from offline_backup_gui.formats.service_job import read_job
from offline_backup_gui.formats.service_site import box_site
from offline_backup_gui.formats.service_values import Fields

# A package update moves the version silently; the models of 4.0.0 are those of this one.
API_VERSION = "2025-07-01"
MARKER = "offline-backup-order"
# Asking twice changes nothing with these.
_AGAIN: dict[str, Any] = {"retry_on_methods": ("GET", "PUT", "POST", "PATCH", "DELETE")}
_NEVER_AGAIN: dict[str, Any] = {"retry_total": 0}


class DataBoxDesk:
    """Implements `domain.azure_doors.OrderDesk` and `OrderCounter`."""

    def __init__(self, session: Session) -> None:
        self._session, self._pace = session, session.pace
        self._client_by_subscription: dict[str, DataBoxManagementClient] = {}

    # --- what can be had

    def offers(self, subscription: str, group: str, region: str, country: str) -> list[Offer]:
        """List every device for a country and region, enabled or not."""
        request = m.AvailableSkuRequest(
            transfer_type=m.TransferType.IMPORT_TO_AZURE, country=country, location=region
        )
        with watched(f"availableSkus {region}"):
            found = self._client(subscription).service.list_available_skus_by_resource_group(
                group, region, request, **_AGAIN
            )
            return [bodies.offer(one.as_dict()) for one in found]

    def site(self, subscription: str, group: str, region: str, sku: str) -> Site | None:
        """Ask which datacenter takes the drives of a region; None when Azure tells none."""
        wanted = m.DatacenterAddressRequest(storage_location=region, sku_name=sku)
        request = m.RegionConfigurationRequest(datacenter_address_request=wanted)
        with watched(f"regionConfiguration {region}"):
            service = self._client(subscription).service
            if group:
                found = service.region_configuration_by_resource_group(
                    group, region, request, **_AGAIN
                )
            else:
                found = service.region_configuration(region, request, **_AGAIN)
            told = Fields(found.as_dict()).inner("datacenterAddressResponse")
            return box_site(told, region)

    def validate(self, form: OrderForm, secrets: OrderSecrets) -> list[Verdict]:
        """Let Azure look at a form before it is an order; nothing is ordered."""
        with watched(f"validateInputs {form.region}", secrets.words()):
            answer = self._client(form.subscription).service.validate_inputs_by_resource_group(
                form.group, form.region, bodies.validation(form), **_AGAIN
            )
            return bodies.verdicts(answer.as_dict())

    # --- orders

    def place(self, form: OrderForm, secrets: OrderSecrets, ref: JobRef) -> FoundOrder:
        """Place the order under its name and wait until Azure has it.

        ORDER_NAME_TAKEN when there is one of this name already; ORDER_UNCERTAIN when it is not
        known whether Azure took it. A name makes one order only, however often it is sent.
        """
        job = bodies.order(form, secrets, {MARKER: form.marker})
        with watched(ref.resource_id, secrets.words()):
            try:
                made = self._client(ref.subscription).jobs.begin_create(
                    ref.group, ref.name, job, polling_interval=self._pace.poll_s
                )
                made.wait(self._pace.operation_s)
            except HttpResponseError as error:
                if error.status_code == 409:
                    raise BackupError(ErrorCode.ORDER_NAME_TAKEN, name=ref.name) from None
                raise
        found = self.order(ref)
        if found is None:
            raise BackupError(ErrorCode.ORDER_UNCERTAIN, name=ref.name)
        return found

    def order(self, ref: JobRef) -> FoundOrder | None:
        """Read one order with its details; None when Azure knows none of this name."""
        with watched(ref.resource_id):
            try:
                job = self._client(ref.subscription).jobs.get(ref.group, ref.name, expand="details")
            except ResourceNotFoundError:
                return None
            return _found(job.as_dict(), ref)

    def orders(self, subscription: str, group: str = "") -> list[FoundOrder]:
        """List the orders of a subscription, or of one resource group; without their details."""
        with watched(f"jobs {group or subscription}"):
            jobs = self._client(subscription).jobs
            listed = jobs.list_by_resource_group(group) if group else jobs.list()
            return [_found(job.as_dict(), None) for job in listed]

    # --- what can be done with one

    def cancel(self, ref: JobRef, reason: str) -> None:
        """Cancel. ORDER_NOT_CANCELLABLE when it is too late for that."""
        try:
            self._act(
                ref,
                lambda client: client.jobs.cancel(
                    ref.group, ref.name, m.CancellationReason(reason=reason), **_AGAIN
                ),
                {409: ErrorCode.ORDER_NOT_CANCELLABLE},
            )
        except BackupError as error:
            if error.code is not ErrorCode.ORDER_NOT_CANCELLABLE or not self._is_cancelled(ref):
                raise

    def _is_cancelled(self, ref: JobRef) -> bool:
        """Say whether the first sending cancelled it, when its answer was lost on the way."""
        with suppress(BackupError):
            found = self.order(ref)
            return found is not None and found.job.status in CANCELLED
        return False

    def book_pickup(self, ref: JobRef, pickup: Pickup) -> PickupAnswer:
        """Let the carrier come. PICKUP_UNCERTAIN when no answer came: a second carrier may."""
        request = m.ShipmentPickUpRequest(
            start_time=pickup.start, end_time=pickup.end, shipment_location=pickup.place
        )
        try:
            told: Mapping[str, Any] = self._act(
                ref,
                lambda client: client.jobs.book_shipment_pick_up(
                    ref.group, ref.name, request, **_NEVER_AGAIN
                ).as_dict(),
            )
        except BackupError as error:
            if error.code in (ErrorCode.AZURE_UNREACHABLE, ErrorCode.AZURE_BUSY):
                raise BackupError(
                    ErrorCode.PICKUP_UNCERTAIN, name=ref.name, reason=str(error.code)
                ) from None
            raise
        return PickupAnswer(
            str(told.get("confirmationNumber", "")), str(told.get("readyByTime", ""))
        )

    def mark_shipped(self, ref: JobRef, carrier: str, number: str) -> None:
        """Tell that own drives are on their way."""
        package = m.PackageCarrierInfo(carrier_name=carrier, tracking_id=number)
        request = m.MarkDevicesShippedRequest(deliver_to_dc_package_details=package)
        self._act(
            ref,
            lambda client: client.jobs.mark_devices_shipped(
                job_name=ref.name,
                resource_group_name=ref.group,
                mark_devices_shipped_request=request,
                **_AGAIN,
            ),
        )

    def credentials(self, ref: JobRef) -> list[Credential]:
        """Give what opens the devices; secrets. Azure notes in its log that somebody looked."""
        found: list[Credential] = self._act(
            ref,
            lambda client: [
                credential
                for one in client.jobs.list_credentials(ref.group, ref.name, **_AGAIN)
                for credential in bodies.credentials(one.as_dict())
            ],
        )
        return found

    def change_address(self, ref: JobRef, address: Address, contact: Contact) -> None:
        """Let the devices go to another address. ADDRESS_NOT_CHANGEABLE when it is too late."""
        request = m.JobResourceUpdateParameter(
            properties=m.UpdateJobProperties(details=bodies.moved(address, contact))
        )
        self._act(
            ref,
            lambda client: client.jobs.begin_update(
                ref.group, ref.name, request, polling_interval=self._pace.poll_s, **_AGAIN
            ).wait(self._pace.operation_s),
            {409: ErrorCode.ADDRESS_NOT_CHANGEABLE},
        )

    def answer(self, ref: JobRef, resolution: str, by_serial: Mapping[str, str]) -> None:
        """Answer an order that waits for its owner ("Resume", "MoveToCleanUpDevice" …)."""
        request = m.MitigateJobRequest(
            customer_resolution_code=resolution or None,
            serial_number_customer_resolution_map=dict(by_serial) or None,
        )
        self._act(
            ref,
            lambda client: client.mitigate(
                job_name=ref.name,
                resource_group_name=ref.group,
                mitigate_job_request=request,
                **_AGAIN,
            ),
        )

    # --- inside

    def _act(
        self,
        ref: JobRef,
        act: Callable[[DataBoxManagementClient], Any],
        codes: Mapping[int, ErrorCode] | None = None,
    ) -> Any:
        try:
            with watched(ref.resource_id):
                try:
                    return act(self._client(ref.subscription))
                except HttpResponseError as error:
                    code = (codes or {}).get(error.status_code or 0)
                    if code is None:
                        raise
                    raise BackupError(code, name=ref.name) from None
        except BackupError as error:
            if error.code is ErrorCode.AZURE_NOT_FOUND:
                raise BackupError(ErrorCode.ORDER_NOT_FOUND, name=ref.name) from None
            raise

    def _client(self, subscription: str) -> DataBoxManagementClient:
        kept = self._client_by_subscription
        if subscription not in kept:
            kept[subscription] = DataBoxManagementClient(
                self._session.credential,
                subscription,
                api_version=API_VERSION,
                **self._session.settings,
            )
        return kept[subscription]


def _found(body: dict[str, Any], ref: JobRef | None) -> FoundOrder:
    where = ref or bodies.ref_of(str(body.get("id", "")))
    properties = body.get("properties") or {}
    tags = body.get("tags") or {}
    return FoundOrder(
        ref=where,
        job=read_job(body),
        marker=str(tags.get(MARKER, "")),
        cancellable=properties.get("isCancellable") is True,
    )
