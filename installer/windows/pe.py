"""What a Windows program file says about itself: imports, exports, protections, manifest."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pefile

_SUFFIXES = frozenset({".dll", ".pyd", ".exe"})
_AMD64 = 0x8664
_HIGH_ENTROPY_VA, _DYNAMIC_BASE, _NX_COMPAT, _GUARD_CF = 0x20, 0x40, 0x100, 0x4000
_EXPORT = 0  # the first data directory
_MANIFEST = 24  # RT_MANIFEST
_DIRECTORIES = [
    pefile.DIRECTORY_ENTRY[f"IMAGE_DIRECTORY_ENTRY_{name}"]
    for name in ("IMPORT", "DELAY_IMPORT", "RESOURCE")
]


@dataclass(frozen=True)
class Import:
    """One function that a file takes from a library; by number when it has no name."""

    library: str  # lower case, with its suffix
    function: str
    delayed: bool


@dataclass(frozen=True)
class Binary:
    """One program file."""

    path: Path
    is_64_bit: bool
    has_aslr: bool
    has_high_entropy_aslr: bool
    has_nx: bool
    has_control_flow_guard: bool
    imports: tuple[Import, ...]
    exports: frozenset[str]
    manifest: str


def binaries(tree: Path) -> list[Path]:
    """Give every program file of a tree."""
    return sorted(path for path in tree.rglob("*") if path.suffix.lower() in _SUFFIXES)


def read_binary(path: Path) -> Binary:
    """Read one file; one that is no program file ends the build."""
    try:
        file = pefile.PE(str(path), fast_load=True)
        file.parse_data_directories(_DIRECTORIES)
    except pefile.PEFormatError as error:
        raise SystemExit(f"{path} is no program for Windows: {error}") from error
    flags = file.OPTIONAL_HEADER.DllCharacteristics
    found = Binary(
        path=path,
        is_64_bit=file.FILE_HEADER.Machine == _AMD64,
        has_aslr=bool(flags & _DYNAMIC_BASE),
        has_high_entropy_aslr=bool(flags & _HIGH_ENTROPY_VA),
        has_nx=bool(flags & _NX_COMPAT),
        has_control_flow_guard=bool(flags & _GUARD_CF),
        imports=tuple(_imports(file)),
        exports=frozenset(_exports(file)),
        manifest=_manifest(file),
    )
    file.close()
    return found


@dataclass(frozen=True)
class FileVersion:
    """What the version resource of a file says."""

    numbers: tuple[int, int, int, int]
    language: int  # of Windows; 0 is neutral

    @property
    def text(self) -> str:
        """Give all four numbers, as Windows Installer compares them."""
        return ".".join(map(str, self.numbers))


def version_of(path: Path) -> FileVersion | None:
    """Read the version resource of a file; None when it has none."""
    file = pefile.PE(str(path), fast_load=True)
    file.parse_data_directories([_DIRECTORIES[-1]])
    fixed = getattr(file, "VS_FIXEDFILEINFO", None)
    blocks = [block for blocks in getattr(file, "FileInfo", ()) for block in blocks]
    file.close()
    if not fixed:
        return None
    high, low = fixed[0].FileVersionMS, fixed[0].FileVersionLS
    languages = [
        int(told.split()[0], 16)
        for block in blocks
        for variable in getattr(block, "Var", ())
        for told in variable.entry.values()
    ]
    numbers = (high >> 16, high & 0xFFFF, low >> 16, low & 0xFFFF)
    return FileVersion(numbers, languages[0] if languages else 0)


def file_version(path: Path) -> str:
    """Give the version that Windows shows for a file, its first three numbers."""
    told = version_of(path)
    if told is None:
        raise SystemExit(f"{path.name} says no version of itself.")
    return ".".join(map(str, told.numbers[:3]))


def _imports(file: pefile.PE) -> Iterator[Import]:
    for attribute, delayed in (
        ("DIRECTORY_ENTRY_IMPORT", False),
        ("DIRECTORY_ENTRY_DELAY_IMPORT", True),
    ):
        for entry in getattr(file, attribute, ()):
            library = entry.dll.decode("ascii").lower()
            for one in entry.imports:
                name = one.name.decode("ascii") if one.name else f"#{one.ordinal}"
                yield Import(library, name, delayed)


def _exports(file: pefile.PE) -> Iterator[str]:
    """Read the export directory; pefile itself stops at 8,192 names, and Qt has more."""
    entry = file.OPTIONAL_HEADER.DATA_DIRECTORY[_EXPORT]
    if not entry.VirtualAddress:
        return
    head = struct.unpack("<IIHHIIIIIII", file.get_data(entry.VirtualAddress, 40))
    base, function_count, name_count, names_at = head[5], head[6], head[7], head[9]
    yield from (f"#{base + at}" for at in range(function_count))
    image = file.get_memory_mapped_image()
    for (at,) in struct.iter_unpack("<I", image[names_at : names_at + 4 * name_count]):
        yield image[at : image.index(b"\0", at)].decode("ascii")


def _manifest(file: pefile.PE) -> str:
    for kind in getattr(getattr(file, "DIRECTORY_ENTRY_RESOURCE", None), "entries", ()):
        if kind.id == _MANIFEST:
            where = kind.directory.entries[0].directory.entries[0].data.struct
            return str(file.get_data(where.OffsetToData, where.Size).decode("utf-8-sig"))
    return ""
