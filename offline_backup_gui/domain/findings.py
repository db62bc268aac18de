"""A finding is a fact the admin should see: code, severity, parameters; no sentence."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct, field

from offline_backup_gui.domain.errors import Parameter


class Severity(StrEnum):
    """How much a finding weighs. Only a blocker stops the way forward."""

    BLOCKER = "blocker"
    WARNING = "warning"
    NOTE = "note"


class FindingCode(StrEnum):
    """Every fact the program can tell. `words` has a title, a why and a do-this for each."""

    # routes and advice
    TOO_BIG_FOR_ROUTE = "too-big-for-route"
    CLOSE_TO_LIMIT = "close-to-limit"
    ROUTE_NOT_IN_COUNTRY = "route-not-in-country"
    ROUTE_RETIRED = "route-retired"
    CROSS_COUNTRY = "cross-country"
    NO_DATACENTER_IN_COUNTRY = "no-datacenter-in-country"
    STAGING_NEEDED = "staging-needed"
    CUSTOMER_SHIPS = "customer-ships"
    ONE_DEVICE_PER_SERVER = "one-device-per-server"
    COMPRESSION_EXPECTED = "compression-expected"
    GROWTH_ALLOWED_FOR = "growth-allowed-for"
    ONLINE_IS_FASTER = "online-is-faster"
    REGION_NOT_LISTED = "region-not-listed"
    SEVERAL_ORDERS = "several-orders"
    # plan
    NO_SOURCES = "no-sources"
    BLOBS_REFUSED = "blobs-refused"
    TRAVELS_READABLE = "travels-readable"
    AS_IS_ON_OWN_DRIVES = "as-is-on-own-drives"
    SOURCE_NOT_FOUND = "source-not-found"
    SOURCE_NOT_READABLE = "source-not-readable"
    SOURCE_TWICE = "source-twice"
    SOURCE_EMPTY = "source-empty"
    DESTINATION_MISSING = "destination-missing"
    DESTINATION_INSIDE_SOURCE = "destination-inside-source"
    CONTAINER_NAME_NOT_ALLOWED = "container-name-not-allowed"
    CONTAINERS_EQUAL = "containers-equal"
    NO_PROTECTION = "no-protection"
    KIT_NOT_SAVED = "kit-not-saved"
    MODEL_COMES_LATER = "model-comes-later"
    SCHEDULE_TIME_WRONG = "schedule-time-wrong"
    MODEL_NOT_CHOSEN = "model-not-chosen"
    ROUTE_NOT_CHOSEN = "route-not-chosen"
    SOURCES_STILL_MEASURED = "sources-still-measured"
    DRIVES_NOT_CHOSEN = "drives-not-chosen"
    CONSENT_MISSING = "consent-missing"
    NAME_MISSING = "name-missing"
    COPY_NOT_FINISHED = "copy-not-finished"
    NOT_ORDERED = "not-ordered"
    # agents
    AGENT_NOT_LOOKED_FOR = "agent-not-looked-for"
    AGENT_NOT_HERE = "agent-not-here"
    AGENT_PART_OF_SERVER = "agent-part-of-server"
    AGENT_TOO_OLD = "agent-too-old"
    AGENT_VERSION_UNKNOWN = "agent-version-unknown"
    AGENT_SERVICE_STANDS = "agent-service-stands"
    AGENT_NO_POWERSHELL = "agent-no-powershell"
    AGENT_MODULE_MISSING = "agent-module-missing"
    AGENT_DENIED = "agent-denied"
    AGENT_ANSWER_GARBLED = "agent-answer-garbled"
    AGENT_ANSWER_CUT = "agent-answer-cut"
    AGENT_ANSWER_SLOW = "agent-answer-slow"
    AGENT_SAYS_TROUBLE = "agent-says-trouble"
    AGENT_NO_POLICY = "agent-no-policy"
    AGENT_NO_GROUPS = "agent-no-groups"
    AGENT_WAITS_FOR_DATA_BOX = "agent-waits-for-data-box"
    AGENT_WAITS_FOR_IMPORT = "agent-waits-for-import"
    AGENT_CERTIFICATE_TRAP = "agent-certificate-trap"
    AGENT_AZURE_RM_MISSING = "agent-azure-rm-missing"
    AGENT_AZURE_RM_OTHER = "agent-azure-rm-other"
    AGENT_CACHE_SPLIT = "agent-cache-split"
    AGENT_CACHE_STAYS = "agent-cache-stays"
    AGENT_SERVER_STAYS = "agent-server-stays"
    AGENT_OWNER_NEEDED = "agent-owner-needed"
    AGENT_VIRTUAL_MACHINE = "agent-virtual-machine"
    AGENT_ONE_DISK = "agent-one-disk"
    AGENT_SYSTEM_STATE = "agent-system-state"
    AGENT_VOLUME_TOO_LARGE = "agent-volume-too-large"
    AGENT_GROUPS_NOT_CHOSEN = "agent-groups-not-chosen"
    AGENT_FIELDS_MISSING = "agent-fields-missing"
    AGENT_FIELD_DIFFERS = "agent-field-differs"
    AGENT_METHOD_NETWORK = "agent-method-network"
    # destination in Azure
    NOT_SIGNED_IN = "not-signed-in"
    ROLE_MISSING = "role-missing"
    ACCOUNT_KIND_WRONG = "account-kind-wrong"
    ACCOUNT_CLOSED = "account-closed"
    ACCOUNT_TRUSTED_ONLY = "account-trusted-only"
    ACCOUNT_KEY_GIVEN = "account-key-given"
    PROVIDER_NOT_REGISTERED = "provider-not-registered"
    LOCK_IN_THE_WAY = "lock-in-the-way"
    CLOCK_OFF = "clock-off"
    SIGNATURE_ENDS = "signature-ends"
    SIGNATURE_ENDS_SOON = "signature-ends-soon"
    SIGNATURE_ENDED = "signature-ended"
    SIGNATURE_TOO_WIDE = "signature-too-wide"
    SIGNATURE_TOO_NARROW = "signature-too-narrow"
    # staging location and the fields of an agent
    STAGING_NOT_CHOSEN = "staging-not-chosen"
    STAGING_SILENT = "staging-silent"
    STAGING_NOT_REACHED = "staging-not-reached"
    STAGING_NOT_A_FOLDER = "staging-not-a-folder"
    STAGING_NOT_WRITABLE = "staging-not-writable"
    STAGING_TOO_SMALL = "staging-too-small"
    STAGING_ON_SOURCE = "staging-on-source"
    STAGING_ON_TRAVELLING_DRIVE = "staging-on-travelling-drive"
    STAGING_ON_SYSTEM_DISK = "staging-on-system-disk"
    STAGING_SECTORS = "staging-sectors"
    STAGING_HOLDS_OTHER_FILES = "staging-holds-other-files"
    STAGING_MAPPED_LETTER = "staging-mapped-letter"
    STAGING_NOT_NETWORK_PATH = "staging-not-network-path"
    STAGING_NOT_WHOLE_PATH = "staging-not-whole-path"
    IMPORT_JOB_NAME_NOT_ALLOWED = "import-job-name-not-allowed"
    STORAGE_ACCOUNT_NAME_NOT_ALLOWED = "storage-account-name-not-allowed"
    SUBSCRIPTION_ID_NOT_ALLOWED = "subscription-id-not-allowed"
    STAGING_BEING_LOOKED_AT = "staging-being-looked-at"
    # drives
    NO_DRIVE = "no-drive"
    DRIVES_NOT_LISTED = "drives-not-listed"
    DRIVE_IS_SYSTEM = "drive-is-system"
    DRIVE_HOLDS_SOURCE = "drive-holds-source"
    DRIVE_HOLDS_ACCOUNT = "drive-holds-account"
    DRIVE_TOO_SMALL = "drive-too-small"
    DRIVES_TOGETHER_TOO_SMALL = "drives-together-too-small"
    DRIVE_READ_ONLY = "drive-read-only"
    DRIVE_LOCKED = "drive-locked"
    DRIVE_NOT_MOUNTED = "drive-not-mounted"
    DRIVE_PLACE_EMPTY = "drive-place-empty"
    DRIVE_NOT_THERE = "drive-not-there"
    DRIVE_NO_MEDIUM = "drive-no-medium"
    DRIVE_OFFLINE = "drive-offline"
    DRIVE_NOT_INITIALISED = "drive-not-initialised"
    DRIVE_NOT_FORMATTED = "drive-not-formatted"
    DRIVE_FORBIDDEN = "drive-forbidden"
    DRIVE_CONVERTING = "drive-converting"
    DRIVE_KEY_OPEN = "drive-key-open"
    DRIVE_FAILING = "drive-failing"
    DRIVE_BAD_SECTORS = "drive-bad-sectors"
    DRIVE_MEDIA_ERRORS = "drive-media-errors"
    DRIVE_WORN = "drive-worn"
    DRIVE_HOT = "drive-hot"
    DRIVE_HEALTH_UNKNOWN = "drive-health-unknown"
    DRIVE_HAS_FILES = "drive-has-files"
    DRIVE_HAS_OTHER_BACKUP = "drive-has-other-backup"
    DRIVE_NOT_OPENED = "drive-not-opened"
    DRIVE_HAS_THIS_BACKUP = "drive-has-this-backup"
    DRIVE_SECTORS_4096 = "drive-sectors-4096"
    DRIVE_ADAPTER_4096 = "drive-adapter-4096"
    DRIVE_USB_ONLY = "drive-usb-only"
    DRIVE_NOT_SATA = "drive-not-sata"
    DRIVE_NOT_NTFS = "drive-not-ntfs"
    DRIVE_NO_LETTER = "drive-no-letter"
    DRIVE_DYNAMIC = "drive-dynamic"
    DRIVE_SEVERAL_VOLUMES = "drive-several-volumes"
    DRIVE_SECOND_VOLUME = "drive-second-volume"
    DRIVE_NOT_ENCRYPTED = "drive-not-encrypted"
    DRIVE_HAS_MANIFEST = "drive-has-manifest"
    DRIVE_POOLED = "drive-pooled"
    DRIVE_ELEVENTH = "drive-eleventh"
    DRIVE_VIRTUAL = "drive-virtual"
    DRIVE_SAME_DISK = "drive-same-disk"
    DRIVE_PRACTICE = "drive-practice"
    DRIVE_FOLDER_TAKEN = "drive-folder-taken"
    # devices of Microsoft
    DRIVE_IS_DATA_BOX = "drive-is-data-box"
    DRIVE_NOT_DATA_BOX_DISK = "drive-not-data-box-disk"
    DRIVE_NOT_DATA_BOX_SHARE = "drive-not-data-box-share"
    DEVICE_LOCKED = "device-locked"
    DEVICE_TAKES_NO_BLOCK_BLOBS = "device-takes-no-block-blobs"
    DEVICE_OTHER_ACCOUNT = "device-other-account"
    DEVICE_BITLOCKER_OFF = "device-bitlocker-off"
    DEVICE_ROOT_NOT_CLEAN = "device-root-not-clean"
    # running
    DRIVE_GONE = "drive-gone"
    DRIVE_FULL = "drive-full"
    DRIVE_SILENT = "drive-silent"
    DRIVE_BACK = "drive-back"
    DRIVE_IN_USE = "drive-in-use"
    DRIVE_REPLANNED = "drive-replanned"
    DRIVE_SEALED_AGAIN = "drive-sealed-again"
    READ_BACK_CACHED = "read-back-cached"
    CATALOGUE_NOT_EVERYWHERE = "catalogue-not-everywhere"
    SHADOW_COPY_MADE = "shadow-copy-made"
    SHADOW_COPY_NOT_MADE = "shadow-copy-not-made"


class Finding(Struct, frozen=True):
    """One fact. `parameters` fill the gaps of its sentence; sizes are bytes, times are ISO 8601."""

    code: FindingCode
    severity: Severity
    parameters: dict[str, Parameter] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        """Give the shape the command line prints."""
        parameters = {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in self.parameters.items()
        }
        return {"code": self.code.value, "severity": self.severity.value, "parameters": parameters}


def blocks(findings: Iterable[Finding]) -> bool:
    """Say whether any finding stops the way forward."""
    return any(finding.severity is Severity.BLOCKER for finding in findings)
