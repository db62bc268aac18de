"""Makes OfflineBackup-VERSION.msi from the same stage, for Group Policy and other deployment."""

from __future__ import annotations

import subprocess
from pathlib import Path

from installer.windows.digest import files_of
from installer.windows.launchers import PUBLISHER, WINDOW
from installer.windows.msi_removal import FOLDER_KEY, add_removals
from installer.windows.msi_tables import complete, property_of, rows
from installer.windows.places import HERE, Places, version
from installer.windows.signing import Signer, sign
from installer.windows.stage import Staged

PRODUCT = HERE / "setup" / "product.wxs"
OLDEST_BUILD = 17763


def msi_name(number: str) -> str:
    """Give the file name of the MSI of a version."""
    return f"OfflineBackup-{number}.msi"


def make_msi(places: Places, staged: Staged, signer: Signer | None, *, number: str = "") -> Path:
    """Write the MSI; `number` is another version, for tests."""
    number = number or version()
    places.dist.mkdir(parents=True, exist_ok=True)
    work = places.objects / "msi"
    work.mkdir(parents=True, exist_ok=True)
    # wixl takes relative paths only, so everything it reads lies below one folder.
    _link(work / "stage", staged.folder)
    _link(work / "app.ico", places.objects / "app.ico")
    _link(work / "product.wxs", PRODUCT)
    listed = "".join(
        f"stage/{path.relative_to(staged.folder).as_posix()}\n"
        for path in files_of(staged.folder)
        if path != staged.folder / WINDOW.file_name  # product.wxs names it, for its shortcuts
    )
    heat = ["wixl-heat", "--prefix", "stage/", "--component-group", "Files", "--var", "var.Stage"]
    heat += ["--directory-ref", FOLDER_KEY, "--win64"]
    made = subprocess.run(heat, input=listed, cwd=work, check=True, capture_output=True, text=True)
    (work / "files.wxs").write_text(made.stdout)
    part = work / "unfinished.msi"
    defined = {
        "Win64": "yes",
        "Version": number,
        "Publisher": PUBLISHER,
        "Stage": "stage",
        "OldestBuild": str(OLDEST_BUILD),
    }
    command = ["wixl", "--arch", "x64", "--output", part.name]
    command += [word for name, value in defined.items() for word in ("-D", f"{name}={value}")]
    told = subprocess.run(
        [*command, "product.wxs", "files.wxs"], cwd=work, capture_output=True, text=True
    )
    if told.returncode:
        raise SystemExit(f"wixl made no MSI: {told.stderr.strip()[-500:]}")
    complete(part, rows(work / "files.wxs", staged.folder), staged.folder)
    add_removals(part)
    if signer is not None:
        sign(part, signer)
    target = places.dist / msi_name(number)
    part.replace(target)
    return target


def product_version(msi: Path) -> str:
    """Give the version that an MSI says it holds."""
    return property_of(msi, "ProductVersion")


def _link(name: Path, target: Path) -> None:
    name.unlink(missing_ok=True)
    name.symlink_to(target)
