"""Asks of every program file whether Windows Server 2019 can load it: Wine cannot tell.

Wine brings its own C runtime and has functions that old systems lack, so a file that starts there
may not start on a server.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from installer.windows.pe import Binary, Import
from installer.windows.windows_2019 import API_SETS, C_RUNTIME, LIBRARIES, MISSING


def import_faults(files: Iterable[Binary], tree: Path) -> Iterator[str]:
    """Give a sentence for each import that nothing shipped and nothing on 17763 answers."""
    known = list(files)
    shipped: dict[str, list[Binary]] = {}
    for one in known:
        shipped.setdefault(one.path.name.lower(), []).append(one)
    for file in known:
        where = file.path.relative_to(tree).as_posix()
        if not file.is_64_bit:
            yield f"{where} is not for 64-bit Windows"
        told = set()
        for wanted in file.imports:
            fault = _fault(wanted, shipped)
            if fault and fault not in told:
                told.add(fault)
                yield f"{where} {fault}"


def _fault(wanted: Import, shipped: dict[str, list[Binary]]) -> str:
    if wanted.library in shipped:
        # Several packages ship one library; Windows takes the one that is loaded first.
        lacking = [one for one in shipped[wanted.library] if wanted.function not in one.exports]
        return (
            f"needs {wanted.library}!{wanted.function}, which {lacking[0].path.parent.name} lacks"
            if lacking
            else ""
        )
    name = wanted.library.removesuffix(".dll").removesuffix(".drv")
    if name not in LIBRARIES and name not in API_SETS and not name.startswith(C_RUNTIME):
        return f"needs {wanted.library}, which is neither shipped nor known to be in Windows"
    first_build = MISSING.get(name, {}).get(wanted.function)
    if first_build:
        return f"needs {wanted.library}!{wanted.function}, which Windows has from {first_build} on"
    return ""
