"""The way without sign-in: what the portal asks for, as files and fields to copy; no secret."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

from offline_backup_gui.domain.orders import OWN_DRIVES, OrderForm
from offline_backup_gui.domain.subscription import parse_resource_id
from offline_backup_gui.services.plain_files import replace_all


def write_portal_files(form: OrderForm, folder: Path) -> list[Path]:
    """Write the fields in the order of the portal's pages, as text and as JSON; own drives as CSV.

    Names of fields are the portal's own. TARGET_NOT_WRITABLE.
    """
    name = form.ref(1).name
    fields = list(portal_fields(form))
    width = max(len(label) for label, _ in fields)
    texts = {
        f"{name}-fields.txt": "".join(f"{label:{width}}  {value}\n" for label, value in fields),
        f"{name}-fields.json": json.dumps(dict(fields), indent=1, ensure_ascii=False) + "\n",
    }
    if form.drives:
        texts[f"{name}-drives.csv"] = _drives(form)
    return replace_all(folder, {name: text.encode() for name, text in texts.items()})


def portal_fields(form: OrderForm) -> Iterator[tuple[str, str]]:
    """Yield the portal's fields with their values, in the order of its pages.

    Portal: Azure Data Box, Create; for own drives: Model "Import/Export Job"
    (storage-import-export-data-to-blobs.md, 2023-02-01; data-box-disk-deploy-ordered.md, 2022).
    """
    own = form.sku == OWN_DRIVES
    account = parse_resource_id(form.storage_account)
    yield "Transfer type", "Import to Azure"
    yield "Subscription", form.subscription
    yield "Resource group", form.group
    yield "Source country/region", form.address.country
    yield "Destination Azure region", form.region
    yield "Product", "Import/Export Job" if own else form.model or form.sku
    yield "Import job name" if own else "Order name", form.ref(1).name
    yield "Storage account", account.name
    yield "Storage account resource group", account.group
    if form.expected_tb is not None:
        yield "Estimated data size in TB", str(form.expected_tb)
    for number, drive in enumerate(form.drives, 1):
        yield f"Drive {number}", f"{drive.serial} {drive.manifest_file} {drive.manifest_hash}"
    if form.return_carrier is not None:
        yield "Return carrier", form.return_carrier.name
        yield "Carrier account number", form.return_carrier.account_number
    address = form.address
    yield "Contact name", form.contact.name
    yield "Phone", " ".join(part for part in (form.contact.phone, form.contact.extension) if part)
    yield "Email", "; ".join(form.contact.emails)
    yield "Company name", address.company
    yield "Address line 1", address.street
    yield "Address line 2", " ".join(part for part in (address.street2, address.street3) if part)
    yield "City", address.city
    yield "State or province", address.state
    yield "Postal code", address.postal_code
    yield "Country/Region", address.country
    yield "Address type", address.kind


def _drives(form: OrderForm) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("serial", "manifest_file", "manifest_hash"))
    writer.writerows((one.serial, one.manifest_file, one.manifest_hash) for one in form.drives)
    return text.getvalue()
