"""Build the Windows program: `python -m installer.windows installer`; --help says the rest."""

from __future__ import annotations

import argparse
import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

from installer.windows.audit import audit
from installer.windows.launchers import LAUNCHERS
from installer.windows.msi import make_msi
from installer.windows.nsis import make_setup
from installer.windows.places import Places
from installer.windows.sbom import make_sbom
from installer.windows.signing import Signer, sign, signer_from
from installer.windows.stage import Staged, alone, fetch_inputs, signed_copy, stage_alone

LARGEST_SETUP_BYTES = 35_000_000
LARGEST_STAGE_BYTES = 110_000_000


def main() -> None:
    """Build what is asked for and print its figures."""
    parser = argparse.ArgumentParser(prog="python -m installer.windows", description=__doc__)
    parser.add_argument("what", choices=("stage", "audit", "installer"))
    parser.add_argument("--quick", action="store_true", help="pack fast and badly, for tests")
    parser.add_argument("--tree", type=Path, help="audit this folder: an installation, for example")
    given = parser.parse_args()
    places = Places()
    if given.what == "audit" and given.tree is not None:
        _audited(given.tree)
        return
    signer = signer_from(os.environ) if given.what == "installer" else None
    with alone(places):
        staged = stage_alone(places)
        _tell(staged)
        if given.what != "stage":
            _audited(staged.folder)
        if given.what == "installer":
            made = build_installer(places, staged, signer, quick=given.quick)
            for path in made:
                print(f"{path}: {path.stat().st_size / 1e6:.1f} MB")


def build_installer(
    places: Places, staged: Staged, signer: Signer | None, *, quick: bool
) -> tuple[Path, ...]:
    """Write setup, MSI, bill of materials and check sums into dist/; gives their paths."""
    if signer is not None:
        staged = signed_copy(places, staged, lambda file: sign(file, signer), LAUNCHERS)
    setup = make_setup(places, staged, signer, quick=quick)
    if not quick and setup.stat().st_size > LARGEST_SETUP_BYTES:
        raise SystemExit(f"{setup} is larger than {LARGEST_SETUP_BYTES / 1e6:.0f} MB.")
    msi = make_msi(places, staged, signer)
    made = (setup, msi, make_sbom(places, staged, fetch_inputs(places)))
    return (*made, write_sums(places.dist / "SHA256SUMS", made))


def write_sums(target: Path, files: Iterable[Path]) -> Path:
    """Write the hashes as `sha256sum --check` reads them."""
    lines = [f"{hashlib.sha256(one.read_bytes()).hexdigest()}  {one.name}\n" for one in files]
    target.write_text("".join(lines))
    return target


def _tell(staged: Staged) -> None:
    print(f"{staged.folder}: {staged.size_bytes / 1e6:.1f} MB, sha256 {staged.digest}")
    if staged.size_bytes > LARGEST_STAGE_BYTES:
        raise SystemExit(f"The stage is larger than {LARGEST_STAGE_BYTES / 1e6:.0f} MB.")


def _audited(tree: Path) -> None:
    found = audit(tree)
    for one in found:
        print(f"{one.item}: {one.what}")
    if found:
        raise SystemExit(f"The audit of {tree} found {len(found)} faults.")
    print(f"The audit of {tree} found nothing.")


if __name__ == "__main__":
    main()
