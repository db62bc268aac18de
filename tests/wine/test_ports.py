"""The eyes that find no open port in the other tests do find one."""

from __future__ import annotations

from pathlib import Path

from tests.wine.listening import open_ports, opened
from tests.wine.machine import Machine


def test_a_program_that_listens_is_seen_and_so_is_that_it_did(
    machine: Machine, tmp_path: Path
) -> None:
    trace = tmp_path / "trace"
    assert open_ports(machine.prefix) == set()
    with machine.waiting(r"C:\rig\listens.exe", trace=trace):
        assert [port for port in open_ports(machine.prefix) if " tcp 0100007F:" in port]
    assert open_ports(machine.prefix) == set()
    assert any("listen" in line for line in opened(machine.noted(trace)))
