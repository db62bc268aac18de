"""Each program that the build or its tests start is one that linux-packages.sh looks for."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from installer.windows.places import HERE, ROOT

SCRIPT = (ROOT / "installer/linux-packages.sh").read_text()
# Beside a program that is looked for, in the same package of Debian or one that it depends on.
COMES_WITH = {"wixl-heat": "wixl", "msiinfo": "msibuild"}


def started(path: Path) -> set[str]:
    """Name what the lists of a module begin with that are handed to a new process."""
    return {
        node.elts[0].value
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.List)
        and len(node.elts) > 1
        and isinstance(node.elts[0], ast.Constant)
        and isinstance(node.elts[0].value, str)
        and node.elts[0].value.startswith(("msi", "wixl", "makensis", "osslsigncode", "x86_64-"))
    }


@pytest.mark.parametrize("folder", [HERE, ROOT / "tests" / "installer"], ids=["build", "tests"])
def test_a_fresh_machine_gets_every_tool(folder: Path) -> None:
    tools = {tool for path in folder.glob("*.py") for tool in started(path)}
    assert {"msiinfo", "osslsigncode"} <= tools
    wanted = {COMES_WITH.get(tool, tool) for tool in tools} - {"x86_64-w64-mingw32-dlltool"}
    assert [tool for tool in sorted(wanted) if f"command -v {tool} " not in SCRIPT] == []
