"""Expected trouble, as one exception with a code; the sentences live in `words`."""

from __future__ import annotations

from enum import StrEnum

Parameter = str | int | float | bool | tuple[str, ...]


class ErrorCode(StrEnum):
    """What went wrong, in the field's terms. `words` has a title, a why and a do-this for each."""

    # plan and input
    PLAN_NOT_FOUND = "plan-not-found"
    PLAN_NOT_READABLE = "plan-not-readable"
    PLAN_KEY_UNKNOWN = "plan-key-unknown"
    PLAN_VALUE_WRONG = "plan-value-wrong"
    VALUE_NOT_UNDERSTOOD = "value-not-understood"
    JOB_OF_ANOTHER_PLAN = "job-of-another-plan"
    PLAN_EXISTS = "plan-exists"
    PLAN_BLOCKED = "plan-blocked"
    NOT_FOR_THIS_PLAN = "not-for-this-plan"
    SOURCE_MISSING = "source-missing"
    # secrets
    PASSPHRASE_NEEDED = "passphrase-needed"
    PASSPHRASE_WRONG = "passphrase-wrong"
    RECOVERY_CODE_WRONG = "recovery-code-wrong"
    SECRET_FILE_NOT_READABLE = "secret-file-not-readable"
    SECRET_OF_ANOTHER_MACHINE = "secret-of-another-machine"
    STAGING_STILL_NEEDED = "staging-still-needed"
    STAGING_NOT_READY = "staging-not-ready"
    # drives
    DRIVE_NOT_FOUND = "drive-not-found"
    DRIVE_GONE = "drive-gone"
    DRIVE_FULL = "drive-full"
    DRIVE_READ_ONLY = "drive-read-only"
    DRIVE_SILENT = "drive-silent"
    DRIVE_FAILING = "drive-failing"
    NOT_ONE_DRIVE = "not-one-drive"
    DRIVE_NOT_SEALED = "drive-not-sealed"
    DRIVES_TOO_SMALL = "drives-too-small"
    PREPARE_NOT_HERE = "prepare-not-here"
    PREPARE_NOT_CONSENTED = "prepare-not-consented"
    PREPARE_DRIVE_CHANGED = "prepare-drive-changed"
    PREPARE_BACKUP_NEEDED = "prepare-backup-needed"
    PREPARE_FAILED = "prepare-failed"
    BITLOCKER_NOT_INSTALLED = "bitlocker-not-installed"
    DRIVES_UNANSWERED = "drives-unanswered"
    DEVICE_TAKES_NO_BLOCK_BLOBS = "device-takes-no-block-blobs"
    NOT_A_DEVICE = "not-a-device"
    FOLDER_TAKES_BACKUPS = "folder-takes-backups"
    NOT_AN_ACCOUNT = "not-an-account"
    NOT_FOR_AN_ACCOUNT = "not-for-an-account"
    # repository and formats
    REPOSITORY_NOT_FOUND = "repository-not-found"
    REPOSITORY_DIFFERENT = "repository-different"
    FORMAT_NEWER = "format-newer"
    FORMAT_DAMAGED = "format-damaged"
    OBJECT_DAMAGED = "object-damaged"
    OBJECT_MISSING = "object-missing"
    OBJECT_EXISTS = "object-exists"
    OBJECT_NAME_NOT_ALLOWED = "object-name-not-allowed"
    PATH_NOT_PLAIN = "path-not-plain"
    POINT_NOT_FOUND = "point-not-found"
    # account
    AZURE_ANSWER_CUT = "azure-answer-cut"
    SERVICE_LOG_TOO_LARGE = "service-log-too-large"
    AZURE_ANSWER_UNREADABLE = "azure-answer-unreadable"
    SERVICE_LOG_UNREADABLE = "service-log-unreadable"
    MANIFEST_UNREADABLE = "manifest-unreadable"
    MANIFEST_MISSING = "manifest-missing"
    MANIFEST_RULE_BROKEN = "manifest-rule-broken"
    TOOL_KNOWS_NO_PACKS = "tool-knows-no-packs"
    IMPORT_FILE_UNREADABLE = "import-file-unreadable"
    IMPORT_FILE_WRONG = "import-file-wrong"
    AGENT_VAULT_NOT_SET = "agent-vault-not-set"
    MAIL_NOT_SET = "mail-not-set"
    MAIL_UNREACHABLE = "mail-unreachable"
    MAIL_REFUSED = "mail-refused"
    MAIL_LOGIN_REFUSED = "mail-login-refused"
    ACCOUNT_NOT_FOUND = "account-not-found"
    ACCOUNT_REFUSED = "account-refused"
    ACCOUNT_UNREACHABLE = "account-unreachable"
    ACCOUNT_BUSY = "account-busy"
    ACCOUNT_EXPIRED = "account-expired"
    ACCOUNT_FULL = "account-full"
    REPOSITORY_FULL = "repository-full"
    ACCOUNT_SECRET_NEEDED = "account-secret-needed"
    ACCOUNT_ADDRESS_NOT_ALLOWED = "account-address-not-allowed"
    CONTAINER_NAME_NOT_ALLOWED = "container-name-not-allowed"
    # Azure: sign-in and management
    SIGN_IN_NEEDED = "sign-in-needed"
    SIGN_IN_REFUSED = "sign-in-refused"
    SIGN_IN_NOT_FINISHED = "sign-in-not-finished"
    AZURE_UNREACHABLE = "azure-unreachable"
    AZURE_BUSY = "azure-busy"
    AZURE_FORBIDDEN = "azure-forbidden"
    AZURE_NOT_FOUND = "azure-not-found"
    AZURE_REFUSED = "azure-refused"
    ORDER_FORM_WRONG = "order-form-wrong"
    ORDER_NOT_FOUND = "order-not-found"
    ORDER_NAME_TAKEN = "order-name-taken"
    ORDER_UNCERTAIN = "order-uncertain"
    ORDER_NOT_CANCELLABLE = "order-not-cancellable"
    ADDRESS_NOT_CHANGEABLE = "address-not-changeable"
    ORDER_NOT_ACCEPTED = "order-not-accepted"
    OFFER_NOT_THERE = "offer-not-there"
    PICKUP_UNCERTAIN = "pickup-uncertain"
    DRIVES_NOT_PREPARED = "drives-not-prepared"
    SERIAL_MADE = "serial-made"
    BITLOCKER_KEY_MISSING = "bitlocker-key-missing"
    JOB_WITHOUT_PARCEL = "job-without-parcel"
    SITE_NOT_IN_FILE = "site-not-in-file"
    BITLOCKER_KEY_WRONG = "bitlocker-key-wrong"
    # running
    ALREADY_RUNNING = "already-running"
    SHADOW_COPY_LOST = "shadow-copy-lost"
    JOB_NOT_FOUND = "job-not-found"
    STATE_NEWER = "state-newer"
    STATE_NOT_USABLE = "state-not-usable"
    STATE_NOT_SAFE = "state-not-safe"
    TARGET_EXISTS = "target-exists"
    TARGET_NOT_EMPTY = "target-not-empty"
    TARGET_NOT_WRITABLE = "target-not-writable"
    TARGET_ON_DRIVE = "target-on-drive"
    ARRIVAL_INCOMPLETE = "arrival-incomplete"
    VAULT_EMPTY = "vault-empty"
    MOVE_NOT_ALLOWED = "move-not-allowed"
    # updates of the program
    UPDATE_SOURCE_MISSING = "update-source-missing"
    UPDATE_ADDRESS_NOT_ALLOWED = "update-address-not-allowed"
    UPDATE_UNREACHABLE = "update-unreachable"
    UPDATE_FILE_DAMAGED = "update-file-damaged"
    UPDATE_NOT_GENUINE = "update-not-genuine"
    UPDATE_EXPIRED = "update-expired"
    UPDATE_ROLLED_BACK = "update-rolled-back"
    UPDATE_MIXED = "update-mixed"
    UPDATE_TOO_LARGE = "update-too-large"
    UPDATE_OLDER = "update-older"
    UPDATE_CLOCK_WRONG = "update-clock-wrong"
    UPDATE_JOB_RUNS = "update-job-runs"
    UPDATE_NOT_READY = "update-not-ready"
    UPDATE_BUSY = "update-busy"
    UPDATE_NO_VENDOR = "update-no-vendor"
    UPDATE_NOT_STARTED = "update-not-started"


class BackupError(Exception):
    """Expected trouble: a code and what fills the gaps of its sentence."""

    def __init__(self, code: ErrorCode, **parameters: Parameter) -> None:
        super().__init__(code.value, parameters)
        self.code = code
        self.parameters = parameters

    def __str__(self) -> str:
        details = ", ".join(f"{key}={value!r}" for key, value in self.parameters.items())
        return f"{self.code.value}({details})"


class Stopped(Exception):
    """The admin asked the job to stop; raised at a checkpoint, never an error."""
