"""Loads what a job needs while something else takes its time."""

from __future__ import annotations

import threading
from importlib import import_module

_JOBS = ("running", "work", "shipments", "reporting")


def load_jobs() -> None:
    """Begin to load what runs jobs, beside the stretching of a passphrase.

    Stretching takes a core for a quarter of a second and leaves Python's lock alone.
    """
    threading.Thread(target=_load, name="loading").start()


def _load() -> None:
    try:
        for name in _JOBS:
            import_module(f"offline_backup_gui.services.{name}")
    except Exception:
        return  # whoever needs it next meets the same trouble, where it can be told
