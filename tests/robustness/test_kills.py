"""Killed anywhere, the next run continues; nothing finished is done again, nothing is left over."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.engine import lanes
from offline_backup_gui.engine.chunking import MAX_BYTES
from tests.engine.office import Office
from tests.robustness.acknowledged import Tally
from tests.robustness.killing import PACK_BYTES, Ending
from tests.robustness.promises import Effort, Promise
from tests.robustness.scene import Scene
from tests.trees import awkward_tree, change_tree, compare_trees, noise, write

PROMISES = (
    Promise(
        "kills",
        "Killed at any operation of copy, verify, receive, arrival check, vault, increment or "
        "restore over three drives, the next run goes on: no finished pack is lost, torn or "
        "written again, a kill costs at most the one pack that each drive was being given",
        "{kills} kills ({kinds}); {packs} times a finished pack was looked at after a kill, {lost} "
        "lost or torn; at most {begun} begun pack of a drive thrown away by a kill, {again} bytes "
        "sealed twice; working again after at most {ready_s} s ({busy_s} s of processor time)",
    ),
)
_ROW_OF_KILLS = 5


@pytest.fixture(scope="module")
def tally() -> Tally:
    return Tally()


@pytest.fixture(autouse=True)
def small_vault_packs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "VAULT_PACK_BYTES", 300_000)


@pytest.fixture
def chooser(effort: Effort, request: pytest.FixtureRequest) -> random.Random:
    return effort.chooser(request.node.name)


Row = list[tuple[int, bool]]


def kill_and_finish(scene: Scene, kind: str, work: Callable[[Office], object], row: Row) -> None:
    """Kill at each moment; what comes through before is finished as well as any."""
    for moment, on_packs in (*row, (0, False)):
        if not scene.run(kind, moment, work, on_packs=on_packs).killed:
            return


def moments(chooser: random.Random, whole: Ending, count: int = _ROW_OF_KILLS) -> Row:
    """Draw a row of moments: the first anywhere, the next ones earlier, as less is left to do.

    Half of them fall into what is done on packs, which is most of the danger and little of a run.
    """
    row = []
    for number in range(1, count + 1):
        on_packs = whole.on_packs > 1 and chooser.random() < 0.5
        last = whole.on_packs if on_packs else whole.operations
        row.append((chooser.randrange(1, max(2, last // number)), on_packs))
    return row


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return tmp_path / "office"


@pytest.fixture
def left_out(source: Path) -> frozenset[bytes]:
    awkward = awkward_tree(source, large=False)
    for number in range(4):
        write(bytes(source) + b"/sizes/block %d" % number, noise(500 + number, 1_500_000))
    return awkward.left_out


@pytest.fixture
def scenes(tmp_path: Path, source: Path, tally: Tally) -> Callable[[], Scene]:
    number = 0

    def new() -> Scene:
        nonlocal number
        number += 1
        return Scene(tmp_path / f"scene-{number}", source, tally)

    return new


def cycles(tally: Tally, kind: str, wanted: int) -> Iterator[int]:
    """Give the numbers of cycles until a kind of work was killed often enough."""
    cycle = 0
    while tally.kinds.get(kind, 0) < wanted:
        cycle += 1
        yield cycle
        print(f"{kind}: {tally.kinds.get(kind, 0)} of {wanted} kills", flush=True)


def copy_of(scene: Scene) -> Callable[[Office], object]:
    return lambda office: office.copy(scene.drives)


def read_in(scene: Scene) -> None:
    """Bring a whole backup into the account."""
    for work in (copy_of(scene), lambda office: office.receive(scene.drives), to_vault):
        assert not scene.run("", 0, work).killed


def to_vault(office: Office) -> None:
    assert office.to_vault().incomplete == []


def test_a_copy_killed_at_random_moments_ends_as_if_nothing_had_happened(
    scenes: Callable[[], Scene],
    left_out: frozenset[bytes],
    effort: Effort,
    tally: Tally,
    chooser: random.Random,
) -> None:
    scene = scenes()
    whole = scene.run("copy", 0, copy_of(scene))
    assert whole.operations > 200
    assert whole.on_packs > 50
    assert len(scene.on_drives) > 6
    scene.close()
    for _ in cycles(tally, "copy", effort.pick(short=12, long=320)):
        scene = scenes()
        row = moments(chooser, whole)
        kill_and_finish(scene, "copy", copy_of(scene), row)
        with scene.office() as office:
            for drive in scene.drives:
                check = office.check(drive)
                assert check.good, row
                assert check.unlisted == [], row
        scene.assert_restores(left_out)
        scene.close()


def test_a_check_of_drives_may_be_killed(
    scenes: Callable[[], Scene],
    left_out: frozenset[bytes],
    effort: Effort,
    tally: Tally,
    chooser: random.Random,
) -> None:
    scene = scenes()
    assert not scene.run("", 0, copy_of(scene)).killed

    def work(office: Office) -> None:
        assert all(office.check(drive).good for drive in scene.drives)

    whole = scene.run("verify", 0, work)
    for _ in cycles(tally, "verify", effort.pick(short=2, long=40)):
        kill_and_finish(scene, "verify", work, moments(chooser, whole))


def test_reading_in_and_moving_on_killed_at_random_moments_continue(
    scenes: Callable[[], Scene],
    left_out: frozenset[bytes],
    effort: Effort,
    tally: Tally,
    chooser: random.Random,
) -> None:
    scene = scenes()
    works: dict[str, Callable[[Office], object]] = {
        "receive": lambda office: office.receive(scene.drives),
        "arrival": lambda office: _complete(office),
        "vault": to_vault,
    }
    assert not scene.run("", 0, copy_of(scene)).killed
    whole: dict[str, Ending] = {}
    rows = {"receive": 5, "arrival": 2, "vault": 5}
    for _ in cycles(tally, "receive", effort.pick(short=6, long=100)):
        for kind, work in works.items():
            if kind not in whole:
                whole[kind] = scene.run(kind, 0, work)
                continue
            kill_and_finish(scene, kind, work, moments(chooser, whole[kind], rows[kind]))
        scene.assert_restores(left_out, from_vault=True)
        scene.empty_account()


def _complete(office: Office) -> None:
    assert office.arrival().complete


def test_increments_killed_at_random_moments_continue_in_the_vault(
    scenes: Callable[[], Scene],
    source: Path,
    left_out: frozenset[bytes],
    effort: Effort,
    tally: Tally,
    chooser: random.Random,
) -> None:
    scene = scenes()
    read_in(scene)

    def work(office: Office) -> None:
        office.increment()

    change_tree(source, 10)
    whole = scene.run("increment", 0, work)
    for cycle in cycles(tally, "increment", effort.pick(short=9, long=200)):
        change_tree(source, 10 + 4 * (cycle % 70))
        write(bytes(source) + b"/sizes/block 1", noise(cycle, 900_000))
        kill_and_finish(scene, "increment", work, moments(chooser, whole))
        if cycle % 4 == 1:
            scene.assert_restores(left_out, from_vault=True)


def test_a_restore_killed_at_random_moments_continues_by_its_mark(
    scenes: Callable[[], Scene],
    source: Path,
    left_out: frozenset[bytes],
    effort: Effort,
    tally: Tally,
    chooser: random.Random,
) -> None:
    scene = scenes()
    assert not scene.run("", 0, copy_of(scene)).killed
    to, killed = scene.base / "to", False

    def work(office: Office) -> None:
        stores = [office.store(drive) for drive in scene.drives]
        try:
            assert office.restore(stores, to).differences == {}
        except BackupError as error:
            # Killed after its very last step, it left nothing to continue.
            if error.code is not ErrorCode.TARGET_NOT_EMPTY or not killed:
                raise

    whole, killed = scene.run("restore", 0, work), True
    shutil.rmtree(to)
    for _ in cycles(tally, "restore", effort.pick(short=6, long=100)):
        row = moments(chooser, whole)
        kill_and_finish(scene, "restore", work, row)
        assert compare_trees(source, to / source.name, left_out) == [], row
        assert sorted(path.name for path in to.iterdir()) == [source.name]
        shutil.rmtree(to)


def test_what_all_kills_together_cost(effort: Effort, tally: Tally) -> None:
    assert tally.begun_packs <= 1
    # A pack takes at least one chunk, and the largest is larger than the packs of this test.
    assert tally.begun_bytes <= MAX_BYTES + (64 << 10)
    # What was sealed twice is never more than what the packs that were thrown away could hold.
    assert tally.sealed_again_bytes <= tally.kills * 3 * PACK_BYTES
    kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(tally.kinds.items()))
    print(tally)
    if len(tally.kinds) < 7:
        return  # only some of the tests were chosen
    effort.note(
        "kills",
        kills=tally.kills,
        kinds=kinds,
        packs=tally.packs,
        lost=0,
        begun=tally.begun_packs,
        again=tally.sealed_again_bytes,
        ready_s=round(tally.ready_s, 2),
        busy_s=round(tally.busy_s, 2),
    )
