"""Between our orders and the bodies that Data Box knows; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from azure.mgmt.databox import models as m

from offline_backup_gui.domain.orders import (
    BOX,
    DISK,
    Address,
    Contact,
    Credential,
    JobRef,
    Meter,
    Offer,
    OrderForm,
    OrderSecrets,
    Verdict,
)
from offline_backup_gui.domain.subscription import parse_resource_id

Json = Mapping[str, Any]


def order(form: OrderForm, secrets: OrderSecrets, tags: Mapping[str, str]) -> m.JobResource:
    """Make the body of an order."""
    return m.JobResource(
        location=form.region,
        sku=m.Sku(name=form.sku, model=form.model or None),
        tags=dict(tags),
        properties=m.JobProperties(
            transfer_type=m.TransferType.IMPORT_TO_AZURE, details=_details(form, secrets)
        ),
    )


def _details(form: OrderForm, secrets: OrderSecrets) -> m.JobDetails:
    common: dict[str, Any] = {
        "contact_details": _contact(form.contact),
        "shipping_address": _address(form.address),
        "data_import_details": [_account(form)],
    }
    if form.expected_tb is not None:
        common["expected_data_size_in_tera_bytes"] = form.expected_tb
    if form.sku == DISK:
        return m.DataBoxDiskJobDetails(passkey=secrets.passkey or None, **common)
    if form.sku == BOX:
        return m.DataBoxJobDetails(device_password=secrets.device_password or None, **common)
    carrier = form.return_carrier
    return m.DataBoxCustomerDiskJobDetails(
        import_disk_details_collection={
            drive.serial: m.ImportDiskDetails(
                manifest_file=drive.manifest_file,
                manifest_hash=drive.manifest_hash,
                bit_locker_key=secrets.bitlocker_key_by_serial.get(drive.serial, ""),
            )
            for drive in form.drives
        },
        return_to_customer_package_details=m.PackageCarrierDetails(
            carrier_name=carrier.name if carrier else "",
            carrier_account_number=carrier.account_number if carrier else "",
        ),
        enable_manifest_backup=form.backup_manifest or None,
        **common,
    )


def moved(address: Address, contact: Contact) -> m.UpdateJobDetails:
    """Make the body that changes where devices go to and who is called."""
    return m.UpdateJobDetails(shipping_address=_address(address), contact_details=_contact(contact))


def _contact(contact: Contact) -> m.ContactDetails:
    return m.ContactDetails(
        contact_name=contact.name,
        phone=contact.phone,
        phone_extension=contact.extension or None,
        email_list=list(contact.emails),
    )


def _address(address: Address) -> m.ShippingAddress:
    return m.ShippingAddress(
        street_address1=address.street,
        street_address2=address.street2 or None,
        street_address3=address.street3 or None,
        city=address.city,
        state_or_province=address.state or None,
        country=address.country,
        postal_code=address.postal_code,
        company_name=address.company or None,
        address_type=address.kind,
    )


def _account(form: OrderForm) -> m.DataImportDetails:
    account = m.StorageAccountDetails(storage_account_id=form.storage_account)
    return m.DataImportDetails(account_details=account)


# --- looked at before it is an order


def validation(form: OrderForm) -> m.CreateJobValidations:
    """Ask for everything that Azure can judge before."""
    device: dict[str, Any] = {"device_type": form.sku}
    if form.model:
        device["model"] = form.model
    transfer = m.TransferType.IMPORT_TO_AZURE
    wanted: list[m.ValidationInputRequest] = [
        m.DataTransferDetailsValidationRequest(
            data_import_details=[_account(form)], transfer_type=transfer, **device
        ),
        m.ValidateAddress(shipping_address=_address(form.address), **device),
        m.SubscriptionIsAllowedToCreateJobValidationRequest(),
        m.SkuAvailabilityValidationRequest(
            country=form.address.country, location=form.region, transfer_type=transfer, **device
        ),
        m.CreateOrderLimitForSubscriptionValidationRequest(**device),
    ]
    return m.CreateJobValidations(individual_request_details=wanted)


def verdicts(answer: Json) -> list[Verdict]:
    """Read what Azure says to each part of a form."""
    properties = answer.get("properties") or {}
    found = []
    for one in properties.get("individualResponseDetails") or ():
        trouble = one.get("error") or {}
        told = str(one.get("validationStatus") or one.get("status") or "")
        said = " ".join(str(trouble.get(key) or "") for key in ("code", "message")).strip()
        found.append(Verdict(str(one.get("validationType", "")), told, said))
    return found


# --- what is offered


def offer(body: Json) -> Offer:
    """Read one offer."""
    sku, properties = body.get("sku") or {}, body.get("properties") or {}
    name = str(sku.get("name", ""))
    capacity = properties.get("capacity") or {}
    enabled = body.get("enabled") is True
    reason = str(properties.get("disabledReasonMessage") or properties.get("disabledReason") or "")
    regions = properties.get("dataLocationToServiceLocationMap") or ()
    return Offer(
        sku=name,
        model=str(sku.get("model") or name),
        enabled=enabled,
        reason="" if enabled else reason,
        usable_tb=_number(capacity.get("individualSkuUsable") or capacity.get("usable")),
        meters=tuple(
            Meter(
                str(one.get("meterId", "")),
                str(one.get("meterType", "")),
                _number(one.get("multiplier")) or 1.0,
            )
            for one in properties.get("costs") or ()
        ),
        regions=tuple(str(one.get("dataLocation", "")) for one in regions),
    )


def _number(value: object) -> float | None:
    try:
        return float(str(value))
    except ValueError:
        return None


# --- what opens a device


def credentials(body: Json) -> Iterator[Credential]:
    """Yield every secret of one job's answer."""
    secrets = body.get("jobSecrets") or {}
    kind = secrets.get("jobSecretsType", "")
    if secrets.get("passKey"):
        yield Credential("passkey", str(body.get("jobName", "")), "", str(secrets["passKey"]))
    if kind == DISK:
        for disk in secrets.get("diskSecrets") or ():
            serial, key = str(disk.get("diskSerialNumber", "")), disk.get("bitLockerKey")
            if key and key != secrets.get("passKey"):
                yield Credential("bitlocker-key", serial, "", str(key))
    devices = [*(secrets.get("podSecrets") or ()), *(secrets.get("cabinetPodSecrets") or ())]
    for device in devices:
        yield from _of_device(device)


def _of_device(device: Json) -> Iterator[Credential]:
    serial = str(device.get("deviceSerialNumber", ""))
    if device.get("devicePassword"):
        yield Credential("device-password", serial, "", str(device["devicePassword"]))
    for account in device.get("accountCredentialDetails") or ():
        for share in account.get("shareCredentialDetails") or ():
            if share.get("password"):
                yield Credential(
                    "share-password",
                    str(share.get("shareName", "")),
                    str(share.get("userName", "")),
                    str(share["password"]),
                )


def ref_of(resource_id: str) -> JobRef:
    """Read where a job stands."""
    found = parse_resource_id(resource_id)
    return JobRef(found.subscription, found.group, found.name)
