"""The commands `sign-in` and `sign-out`."""

from __future__ import annotations

import argparse
from pathlib import Path

from offline_backup_gui.cli.asking import answered
from offline_backup_gui.cli.call import Call
from offline_backup_gui.cli.exit_codes import ExitCode
from offline_backup_gui.cli.secrets import account_secret, read_secret
from offline_backup_gui.domain.clouds import DeviceCode, SignIn, SignInMethod, SignInSecret
from offline_backup_gui.domain.findings import blocks
from offline_backup_gui.services.azure import program_secret
from offline_backup_gui.services.plan_file import read_plan_file


def sign_in(call: Call) -> ExitCode:
    """Sign in, asking a person on the way when the method needs one."""
    given, azure = call.arguments, call.services.azure
    file = Path(given.cloud_file) if given.cloud_file else None
    wanted = SignIn(
        cloud=azure.cloud(given.cloud, file),
        method=SignInMethod(given.method),
        tenant=given.tenant,
        client_id=given.client_id,
    )
    secret = given_program(given) or SignInSecret()
    proxy = read_secret(given.proxy_file) or ""
    if proxy:
        secret = SignInSecret(
            secret.client_secret, secret.certificate, secret.certificate_password, proxy
        )

    def show(code: DeviceCode) -> None:
        call.speaker.tell(
            "device-code", {"address": code.address, "code": code.code, "until": code.until}
        )
        words = call.speaker.words
        call.speaker.line(words.text("cli.device-code", address=code.address, code=code.code))

    signed_in = answered(lambda control: azure.sign_in(wanted, secret, show, control))
    call.speaker.result({"outcome": "done", "account": signed_in.account, "lasting": azure.lasts})
    words = call.speaker.words
    call.speaker.line(words.text("cli.signed-in", account=signed_in.account))
    if not azure.lasts:
        call.speaker.line(words.text("cli.session-only"))
    return ExitCode.DONE


def sign_out(call: Call) -> ExitCode:
    """Forget how this computer signs in."""
    call.services.azure.sign_out()
    call.speaker.result({"outcome": "done"})
    call.speaker.line(call.speaker.words.text("cli.signed-out"))
    return ExitCode.DONE


def destination(call: Call) -> ExitCode:
    """Tell what stands in the way of a plan's destination, with the fix of each."""
    given, services = call.arguments, call.services
    program = given_program(given)
    if program is not None:
        services.azure.give(program)
    plan = read_plan_file(Path(given.plan))
    opens, country = account_secret(given), given.country.upper()
    findings = answered(
        lambda control: services.destination.check(plan, opens, country=country, control=control)
    )
    bad = blocks(findings)
    call.speaker.result(
        {
            "outcome": "blocked" if bad else "done",
            "account": plan.destination.account,
            "findings": [finding.as_json() for finding in findings],
        }
    )
    for finding in findings:
        call.speaker.finding(finding)
    if not findings:
        call.speaker.line(call.speaker.words.text("cli.destination-good"))
    return ExitCode.FAILED if bad else ExitCode.DONE


def given_program(given: argparse.Namespace) -> SignInSecret | None:
    """Give what a service principal signs in with, when files were named."""
    certificate = Path(given.certificate_file) if given.certificate_file else None
    secret = read_secret(given.client_secret_file)
    if certificate is None and secret is None:
        return None
    return program_secret(secret, certificate, read_secret(given.certificate_password_file))
