"""The official Python for Windows: taken out of its archive, proved, and trimmed."""

from __future__ import annotations

import io
import shutil
import tarfile
import zipfile
from pathlib import Path

from installer.windows.signatures import PYTHON_PUBLISHER, PYTHON_SIGNED_AT, require_signature

# Isolated Python: nothing is searched but these folders, whatever the environment says.
SEARCHED = ("python311.zip", ".", "..\\lib", "..\\app")
# Our own launchers start Python, nothing makes MSI files or sounds, and the catalogue signs files
# that are not all here. The C runtime comes newer with Qt.
_LEFT_OUT = frozenset(
    {
        "python.exe",
        "pythonw.exe",
        "_msi.pyd",
        "winsound.pyd",
        "python.cat",
        "python311._pth",
        "LICENSE.txt",  # among the other licences
        "vcruntime140.dll",
        "vcruntime140_1.dll",
    }
)
# One copy of the newest: Windows keeps the first vcruntime140.dll a process loads for all others.
_C_RUNTIME = ("vcruntime140.dll", "vcruntime140_1.dll")


def stage_runtime(archive: Path, qt_wheel: Path, target: Path) -> None:
    """Put Python and the C runtime into a folder; every binary of Python is proved."""
    target.mkdir(parents=True)
    with tarfile.open(archive) as outer:
        member = next(one for one in outer.getmembers() if one.name.endswith("/data.zip"))
        packed = outer.extractfile(member)
        assert packed is not None
        inner = zipfile.ZipFile(io.BytesIO(packed.read()))
    for entry in inner.infolist():
        name = Path(entry.filename).name
        if entry.is_dir() or name in _LEFT_OUT:
            continue
        (target / name).write_bytes(inner.read(entry))
        if name.endswith((".dll", ".pyd")):
            require_signature(target / name, PYTHON_PUBLISHER, PYTHON_SIGNED_AT)
    with zipfile.ZipFile(qt_wheel) as wheel:
        for name in _C_RUNTIME:
            with wheel.open(f"PySide6/{name}") as source, (target / name).open("wb") as file:
                shutil.copyfileobj(source, file)
    (target / "python311._pth").write_text("".join(f"{line}\n" for line in SEARCHED))
    # OpenSSL reads this instead of what somebody may have put into its built-in folder.
    (target / "openssl.cnf").write_text("# Nothing is configured.\n")
