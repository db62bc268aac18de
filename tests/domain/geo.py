"""The shipped geography, read once for the domain tests."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from offline_backup_gui.domain.geography import Geography, parse_geography

RESOURCES = Path(__file__).parents[2] / "resources"


@cache
def geography() -> Geography:
    """Give the geography as shipped in resources."""
    return parse_geography(json.loads((RESOURCES / "regions.json").read_text("utf-8")))
