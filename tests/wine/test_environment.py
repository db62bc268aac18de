"""What is left of a hostile environment once a launcher has started Python."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.installer.built import staged_once
from tests.wine.machine import Machine

FOLDER = r"C:\probe"
# Takes the place of our program behind the launcher that is shipped, and tells what it sees.
PROBE = """\
import json, os, sys

def main():
    seen = {"environment": dict(os.environ), "path": sys.path, "isolated": sys.flags.isolated}
    print(json.dumps({"event": "result", "words": sys.argv[1:], **seen}))
    return 0
"""
HOSTILE = (
    *("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONPLATLIBDIR", "PythonInspect"),
    *("QT_PLUGIN_PATH", "QT_QPA_PLATFORM_PLUGIN_PATH", "qt_debug_plugins", "QML2_IMPORT_PATH"),
    *("QSG_RHI_BACKEND", "PYSIDE_DESIGNER_PLUGINS", "SHIBOKEN_LOG", "OPENSSL_ia32cap"),
    *("SSLKEYLOGFILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
    *("COR_ENABLE_PROFILING", "COR_PROFILER", "COR_PROFILER_PATH", "COMPlus_Version"),
    *("APPDOMAIN_MANAGER_ASM", "APPDOMAIN_MANAGER_TYPE", "DEVPATH", "PSModulePath"),
)
REPLACED = {
    "OPENSSL_CONF": r"\runtime\openssl.cnf",
    "OPENSSL_MODULES": r"\runtime\no-modules",
    "OPENSSL_ENGINES": r"\runtime\no-modules",
    "SSL_CERT_FILE": r"\lib\certifi\cacert.pem",
    "SSL_CERT_DIR": r"\runtime\no-modules",
}
KEPT = {"QT_SCALE_FACTOR": "2", "HTTPS_PROXY": "http://proxy.example:3128"}


@pytest.fixture
def probe(machine: Machine) -> Iterator[Path]:
    shipped, folder = staged_once().folder, machine.here(FOLDER)
    shutil.copytree(shipped / "runtime", folder / "runtime")
    shutil.copyfile(shipped / "offline-backup.exe", folder / "offline-backup.exe")
    package = folder / "app" / "offline_backup_gui"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(PROBE)
    yield folder
    shutil.rmtree(folder)


def test_nothing_that_loads_or_writes_something_else_gets_through(
    machine: Machine, probe: Path
) -> None:
    hostile = dict.fromkeys((*HOSTILE, *REPLACED), r"C:\users\Public\evil")
    # Wine takes some of them away itself when they come from outside.
    lines = [f"set {name}={value}" for name, value in (hostile | KEPT).items()]
    start = FOLDER + r"\offline-backup.exe C:\*"
    script = "\r\n".join(["@echo off", *lines, start])
    (probe / "start.cmd").write_text(script + "\r\n", newline="")
    said = machine.run("cmd", "/c", FOLDER + r"\start.cmd")
    assert said.code == 0, said.err
    seen = said.result
    left = {name.upper(): value for name, value in seen["environment"].items()}
    assert [name for name in HOSTILE if name.upper() in left] == []
    assert {name: left[name] for name in REPLACED} == {
        name: FOLDER + below for name, below in REPLACED.items()
    }
    assert {name: left[name] for name in KEPT} == KEPT
    system = r"C:\windows\system32"
    assert left["PATH"].lower() == rf"{system};C:\windows;{system}\wbem".lower()
    assert left["SYSTEMROOT"].lower() == r"c:\windows"
    assert left["COMSPEC"].lower() == rf"{system}\cmd.exe".lower()
    assert left["NODEFAULTCURRENTDIRECTORYINEXEPATH"] == "1"
    assert seen["isolated"] == 1
    # A mask is for the program to read; the C runtime would put names in its place.
    assert seen["words"] == [r"C:\*"]
    assert [path for path in seen["path"] if not path.startswith(FOLDER)] == []


EVIL = {
    "PYTHONPATH": "C:\\evil",
    "PYTHONHOME": "C:\\evil",
    "pythonstartup": "C:\\evil\\start.py",
    "QT_PLUGIN_PATH": "C:\\evil",
    "QT_QPA_PLATFORM_PLUGIN_PATH": "C:\\evil",
    "QML_IMPORT_PATH": "C:\\evil",
    "OPENSSL_CONF": "C:\\evil\\openssl.cnf",
    "OPENSSL_MODULES": "C:\\evil",
    "SSL_CERT_FILE": "C:\\evil\\ca.pem",
    "SSLKEYLOGFILE": "C:\\evil\\keys.txt",
    "REQUESTS_CA_BUNDLE": "C:\\evil\\ca.pem",
    "CURL_CA_BUNDLE": "C:\\evil\\ca.pem",
    "QT_SCALE_FACTOR": "1.5",
    "HTTPS_PROXY": "proxy:8080",
}


def test_the_launchers_clean_their_environment_and_load_nothing_from_the_current_folder(
    machine: Machine,
) -> None:
    # The current folder of a program that is started here is C:\\.
    planted = machine.here("C:\\planted.dll")
    source = ["-shared", "-nostdlib", "-Wl,-e,0", "-x", "c", "/dev/null", "-o", str(planted)]
    subprocess.run(["x86_64-w64-mingw32-gcc", *source], check=True)
    said = machine.run(r"C:\rig\show.exe", *(f"{name}={value}" for name, value in EVIL.items()))
    planted.unlink()
    assert said.code == 0
    lines = said.out.splitlines()
    assert lines[0] == "loaded 0"
    left = dict(line.split("=", 1) for line in lines[1:] if line and line[0] != "=")
    assert not [value for value in left.values() if "evil" in value]
    assert "SSLKEYLOGFILE" not in left
    assert left["OPENSSL_CONF"] == r"C:\rig\runtime\openssl.cnf"
    assert left["SSL_CERT_FILE"] == r"C:\rig\lib\certifi\cacert.pem"
    assert left["QT_SCALE_FACTOR"] == "1.5"
    assert left["HTTPS_PROXY"] == "proxy:8080"
    assert all(part.lower().startswith("c:\\windows") for part in left["PATH"].split(";"))
