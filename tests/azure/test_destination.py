"""Checks of a destination: each finding from what Azure answers, and what opens the account."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from offline_backup_gui import words
from offline_backup_gui.app import build_services
from offline_backup_gui.domain.destination import read_signature, signature_findings
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.findings import Finding, FindingCode, Severity
from offline_backup_gui.domain.plan import DeploymentModel, Destination, Plan, Route
from offline_backup_gui.services import build
from offline_backup_gui.services.world import AccountSecret
from tests.azure.replay.estate import ACCOUNT, account_id, storage_account
from tests.azure.replay.server import Served
from tests.azure.replay.service import Fault
from tests.azure.stand import Memory, gate, program

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
PLAN = Plan(
    "branch-042",
    DeploymentModel.MARS,
    Route.DATA_BOX_DISK,
    ("/srv",),
    Destination(f"https://{ACCOUNT}.blob.core.windows.net", "landing-042", "vault-042"),
)
NOTHING = AccountSecret()


@pytest.fixture
def checks(served: Served, tmp_path):
    world = build_services(tmp_path / "state").world
    made = build(replace(world, azure=gate(), azure_secrets=Memory()))
    made.azure.sign_in(*program(served), lambda _: None)
    return made.destination


def codes(findings) -> dict[FindingCode, Severity]:
    return {finding.code: finding.severity for finding in findings}


def test_a_good_destination_has_nothing_in_its_way(served, checks):
    assert checks.check(PLAN, NOTHING, country="US") == ()
    assert served.replay.flaws == []


@pytest.mark.parametrize(
    ("change", "code", "severity"),
    [
        (
            lambda e: setattr(e, "accounts", [storage_account(kind="BlockBlobStorage")]),
            FindingCode.ACCOUNT_KIND_WRONG,
            Severity.BLOCKER,
        ),
        (
            lambda e: setattr(e, "accounts", [storage_account(kind="BlobStorage")]),
            FindingCode.ACCOUNT_KIND_WRONG,
            Severity.BLOCKER,
        ),
        (
            lambda e: setattr(
                e,
                "accounts",
                [storage_account(networkAcls={"defaultAction": "Deny", "bypass": "None"})],
            ),
            FindingCode.ACCOUNT_CLOSED,
            Severity.BLOCKER,
        ),
        (
            lambda e: setattr(e, "accounts", [storage_account(allowSharedKeyAccess=False)]),
            FindingCode.ACCOUNT_KEYS_OFF,
            Severity.WARNING,
        ),
        (
            lambda e: e.providers.update({"Microsoft.DataBox": "NotRegistered"}),
            FindingCode.PROVIDER_NOT_REGISTERED,
            Severity.BLOCKER,
        ),
        (
            lambda e: setattr(e, "actions", ["*/read"]),
            FindingCode.ROLE_MISSING,
            Severity.BLOCKER,
        ),
        (
            lambda e: setattr(e, "locks", [lock("keep", "ReadOnly")]),
            FindingCode.LOCK_IN_THE_WAY,
            Severity.BLOCKER,
        ),
        (
            lambda e: setattr(e, "locks", [lock("keep", "CanNotDelete")]),
            FindingCode.LOCK_IN_THE_WAY,
            Severity.NOTE,
        ),
        (
            lambda e: setattr(e, "locks", [lock("DATABOX_SERVICE", "CanNotDelete")]),
            FindingCode.LOCK_OF_THE_SERVICE,
            Severity.NOTE,
        ),
        (
            lambda e: setattr(e, "accounts", [storage_account(location="westeurope")]),
            FindingCode.CROSS_COUNTRY,
            Severity.BLOCKER,
        ),
    ],
)
def test_what_stands_in_the_way_is_found(served, checks, change, code, severity):
    change(served.replay.estate)
    assert codes(checks.check(PLAN, NOTHING, country="US"))[code] is severity


@pytest.mark.parametrize(
    ("model", "route", "severity"),
    [
        (DeploymentModel.MARS, Route.DATA_BOX_DISK, Severity.BLOCKER),
        (DeploymentModel.MARS, Route.DATA_BOX, Severity.BLOCKER),
        (DeploymentModel.MABS, Route.DATA_BOX_DISK, Severity.BLOCKER),
        (DeploymentModel.DPM, Route.DATA_BOX, Severity.BLOCKER),
        (DeploymentModel.MARS, Route.IMPORT_EXPORT, Severity.WARNING),
        (DeploymentModel.DPM, Route.IMPORT_EXPORT, Severity.WARNING),
        (DeploymentModel.STANDALONE, Route.DATA_BOX_DISK, None),
        (DeploymentModel.STANDALONE, Route.IMPORT_EXPORT, None),
    ],
)
def test_an_older_general_purpose_account_is_found_for_agents(
    served, checks, model, route, severity
):
    served.replay.estate.accounts = [storage_account(kind="Storage")]
    plan = replace(PLAN, deployment_model=model, route=route)
    found = checks.check(plan, NOTHING, country="US")
    assert codes(found).get(FindingCode.ACCOUNT_KIND_OLDER) is severity
    assert FindingCode.ACCOUNT_KIND_WRONG not in codes(found)
    told = [one for one in found if one.code is FindingCode.ACCOUNT_KIND_OLDER]
    assert all(
        "v2" in words.load(spoken).finding(one).do for one in told for spoken in ["en", "de"]
    )


@pytest.mark.parametrize("route", Route)
@pytest.mark.parametrize("model", DeploymentModel)
def test_a_hierarchical_namespace_takes_no_page_blobs_of_agents(served, checks, model, route):
    served.replay.estate.accounts = [storage_account(isHnsEnabled=True)]
    plan = replace(PLAN, deployment_model=model, route=route)
    found = codes(checks.check(plan, NOTHING, country="US"))
    blocks = model is not DeploymentModel.STANDALONE
    assert found.get(FindingCode.ACCOUNT_HIERARCHICAL) is (Severity.BLOCKER if blocks else None)


def lock(name: str, level: str) -> dict[str, object]:
    return {
        "name": name,
        "id": f"{account_id()}/providers/Microsoft.Authorization/locks/{name}",
        "properties": {"level": level},
    }


def test_the_lock_of_the_service_itself_is_only_explained(served, checks):
    served.replay.estate.locks = [lock("DATABOX_SERVICE", "CanNotDelete")]
    (found,) = checks.check(PLAN, NOTHING, country="US")
    assert (found.code, found.severity) == (FindingCode.LOCK_OF_THE_SERVICE, Severity.NOTE)


def test_a_missing_role_brings_the_sentence_for_the_owner(served, checks):
    served.replay.estate.actions = ["*/read"]
    found = checks.check(PLAN, NOTHING, country="US")
    said = [words.load(spoken).finding(found[0]).do for spoken in ("en", "de")]
    assert all("Data Box Contributor" in text for text in said)
    assert all("branch-offices" in text for text in said)


def test_who_may_not_even_ask_lacks_a_role(served, checks):
    served.replay.fail("/permissions", Fault.FORBIDDEN, times=9)
    assert FindingCode.ROLE_MISSING in codes(checks.check(PLAN, NOTHING))


@pytest.mark.parametrize(
    ("off_s", "severity"), [(300, Severity.WARNING), (-1800, Severity.BLOCKER)]
)
def test_a_clock_that_is_off_is_found(served, checks, off_s, severity):
    served.replay.clock_off_s = off_s
    assert codes(checks.check(PLAN, NOTHING, country="US"))[FindingCode.CLOCK_OFF] is severity


def test_an_account_nobody_has_is_said_so(checks):
    elsewhere = replace(
        PLAN, destination=Destination("https://other.blob.core.windows.net", "landing", "vault")
    )
    with pytest.raises(BackupError) as caught:
        checks.check(elsewhere, NOTHING)
    assert caught.value.code is ErrorCode.ACCOUNT_NOT_FOUND


def test_names_are_judged_by_azures_rules_and_not_the_emulators(checks):
    bad = replace(PLAN, destination=Destination(PLAN.destination.account, "Landing_042", "a--b"))
    found = [f for f in checks.check(bad, NOTHING) if f.code.value.startswith("container-name")]
    assert [f.parameters["reason"] for f in found] == ["characters", "hyphens"]


def test_without_a_sign_in_only_what_is_at_hand_is_judged(tmp_path):
    world = build_services(tmp_path / "state").world
    made = build(replace(world, azure=gate(), azure_secrets=Memory()))
    found = codes(made.destination.check(PLAN, AccountSecret(sas="sp=racwdl&se=2020-01-01&sig=x")))
    assert found[FindingCode.SIGNATURE_ENDED] is Severity.BLOCKER
    assert FindingCode.NOT_SIGNED_IN in found


# --- what opens the account


def judged(sas: str) -> dict[FindingCode, Finding]:
    return {one.code: one for one in signature_findings(read_signature(sas), NOW)}


def sas(hours: float, more: str = "sp=racwl&spr=https&sr=c") -> str:
    return f"se={(NOW + timedelta(hours=hours)):%Y-%m-%dT%H:%M:%SZ}&{more}&sig=canary"


def test_the_end_of_a_signature_is_shown_and_warned_of_within_a_day():
    assert judged(sas(48)).keys() == {FindingCode.SIGNATURE_ENDS}
    assert judged(sas(23)).keys() == {FindingCode.SIGNATURE_ENDS_SOON}
    assert judged(sas(-1)).keys() == {FindingCode.SIGNATURE_ENDED}


def test_rights_wider_than_needed_are_named():
    wide = judged(sas(48, "sp=racwdlxtmeop&ss=bf&srt=sco"))[FindingCode.SIGNATURE_TOO_WIDE]
    assert wide.parameters["more"] == ("demoptx", "ss=bf", "http")


def test_rights_that_are_missing_are_named():
    narrow = judged(sas(48, "sp=rl&spr=https&sr=c"))[FindingCode.SIGNATURE_TOO_NARROW]
    assert narrow.parameters["rights"] == "acw"


def test_a_stored_policy_is_left_to_the_service():
    assert judged("si=policy&sr=c&sig=canary&spr=https") == {}


def test_an_account_key_is_pointed_out_without_being_told(tmp_path):
    world = build_services(tmp_path / "state").world
    made = build(replace(world, azure=gate(), azure_secrets=Memory()))
    secret = AccountSecret(connection_string="AccountName=x;AccountKey=canarykey==")
    found = made.destination.check(PLAN, secret)
    assert FindingCode.ACCOUNT_KEY_GIVEN in codes(found)
    assert "canary" not in str(found)
