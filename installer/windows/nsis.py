"""Makes OfflineBackup-VERSION-setup.exe from the stage with NSIS."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from installer.windows.launchers import PUBLISHER
from installer.windows.picture import draw_picture
from installer.windows.places import HERE, RESOURCES, Places, version
from installer.windows.signing import Signer, sign
from installer.windows.stage import Staged

SCRIPTS = HERE / "setup"


def setup_name(number: str) -> str:
    """Give the file name of the setup of a version."""
    return f"OfflineBackup-{number}-setup.exe"


def make_setup(
    places: Places, staged: Staged, signer: Signer | None, *, quick: bool, number: str = ""
) -> Path:
    """Write the setup; `quick` packs fast and badly, for tests. `number` is another version."""
    number = number or version()
    places.dist.mkdir(parents=True, exist_ok=True)
    places.objects.mkdir(parents=True, exist_ok=True)
    target = places.dist / setup_name(number)
    part = target.with_name(f"unfinished-{os.getpid()}-{target.name}")
    picture = places.objects / "welcome.bmp"
    draw_picture(RESOURCES / "icons" / "app.svg", picture)
    defined = {
        "VERSION": number,
        "PUBLISHER": PUBLISHER,
        "STAGE": str(staged.folder),
        "OUT": str(part),
        "SIZE_KIB": str(staged.size_bytes // 1024),
        "ICON": str(places.objects / "app.ico"),
        "PICTURE": str(picture),
        "QUICK": "1" if quick else "0",
    }
    if signer is not None:
        defined["SIGN_COMMAND"] = signer.command_for_nsis(places.objects)
    command = ["makensis", "-V2", "-WX", "-INPUTCHARSET", "UTF8", "-NOCD"]
    command += [f"-D{name}={value}" for name, value in defined.items()]
    command.append(str(SCRIPTS / "setup.nsi"))
    subprocess.run(command, check=True, cwd=SCRIPTS)
    if signer is not None:
        sign(part, signer)
    part.replace(target)
    return target
