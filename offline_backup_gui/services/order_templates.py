"""The commented forms of an order and of an import job, for filling in; see `order_file`."""

from __future__ import annotations

import json
from collections.abc import Sequence

from offline_backup_gui.domain.orders import OrderForm
from offline_backup_gui.domain.prepared_drive import PreparedDrive

# Both forms ask for the same place and the same person.
_WHERE = """\
subscription = ""                    # its ID
resource_group = ""
region = "westeurope"                # the region of the storage account
storage_account = ""                 # /subscriptions/…/storageAccounts/NAME
"""
_WHO = """\
company = ""
street = ""
city = ""
state = ""                           # where the country has them
postal_code = ""
country = "DE"                       # two letters

[contact]
name = ""
phone = ""
email = [""]
"""
ORDER_TEMPLATE = f"""\
# An order of a Microsoft device. "offline-backup order check FILE" says what is missing;
# "offline-backup order place FILE" orders. The same file never orders twice.

name = "branch-042"                  # your name for this order
device = "data-box-disk"             # or data-box
# model = "AzureDataBox120"          # newer models; "offline-backup order offers FILE" lists them
{_WHERE}# expected_tb = 5
# plan = ""                          # the plan's ID, to track it together
# passkey_file = "passkey.txt"       # a passkey of your own; else Azure makes one

[address]                            # where the device goes
{_WHO}"""
_PLAN = '# plan = ""                          # the plan\'s ID, to track it together\n'
_BACKUP = "# backup_manifest = true             # Azure keeps a copy of each manifest, too\n"
_DRIVE_TEMPLATE = """
[[drive]]                            # once for each drive, ten at most
serial = ""
manifest_file = "\\\\DriveManifest.xml"
manifest_hash = ""                   # MD5 of the manifest, 32 hex digits
bitlocker_key_file = "key-1.txt"     # the 48-digit recovery password, in a file of its own
"""
_OF_PLAN = """
# The drives are those that were prepared for the plan, each with its serial number, manifest and
# BitLocker key. A list here would stand in their place:
# [[drive]]
# serial = ""
# manifest_file = "\\\\DriveManifest.xml"
# manifest_hash = ""
# bitlocker_key_file = "key-1.txt"   # may be left out where the key is kept on this computer
"""


def import_template(
    plan: str = "", drives: Sequence[PreparedDrive] = (), job_name: str = ""
) -> str:
    """Give the form of an import job, for a plan's drives, for drives taken over, or bare.

    `job_name` is what an agent was told, and stands in the form as it has to be in Azure. Keys of
    drives that were taken over are kept as secrets, so that the form names no file.
    """
    listed = "".join(
        f"\n[[drive]]                            # its BitLocker key is kept on this computer\n"
        f"serial = {_quoted(one.serial)}\n"
        f"manifest_file = {_quoted(one.manifest_name)}\n"
        f"manifest_hash = {_quoted(one.manifest_md5)}\n"
        for one in drives
    )
    return f"""\
# An import job with your own drives. "offline-backup import-job check FILE" says what is missing;
# "offline-backup import-job place FILE" makes the job. The same file never makes two.

name = "branch-042"                  # your name for this job
{_named(job_name)}device = "own-drives"
{_WHERE}{f"plan = {_quoted(plan)}{chr(10)}" if plan else _PLAN}{_BACKUP}
[address]                            # where the drives come back to
{_WHO}
[return]                             # who brings them back, on your account
carrier = "DHL"
account_number = ""
{(_OF_PLAN if plan else listed) or _DRIVE_TEMPLATE}"""


def filled_import_form(form: OrderForm) -> str:
    """Give the form of an import job with every answer; its drives are those of its plan."""
    address, contact, back = form.address, form.contact, form.return_carrier
    tables: tuple[tuple[str, tuple[tuple[str, object], ...]], ...] = (
        (
            "",
            (
                ("name", form.key),
                *((("job_name", form.job_name),) if form.job_name else ()),
                ("device", "own-drives"),
                ("subscription", form.subscription),
                ("resource_group", form.group),
                ("region", form.region),
                ("storage_account", form.storage_account),
                ("plan", form.plan_id or ""),
                ("backup_manifest", form.backup_manifest),
            ),
        ),
        (
            "address",
            tuple((name, getattr(address, name)) for name in address.__struct_fields__),
        ),
        (
            "contact",
            (
                ("name", contact.name),
                ("phone", contact.phone),
                ("extension", contact.extension),
                ("email", list(contact.emails)),
            ),
        ),
        (
            "return",
            (
                ("carrier", back.name if back else ""),
                ("account_number", back.account_number if back else ""),
            ),
        ),
    )
    head = "# An import job with your own drives; its drives are those prepared for the plan.\n"
    return head + "\n".join(_table(name, values) for name, values in tables)


def _table(name: str, values: tuple[tuple[str, object], ...]) -> str:
    lines = [f"[{name}]"] if name else []
    lines += [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values]
    return "\n".join(lines) + "\n"


def _named(job_name: str) -> str:
    if not job_name:
        return (
            '# job_name = "fs04-seed"             # its exact name in Azure, where an agent waits\n'
        )
    return f"job_name = {_quoted(job_name):<26}# the agent asks Azure for exactly this name\n"


def _quoted(text: str) -> str:
    """Write a text as TOML's basic string, which JSON's is as well."""
    return json.dumps(text, ensure_ascii=False)


IMPORT_TEMPLATE = import_template()
