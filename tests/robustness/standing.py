"""What an office was promised so far, and whether it still holds: the model of the random walk.

What a run left behind may differ from walk to walk (which drive a pack lies on, whether a kill came
before the end), so the model holds only what is promised whatever the threads did.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.cli.desk import Desk
from tests.robustness.children import Program, Result, run_of, told
from tests.robustness.killing import Act
from tests.robustness.plain_model import Tree, Wanted, differences, everything, look

# About as many operations as a restore makes: a kill later than its end is no kill.
_OPERATIONS = 700
_PLAIN_FOLDER = re.compile(rb"folder \d+(/folder \d+)*")
_OF_PLAN = ("copy", "arrival", "vault", "increment")


@dataclass
class Drive:
    """A folder that stands for a drive. `landed` says that what it carries was read in.

    `sealed` says that the newest backup it took part in was finished, `took_part` that any was.
    """

    home: Path
    name: str
    away: bool = False
    sealed: bool = False
    landed: bool = False
    took_part: bool = False

    @property
    def path(self) -> Path:
        """Give where it is mounted when it is there."""
        return self.home / self.name

    @property
    def drawer(self) -> Path:
        """Give where it lies while it is away."""
        return self.home / "drawer" / self.name

    def carries_a_seal(self) -> bool:
        """Say whether a record on it, of this session or an earlier one, says it was sealed."""
        place = self.drawer if self.away else self.path
        records = place.glob("landing-042/drives/*.json")
        return any(json.loads(record.read_bytes())["sealed"] for record in records)


@dataclass
class Promised:
    """A restore point: the run that began it, and where all of it must be."""

    point_id: str
    by_copy: bool
    vaulted: bool = False
    whole_on_drives: bool = True
    whole_in_vault: bool = True


@dataclass
class Standing:
    """One office, the plain truth of its sources at every backup, and its restore points."""

    desk: Desk
    seed: str
    counts: Counter[str] = field(default_factory=Counter)
    story: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chooser = random.Random(self.seed)
        self.program = Program(self.desk)
        self.source = self.desk.home / "office"
        self.plan = self.desk.plan(self.source)
        (self.desk.home / "drawer").mkdir()
        self.drives: list[Drive] = []
        self.count_of_drives = self.lost_drives = 0
        self.truth: dict[int, Tree] = {}  # by the run that saw it
        self.copies: set[int] = set()  # the runs among them that copied onto drives
        self.points: dict[str, Promised] = {}
        # What may be done next depends on these, so they never depend on where a kill fell.
        self.copied = False  # ever
        self.copying = False  # begun, and since then no run was left to finish in peace
        self.vaulted = False  # the newest copy
        self.chain_known = True  # the newest restore point is known here
        # What is promised depends on these.
        self.known = False  # plan and key are known here
        self.folders_known = False  # what the newest backup read is known here
        self.drives_known = False  # the drives of the backup are known here
        self.lost_in_the_post = False  # a sealed drive that was never read in
        self.drives_lack = False  # the program counts on a drive that is lost
        self.files_lost = False  # files that could not be made again were named

    def _here(self) -> list[Drive]:
        return [drive for drive in self.drives if not drive.away]

    def _landed(self) -> bool:
        return bool(self.drives) and all(drive.landed for drive in self.drives)

    def _tell(self, text: str) -> None:
        self.story[-1] += f"; {text}"

    def _places(self, point: Promised) -> list[str]:
        places = []
        if point.by_copy and self._carrying():
            places.append("drives")
        if point.vaulted:
            places += ["vault", "both"] if self._carrying() else ["vault"]
        return places

    def _carrying(self) -> list[Path]:
        return [drive.path for drive in self._here() if drive.carries_a_seal()]

    def _part(self, point: Promised) -> tuple[list[str], Wanted]:
        """Give options that choose a part, and the same choice in plain words."""
        kind, pattern = self.chooser.random(), self.chooser.random()
        folders = [
            path
            for path, item in sorted(self.truth[run_of(point.point_id)].items.items())
            if item.kind == "folder" and _PLAIN_FOLDER.fullmatch(path)
        ]
        if kind < 0.4 and pattern < 0.5:
            return ["--include", "*.txt"], lambda path: any(
                part.endswith(b".txt") for part in path.split(b"/")
            )
        if kind < 0.4 and folders:
            folder = self.chooser.choice(folders)
            below = folder + b"/"
            option = f"office/{folder.decode()}/"
            return ["--include", option], lambda path: path == folder or path.startswith(below)
        return [], everything

    def _restore(self, point: Promised, place: str, options: list[str], wanted: Wanted) -> None:
        stores: list[Path] = []
        if place != "vault":
            stores += self._carrying()
        if place != "drives":
            stores.append(self.desk.vault)
        to = self.desk.home / "to"
        said = ["--to", to, "--point", point.point_id, *options, *self._secret()]
        self._tell(f"{point.point_id} from {place} {options}")
        run = self._to_the_end(_OPERATIONS, "restore", *stores, *said)
        if run.trouble == "target-not-empty":
            # Killed after its very last step, it had nothing left to continue; once more, unkilled.
            shutil.rmtree(to)
            run = self._run("restore", *stores, *said)
        whole = point.whole_in_vault if place != "drives" else point.whole_on_drives
        if place == "drives":
            whole = whole and not any(drive.away for drive in self.drives)
        promised = self.truth[run_of(point.point_id)]
        if run.code == 1 and not whole:
            # The catalogue itself may have been on the lost drive: it says so.
            assert run.trouble in ("object-damaged", "object-missing", "point-not-found"), run
            shutil.rmtree(to, ignore_errors=True)
            return
        assert run.code == (3 if run.said["differences"] else 0), run
        lacking = self._lacking(run, to, whole=whole)
        top = os.fsencode(to / "office")
        found = look(top) if os.path.lexists(top) else Tree({}, frozenset())
        wrong = differences(promised, found, wanted, lacking)
        assert not wrong, (len(wrong), wrong[:20])
        if wanted is everything:
            assert os.listdir(to) == ["office"]
        self.counts["restores"] += 1
        self.counts["files compared"] += sum(i.kind != "folder" for i in found.items.values())
        shutil.rmtree(to)

    def _lacking(self, run: Result, to: Path, *, whole: bool) -> frozenset[bytes]:
        """Give the paths that could not be restored; none may be when the point must be whole."""
        differing = run.said["differences"]
        assert not (whole and differing), differing
        assert {line["reason"] for line in differing} <= {"pack-missing"}, differing
        assert len({line["path"] for line in differing}) == len(differing)
        if not differing:
            return frozenset()
        # Paths are told in a form for people.
        named = {line["path"] for line in differing}
        top = os.fsencode(to / "office")
        return frozenset(
            path
            for path in self.truth[run_of(run.said["point"])].items
            if (top + b"/" + path).decode("utf-8", "backslashreplace") in named
            and not os.path.lexists(top + b"/" + path)
        )

    # --- runs

    def _secret(self) -> list[object]:
        """Give the passphrase only as long as this computer does not have the key."""
        return [] if self.known else ["--passphrase-file", self.desk.passphrase]

    def _moment(self, about: int) -> int:
        return self.chooser.randrange(1, about)

    def _run(
        self, name: str, *arguments: object, at: int = 0, acts: Mapping[int, Act] | None = None
    ) -> Result:
        """Run one command; what the tree looked like is kept, by the number of the run."""
        of_plan = name in _OF_PLAN
        if name in ("copy", "increment"):
            self.truth[self.program.runs + 1] = look(os.fsencode(self.source))
        if name == "copy":
            self.copies.add(self.program.runs + 1)
        if of_plan:
            arguments = (*arguments, *self._secret())
        run = self.program.run(name, *arguments, at=at, acts=acts)
        self._tell(f"{name}{f' at {at}' if at else ''}: {told(run)}")
        self.counts["runs"] += 1
        self.counts["kills"] += run.killed
        self.known |= of_plan and run.code in (0, 3)
        assert run.code != 70, (run, [path.read_text() for path in self.desk.home.glob("*.txt")])
        return run

    def _to_the_end(self, about: int, name: str, *arguments: object) -> Result:
        """Run a command again as often as it is killed."""
        count = self.chooser.choice((0, 0, 0, 1, 1, 2))
        for _ in range(count):
            run = self._run(name, *arguments, at=self._moment(about))
            if not run.killed:
                return run
        return self._run(name, *arguments)

    # --- points

    def _finished(self, run: Result, *, by_copy: bool) -> None:
        self.folders_known, self.files_lost = True, False
        self._learn(str(run.said["point"]))
        newest = max(self.points, key=run_of)
        assert newest == run.said["point"], (newest, run)
        assert self.points[newest].by_copy is by_copy

    def _learn(self, point_id: str) -> None:
        by_copy = run_of(point_id) in self.copies
        point = Promised(point_id, by_copy, vaulted=not by_copy)
        if by_copy:
            point.whole_on_drives = not self.drives_lack
            point.whole_in_vault = not self.lost_in_the_post
        self.points[point_id] = point

    def _newest_copy(self) -> Promised:
        copies = [point for point in self.points.values() if point.by_copy]
        return max(copies, key=lambda point: run_of(point.point_id))

    def _check_points(self, stores: list[str]) -> None:
        """Every point that was promised is listed, and none that no run began."""
        run = self._run("points", *stores, *self._secret())
        listed = [point["id"] for point in run.said["points"]]
        assert (run.code, run.said["damaged"], run.said["missing"]) == (0, [], []), run
        assert set(listed) >= set(self.points), (listed, list(self.points))
        assert len(set(listed)) == len(listed)
        for point_id in listed:
            assert run_of(point_id) in self.truth, point_id
        unknown = sorted(set(listed) - set(self.points))
        for point_id in unknown:  # a run finished it and was killed before it could say so
            self._learn(point_id)
            if self.lost_drives:
                # Never said to be finished: nothing was promised of it when a drive was lost.
                point = self.points[point_id]
                point.whole_on_drives = point.whole_in_vault = False
