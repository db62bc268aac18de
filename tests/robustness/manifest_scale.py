"""A child that writes or checks a drive manifest of many blobs, and says what it took.

`python -m tests.robustness.manifest_scale write|check FILE COUNT`: one line of JSON.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from offline_backup_gui.domain.drive_manifest import BlobKind, ManifestBlob, Pieces
from offline_backup_gui.engine.manifest_check import check_rules
from offline_backup_gui.formats.drive_manifest import ManifestWriter
from tests.robustness.victim import peak_kib

DIFFERENT = 997  # MD5s, so that making them is not what is measured


class _Unstopped:
    stopping = False

    def checkpoint(self) -> None:
        """Go on."""


def _blobs(count: int) -> Iterator[ManifestBlob]:
    md5s = [hashlib.md5(str(number).encode()).digest() for number in range(DIFFERENT)]
    for number in range(count):
        kind = BlobKind.PAGE if number % 3 == 0 else BlobKind.BLOCK
        size = 512 * (1 + number % 4096)
        name = f"landing-042/site {number % 89}/folder-{number // 1000}/file {number:08}.dat"
        path = "\\" + name.replace("/", "\\")
        pieces = Pieces.regular(size, md5s[number % DIFFERENT], kind)
        yield ManifestBlob(name, path, size, kind, pieces)


def main(what: str, file: Path, count: int) -> None:
    """Do it and tell."""
    Pieces.regular(512, bytes(16), BlobKind.PAGE)
    before, begun = peak_kib(), time.process_time()
    told: dict[str, object] = {}
    if what == "write":
        with file.open("wb") as out:
            manifest = ManifestWriter(out.write, "SERIAL")
            for blob in _blobs(count):
                manifest.add(blob)
            written = manifest.finish()
        told = {"md5": written.md5, "blobs": written.blobs, "bytes": written.size_bytes}
    else:
        check = check_rules(_Unstopped(), lambda: file.open("rb"), str(file))
        told = {"md5": check.md5, "blobs": check.blobs, "good": check.good, "faults": check.faults}
    took = {"processor_s": round(time.process_time() - begun, 1), "peak_mib": peak_kib() >> 10}
    print(json.dumps({**told, **took, "grown_kib": peak_kib() - before}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
