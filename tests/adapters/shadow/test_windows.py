"""The process that holds shadow copies: real child processes that behave well and badly."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from offline_backup_gui.adapters.shadow import HOLD, system_shadow_copies
from offline_backup_gui.adapters.shadow.answer import Located
from offline_backup_gui.adapters.shadow.windows import WindowsShadowCopies
from offline_backup_gui.domain.errors import Stopped
from offline_backup_gui.domain.shadow import ShadowGap, SourceGap
from tests.adapters.shadow.test_answer import DEVICE, C

GOOD = f"""\
import json, sys, pathlib
note = pathlib.Path(sys.argv[1])
assert sys.argv[2:] == [{C!r}]
note.write_text("holding")
print(json.dumps({{"frozen": [{{"volume": {C!r}, "device": {DEVICE!r}}}]}}), flush=True)
sys.stdin.buffer.read()
note.write_text("given back")
"""


def shadows(tmp_path: Path, script: str, limit_s: float = 30.0) -> WindowsShadowCopies:
    program = tmp_path / "holder.py"
    program.write_text(textwrap.dedent(script))

    def volume_of(source: str) -> Located | SourceGap:
        if source.startswith("\\\\"):
            return SourceGap(source, ShadowGap.NETWORK)
        return Located(source, C, source[3:])

    command = [sys.executable, str(program), str(tmp_path / "note")]
    return WindowsShadowCopies(command, volume_of, limit_s)


def nothing() -> None:
    """Let go on."""


def test_the_holder_holds_until_the_view_is_released(tmp_path: Path) -> None:
    view = shadows(tmp_path, GOOD).take(["C:\\Data", "C:\\", "\\\\srv\\share"], nothing)
    assert view.found.places == {"C:\\Data": DEVICE + "\\Data", "C:\\": DEVICE + "\\"}
    assert view.found.gaps == (SourceGap("\\\\srv\\share", ShadowGap.NETWORK),)
    view.release()
    view.release()
    assert (tmp_path / "note").read_text() == "given back"


def test_a_view_whose_device_is_not_there_is_not_whole(tmp_path: Path) -> None:
    view = shadows(tmp_path, GOOD).take(["C:\\Data"], nothing)
    # No such device on this system: what counts first is that the holder lives.
    assert not view.whole()
    view.release()


def test_a_killed_job_gives_the_shadow_copies_back(tmp_path: Path) -> None:
    script = textwrap.dedent(
        f"""\
        import os, signal, sys
        from pathlib import Path
        from tests.adapters.shadow.test_windows import GOOD, nothing, shadows
        view = shadows(Path({str(tmp_path)!r}), GOOD).take(["C:\\\\Data"], nothing)
        while not Path({str(tmp_path / "note")!r}).exists():
            pass
        os.kill(os.getpid(), signal.SIGKILL)
        """
    )
    killed = subprocess.run([sys.executable, "-c", script], env=os.environ | {"PYTHONPATH": "."})
    assert killed.returncode == -signal.SIGKILL
    wait = f"until grep -q 'given back' {tmp_path / 'note'}; do :; done"
    subprocess.run(["sh", "-c", wait], timeout=20, check=True)


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("", ShadowGap.UNKNOWN),
        ("import os; os.abort()", ShadowGap.UNKNOWN),
        ("print('{\"frozen\": [', end='')", ShadowGap.UNKNOWN),
        ("print('Access is denied.')", ShadowGap.UNKNOWN),
        (
            'print(\'{"failed": {"step": "SetContext", "number": 2147942405}}\')',
            ShadowGap.DENIED,
        ),
        ("import sys; sys.exit(3)", ShadowGap.UNKNOWN),
    ],
)
def test_a_holder_that_fails_in_any_way_leaves_files_read_live_and_says_why(
    tmp_path: Path, script: str, reason: ShadowGap
) -> None:
    view = shadows(tmp_path, script).take(["C:\\Data"], nothing)
    assert not view.found.places
    assert [gap.reason for gap in view.found.gaps] == [reason]
    assert view.whole()
    view.release()


def test_a_holder_that_says_nothing_is_ended_after_its_time(tmp_path: Path) -> None:
    silent = "import time, sys\nsys.stdin.buffer.read()\nwhile True: time.sleep(60)"
    view = shadows(tmp_path, silent, limit_s=0.5).take(["C:\\Data"], nothing)
    assert [gap.reason for gap in view.found.gaps] == [ShadowGap.TIMED_OUT]


def test_a_stop_while_windows_is_still_at_it_ends_the_holder(tmp_path: Path) -> None:
    def stop() -> None:
        raise Stopped

    pid = (
        f"import os, pathlib\npathlib.Path({str(tmp_path / 'pid')!r}).write_text(str(os.getpid()))"
    )
    with pytest.raises(Stopped):
        shadows(tmp_path, pid + "\nimport time\nwhile True: time.sleep(60)").take(["C:\\a"], stop)
    with pytest.raises((ProcessLookupError, FileNotFoundError)):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_where_the_program_cannot_be_started_files_are_read_live() -> None:
    copies = WindowsShadowCopies(["/no/such/program"], lambda s: Located(s, C, ""))
    view = copies.take(["C:\\"], nothing)
    assert [gap.reason for gap in view.found.gaps] == [ShadowGap.NO_SERVICE]


def test_on_linux_everything_is_read_live_and_there_is_nothing_to_tell() -> None:
    view = system_shadow_copies(["x"]).take(["/srv"], nothing)
    assert (view.found.places, view.found.gaps, view.whole()) == ({}, (), True)


def test_the_program_itself_can_be_the_holder_and_says_when_there_is_no_service() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "offline_backup_gui", HOLD, C],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=True,
        env=os.environ | {"PYTHONPATH": "."},
    )
    assert b'"failed"' in done.stdout
    assert done.stderr == b""
