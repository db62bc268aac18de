"""The structures that are handed to Windows have the sizes and places of its 64-bit headers.

Each figure is what `sizeof` and `offsetof` give for the Windows SDK; a wrong one is a refused call,
or memory that is not ours.
"""

from __future__ import annotations

import ctypes

import pytest

from offline_backup_gui.adapters.drives.win32_devices import _Filter, _Guid, _PropertyKey
from offline_backup_gui.adapters.power import _Reason
from offline_backup_gui.adapters.shadow.vss import _Properties
from offline_backup_gui.adapters.state.windows_system import _Attributes
from offline_backup_gui.ui.desktop.messages import Message


@pytest.mark.parametrize(
    ("structure", "size_bytes"),
    [
        (_Guid, 16),
        (_PropertyKey, 20),  # DEVPROPKEY
        (_Filter, 416),  # CM_NOTIFY_FILTER: its own size is the first thing that is checked
        (_Reason, 32),  # REASON_CONTEXT
        (_Attributes, 24),  # SECURITY_ATTRIBUTES
    ],
)
def test_a_structure_is_as_large_as_that_of_windows(
    structure: type[ctypes.Structure], size_bytes: int
) -> None:
    assert ctypes.sizeof(structure) == size_bytes


@pytest.mark.parametrize(
    ("structure", "field", "place"),
    [
        (_Filter, "interface", 16),
        (_PropertyKey, "number", 16),
        (_Reason, "text", 8),
        (_Attributes, "descriptor", 8),
        (_Attributes, "inherit", 16),
        (_Properties, "device", 40),  # VSS_SNAPSHOT_PROP
        (_Properties, "provider", 88),
        (_Properties, "created", 112),
        (_Properties, "status", 120),
        (Message, "number", 8),  # MSG
        (Message, "wide", 16),
        (Message, "long", 24),
    ],
)
def test_a_field_lies_where_windows_looks_for_it(
    structure: type[ctypes.Structure], field: str, place: int
) -> None:
    assert getattr(structure, field).offset == place
