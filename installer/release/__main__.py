"""Makes keys, roots, releases and update files: `python -m installer.release --help`."""

from __future__ import annotations

import argparse
import getpass
import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from securesystemslib.signer import CryptoSigner

from installer.release import keys
from installer.release.repository import Note, Repository, packed
from offline_backup_gui.domain.updates import version_key
from offline_backup_gui.formats import update_file

ROOT_FILE = Path(__file__).parents[2] / "resources" / "updates" / "root.json"
# A string of VERSIONINFO: its name, filled up with zeros, and its value; UTF-16.
_PRODUCT_VERSION = re.compile("ProductVersion".encode("utf-16-le") + rb"(?:\0\0)+((?:[\d.]\0)+)")
_THRESHOLDS = {role: usual.threshold for role, usual in keys.USUAL.items()}


def main(arguments: Sequence[str]) -> int:
    """Run one command; gives 0, or 1 with a sentence on standard error."""
    given = _parser().parse_args(arguments)
    try:
        given.do(given)
    except (OSError, ValueError) as error:
        print(f"release: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m installer.release", description=__doc__)
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    for name, do, words in (
        ("keys", _keys, "make the first keys and the first root"),
        ("rotate", _rotate, "make new keys of one role, and the next root"),
        ("sign", _sign, "sign a release and make its update file"),
        ("refresh", _refresh, "sign the newest release's timestamp anew"),
        ("development-root", _development_root, "write the root of copies that take no updates"),
    ):
        command = commands.add_parser(name, help=words, description=words)
        command.set_defaults(do=do)
        if name == "development-root":
            continue
        command.add_argument("--keys", type=Path, required=True, help="the folder of key files")
        command.add_argument("--repository", type=Path, required=True)
        command.add_argument("--passphrase-file", type=Path, help="asked for when left out")
        if name == "rotate":
            command.add_argument("role", choices=sorted(keys.USUAL))
        if name == "sign":
            command.add_argument("--setup", type=Path, required=True)
            command.add_argument("--version", required=True)
            command.add_argument("--notes-en", type=Path, required=True)
            command.add_argument("--notes-de", type=Path)
            command.add_argument("--out", type=Path, default=Path(), help="for the update file")
    return top


def _passphrase(given: argparse.Namespace, *, twice: bool = False) -> bytes:
    if given.passphrase_file:
        words: bytes = given.passphrase_file.read_bytes().rstrip(b"\r\n")
    else:
        words = getpass.getpass("Passphrase of the keys: ").encode()
        if twice and getpass.getpass("Once more: ").encode() != words:
            raise ValueError("the two are not the same")
    if len(words) < 12:
        raise ValueError("a passphrase has at least 12 characters")
    return words


def _signers(given: argparse.Namespace, passphrase: bytes) -> dict[str, list[CryptoSigner]]:
    return {role: keys.signers(given.keys, role, passphrase) for role in keys.USUAL}


def _keys(given: argparse.Namespace) -> None:
    passphrase = _passphrase(given, twice=True)
    for role, usual in keys.USUAL.items():
        keys.make(given.keys, keys.names(role, usual.count), passphrase)
    Repository(given.repository).new_root(_signers(given, passphrase), _THRESHOLDS)
    print(f"Put {given.repository / 'metadata' / '1.root.json'} into the program as {_root()}.")


def _rotate(given: argparse.Namespace) -> None:
    passphrase = _passphrase(given)
    old = keys.signers(given.keys, given.role, passphrase)
    spent = given.keys / "spent"
    spent.mkdir(exist_ok=True)
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    for path in sorted(given.keys.glob(f"{given.role}-*.pem")):
        path.rename(spent / f"{stamp}-{path.name}")
    names = keys.names(given.role, keys.USUAL[given.role].count)
    keys.make(given.keys, names, passphrase)
    also = old if given.role == "root" else ()
    repository = Repository(given.repository)
    repository.new_root(_signers(given, passphrase), _THRESHOLDS, also=also)
    print(f"Root {repository.root().version}. Sign the next release with the new keys.")


def _sign(given: argparse.Namespace) -> None:
    version_key(given.version)
    setup = given.setup.read_bytes()
    said = version_of_setup(setup)
    if said != given.version:
        raise ValueError(f"{given.setup} is of version {said or 'unknown'}, not {given.version}")
    notes = {"en": given.notes_en.read_text("utf-8").strip()}
    if given.notes_de:
        notes["de"] = given.notes_de.read_text("utf-8").strip()
    signers = _signers(given, _passphrase(given))
    repository = Repository(given.repository)
    note = Note(given.version, datetime.now(UTC), notes)
    repository.release(signers, setup, note)
    path = given.out / f"OfflineBackup-{given.version}{update_file.SUFFIX}"
    path.write_bytes(packed(repository.members()))
    print(path)


def version_of_setup(setup: bytes) -> str:
    """Give the version in the resources of a setup program, "" when it has none."""
    found = _PRODUCT_VERSION.search(setup)
    return found[1].decode("utf-16-le") if found else ""


def _refresh(given: argparse.Namespace) -> None:
    Repository(given.repository).refresh(_signers(given, _passphrase(given)))


def _development_root(_given: argparse.Namespace) -> None:
    """Nobody keeps these keys: a copy made for development can be updated by nobody."""
    import tempfile

    made = {
        role: [CryptoSigner.generate_ed25519() for _ in range(usual.count)]
        for role, usual in keys.USUAL.items()
    }
    with tempfile.TemporaryDirectory() as folder:
        root = Repository(Path(folder)).new_root(made, _THRESHOLDS, development=True)
    ROOT_FILE.parent.mkdir(exist_ok=True)
    ROOT_FILE.write_bytes(root)


def _root() -> str:
    return ROOT_FILE.relative_to(ROOT_FILE.parents[2]).as_posix()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
