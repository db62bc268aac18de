"""A drive manifest of a million blobs: written and checked in little memory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.robustness.promises import Effort, Promise

PROMISES = (
    Promise(
        "manifest-scale",
        "A drive manifest of a million blobs is written and checked one blob at a time: below 300 "
        "MiB of memory, whatever its size, and a name that comes twice is found.",
        "{blobs} blobs, {megabytes} MB of XML: written in {write_s} s of one processor "
        "with {write_mib} MiB, checked in {check_s} s with {check_mib} MiB",
    ),
)


def child(*arguments: object) -> dict[str, Any]:
    """Run the child and give what it says."""
    ended = subprocess.run(
        [sys.executable, "-m", "tests.robustness.manifest_scale", *map(str, arguments)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
        timeout=3600,
    )
    assert ended.returncode == 0, ended.stderr
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


def test_a_million_blobs_are_written_and_checked_in_little_memory(
    tmp_path: Path, effort: Effort
) -> None:
    count, file = effort.pick(short=30_000, long=1_000_000), tmp_path / "DriveManifest.xml"
    written = child("write", file, count)
    checked = child("check", file, count)
    print(written, checked, flush=True)
    assert checked["md5"] == written["md5"]
    assert checked["blobs"] == written["blobs"] == count
    assert (checked["good"], checked["faults"]) == (True, 0)
    for one in (written, checked):
        assert one["peak_mib"] < 300
        # 30,000 blobs that were kept would take 45 MiB, and a million hashes of names take 16.
        assert one["grown_kib"] < (12 << 10) + count * 40 // 1024
    text = file.read_text("utf-8")
    last = f"file {count - 1:08}.dat</BlobPath>"
    at = text.rindex("<BlobPath>", 0, text.index(last))
    first = text[text.index("<BlobPath>") : text.index("</BlobPath>")]
    file.write_text(text[:at] + first + text[text.index("</BlobPath>", at) :], "utf-8")
    del text
    again = child("check", file, count)
    assert (again["good"], again["faults"]) == (False, 1)
    effort.note(
        "manifest-scale",
        blobs=count,
        megabytes=round(written["bytes"] / 1e6),
        write_s=written["processor_s"],
        write_mib=written["peak_mib"],
        check_s=checked["processor_s"],
        check_mib=max(checked["peak_mib"], again["peak_mib"]),
    )
