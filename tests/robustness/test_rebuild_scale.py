"""A rebuild from a million chunks: how long it takes and how much memory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.robustness.many_packs import Drives, read_in
from tests.robustness.promises import Effort, Promise

PROMISES = (
    Promise(
        "rebuild-scale",
        "A rebuild takes minutes where reading the data takes days, and little memory: a million "
        "chunks in 2,000 packs, with everything that names and places them.",
        "{chunks} chunks in {packs} packs on 4 drives: ready to restore after {look_s} s, ready to "
        "go on copying after {copy_s} s, from the landing container with all folders after "
        "{landing_s} s ({processor_s} s of one processor at most); {peak_mib} MiB at most",
    ),
)


def test_a_million_chunks_are_found_again_in_little_time_and_memory(
    tmp_path: Path, effort: Effort
) -> None:
    packs, chunks = effort.pick(short=24, long=2000), effort.pick(short=50, long=500)
    mounts = [tmp_path / f"drive-{number}" for number in range(4)]
    many = Drives(mounts, packs, chunks)
    many.make()
    read_in(mounts, tmp_path)
    found = {}
    for way in ("look", "copy", "landing"):
        command = [sys.executable, "-m", "tests.robustness.many_packs", way, str(tmp_path)]
        ended = subprocess.run(
            [*command, *map(str, mounts)],
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            check=False,
            timeout=3600,
        )
        assert ended.returncode == 0, ended.stderr
        found[way] = json.loads(ended.stdout)
        print(way, found[way], flush=True)
    for way, facts in found.items():
        assert facts["packs"] == packs + 1, way
        assert facts["chunks"] == packs * chunks + many.pieces, way
        assert facts["peak_mib"] < 250, way
    assert found["look"]["folders"] == found["landing"]["folders"] == packs + 1
    effort.note(
        "rebuild-scale",
        chunks=packs * chunks,
        packs=packs,
        look_s=found["look"]["opened_s"],
        copy_s=found["copy"]["opened_s"],
        landing_s=found["landing"]["seconds"],
        processor_s=max(facts["processor_s"] for facts in found.values()),
        peak_mib=max(facts["peak_mib"] for facts in found.values()),
    )
