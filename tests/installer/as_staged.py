"""Runs with nothing of the trimmed packages but what was staged: imports all, prints every paper.

`python -m tests.installer.as_staged LIB FOLDER` knows the staged `lib` of Windows; modules that it
does not hold are refused here as they would be there.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

# Packages that are the same on Linux and Windows, but for the ends of their compiled modules.
TRIMMED = ("PIL", "reportlab", "rich", "pygments", "markdown_it", "mdurl", "azure", "keyring")


class OnlyStaged(MetaPathFinder):
    """Refuses modules that the staged tree does not hold."""

    def __init__(self, lib: Path) -> None:
        self._lib = lib

    def find_spec(
        self, name: str, _path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Give None, which lets others look, or raise."""
        if name.split(".")[0] in TRIMMED:
            place = self._lib.joinpath(*name.split("."))
            if not place.is_dir() and not list(place.parent.glob(place.name + ".*")):
                raise ModuleNotFoundError(f"not staged: {name}", name=name)
        return None


def main(lib: Path, folder: Path) -> None:
    """Import every module of the program and print every paper in both sizes and languages."""
    sys.meta_path.insert(0, OnlyStaged(lib))
    import offline_backup_gui

    for module in pkgutil.walk_packages(offline_backup_gui.__path__, "offline_backup_gui."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    from offline_backup_gui.domain.papers import PageSize
    from tests.adapters.papers import samples

    press, shipment = samples.press(), samples.shipment()
    for language in ("en", "de"):
        for page in PageSize:
            at = folder / f"{language}-{page}"
            at.mkdir()
            press.recovery_kit(samples.KIT, language, page, at / "kit.pdf")
            press.packing_slip(shipment, language, page, at / "slip.pdf")
            press.custody_sheet(shipment, language, page, at / "custody.pdf")
            press.address_label(shipment, language, page, at / "label.pdf")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
