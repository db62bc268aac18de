"""The process that holds shadow copies: one line of JSON out, then it waits for the end of input.

A process of its own, because calling into COM by table may end a process at once when it goes
wrong, and no backup should; because COM's security is set for a whole process; and because the end
of its input comes however the job ends, and with the process Windows removes the shadow copies.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import IO

from msgspec.structs import asdict

from offline_backup_gui.adapters.shadow.com import ComError
from offline_backup_gui.adapters.shadow.vss import Service, ShadowSet


def hold(
    volumes: Sequence[str],
    service: Callable[[], Service],
    wait: Callable[[float], None],
    given: IO[bytes],
    said: IO[bytes],
) -> int:
    """Freeze volumes, say how that went, hold them until the input ends; gives the exit code."""
    frozen = None
    try:
        frozen = ShadowSet(service())
        made, refused = frozen.make(volumes, wait)
        answer: dict[str, object] = {
            "frozen": [asdict(one) for one in made],
            "refused": [asdict(one) for one in refused],
        }
    except ComError as error:
        answer = {"failed": {"step": error.step, "number": error.number}}
    except (OSError, RuntimeError) as error:  # no such library, or not Windows at all
        number = 0x80070000 | (getattr(error, "winerror", None) or 126) & 0xFFFF
        answer = {"failed": {"step": "library", "number": number}}
    said.write(json.dumps(answer, ensure_ascii=True).encode("ascii") + b"\n")
    said.flush()
    if "frozen" in answer:
        given.read()
    if frozen is not None:
        frozen.release()
    return 0
