"""Jobs after the first backup: send what changed, bring files back."""

from __future__ import annotations

import os
from typing import cast

from offline_backup_gui.domain.book import Book
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.job import Job
from offline_backup_gui.domain.ports import ObjectStore
from offline_backup_gui.domain.state import KeptPlan
from offline_backup_gui.engine.context import Context
from offline_backup_gui.engine.increment import Increment, IncrementOrder
from offline_backup_gui.engine.restore_order import RestoreOrder
from offline_backup_gui.engine.restoring import Restoring
from offline_backup_gui.services.keys import Keys, assert_same_repository
from offline_backup_gui.services.opening import open_library
from offline_backup_gui.services.outcomes import Finished, exceptions_json, finished, shown
from offline_backup_gui.services.seals import newest_seal, since
from offline_backup_gui.services.shadows import standing_sources
from offline_backup_gui.services.sources import sources_of
from offline_backup_gui.services.world import World


class ChangesWork:
    """Increment and restore."""

    def __init__(self, world: World, keys: Keys) -> None:
        self._world, self._keys = world, keys

    def increment(self, context: Context, job: Job, kept: KeptPlan) -> Finished:
        """Send what changed since the newest restore point into the vault container."""
        sources_of(kept.plan)  # a missing source is told before the account is asked
        keyring = self._keys.keyring(kept.repository_id)
        account = self._world.account(kept.plan, context.control)
        vault = account.container(kept.plan.destination.vault, create=True)
        assert_same_repository(vault, kept.repository_id)
        book = self._world.book(kept.repository_id)
        if self._still_on_its_way(kept, book, vault):
            raise BackupError(ErrorCode.VAULT_EMPTY, plan=kept.plan.name)
        with standing_sources(self._world, context, job, kept) as sources:
            order = IncrementOrder(
                kept.plan.name, sources, self._world.state.key_files(kept.repository_id)
            )
            outcome = Increment(context, keyring, book, vault, order).run()
        point = outcome.point
        return finished(
            bool(point.left_out),
            {
                "point": point.point_id,
                "files": point.files,
                "bytes": point.size,
                "sent_bytes": outcome.sent_bytes,
                "packs": outcome.packs,
                "exceptions": exceptions_json(point.left_out),
            },
            "done",
            "exceptions",
        )

    def _still_on_its_way(self, kept: KeptPlan, book: Book, vault: ObjectStore) -> bool:
        """Say whether the newest copy onto drives is not proved in the vault yet.

        Increments build on it: without it they would send the whole backup over the line. A
        computer that lost its state knows of no copy; there the vault itself has to hold one.
        """
        sealed_at = newest_seal(book)
        if sealed_at is None:
            return not any(True for _ in vault.objects("points/"))
        proved_at = self._world.state.notes(kept.plan.plan_id).vault_proved_at
        return since(proved_at, sealed_at) is None

    def restore(self, context: Context, job: Job) -> Finished:
        """Bring files back from stores that were unlocked when the job was asked for."""
        options = job.options
        repository_id = cast(str, options["repository_id"])
        keyring = self._keys.keyring(repository_id)
        stores = [
            self._world.store(store, control=context.control)
            for store in cast(list[str], options["stores"])
        ]
        library = open_library(self._world, context, keyring, stores)
        point = library.point(cast("str | None", options.get("point")))
        order = RestoreOrder(
            os.fsencode(cast(str, options["to"])),
            tuple(cast(list[str], options.get("include") or [])),
            tuple(
                path.encode("utf-8", "surrogateescape")
                for path in cast(list[str], options.get("paths") or [])
            ),
            bool(options.get("overwrite")),
        )
        result = Restoring(context, library, point, order).run()
        lacking = "pack-missing" in result.differences.values()
        differences = [
            {"path": shown(path), "reason": reason}
            for path, reason in sorted(result.differences.items())
        ]
        return finished(
            bool(differences),
            {
                "point": point.point_id,
                "files": result.files,
                "bytes": result.size_bytes,
                "differences": differences,
                "roots": [
                    {"source": shown(source), "path": shown(path)}
                    for source, path in result.roots.items()
                ],
                # A pack whose chunks were made again is missed by nobody.
                "missing_packs": library.missing_packs(point) if lacking else [],
                "damaged": sorted(library.damaged),
            },
            "done",
            "exceptions",
        )
