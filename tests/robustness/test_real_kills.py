"""Real processes of the command line, killed at random times: the next one goes on."""

from __future__ import annotations

import json
import queue
import random
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from offline_backup_gui.adapters.state.store import StateStore
from offline_backup_gui.adapters.stores.folder import FolderStore
from offline_backup_gui.adapters.stores.practice import make_practice_drive
from offline_backup_gui.app import build_services
from offline_backup_gui.domain.job import ENDED
from offline_backup_gui.engine.lanes import VAULT_PACK_BYTES
from offline_backup_gui.engine.unlocking import unlock
from offline_backup_gui.services.plan_file import read_plan_file
from tests.cli.desk import PASSPHRASE, Desk, on
from tests.robustness.acknowledged import Acknowledged, Tally
from tests.robustness.promises import Effort, Promise
from tests.trees import MIB, awkward_tree, change_tree, compare_trees, noise, write

PROMISES = (
    Promise(
        "real-kills",
        "The same holds for real processes of the command line that are killed at random times, "
        "with packs of their real size, the leases and the state database: the next process (the "
        "same command, or the job continued) goes on at once",
        "{kills} kills ({kinds}); {packs} times a finished pack was looked at after a kill, {lost} "
        "lost or torn; at most {begun} begun pack of a drive thrown away by a kill, {again} bytes "
        "sealed twice; working again at most {ready_s} s after the start of the process "
        "({busy_s} s of processor time)",
    ),
)
# Kills of each kind in one cycle, in the order of the journey.
KILLS = {
    "copy": 6,
    "verify": 1,
    "receive": 3,
    "arrival": 1,
    "vault": 3,
    "increment": 5,
    "restore": 3,
}
_SHORT = {"copy": 2, "verify": 0, "receive": 1, "arrival": 0, "vault": 1, "increment": 1} | {
    "restore": 1
}
_WORKS = {"copy", "seal", "verify", "upload", "compare", "move", "restore"}
_HANGS_S = 300.0


@dataclass
class Times:
    """How long a kind of work takes when nobody kills it: to its first word, and to its end.

    Before it was seen once, a guess: a kill that comes too late is no kill.
    """

    first_s: dict[str, float] = field(default_factory=dict)
    rest_s: dict[str, float] = field(default_factory=dict)

    def longest_s(self, kind: str, *, early: bool) -> float:
        """Give the time in which to kill."""
        return (self.first_s if early else self.rest_s).get(kind, 0.4)


class Process:
    """A command in a process of its own, and when it said what."""

    def __init__(self, desk: Desk, arguments: list[object]) -> None:
        self.begun = time.monotonic()
        self._process = desk.begin(*arguments, "--json")
        self.said: list[tuple[float, dict[str, Any]]] = []
        self.busy_s: float | None = None
        self._first: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.endswith(b"\n"):
                self.said.append((time.monotonic() - self.begun, json.loads(line)))
                if self.busy_s is None and self.ready_s is not None:
                    with suppress(psutil.Error):
                        used = psutil.Process(self._process.pid).cpu_times()
                        self.busy_s = used.user + used.system
                self._first.put(None)
        self._first.put(None)

    def killed(self, after_s: float, *, from_first_word: bool) -> bool:
        """Kill the process after a time; says whether it was still there."""
        if from_first_word:
            self._first.get(timeout=_HANGS_S)
        try:
            self._process.wait(after_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._end()
        return self._process.returncode < 0

    def finish(self) -> None:
        """Wait for its end."""
        self._process.wait(_HANGS_S)
        self._end()

    @property
    def code(self) -> int:
        """Give its exit code."""
        return self._process.returncode

    def _end(self) -> None:
        self._process.wait(_HANGS_S)
        self._reader.join()
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._process.stdout.close()
        error = self._process.stderr.read()
        self._process.stderr.close()
        assert b"Traceback" not in error, error.decode()

    @property
    def ready_s(self) -> float | None:
        """Give how long it took until it worked."""
        return next((at for at, line in self.said if line["event"] in _WORKS), None)


class Journey:
    """One office on three drives of 96 MB with packs of 16 MB."""

    def __init__(
        self, home: Path, chooser: random.Random, tally: Tally, times: Times, kills: dict[str, int]
    ) -> None:
        self.desk, self.chooser, self.tally = Desk(home), chooser, tally
        self.times, self.kills = times, kills
        self.source = home / "office"
        self.left_out = awkward_tree(self.source, large=False).left_out
        for number in range(12):
            seed = chooser.randrange(1 << 30)
            write(bytes(self.source) + b"/sizes/block %d" % number, noise(seed, 4 * MIB))
        self.plan = self.desk.plan(self.source)
        self.drives = [home / f"drive-{number}" for number in range(3)]
        for drive in self.drives:
            make_practice_drive(drive, 96 * MIB)
        self._begin()

    def _begin(self) -> None:
        """Make the repository here, so that its key is known from the first kill on."""
        state = StateStore(self.desk.state)
        services = build_services(self.desk.state)
        repository_id = services.protection.create(PASSPHRASE)
        services.planning.keep(read_plan_file(self.plan), repository_id=repository_id)
        keys = state.key_files(repository_id)
        state.close()
        slots = self.desk.home / "slots"
        for name, data in keys.items():
            (slots / name).parent.mkdir(parents=True, exist_ok=True)
            (slots / name).write_bytes(data)
        keyring = unlock(FolderStore(slots, "slots"), passphrase=PASSPHRASE, recovery_code=None)
        places = {drive.name: drive / "landing-042" for drive in self.drives}
        self.places = [Acknowledged(keyring, places, self.tally, in_account=False)]
        for container in (self.desk.landing, self.desk.vault):
            place = {container.name: container}
            self.places.append(Acknowledged(keyring, place, self.tally, in_account=True))

    def walk(self) -> None:
        """Go the whole way, killed at every turn."""
        to = self.desk.home / "to"
        self.do("copy", "copy", self.plan, *on(self.drives))
        self.do("verify", "verify", *self.drives)
        self.do("receive", "receive", *self.drives, "--into", self.desk.landing)
        self.do("arrival", "arrival", self.plan)
        self.do("vault", "vault", self.plan)
        self.do("restore", "restore", *self.drives, "--to", to)
        self._compare(to)
        change_tree(self.source, 10)
        for number in range(5):
            data = noise(self.chooser.randrange(1 << 30), 4 * MIB)
            write(bytes(self.source) + b"/sizes/block %d" % number, data)
        self.do("increment", "increment", self.plan)
        self.do("restore", "restore", self.desk.vault, "--to", to)
        self._compare(to)

    def _compare(self, to: Path) -> None:
        assert compare_trees(self.source, to / "office", self.left_out) == []
        assert [path.name for path in to.iterdir()] == ["office"]
        shutil.rmtree(to)

    def do(self, kind: str, *command: object) -> None:
        """Begin a command as often as it is killed, then let it finish."""
        arguments = list(command)
        for _ in range(self.kills[kind]):
            process = Process(self.desk, arguments)
            early = self.chooser.random() < 0.2
            longest = self.times.longest_s(kind, early=early)
            killed = process.killed(self.chooser.uniform(0, longest), from_first_word=not early)
            self._look(process, kind if killed else None)
            if not killed:
                return self._assert_done(kind, process)
            arguments = self._again(kind, list(command))
        process = Process(self.desk, arguments)
        process.finish()
        first, end = process.said[0][0], time.monotonic() - process.begun
        self.times.first_s[kind], self.times.rest_s[kind] = first, end - first
        self._look(process, None)
        return self._assert_done(kind, process)

    def _assert_done(self, kind: str, process: Process) -> None:
        """See that a process ended well.

        The office holds a socket: what cannot be kept is named. A restore that was killed after its
        last step finds everything in its place; that it is whole is looked at anyway.
        """
        last = process.said[-1][1]
        late = (kind, last.get("code")) == ("restore", "target-not-empty")
        assert process.code in (0, 3) or late, (kind, process.code, last)

    def _look(self, process: Process, killed: str | None) -> None:
        if killed is not None:
            self.tally.killed(killed)
        self.tally.ready(process.ready_s, process.busy_s)
        for place in self.places:
            place.look(after_kill=killed is not None)

    def _again(self, kind: str, command: list[object]) -> list[object]:
        """Give the same command, or the job it left behind: both must go on."""
        if kind in ("verify", "receive") or self.chooser.random() < 0.5:
            return command
        state = StateStore(self.desk.state)
        try:
            jobs = [job for plan in _plans(state) for job in state.jobs(plan)]
        finally:
            state.close()
        same = [job for job in jobs if job.kind == kind]
        newest = max(same, key=lambda job: job.job_id) if same else None
        if newest is None or newest.state in ENDED:
            return command
        return ["run", newest.job_id]


def _plans(state: StateStore) -> Iterator[Any]:
    for kept in state.plans():
        yield kept.plan.plan_id
        yield f"restore-{kept.repository_id}"


def test_processes_killed_at_random_times_are_gone_on_with(tmp_path: Path, effort: Effort) -> None:
    tally, times, chooser = Tally(), Times(), effort.chooser("real kills")
    wanted = effort.pick(short=3, long=260)
    cycle = 0
    while tally.kills < wanted:
        cycle += 1
        kills = KILLS if effort.long else _SHORT
        Journey(tmp_path / f"cycle-{cycle}", chooser, tally, times, kills).walk()
        shutil.rmtree(tmp_path / f"cycle-{cycle}")
        print(f"cycle {cycle}: {tally}", flush=True)
    assert tally.begun_packs <= 1
    assert tally.begun_bytes <= VAULT_PACK_BYTES + MIB  # packs of the vault are the largest here
    assert tally.sealed_again_bytes <= tally.kills * 3 * 16 * MIB
    effort.note(
        "real-kills",
        kills=tally.kills,
        kinds=", ".join(f"{kind} {count}" for kind, count in sorted(tally.kinds.items())),
        packs=tally.packs,
        lost=0,
        begun=tally.begun_packs,
        again=tally.sealed_again_bytes,
        ready_s=round(tally.ready_s, 2),
        busy_s=round(tally.busy_s, 2),
    )
