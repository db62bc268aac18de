"""No key meets a nonce twice, whatever happens to the processes that seal.

Why it cannot: the key of a pack comes from a salt of 256 bits that the system draws for this pack.
Nothing that can be copied, put back or foreseen has a part in it: no clock, no counter that is
kept, no generator in memory. Its frames are numbered by one packer under one lock, in the process
that began it; what a kill leaves unfinished is thrown away, never continued. A fork would copy the
numbers along with the key, so a packer refuses to work in a forked child.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import pytest

from offline_backup_gui.engine import packing, sealing
from offline_backup_gui.engine.packing import Packer
from tests.robustness.mutants import Mutant
from tests.robustness.nonce_count import Count, count
from tests.robustness.nonce_crowd import DIRECTORY, FRAME, OTHER, Member, run
from tests.robustness.promises import Effort, Promise

PROMISES = (
    Promise(
        "nonces",
        "No key meets a nonce twice: with many processes at once that are killed and started again,"
        " that fork in the middle of a pack, whose clock is set back, and of which each has a clone"
        " with the same memory and state.",
        "{chunks} chunks, {packs} packs, {others} points and slots in {processes} processes,"
        " {kills} kills, {forks} forks: {repeated} pairs of key and nonce repeated; {mutants}"
        " planted faults found",
    ),
)
_MEMORY = Path("/dev/shm")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    # A name of its own: another run of these tests may be at work on the same machine.
    base = Path(mkdtemp(prefix="nonces-", dir=_MEMORY if _MEMORY.is_dir() else tmp_path))
    yield base
    shutil.rmtree(base, ignore_errors=True)


def crowd(folder: Path, processes: int, chunks: int, round_chunks: int) -> list[Member]:
    """Give members in pairs; the two of a pair are clones."""
    share = -(-chunks // processes)
    return [Member(n // 2, n % 2, share, round_chunks, folder) for n in range(processes)]


def counted(folder: Path) -> Count:
    return count(sorted(path for path in folder.iterdir() if path.is_file()), folder / "piles")


def test_no_key_meets_a_nonce_twice(effort: Effort, folder: Path) -> None:
    processes = effort.pick(short=6, long=20)
    chunks = effort.pick(short=60_000, long=10_000_000)
    kills_each = effort.pick(short=2, long=10)
    members = crowd(folder, processes, chunks, effort.pick(short=2_000, long=20_000))
    chooser = effort.chooser("nonces")
    share = members[0].chunks
    burns = {
        member.path: [chooser.randrange(1, share) for _ in range(kills_each)] for member in members
    }
    kills = run(members, burns)
    forks = sum("-fork-" in path.name for path in folder.iterdir())
    found = counted(folder)
    assert found.kinds[FRAME] >= chunks
    assert kills >= processes
    assert forks >= processes
    assert found.repeated == 0, f"seed {effort.seed}"
    effort.note(
        "nonces",
        chunks=found.kinds[FRAME],
        packs=found.kinds[DIRECTORY],
        others=found.kinds[OTHER],
        processes=processes,
        kills=kills,
        forks=forks,
        repeated=found.repeated,
        mutants=len(MUTANTS),
    )


_DRAWN = "os.urandom(16), os.urandom(32)"
MUTANTS = (
    Mutant(
        "a salt from the clock",
        packing,
        "new_header",
        ((_DRAWN, "(now := b'%032d' % __import__('time').time())[:16], now"),),
    ),
    Mutant(
        "a salt from a generator that clones share",
        packing,
        "new_header",
        ((_DRAWN, "(draw := __import__('random').randbytes)(16), draw(32)"),),
    ),
    Mutant(
        "a counter that starts again",
        sealing,
        "nonce",
        (('(">IQ", kind, number)', '(">IQ", kind, number % 500)'),),
    ),
    Mutant(
        "a packer that goes on in a fork",
        Packer,
        "reserve",
        (("os.getpid() != self._process", "False"),),
    ),
)


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_a_planted_fault_repeats_a_pair(folder: Path, mutant: Mutant) -> None:
    with mutant.planted():
        members = crowd(folder, 2, 4_000, 1_000)
        run(members, {members[0].path: [700]})
    assert counted(folder).repeated > 0
