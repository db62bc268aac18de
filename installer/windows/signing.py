"""Signs what people start, when the builder has a key; without one everything is built unsigned."""

from __future__ import annotations

import os
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path

from installer.windows.launchers import NAME

CERTIFICATE = "OFFLINE_BACKUP_SIGN_CERT"
KEY = "OFFLINE_BACKUP_SIGN_KEY"
PASSWORD_FILE = "OFFLINE_BACKUP_SIGN_PASSWORD_FILE"
TIMESTAMP = "OFFLINE_BACKUP_SIGN_TIMESTAMP_URL"


@dataclass(frozen=True)
class Signer:
    """A certificate with its chain and its key, as files; the time server is optional.

    Without a time stamp a signature ends with its certificate.
    """

    certificate: Path
    key: Path
    password_file: Path | None = None
    timestamp_url: str = ""

    def options(self) -> list[str]:
        """Give the words of osslsigncode; a password is read from its file, never an argument."""
        words = ["-certs", str(self.certificate), "-key", str(self.key), "-h", "sha256"]
        words += ["-n", NAME]
        words += ["-readpass", str(self.password_file)] if self.password_file else []
        words += ["-ts", self.timestamp_url] if self.timestamp_url else []
        return words

    def command_for_nsis(self, folder: Path) -> str:
        """Write the script that signs the uninstaller while setup is made; gives its path.

        NSIS reads quotes in its own way, so it gets one word.
        """
        script = folder / "sign-uninstaller.sh"
        words = shlex.join(["osslsigncode", "sign", *self.options()])
        script.write_text(
            "#!/bin/sh\nset -e\n"
            f'{words} -in "$1" -out "$1.signed" >/dev/null\n'
            'mv "$1.signed" "$1"\n'
        )
        script.chmod(0o700)
        return str(script)


def signer_from(environment: dict[str, str] | os._Environ[str]) -> Signer | None:
    """Give the signer that the variables name; None when they name none."""
    certificate, key = environment.get(CERTIFICATE, ""), environment.get(KEY, "")
    if not certificate and not key:
        return None
    files = [Path(certificate or "-"), Path(key or "-")]
    password = environment.get(PASSWORD_FILE, "")
    files += [Path(password)] if password else []
    missing = [str(path) for path in files if not path.is_file()]
    if missing:
        raise SystemExit(
            f"To sign, {CERTIFICATE} and {KEY} name two files (and {PASSWORD_FILE} a third). "
            f"Not found: {', '.join(missing)}"
        )
    return Signer(
        files[0].absolute(),
        files[1].absolute(),
        Path(password).absolute() if password else None,
        environment.get(TIMESTAMP, ""),
    )


def sign(file: Path, signer: Signer) -> None:
    """Sign a program or an MSI in its place; a file that cannot be signed ends the build."""
    signed = file.with_name(f"{file.name}.signed")
    command = ["osslsigncode", "sign", *signer.options(), "-in", str(file), "-out", str(signed)]
    told = subprocess.run(command, capture_output=True, text=True, errors="replace")
    if told.returncode:
        signed.unlink(missing_ok=True)
        raise SystemExit(f"{file.name} could not be signed: {told.stderr.strip()}")
    signed.replace(file)
