"""Shadow copies of Windows, held by a process of their own."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from typing import IO

from offline_backup_gui.adapters.shadow.answer import LONGEST_BYTES, Located, places_of, read_answer
from offline_backup_gui.adapters.shadow.none import LiveView
from offline_backup_gui.adapters.shadow.volumes import VolumeOf
from offline_backup_gui.domain.ports import ShadowView
from offline_backup_gui.domain.shadow import ShadowGap, ShadowPlaces, SourceGap

_LIMIT_S = 420.0  # the service's own limits, several tries, and a slow start
_LOOK_S = 0.25
_END_LIMIT_S, _SHORT_S = 60.0, 2.0
_NO_WINDOW = 0x08000000  # CREATE_NO_WINDOW


class HeldView:
    """A view that stands as long as its holder lives."""

    def __init__(self, holder: subprocess.Popen[bytes], found: ShadowPlaces) -> None:
        self._holder, self.found = holder, found

    def whole(self) -> bool:
        """Say whether every shadow copy is still there; Windows may drop one for want of room."""
        return self._holder.poll() is None and all(
            os.path.isdir(place) for place in self.found.places.values()
        )

    def release(self) -> None:
        """End the holder, and with it the shadow copies."""
        _end(self._holder, _END_LIMIT_S)


class WindowsShadowCopies:
    """Starts the holder, waits for its answer, and gives the places to read from."""

    def __init__(
        self, command: Sequence[str], volume_of: VolumeOf, limit_s: float = _LIMIT_S
    ) -> None:
        self._command, self._volume_of, self._limit_s = command, volume_of, limit_s

    def take(self, sources: Sequence[str], checkpoint: Callable[[], None]) -> ShadowView:
        """Freeze the volumes of the sources; what cannot be frozen is a gap, never an error."""
        found = [self._volume_of(source) for source in sources]
        gaps = tuple(one for one in found if isinstance(one, SourceGap))
        on_volumes = [one for one in found if isinstance(one, Located)]
        if not on_volumes:
            return LiveView(ShadowPlaces(gaps=gaps))
        holder = self._start(list(dict.fromkeys(one.volume for one in on_volumes)))
        if holder is None:
            none = places_of(on_volumes, None, ShadowGap.NO_SERVICE)
            return LiveView(ShadowPlaces(gaps=gaps + none.gaps))
        try:
            line = self._line(holder, checkpoint)
        except BaseException:
            _end(holder, _SHORT_S)
            raise
        ungiven = ShadowGap.TIMED_OUT if line is None else ShadowGap.UNKNOWN
        answered = places_of(on_volumes, read_answer(line or b""), ungiven)
        view = ShadowPlaces(answered.places, answered.volumes, gaps + answered.gaps)
        if not view.places:
            _end(holder, _SHORT_S)
            return LiveView(view)
        return HeldView(holder, view)

    def _start(self, volumes: list[str]) -> subprocess.Popen[bytes] | None:
        try:
            return subprocess.Popen(
                [*self._command, *volumes],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                creationflags=_NO_WINDOW if sys.platform == "win32" else 0,
                # A Ctrl+C at the terminal stops the job, and the job ends the holder.
                start_new_session=sys.platform != "win32",
            )
        except OSError:
            return None

    def _line(
        self, holder: subprocess.Popen[bytes], checkpoint: Callable[[], None]
    ) -> bytes | None:
        """Wait for the one line of the holder; None when it does not come in time."""
        heard: list[bytes] = []
        listener = threading.Thread(
            target=_listen, args=(holder.stdout, heard), name="shadow-copies", daemon=True
        )
        listener.start()
        for _ in range(max(1, int(self._limit_s / _LOOK_S))):
            listener.join(_LOOK_S)
            if not listener.is_alive():
                return heard[0] if heard else b""
            checkpoint()
        return None


def _listen(said: IO[bytes] | None, heard: list[bytes]) -> None:
    if said is not None:
        heard.append(said.readline(LONGEST_BYTES))


def _end(holder: subprocess.Popen[bytes], patience_s: float) -> None:
    """Close the holder's input and wait for its end; one that hangs is killed, which frees too."""
    if holder.stdin is not None:
        with contextlib.suppress(OSError):
            holder.stdin.close()
    try:
        holder.wait(patience_s)
    except subprocess.TimeoutExpired:
        holder.kill()
        holder.wait()
    if holder.stdout is not None:
        holder.stdout.close()
