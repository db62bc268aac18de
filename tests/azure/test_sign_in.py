"""Signing in: every method, silent use afterwards, refusals in words, nothing in clear text."""

from __future__ import annotations

import base64
import json
import logging
import socket
import threading
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from msgspec.structs import replace

from offline_backup_gui import words
from offline_backup_gui.adapters.azure.entra import TOKENS
from offline_backup_gui.domain.clouds import (
    Cloud,
    DeviceCode,
    SignIn,
    SignInMethod,
    SignInSecret,
    parse_cloud,
    parse_clouds,
    without_credentials,
)
from offline_backup_gui.domain.errors import BackupError, ErrorCode, Stopped
from tests.azure.replay.certificate import make_certificate
from tests.azure.replay.entra import PERSON, TENANT
from tests.azure.replay.estate import SUBSCRIPTION
from tests.azure.replay.server import Served
from tests.azure.replay.service import Fault
from tests.azure.stand import (
    PROGRAM,
    Memory,
    Wish,
    assert_stops_at_once,
    cloud_of,
    gate,
    program,
)

NOBODY = SignInSecret()


def ignore(_: DeviceCode) -> None:
    """Show nothing."""


def by_code(served: Served, secrets: Memory) -> SignIn:
    wanted = SignIn(cloud_of(served), SignInMethod.DEVICE_CODE)
    account, record = gate(secrets).sign_in(wanted, NOBODY, ignore)
    return replace(wanted, account=account, record=record)


def code_of(served: Served, sign_in: SignIn, secret: SignInSecret, secrets: Memory) -> ErrorCode:
    with pytest.raises(BackupError) as caught:
        gate(secrets).directory(sign_in, secret).subscriptions()
    return caught.value.code


# --- the ways in


def test_a_service_principal_with_a_secret_signs_in_and_reads(served):
    sign_in, secret = program(served)
    secrets = Memory()
    assert gate(secrets).sign_in(sign_in, secret, ignore) == (PROGRAM, "")
    found = gate(secrets).directory(sign_in, secret).subscriptions()
    assert [one.subscription_id for one in found] == [SUBSCRIPTION]


def test_a_service_principal_with_a_certificate_signs_in(served, tmp_path):
    certificate, _key = make_certificate(tmp_path, "program")
    # The library signs with RSA keys, and says so of others; a real one is made here.
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    rsa_key = rsa.generate_private_key(65537, 2048)
    old = x509.load_pem_x509_certificate(certificate.read_bytes())
    made = (
        x509.CertificateBuilder(
            old.issuer,
            old.subject,
            rsa_key.public_key(),
            old.serial_number,
            old.not_valid_before_utc,
            old.not_valid_after_utc,
        )
    ).sign(rsa_key, hashes.SHA256())
    pem = made.public_bytes(serialization.Encoding.PEM) + rsa_key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"opens-it"),
    )
    sign_in, _ = program(served)
    secret = SignInSecret(
        certificate=base64.b64encode(pem).decode(), certificate_password="opens-it"
    )
    assert gate().sign_in(sign_in, secret, ignore) == (PROGRAM, "")
    wrong = replace(secret, certificate_password="opens-not")
    with pytest.raises(BackupError) as caught:
        gate().sign_in(sign_in, wrong, ignore)
    assert caught.value.code is ErrorCode.SIGN_IN_REFUSED


def test_a_device_code_is_shown_and_waited_for(served):
    served.replay.entra.pending = 1
    shown: list[DeviceCode] = []
    wanted = SignIn(cloud_of(served), SignInMethod.DEVICE_CODE)
    account, record = gate().sign_in(wanted, NOBODY, shown.append)
    assert account == PERSON
    assert shown[0].code == "ABCD-1234"
    assert shown[0].address.startswith(served.url)
    assert "token" not in record.lower()


def test_the_browser_signs_in(served, monkeypatch):
    opened: list[str] = []

    def browser(address: str) -> bool:
        """Do what a browser does: ask the page, follow it to this computer."""
        opened.append(address)

        def walk() -> None:
            page = requests.get(address, allow_redirects=False, verify=str(served.certificate))
            requests.get(page.headers["Location"])

        threading.Thread(target=walk).start()
        return True

    monkeypatch.setattr("azure.identity._credentials.browser._open_browser", browser)
    wanted = SignIn(cloud_of(served), SignInMethod.BROWSER, TENANT)
    account, _record = gate().sign_in(wanted, NOBODY, ignore)
    assert account == PERSON
    assert urlsplit(opened[0]).path.startswith(f"/{TENANT}/")
    assert "scope" in parse_qs(urlsplit(opened[0]).query)


def test_where_no_browser_opens_a_code_is_shown(served, monkeypatch):
    from azure.identity._internal import AuthCodeRedirectServer

    listening: list[AuthCodeRedirectServer] = []

    class Kept(AuthCodeRedirectServer):
        """Is looked at afterwards: the library leaves it open when no browser comes up."""

        def __init__(self, *given: Any, **more: Any) -> None:
            super().__init__(*given, **more)
            listening.append(self)

    monkeypatch.setattr("azure.identity._internal.AuthCodeRedirectServer", Kept)
    monkeypatch.setattr("azure.identity._credentials.browser._open_browser", lambda _: False)
    shown: list[DeviceCode] = []
    secrets, wanted = Memory(), SignIn(cloud_of(served), SignInMethod.BROWSER)
    account, record = gate(secrets).sign_in(wanted, NOBODY, shown.append)
    assert [one.socket.fileno() for one in listening] == [-1]
    assert (account, [one.code for one in shown]) == (PERSON, ["ABCD-1234"])
    kept = replace(wanted, account=account, record=record)
    assert gate(secrets).directory(kept, NOBODY).subscriptions()


# --- afterwards


def test_a_person_is_not_asked_again_in_another_process(served):
    secrets = Memory()
    sign_in = by_code(served, secrets)
    # The first token was for "any tenant", the next one is for the one it was.
    gate(secrets).directory(sign_in, NOBODY).subscriptions()
    grants = len(served.replay.entra.grants)
    gate(secrets).directory(sign_in, NOBODY).subscriptions()
    assert len(served.replay.entra.grants) == grants  # the token itself was kept
    served.replay.entra.expire()
    gate(secrets).directory(sign_in, NOBODY).subscriptions()
    assert served.replay.entra.grants[grants:] == ["refresh_token"]
    gate(secrets).directory(sign_in, NOBODY).subscriptions()
    assert served.replay.entra.grants[grants:] == ["refresh_token"]


def test_nobody_is_ever_asked_while_something_runs(served, monkeypatch):
    secrets = Memory()
    sign_in = by_code(served, secrets)
    served.replay.entra.expire_all()
    monkeypatch.setattr(
        "azure.identity._credentials.device_code.DeviceCodeCredential._request_token",
        lambda *_a, **_k: pytest.fail("asked"),
    )
    assert code_of(served, sign_in, NOBODY, secrets) is ErrorCode.SIGN_IN_NEEDED


def test_without_a_sign_in_the_need_is_said(served):
    nobody = SignIn(cloud_of(served), SignInMethod.BROWSER)
    assert code_of(served, nobody, NOBODY, Memory()) is ErrorCode.SIGN_IN_NEEDED


def test_signing_out_forgets_every_token(served):
    secrets = Memory()
    sign_in = by_code(served, secrets)
    gate(secrets).sign_out()
    assert TOKENS not in secrets.kept
    assert code_of(served, sign_in, NOBODY, secrets) is ErrorCode.SIGN_IN_NEEDED


def test_tokens_lie_in_the_secret_store_alone(served, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    secrets = Memory()
    by_code(served, secrets)
    kept = json.loads(secrets.kept[TOKENS])
    assert kept["RefreshToken"]
    assert list((tmp_path / "home").rglob("*")) == []


# --- refusals and bad lines


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault.UNAVAILABLE, ErrorCode.AZURE_BUSY),
        (Fault.CUT, ErrorCode.AZURE_UNREACHABLE),
        (Fault.NOT_JSON, ErrorCode.AZURE_BUSY),
    ],
)
def test_trouble_of_the_sign_in_service_is_told_apart(served, fault, code):
    sign_in, secret = program(served)
    served.replay.fail("/token", fault, times=99)
    assert code_of(served, sign_in, secret, Memory()) is code
    served.replay.heal()
    served.replay.fail("/token", fault)
    assert gate().directory(sign_in, secret).subscriptions()


def test_a_wrong_secret_is_refused_although_a_token_is_kept_which_stays_good(served):
    secrets = Memory()
    sign_in, secret = program(served)
    gate(secrets).sign_in(sign_in, secret, ignore)
    with pytest.raises(BackupError) as caught:
        gate(secrets).sign_in(sign_in, SignInSecret("wrong"), ignore)
    assert caught.value.code is ErrorCode.SIGN_IN_REFUSED
    assert gate(secrets).directory(sign_in, secret).subscriptions()


def test_a_wrong_secret_is_refused_without_being_repeated(served, caplog):
    sign_in, _ = program(served)
    with caplog.at_level(logging.DEBUG), pytest.raises(BackupError) as caught:
        gate().sign_in(sign_in, SignInSecret("canary-client-secret"), ignore)
    assert caught.value.code is ErrorCode.SIGN_IN_REFUSED
    assert caught.value.parameters["reason"] == "AADSTS7000215"
    assert "canary-client-secret" not in str(caught.value) + caplog.text
    assert caught.value.__cause__ is None


def test_a_stop_does_not_wait_for_the_sign_in_service(served):
    wish = Wish()
    sign_in, secret = program(served)
    served.replay.fail("/token", Fault.HANG)
    opened = gate().directory(sign_in, secret, wish)
    assert_stops_at_once(served, wish, opened.subscriptions)


def test_a_stop_does_not_wait_for_a_person(served):
    wish = Wish()
    served.replay.fail("/devicecode", Fault.HANG)
    wanted = SignIn(cloud_of(served), SignInMethod.DEVICE_CODE)
    assert_stops_at_once(served, wish, lambda: gate().sign_in(wanted, NOBODY, ignore, wish))


def test_no_port_stays_open_when_nobody_waits_for_the_browser(served, monkeypatch):
    from azure.identity._internal import AuthCodeRedirectServer

    listening: list[AuthCodeRedirectServer] = []
    waits, gave_up = threading.Event(), threading.Event()

    class Watched(AuthCodeRedirectServer):
        """Says when somebody waits at the port, and when nobody does any more."""

        def wait_for_redirect(self) -> Any:
            listening.append(self)
            waits.set()
            try:
                return super().wait_for_redirect()
            finally:
                gave_up.set()

    monkeypatch.setattr("azure.identity._internal.AuthCodeRedirectServer", Watched)
    monkeypatch.setattr("azure.identity._credentials.browser._open_browser", lambda _: True)
    wish, stopped = Wish(), threading.Event()
    wanted = SignIn(cloud_of(served), SignInMethod.BROWSER, TENANT)

    def work() -> None:
        with pytest.raises(Stopped):
            gate().sign_in(wanted, NOBODY, ignore, wish)
        stopped.set()

    threading.Thread(target=work).start()
    assert waits.wait(60)
    (server,) = listening
    place = ("127.0.0.1", int(server.server_address[1]))
    socket.create_connection(place, 10).close()  # the person may come back
    assert not gave_up.is_set()
    wish.stopping = True
    assert stopped.wait(60)
    # The library would sit there for five minutes.
    assert gave_up.wait(60)
    assert server.socket.fileno() == -1


# --- clouds and proxies


def test_the_listed_clouds_are_those_of_the_official_library():
    from azure.core import AzureClouds
    from azure.mgmt.core.tools import get_arm_endpoints

    listed = parse_clouds(json.loads((words.resources() / "clouds.json").read_text("utf-8")))
    for name, theirs in (
        ("public", AzureClouds.AZURE_PUBLIC_CLOUD),
        ("government", AzureClouds.AZURE_US_GOVERNMENT),
        ("china", AzureClouds.AZURE_CHINA_CLOUD),
    ):
        ends = get_arm_endpoints(theirs)
        ours = listed.named(name)
        assert ours.resource_manager == ends["resource_manager"].rstrip("/")
        assert [ours.scope] == ends["credential_scopes"]
    assert listed.date


@pytest.mark.parametrize(
    "change",
    [
        {"authority": "http://login.example"},
        {"resource_manager": "https://user@arm.example"},
        {"scope": ""},
        {"surprise": "x"},
    ],
)
def test_a_cloud_file_that_would_send_tokens_astray_is_refused(change):
    good = {
        "authority": "https://login.example",
        "resource_manager": "https://arm.example/",
        "scope": "https://arm.example/.default",
        "storage_suffix": "blob.example",
    }
    assert parse_cloud("own", good).resource_manager == "https://arm.example"
    with pytest.raises(BackupError) as caught:
        parse_cloud("own", {**good, **change})
    assert caught.value.code is ErrorCode.VALUE_NOT_UNDERSTOOD


def test_a_proxy_is_shown_without_what_opens_it():
    assert without_credentials("http://me:secret@proxy.local:3128") == "http://proxy.local:3128"
    assert without_credentials("proxy.local:3128") == "http://proxy.local:3128"


def test_an_own_proxy_is_used_for_sign_in_and_management(served):
    from tests.azure.proxy import running_proxy

    sign_in, secret = program(served)
    with running_proxy() as proxy:
        through = replace(secret, proxy=proxy.url)
        assert gate().directory(sign_in, through).subscriptions()
        host = urlsplit(served.url).netloc
        assert proxy.asked == [host]  # one tunnel serves both


def test_a_cloud_names_itself(served):
    assert isinstance(cloud_of(served), Cloud)
    assert Path(cloud_of(served).certificate).is_file()
