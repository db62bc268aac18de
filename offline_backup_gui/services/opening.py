"""Opens stores for reading."""

from __future__ import annotations

from collections.abc import Sequence

from offline_backup_gui.domain.ports import ObjectStore
from offline_backup_gui.engine.context import Context
from offline_backup_gui.engine.library import Library
from offline_backup_gui.formats.keys import Keyring
from offline_backup_gui.services.world import World


def open_library(
    world: World, context: Context, keyring: Keyring, stores: Sequence[ObjectStore]
) -> Library:
    """Open stores for reading, with the directories this computer remembers."""
    folder = world.repository_folder(keyring.repository_id.hex())
    return Library(context, keyring, world.open_book(folder / "library.db"), stores)
