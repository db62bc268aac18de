"""Proves by Authenticode that a file is its publisher's; nothing here trusts a name alone."""

from __future__ import annotations

import subprocess
from pathlib import Path

# Debian's own list of roots: the certificate of python.org's builds ends at one of them.
ROOTS = Path("/etc/ssl/certs/ca-certificates.crt")
PYTHON_PUBLISHER = "CN=Python Software Foundation"
# Python 3.11.9 was signed on 2 April 2024, with a certificate that ended in 2025. Its timestamp
# cannot be checked with Debian's roots, so the question is whether the signature was good then.
PYTHON_SIGNED_AT = 1_712_100_000


def require_signature(file: Path, publisher: str, signed_at: int, roots: Path = ROOTS) -> None:
    """End the build unless the file is signed by `publisher` under one of the roots."""
    command = ["osslsigncode", "verify", "-ignore-timestamp", "-time", str(signed_at)]
    command += ["-CAfile", str(roots), *_offline(), "-in", str(file)]
    told = subprocess.run(command, capture_output=True, text=True, errors="replace")
    signers = [line for line in told.stdout.splitlines() if "Subject:" in line]
    if told.returncode or not any(line.endswith(publisher) for line in signers):
        raise SystemExit(
            f"{file.name} is not signed by {publisher}. It is not what the publisher made, or "
            "Debian's ca-certificates are missing. Remove build/downloads and build again."
        )


def _offline() -> list[str]:
    # Newer versions would fetch revocation lists; older ones neither fetch nor know the option.
    told = subprocess.run(["osslsigncode", "verify", "--help"], capture_output=True, text=True)
    return ["-ignore-crl"] if "-ignore-crl" in told.stdout + told.stderr else []
