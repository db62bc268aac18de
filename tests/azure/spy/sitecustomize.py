"""Loaded by Python before the program: writes down each process, what it starts and logs.

`SPY_FILE` names where. `SPY_LEAK` and `SPY_SECRET_FILE` make the process lose a secret on purpose,
so that a test can see that each place is looked at.
"""

from __future__ import annotations

import atexit
import logging
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

SPY = os.environ["SPY_FILE"]
STARTED = {"subprocess.Popen", "os.exec", "os.posix_spawn", "os.system"}


def write(kind: str, text: object) -> None:
    with open(SPY, "a", encoding="utf-8", errors="backslashreplace") as file:
        file.write(f"{kind} {text}\n")


def heard(event: str, arguments: tuple[object, ...]) -> None:
    if event in STARTED:
        write("started", repr(arguments))


class Kept(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        write("logged", f"{record.name} {self.format(record)}")


def leak(way: str, secret: str, state: Path) -> None:
    match way:
        case "log":
            logging.getLogger("offline_backup_gui").debug("sas %s", secret)
        case "argument":
            subprocess.run(["true", secret], check=True)
        case "environment":
            subprocess.run(["true"], check=True, env={"PATH": os.environ["PATH"], "S": secret})
        case "state":
            with sqlite3.connect(next(state.glob("*.db"))) as file:
                file.execute("create table leak (told text)")
                file.execute("insert into leak values (?)", (secret,))
        case "utf-16":
            (state / "leak.txt").write_text(secret, "utf-16")
        case "base64":
            import base64

            (state / "leak.txt").write_bytes(base64.b64encode(b"user:" + secret.encode()))
        case "url":
            from urllib.parse import quote

            (state / "leak.txt").write_text(quote(secret, safe=""))
        case "drive":
            manifest = next(state.parent.rglob("DriveManifest.xml"))
            text = manifest.read_text("utf-8")
            manifest.write_text(text.replace("</", f"<!-- {secret} --></", 1), "utf-8")
        case "output":
            print(secret)
        case "error":
            print(secret, file=sys.stderr)


sys.addaudithook(heard)
write("process", repr((sys.orig_argv, dict(os.environ))))
logging.getLogger().addHandler(Kept())
logging.getLogger().setLevel(logging.DEBUG)
if way := os.environ.get("SPY_LEAK"):
    told = Path(os.environ["SPY_SECRET_FILE"]).read_text().strip()
    atexit.register(leak, way, told, Path(os.environ["OFFLINE_BACKUP_STATE"]))
