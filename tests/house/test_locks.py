"""The locks say what pyproject.toml says, by hash and without an address."""

from __future__ import annotations

import json
import re
import tomllib
from importlib.metadata import version

import pytest

from tests.house.checkout import ROOT

_ENTRY = re.compile(r"^([a-z0-9-]+)==(\S+)( ; [^\\]+?)? \\\n((?:    --hash=.*\n)+)", re.MULTILINE)
_PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
RUN = (ROOT / "requirements.lock").read_text()
DEV = (ROOT / "requirements-dev.lock").read_text()
LOCKED = {found[0]: found for found in _ENTRY.findall(RUN + DEV)}


def _pins(requirements: list[str]) -> dict[str, str]:
    """Give version by name; a requirement that is no exact pin is a mistake by itself."""
    pairs = [requirement.split("==") for requirement in requirements]
    assert all(len(pair) == 2 for pair in pairs), requirements
    return {re.sub(r"[-_.]+", "-", name).lower(): pinned for name, pinned in pairs}


def test_what_the_program_needs_is_in_its_lock() -> None:
    wanted = _pins(_PYPROJECT["project"]["dependencies"])
    locked = {found[0]: found[1] for found in _ENTRY.findall(RUN)}
    assert {name: locked.get(name) for name in wanted} == wanted


def test_the_tools_and_the_builder_are_in_the_second_lock() -> None:
    wanted = _pins(_PYPROJECT["project"]["optional-dependencies"]["dev"])
    wanted |= _pins(_PYPROJECT["build-system"]["requires"])
    locked = {found[0]: found[1] for found in _ENTRY.findall(DEV)}
    assert {name: locked.get(name) for name in wanted} == wanted


@pytest.mark.parametrize("name", ["pyside6-essentials", "cryptography", "blake3", "psutil"])
def test_a_package_in_machine_code_is_locked_for_linux_and_for_windows(name: str) -> None:
    assert len(re.findall(r"--hash=sha256:[0-9a-f]{64}", LOCKED[name][3])) >= 2


def test_the_locks_hold_entries_and_remarks_and_nothing_else() -> None:
    rest = _ENTRY.sub("", RUN + DEV)
    assert [line for line in rest.splitlines() if line and not line.startswith("#")] == []


def test_the_tests_run_on_what_is_locked() -> None:
    here = {name: version(name) for name, found in LOCKED.items() if "win32" not in found[2]}
    assert here == {name: LOCKED[name][1] for name in here}


def test_the_lock_of_the_blob_server_has_hashes_and_no_addresses() -> None:
    lock = json.loads((ROOT / "tests/azurite/package-lock.json").read_text())
    packages = [one for path, one in lock["packages"].items() if path]
    assert packages
    assert [one for one in packages if "resolved" in one or "integrity" not in one] == []
