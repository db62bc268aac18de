"""The staged tree: the files of an installation, made layer by layer and only when needed."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from installer.windows import launchers, licences, packages, program, runtime
from installer.windows.digest import inputs_digest, size_bytes, tree_digest
from installer.windows.downloading import PYTHON_SHA256, Inputs, download
from installer.windows.lockfile import windows_packages
from installer.windows.places import HERE, LOCK, PROGRAM, RESOURCES, ROOT, Places, version
from installer.windows.trimming import qt_modules

PACKAGE_OF_QT = "pyside6-essentials"


@dataclass(frozen=True)
class Layer:
    """A part of the stage: a folder of that name, or loose files when the name is empty."""

    name: str
    made_from: str
    make: Callable[[Path], None]


@dataclass(frozen=True)
class Staged:
    """A finished stage."""

    folder: Path
    digest: str
    size_bytes: int


def stage(places: Places) -> Staged:
    """Bring `build/stage` up to date; layers whose inputs are the same stay as they are."""
    with alone(places):
        return stage_alone(places)


def fetch_inputs(places: Places) -> Inputs:
    """Give the downloads that the stage is made from."""
    return download(windows_packages(LOCK), places.downloads)


def stage_alone(places: Places) -> Staged:
    """Do the same for a caller that holds the lock already."""
    inputs = fetch_inputs(places)
    for layer in _layers(places, inputs):
        renew(places, layer)
    return Staged(places.stage, tree_digest(places.stage), size_bytes(places.stage))


@contextmanager
def alone(places: Places) -> Iterator[None]:
    """Let one process build at a time: tests and a person may ask for the stage at once."""
    places.build.mkdir(parents=True, exist_ok=True)
    with (places.build / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _layers(places: Places, inputs: Inputs) -> tuple[Layer, ...]:
    qt_wheel = next(
        path for one, path in inputs.wheel_by_package.items() if one.name == PACKAGE_OF_QT
    )
    wheels = inputs.wheel_by_package.values()
    how = {name: HERE / f"{name}.py" for name in ("runtime", "packages", "trimming", "compiling")}
    return (
        Layer(
            "runtime",
            inputs_digest([how["runtime"]], PYTHON_SHA256, qt_wheel.name),
            lambda target: runtime.stage_runtime(inputs.python, qt_wheel, target),
        ),
        Layer(
            "lib",
            inputs_digest(
                [LOCK, how["packages"], how["trimming"], how["compiling"]],
                *sorted(qt_modules(PROGRAM)),
            ),
            lambda target: packages.stage_packages(wheels, PROGRAM, target),
        ),
        Layer(
            "app",
            inputs_digest([PROGRAM, RESOURCES, HERE / "program.py", how["compiling"]]),
            lambda target: program.stage_program(PROGRAM, RESOURCES, target),
        ),
        Layer(
            "licenses",
            inputs_digest(
                [LOCK, HERE / "licences.py", licences.NOTICE, ROOT / "LICENSE", *licences.TEXTS],
                PYTHON_SHA256,
            ),
            lambda target: licences.stage_licences(inputs.wheel_by_package, inputs.python, target),
        ),
        Layer(
            "",
            inputs_digest(
                [
                    launchers.SOURCES,
                    HERE / "launchers.py",
                    HERE / "icon.py",
                    RESOURCES / "icons" / "app.svg",
                ],
                launchers.tools(),
                version(),
            ),
            lambda target: _loose_files(places, target),
        ),
    )


def _loose_files(places: Places, target: Path) -> None:
    launchers.build_launchers(version(), places.objects, target)
    # Plug-ins are taken from here and from nowhere else.
    (target / "qt.conf").write_text("[Paths]\nPrefix = lib/PySide6\n")


def renew(places: Places, layer: Layer) -> None:
    """Make a layer beside its place and move it there when it is whole."""
    note = places.layers / (layer.name or "top")
    target = places.stage / layer.name
    if note.is_file() and note.read_text() == layer.made_from and target.is_dir():
        return
    print(f"Building {layer.name or 'the launchers'}", flush=True)
    fresh = places.layers / f"{note.name}.new"
    shutil.rmtree(fresh, ignore_errors=True)
    places.layers.mkdir(parents=True, exist_ok=True)
    places.stage.mkdir(parents=True, exist_ok=True)
    note.unlink(missing_ok=True)
    layer.make(fresh)
    if layer.name:
        shutil.rmtree(target, ignore_errors=True)
        fresh.rename(target)
    else:
        for path in [one for one in target.iterdir() if one.is_file()]:
            path.unlink()
        for path in fresh.iterdir():
            path.rename(target / path.name)
        fresh.rmdir()
    note.write_text(layer.made_from)


def signed_copy(
    places: Places,
    staged: Staged,
    sign: Callable[[Path], None],
    signed: Iterable[launchers.Launcher],
) -> Staged:
    """Give a copy of the stage whose launchers are signed; the stage itself stays reproducible."""
    folder = places.build / "signed-stage"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(staged.folder, folder, copy_function=os.link)
    for launcher in signed:
        file = folder / launcher.file_name
        own = file.read_bytes()
        file.unlink()  # the copy shares its bytes with the stage until here
        file.write_bytes(own)
        sign(file)
    return Staged(folder, tree_digest(folder), size_bytes(folder))
