"""One call of a command: its arguments, its voice, and the services when it needs them."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from offline_backup_gui.cli.secrets import passphrase
from offline_backup_gui.cli.speaker import Speaker
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.services import Services
from offline_backup_gui.services.restores import Opening, OpenRepository


@dataclass
class Call:
    """Handed to every command."""

    arguments: argparse.Namespace
    speaker: Speaker
    build: Callable[[Path | None], Services]

    @cached_property
    def services(self) -> Services:
        """Build the services on the usual state folder, once."""
        return self.build(None)

    def opened(self, opening: Opening) -> Opening:
        """Ask for the passphrase when nothing kept here opens the stores and a person is there."""
        if opening.passphrase is not None or opening.recovery_code is not None:
            return opening
        try:
            self.services.restores.try_kept(opening)
        except BackupError as error:
            if error.code is not ErrorCode.PASSPHRASE_NEEDED:
                raise
            typed = passphrase(
                self.arguments, self.speaker.words.text("cli.passphrase"), needed=True
            )
            if typed is None:
                raise
            return replace(opening, passphrase=typed)
        return opening

    def open_repository(self, opening: Opening) -> OpenRepository:
        """Open stores with what was given, is kept, or is typed."""
        return self.services.restores.open(self.opened(opening))
