"""Every secret enters real processes on real journeys, faults included; no byte of any comes out.

Looked at: every file the processes wrote (state, drives, manifests, account, papers, forms, bug
reports), both streams, each process that was started with its arguments and environment, and what
any library logs at debug level. Each fault has to be proved to have hit, and a secret that is lost
on purpose in each of these places has to be found.
"""

from __future__ import annotations

import base64
import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import pypdfium2
import pytest

from offline_backup_gui.app import build_services
from tests.azure.replay.certificate import make_certificate
from tests.azure.replay.server import Served
from tests.azure.replay.service import Fault
from tests.azure.stand import program
from tests.azure.test_orders import JOB, ORDER
from tests.cli.desk import Desk, Said, on
from tests.mail_server import Mailbox, running_mail_server

pytestmark = pytest.mark.timeout(600)
SPY = Path(__file__).parent / "spy"
PASSPHRASE = "canary Nine seven words nobody guesses"
SECRETS = {
    "passphrase": PASSPHRASE,
    "wrong passphrase": "canary Ten, typed for another backup",
    "client secret": "canary-01~client.secret",
    "wrong client secret": "canary-02~client.secret",
    "certificate password": "canary-03-certificate",
    "proxy password": "canary-04-proxy",
    "passkey": "Canary05passkey",
    "device password": "canary-06-Device",
    "sas signature": "canary07sig",
    "account key": base64.b64encode(b"canary 08 is an account key 0808").decode(),
    "mail password": "canary-09-mail",
    "bitlocker key": "-".join(["314159", "271828", "161803", "141421"] * 2),
    "second bitlocker key": "-".join(["173205", "223606", "244948", "264575"] * 2),
    "share password from azure": "replay-share-password",
}


# --- a place that repeats all it is told: a storage account, a proxy


@dataclass
class Echo:
    """A service that refuses, and says again what it was sent."""

    port: int = 0
    heard: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def running_echo() -> Iterator[Echo]:
    echo = Echo()

    class Talk(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            lines = []
            while (line := self.rfile.readline().decode("latin-1")).strip():
                lines.append(line.strip())
            if not lines:
                return
            echo.heard.append("\n".join(lines))
            said = ("<Error><Code>Denied</Code><Message>" + " ".join(lines)).encode("latin-1")
            status = "407 Who" if lines[0].startswith("CONNECT") else "403 No"
            head = f"HTTP/1.1 {status}\r\nContent-Length: {len(said)}\r\nConnection: close\r\n\r\n"
            self.wfile.write(head.encode() + (b"" if lines[0].startswith("HEAD") else said))

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Talk) as server:
        server.daemon_threads = True
        echo.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield echo
        finally:
            server.shutdown()
            thread.join()


# --- who looks


class Watched(Desk):
    """A desk whose processes are spied on; secrets lie in files of a folder beside it."""

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self.given = home.parent / "given"
        self.given.mkdir()
        self.spied = home.parent / "spied.txt"
        self.said: list[str] = []
        self.environment = {"SPY_FILE": str(self.spied), "OFFLINE_BACKUP_SECRETS": "session"}
        self.passphrase.unlink()
        self.passphrase = self.secret("passphrase")

    def environ(self) -> dict[str, str]:
        made = super().environ()
        made["PYTHONPATH"] = f"{SPY}:{made['PYTHONPATH']}"
        return made

    def secret(self, name: str, form: str = "{}") -> Path:
        """Write one secret into a file that only this test reads again."""
        path = self.given / f"{name}.txt"
        path.write_text(form.format(SECRETS[name]) + "\n")
        return path

    def ask(self, *arguments: object, code: int | None = 0) -> Said:
        said = self.say(*arguments, timeout=300)
        assert code is None or said.code == code, (arguments, said)
        self.said += [said.out, said.err]
        return said

    def refused(self, *arguments: object) -> Said:
        """Run what has to go wrong, in words and in JSON; the fault hits, or this fails."""
        self.ask(*arguments, code=None)
        said = self.ask(*arguments, "--json", code=None)
        assert said.code not in (0, 70), (arguments, said)
        return said

    def seen(self) -> str:
        """Give every byte that came out, in one text."""
        kept = self.home / "state" / "secrets"  # the SecretStore itself
        files = [p for p in self.home.rglob("*") if p.is_file() and kept not in p.parents]
        texts = [p.read_bytes().decode("latin-1") for p in files]
        for path in files:
            if path.suffix == ".pdf" and path.name != "kit.pdf":
                document = pypdfium2.PdfDocument(path)
                texts += [page.get_textpage().get_text_range() for page in document]
                document.close()
        texts += [*self.said, self.spied.read_bytes().decode("latin-1")]
        return "\n".join(texts)


def forms(secret: str) -> set[str]:
    """Give the shapes in which a secret may lie about."""
    raw = secret.encode()
    shapes = {secret, secret.replace("-", ""), quote(secret, safe=""), json.dumps(secret)[1:-1]}
    shapes |= {secret.encode("utf-16-le").decode("latin-1"), raw.hex(), raw.hex().upper()}
    for before in (b"", b"u", b"us"):  # wherever it begins in a longer text
        whole = base64.b64encode(before + raw).decode()
        shapes.add(whole[4 if before else 0 : -4].rstrip("="))
    return {shape for shape in shapes if len(shape) > 7}


def found_in(text: str, secrets: dict[str, str]) -> list[str]:
    return sorted(
        name for name, secret in secrets.items() if any(form in text for form in forms(secret))
    )


@pytest.fixture
def desk(tmp_path: Path) -> Watched:
    return Watched(tmp_path / "desk")


# --- the journeys


def backup_journey(desk: Watched) -> dict[str, str]:
    """Passphrase and recovery code, through a copy, an arrival that lacks a pack, and restores."""
    plan, drives = desk.plan(desk.office()), desk.drives(2)
    desk.ask("copy", plan, *on(drives), "--passphrase-file", desk.passphrase)
    desk.ask("kit", plan, "--to", desk.home / "kit.pdf", "--passphrase-file", desk.passphrase)
    services = build_services(desk.state)
    (kept,) = services.world.state.plans()
    kit = services.protection.new_kit(kept.repository_id)
    code = desk.given / "code.txt"
    code.write_text("\n".join(kit.lines))
    desk.ask("papers", plan, "--to", desk.home / "papers")
    desk.ask("receive", *drives, "--into", desk.landing)
    next(desk.landing.glob("packs/*/*")).unlink()
    assert desk.refused("arrival", plan).result["missing"]
    desk.ask("arrival", plan, "--repair")
    desk.ask("vault", plan)
    desk.ask("increment", plan)
    desk.ask("restore", desk.vault, "--to", desk.home / "back", "--recovery-code-file", code)

    stranger = {"OFFLINE_BACKUP_STATE": str(desk.home / "elsewhere")}
    desk.environment |= stranger  # a computer that keeps no key of this backup
    wrong = desk.secret("wrong passphrase")
    desk.refused("points", drives[0], "--passphrase-file", wrong)
    swapped = [*kit.lines[:2], kit.lines[2][::-1], *kit.lines[3:]]
    code.write_text("\n".join(swapped))
    desk.refused("points", drives[0], "--recovery-code-file", code)
    code.write_text("\n".join(kit.lines))
    pack = max((p for p in drives[0].rglob("*") if p.is_file()), key=lambda p: p.stat().st_size)
    pack.write_bytes(pack.read_bytes()[:-1] + b"?")
    desk.refused("verify", drives[0])
    desk.ask("points", desk.vault, "--recovery-code-file", code)
    del desk.environment["OFFLINE_BACKUP_STATE"]
    lines = {f"recovery code, line {n}": line for n, line in enumerate(kit.lines)}
    return lines | {"recovery code": "".join(kit.lines)}


def account_journey(desk: Watched, echo: Echo) -> None:
    """A signature and an account key, to an account that refuses and repeats them."""
    signed = f"{echo.url}/account/landing?sv=1&sp=rwl&se=2099-01-01&sig={{}}"
    sas = desk.secret("sas signature", signed)
    key = desk.secret(
        "account key", f"AccountName=account;AccountKey={{}};BlobEndpoint={echo.url}/account"
    )
    place = f"{echo.url}/account"
    for opening in (("--sas-file", sas), ("--connection-string-file", key)):
        before = len(echo.heard)
        desk.refused("points", f"{place}/landing", *opening)
        assert len(echo.heard) > before, opening
    assert SECRETS["sas signature"] in "".join(echo.heard)


def sign_in_journey(desk: Watched, served: Served, echo: Echo) -> None:
    """A wrong secret, a certificate that does not open, a proxy that refuses; then the right."""
    cloud = desk.home / "cloud.json"
    cloud.write_text(
        json.dumps(
            {
                "authority": served.url,
                "resource_manager": served.url,
                "scope": "https://management.azure.com/.default",
                "storage_suffix": "core.windows.net",
                "certificate": str(served.certificate),
            }
        )
    )
    sign_in, _ = program(served)
    wanted = (
        "sign-in", "--cloud-file", cloud, "--method", "service-principal",
        "--tenant", sign_in.tenant, "--client-id", sign_in.client_id,
    )  # fmt: skip
    served.replay.entra.client_secret = SECRETS["client secret"]
    right = ("--client-secret-file", desk.secret("client secret"))
    desk.refused(*wanted, "--client-secret-file", desk.secret("wrong client secret"))
    certificate = desk.given / "certificate.pfx"
    certificate.write_bytes(b"no certificate at all")
    password = ("--certificate-password-file", desk.secret("certificate password"))
    desk.refused(*wanted, "--certificate-file", certificate, *password)
    address = f"http://admin:{{}}@127.0.0.1:{echo.port}"
    before = len(echo.heard)
    desk.refused(*wanted, *right, "--proxy-file", desk.secret("proxy password", address))
    sent = base64.b64encode(f"admin:{SECRETS['proxy password']}".encode()).decode()
    assert sent in "".join(echo.heard[before:])  # the proxy was asked, with the password
    desk.ask(*wanted, *right)


def order_journey(desk: Watched, served: Served) -> None:
    """Passkey, device password and BitLocker keys, to a service that repeats what it was sent."""
    right = ("--client-secret-file", desk.given / "client secret.txt")
    passkey = f'passkey_file = "{desk.secret("passkey")}"\n[address]'
    password = f'device_password_file = "{desk.secret("device password")}"\n[address]'
    key = str(desk.secret("bitlocker key"))
    second = str(desk.secret("second bitlocker key"))
    texts = {
        "disk": ORDER.replace("[address]", passkey),
        "box": ORDER.replace("data-box-disk", "data-box").replace("[address]", password),
        "job": JOB.replace('"key.txt"', f'"{key}"')
        + JOB[JOB.index("[[drive]]") :].replace('"key.txt"', f'"{second}"').replace("L1", "L2"),
    }
    secrets = {"disk": "passkey", "box": "device password", "job": "second bitlocker key"}
    for name, text in texts.items():
        form = desk.home / f"{name}.toml"
        form.write_text(text.replace("branch-042", f"branch-{name}"))
        command = "import-job" if name == "job" else "order"
        for fault in (Fault.ECHO, Fault.INTERNAL):
            served.replay.heal()
            hits = len(served.replay.requests)
            served.replay.fail("PUT /subscriptions", fault, times=99)
            desk.refused(command, "place", form, *right)
            assert served.replay.fault_for("PUT /subscriptions") is not None
            assert len(served.replay.requests) > hits
        served.replay.heal()
        desk.ask(command, "place", form, *right)
        sent = [str(one.body) for one in served.replay.asked("PUT /subscriptions.*/jobs/")]
        assert any(SECRETS[secrets[name]] in one for one in sent), name
        desk.ask(command, "portal", form, "--to", desk.home / f"portal-{name}")
        placed = served.replay.asked("PUT /subscriptions.*/jobs/")[-1].path.rpartition("/")[2]
        desk.ask(command, "show", placed, *right)
        if command == "order":
            target = desk.given / f"credentials-{name}.txt"
            desk.ask(command, "credentials", placed, "--to", target, *right)
    told = "".join(path.read_text() for path in desk.given.glob("credentials-*"))
    given_back = ("passkey", "device password", "share password from azure")
    assert [name for name in given_back if SECRETS[name] not in told] == []


def mail_journey(desk: Watched, folder: Path) -> None:
    """A password that the mail server refuses."""
    certificate, key = make_certificate(folder)
    box = Mailbox(certificate, key, user="admin", password="another")
    with running_mail_server(box) as server:
        desk.environment["SSL_CERT_FILE"] = str(certificate)
        desk.ask(
            "notify", "set", "--host", "localhost", "--port", server.port,
            "--from", "a@contoso.example", "--to", "b@contoso.example",
            "--user", "admin", "--password-file", desk.secret("mail password"),
        )  # fmt: skip
        said = desk.refused("notify", "test")
        assert said.result["code"] == "mail-login-refused", said  # so the password was sent
        server.password = SECRETS["mail password"]
        desk.ask("notify", "test")
        assert len(server.mails) == 1
        desk.said += server.mails
        del desk.environment["SSL_CERT_FILE"]


def test_no_secret_comes_out_of_any_journey(desk: Watched, served: Served, tmp_path: Path) -> None:
    served.replay.poll_after_s = 1
    with running_echo() as echo:
        codes = backup_journey(desk)
        account_journey(desk, echo)
        sign_in_journey(desk, served, echo)
        order_journey(desk, served)
        mail_journey(desk, tmp_path)
    tokens = {f"token {n}": one for n, one in enumerate(served.replay.entra.given)}
    secrets = SECRETS | codes | tokens
    assert len(secrets) >= 25
    seen = desk.seen()
    assert "Offline Backup" in seen
    assert "process (" in seen
    assert "logged azure" in seen  # the libraries spoke, at debug level
    assert "DriveManifest" in seen
    assert list((desk.home / "papers").glob("*.pdf"))
    assert found_in(seen, secrets) == []


LEAKS = (
    *("log", "argument", "environment", "state", "utf-16", "base64", "url"),
    *("drive", "output", "error"),
)


@pytest.mark.parametrize("way", LEAKS)
def test_a_secret_lost_on_purpose_is_found(desk: Watched, way: str) -> None:
    (desk.home / "drive" / "x").mkdir(parents=True)
    (desk.home / "drive" / "DriveManifest.xml").write_text("<DriveManifest></DriveManifest>")
    plan = desk.plan(desk.office())
    desk.ask("plan", "check", plan)
    desk.ask("notify", "show")
    assert found_in(desk.seen(), SECRETS) == []
    desk.environment |= {
        "SPY_LEAK": way,
        "SPY_SECRET_FILE": str(desk.secret("proxy password")),
    }
    desk.ask("track")
    assert found_in(desk.seen(), SECRETS) == ["proxy password"]


def test_a_secret_on_a_paper_is_found(desk: Watched) -> None:
    """Text of a PDF is compressed; so papers are read as a reader would."""
    plan = desk.plan(desk.office())
    drives = desk.drives(1)
    desk.ask("copy", plan, *on(drives), "--passphrase-file", desk.passphrase)
    code = f"inbound-id={SECRETS['mail password']}"
    desk.ask("papers", plan, "--to", desk.home / "papers", "--code", code)
    desk.said.clear()
    desk.spied.write_text("")
    assert "mail password" in found_in(desk.seen(), SECRETS)
