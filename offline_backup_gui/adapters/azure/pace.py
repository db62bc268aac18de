"""How long requests to Azure may take and how often they are repeated; in seconds."""

from __future__ import annotations

from msgspec import Struct


class Pace(Struct, frozen=True):
    """The times of one line. Tests have the same in small."""

    first_pause_s: float = 1.0  # between the first two tries; doubled with each
    poll_s: float = 5.0  # the service gives no Retry-After while it works on an order
    connect_s: float = 20.0
    read_s: float = 60.0  # of one silence, not of a whole answer
    # Recorded orders were taken within 90 s. What takes longer than this is looked for later.
    operation_s: float = 900.0
