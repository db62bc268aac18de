"""What of the wheels is left behind: everything that the program can never load."""

from __future__ import annotations

import ast
import shutil
from collections.abc import Iterator
from pathlib import Path

# Qt's wheel is a toolbox of 200 MB. These files and the modules that the program imports remain.
_KEPT_OF_QT = (
    "PySide6/__init__.py",
    "PySide6/_config.py",
    "PySide6/_git_pyside_version.py",
    "PySide6/pyside6.abi3.dll",
    "PySide6/msvcp140.dll",
    "PySide6/msvcp140_1.dll",
    "PySide6/msvcp140_2.dll",
    "PySide6/support/__init__.py",
    "PySide6/support/deprecated.py",
    "PySide6/plugins/platforms/qwindows.dll",
    "PySide6/plugins/platforms/qoffscreen.dll",
    "PySide6/plugins/styles/qmodernwindowsstyle.dll",
    "PySide6/plugins/imageformats/qico.dll",
    "PySide6/plugins/imageformats/qsvg.dll",
    "PySide6/plugins/iconengines/qsvgicon.dll",
    "PySide6/translations/qtbase_de.qm",
    "PySide6/translations/qtbase_en.qm",
    "shiboken6/__init__.py",
    "shiboken6/_config.py",
    "shiboken6/_git_shiboken_module_version.py",
    "shiboken6/Shiboken.pyd",
    "shiboken6/shiboken6.abi3.dll",
    "shiboken6/msvcp140.dll",
)
# ReportLab asks Pillow what an image is; no paper of ours holds one.
_KEPT_OF_PILLOW = (
    "PIL/__init__.py",
    "PIL/ExifTags.py",
    "PIL/Image.py",
    "PIL/ImageMode.py",
    "PIL/TiffTags.py",
    "PIL/_binary.py",
    "PIL/_deprecate.py",
    "PIL/_imaging.cp311-win_amd64.pyd",
    "PIL/_util.py",
    "PIL/_version.py",
)
_TRIMMED_WHOLE = ("PIL", "PySide6", "shiboken6")
# Sources and headers, stubs, tests, scripts for other programs, and what packages bring for tasks
# that are not ours: Rich colours source code with Pygments and reads Markdown, for example.
_LEFT_OUT = (
    "**/*.pyi",
    "**/*.pyx",
    "**/*.pxd",
    "**/*.c",
    "**/*.cpp",
    "**/*.h",
    "**/*.lib",
    "**/*.exe",
    "**/py.typed",
    "**/__pycache__",
    "*.data",
    "*.dist-info/RECORD",
    "*.dist-info/licenses",  # `licences` gathers them in one place
    "*.dist-info/LICENSE*",
    "*.dist-info/NOTICE*",
    "*.dist-info/AUTHORS*",
    "*.dist-info/WHEEL",
    "*.dist-info/INSTALLER",
    "*.dist-info/top_level.txt",
    "azure/**/aio",  # the program asks no account asynchronously
    "cffi",  # at run time cryptography needs _cffi_backend, which is a module of its own
    "pycparser",
    "keyring/testing",
    "markdown_it",
    "mdurl",
    "pygments",
    "reportlab/fonts",  # papers bring their own
    "reportlab/graphics",  # charts
    "securesystemslib/_vendor/ed25519/test_data",
    "zstandard/_cffi*.pyd",
)


def qt_modules(program: Path) -> set[str]:
    """Give the modules of PySide6 that the program's own files import."""
    found = set()
    for path in program.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names: list[str] = []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module]
                if node.module == "PySide6":
                    names = [f"PySide6.{one.name}" for one in node.names]
            elif isinstance(node, ast.Import):
                names = [one.name for one in node.names]
            found |= {name.split(".")[1] for name in names if name.startswith("PySide6.")}
    return found


def trim(lib: Path, modules: set[str]) -> None:
    """Remove what is not needed; a file that ought to remain and is not there ends the build."""
    kept = {lib / name for name in (*_kept_of_qt(modules), *_KEPT_OF_PILLOW)}
    missing = sorted(str(path.relative_to(lib)) for path in kept if not path.is_file())
    if missing:
        raise SystemExit(f"The wheels do not hold {', '.join(missing)}.")
    for package in _TRIMMED_WHOLE:
        for path in list((lib / package).rglob("*")):
            if path.is_file() and path not in kept:
                path.unlink()
    for pattern in _LEFT_OUT:
        found = list(lib.glob(pattern))
        for path in found:
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    for folder in sorted((path for path in lib.rglob("*") if path.is_dir()), reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()


def _kept_of_qt(modules: set[str]) -> Iterator[str]:
    yield from _KEPT_OF_QT
    for name in modules:
        yield f"PySide6/{name}.pyd"
        yield f"PySide6/Qt6{name.removeprefix('Qt')}.dll"
