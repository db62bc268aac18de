"""A random walk over everything an office does.

Every step is chosen by the seed, by its number and by what the steps before were, never by a clock
and never by how far a killed run came: the same seed walks the same way.
"""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable, Iterable

from tests.cli.desk import on
from tests.robustness.children import Result, run_of
from tests.robustness.mutating import Gardener
from tests.robustness.plain_model import everything, look
from tests.robustness.standing import Drive, Standing
from tests.trees import MIB

_MOST_BYTES = 24 * MIB
_MOST_DRIVES = 4
# About as many operations as such a run makes: a kill later than its end is no kill.
_COPY, _RECEIVE, _ARRIVAL, _VAULT, _INCREMENT, _RESTORE, _VERIFY = 500, 500, 60, 500, 300, 700, 30
_GONE = {"drive-gone", "drive-not-found", "drive-failing"}


class Walk(Standing):
    """An office from its first day on."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.gardener = Gardener(self.chooser, os.fsencode(self.source), _MOST_BYTES)
        self.gardener.plant(40)
        for _ in range(self.chooser.randrange(2, 4)):
            self.add_drive()

    # --- one step

    def step(self) -> None:
        """Do one of the things that can be done now."""
        number = len(self.story) + 1
        # Numbers of its own for each step: what one of them needs more does not change the others.
        self.chooser = self.gardener.chooser = random.Random(f"{self.seed} {number}")
        things = [(weight, thing) for weight, thing, possible in self._things() if possible]
        (thing,) = self.chooser.choices([t for _, t in things], [w for w, _ in things])
        self.story.append(f"{number}. {thing.__name__}")
        self.counts["steps"] += 1
        thing()

    def _things(self) -> Iterable[tuple[int, Callable[[], None], bool]]:
        here, away = self._here(), [drive for drive in self.drives if drive.away]
        copied = self.copied and not self.copying
        settled = copied and not away and all(drive.sealed for drive in here)
        in_account = self.vaulted and not self.copying
        yield 6, self.change, True
        yield 5, self.copy, bool(here)
        yield 4, self.copy_killed, bool(here)
        yield 3, self.copy_with_a_drive_pulled, len(here) > 1 and self.chain_known
        yield 4, self.plug_in, bool(away)
        yield 1, self.lose_a_drive, len(self.drives) > 1 and self.chain_known
        yield 1, self.add_drive, len(self.drives) < _MOST_DRIVES
        yield 5, self.receive, settled
        yield 4, self.arrival, self._landed() and not self.copying
        yield 6, self.vault, self._landed() and not self.copying
        yield 6, self.increment, in_account
        yield 4, self.increment_killed, in_account
        yield 2, self.verify, any(drive.sealed for drive in here)
        yield 5, self.restore, self.copied
        yield 1, self.forget, any(drive.took_part for drive in self.drives)

    # --- the tree and the drives

    def change(self) -> None:
        """Change the tree in a few ways."""
        self._tell(", ".join(self.gardener.change() for _ in range(self.chooser.randrange(1, 9))))
        self.counts["changes"] += 1

    def add_drive(self) -> None:
        """Bring a new drive."""
        drive = Drive(self.desk.home, f"drive-{self.count_of_drives}")
        drive.path.mkdir()
        self.drives.append(drive)
        self.count_of_drives += 1

    def plug_in(self) -> None:
        """Bring every drive back that was pulled."""
        for drive in self.drives:
            if drive.away:
                drive.drawer.rename(drive.path)
                drive.away = False

    def lose_a_drive(self) -> None:
        """Lose a drive for good."""
        drive = self.chooser.choice(self.drives)
        self.lost_drives += 1
        if drive.carries_a_seal():
            # Nobody can tell the program: it counts on what it sealed until it is missed.
            self.drives_lack = True
            self.lost_in_the_post |= not drive.landed
            for point in self.points.values():
                point.whole_on_drives = False
                point.whole_in_vault &= point.vaulted or drive.landed
        shutil.rmtree(drive.drawer if drive.away else drive.path)
        self.drives.remove(drive)
        self.counts["lost drives"] += 1

    def forget(self) -> None:
        """Lose everything this computer knew."""
        shutil.rmtree(self.desk.state, ignore_errors=True)
        self.known = self.folders_known = self.drives_known = self.chain_known = False
        # The chain goes on from what drives and account carry: all of them are there when it does.
        self.plug_in()
        places = [drive.path / "landing-042" for drive in self.drives]
        places += [self.desk.landing, self.desk.vault]
        carried = {path.name for place in places for path in place.glob("points/*")}
        self.points = {name: point for name, point in self.points.items() if name in carried}
        self.counts["states lost"] += 1

    # --- copies

    def _copy(self, at: int = 0, pulled: tuple[int, Drive] | None = None) -> Result:
        here = self._here()
        for drive in here:
            drive.sealed = drive.landed = False
        self.vaulted = False
        if not self.drives_known:
            self.drives_lack, self.drives_known = False, True
        acts = {}
        if pulled is not None:
            moment, drive = pulled
            # Kept from before the operations are counted: this is no operation of the program.
            rename, place, drawer = os.rename, str(drive.path), str(drive.drawer)
            acts[moment] = lambda: rename(place, drawer)
        run = self._run("copy", self.plan, *on([drive.path for drive in here]), at=at, acts=acts)
        self.counts["backups"] += 1
        self.copying = True
        if run.code == 0:
            self._finished(run, by_copy=True)
        return run

    def copy(self) -> None:
        """Copy onto the drives that are there."""
        run = self._copy()
        assert run.code == 0, run
        self.copied, self.copying, self.chain_known = True, False, True
        for drive in self._here():
            drive.sealed = drive.took_part = True
        self._check_points([str(drive.path) for drive in self._here()])

    def copy_killed(self) -> None:
        """Copy, and be killed on the way."""
        self._copy(at=self._moment(_COPY))

    def copy_with_a_drive_pulled(self) -> None:
        """Copy while a drive is pulled: it is named, or it was done before."""
        drive = self.chooser.choice(self._here())
        moment = self._moment(_COPY)
        run = self._copy(pulled=(moment, drive))
        if not drive.path.exists():
            self.counts["pulls"] += 1
        else:
            drive.path.rename(drive.drawer)
        drive.away = True
        assert run.code == 0 or run.trouble in _GONE, run

    # --- the journey

    def receive(self) -> None:
        """Read the drives into the account."""
        paths = [drive.path for drive in self._here()]
        into = self.desk.landing
        run = self._to_the_end(_RECEIVE, "receive", *paths, "--into", into)
        assert run.code == 0, run
        for drive in self._here():
            drive.landed = True

    def arrival(self) -> None:
        """Prove what arrived, after something happened to it; repair; prove again."""
        if not self.drives_known:
            # It learns the drives from the account, and must prove the vault once more.
            self.drives_known, self.vaulted = True, False
        harmed, moment = self._harm(), self.chooser.choice((0, self._moment(_ARRIVAL)))
        found = self._to_the_end(_ARRIVAL, "arrival", self.plan)
        named = {*found.said["damaged"], *found.said["missing"], *found.said["renamed"]}
        if self.lost_in_the_post:
            assert named >= harmed, (harmed, named)
        else:
            assert named == harmed, (harmed, named)
            assert found.code == 0 or harmed or self.files_lost, found
        if found.code == 0:
            self._arrived_whole()
        elif named:
            self._repair(moment)

    def _arrived_whole(self) -> None:
        """The newest copy was said to be there: from now on it has to be."""
        self._newest_copy().whole_in_vault = True
        self.lost_in_the_post = False

    def _repair(self, at: int) -> None:
        mended = self._run("arrival", self.plan, "--repair", at=at)
        if mended.killed:
            mended = self._run("arrival", self.plan, "--repair")
        again = self._run("arrival", self.plan)
        assert not [*again.said["damaged"], *again.said["missing"], *again.said["renamed"]], again
        seen = self.truth[run_of(self._newest_copy().point_id)]
        same = self.folders_known and seen == look(os.fsencode(self.source))
        at_hand = self.folders_known and not (self.lost_in_the_post or self.files_lost)
        assert mended.code == 0 or not (same or at_hand), mended
        assert again.code == mended.code, (mended, again)  # what is lost stays said
        self.lost_in_the_post = False
        self.files_lost = mended.code != 0
        if not at_hand:
            # Only of the newest copy it is said what could not be made again.
            for point in self.points.values():
                point.whole_in_vault &= point.vaulted
        if mended.code == 0:
            self._arrived_whole()

    def _harm(self) -> set[str]:
        """Delete, shorten, change or rename some packs in the landing container."""
        packs = sorted(self.desk.landing.glob("packs/*/*"))
        harmed = set()
        for _ in range(self.chooser.choice((0, 0, 1, 2, 3))):
            which, where, harm, bit = (self.chooser.random() for _ in range(4))
            pack = packs.pop(int(which * len(packs)))
            if harm < 0.25:
                pack.unlink()
            elif harm < 0.5:
                os.truncate(pack, int(where * pack.stat().st_size))
            elif harm < 0.75:
                data = bytearray(pack.read_bytes())
                data[int(where * len(data))] ^= 1 << int(bit * 8)
                pack.write_bytes(data)
            else:
                pack.rename(pack.with_name(pack.name[::-1]))
            harmed.add(str(pack.relative_to(self.desk.landing)))
        self.counts["objects harmed"] += len(harmed)
        return harmed

    def vault(self) -> None:
        """Move the backup into the vault container."""
        self.drives_known = True
        if self.lost_in_the_post:
            self._repair(0)
        run = self._to_the_end(_VAULT, "vault", self.plan)
        assert (run.code, run.said["incomplete"]) == (0, []), run
        self.vaulted = True
        for point in self.points.values():
            point.vaulted = True
        self._check_points([str(self.desk.vault)])

    # --- increments

    def _increment(self, at: int = 0) -> Result:
        run = self._run("increment", self.plan, at=at)
        self.counts["backups"] += 1
        if run.code == 0:
            self._finished(run, by_copy=False)
        return run

    def increment(self) -> None:
        """Send what changed."""
        run = self._increment()
        assert run.code == 0, run
        self.chain_known = True
        self._check_points([str(self.desk.vault)])

    def increment_killed(self) -> None:
        """Send what changed, and be killed on the way."""
        self._increment(self._moment(_INCREMENT))

    # --- looking

    def verify(self) -> None:
        """Read every sealed drive back."""
        drives = [drive.path for drive in self._here() if drive.sealed]
        run = self._to_the_end(_VERIFY, "verify", *drives, "--deep", *self._secret())
        assert (run.code, run.said["unlisted"]) == (0, []), run

    def restore(self) -> None:
        """Bring a point back, or a part of it, and compare every file with what was promised."""
        points = [point for point in self.points.values() if self._places(point)]
        if not points:
            return
        point = points[-1] if self.chooser.random() < 0.5 else self.chooser.choice(points)
        self._restore(point, self.chooser.choice(self._places(point)), *self._part(point))

    def restore_everything(self) -> None:
        """Bring every point back from every place that must have it."""
        self.story.append("the end: restore everything")
        for point in self.points.values():
            for place in self._places(point):
                self._restore(point, place, [], everything)
