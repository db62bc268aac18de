"""One call of a command: its arguments, its voice, and the services when it needs them."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from offline_backup_gui.cli.secrets import account_secret, given_secret, typed_passphrase
from offline_backup_gui.cli.speaker import Speaker
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.services import Services
from offline_backup_gui.services.keys import Secret

if TYPE_CHECKING:
    from offline_backup_gui.services.restores import Opening

# A person at the terminal can help with these.
_ASKABLE = (ErrorCode.PASSPHRASE_NEEDED, ErrorCode.SECRET_OF_ANOTHER_MACHINE)


class Call(Struct, dict=True):
    """Handed to every command."""

    arguments: argparse.Namespace
    speaker: Speaker
    build: Callable[[Path | None], Services]

    @cached_property
    def services(self) -> Services:
        """Build the services on the usual state folder, once."""
        return self.build(None)

    @property
    def forgets(self) -> bool:
        """Say whether this command kept a secret that ends with the session."""
        built: Services | None = self.__dict__.get("services")
        return built is not None and getattr(built.world.secrets, "forgetful", False)

    def with_passphrase(self, work: Callable[[Secret], str | None]) -> str | None:
        """Do what needs the repository's key; ask a person for the passphrase if it is missing."""
        secret = given_secret(self.arguments)
        try:
            return work(secret)
        except BackupError as error:
            if error.code not in _ASKABLE or secret.given:
                raise
            question = self.speaker.words.text("cli.passphrase")
            typed = typed_passphrase(self.arguments, question)
            if typed is None:
                raise
            return work(Secret(typed))

    def tell_open(self, paths: Sequence[Path]) -> None:
        """Say which files with secrets others may read, because their place keeps no rights."""
        for finding in self.services.protection.left_open(paths):
            self.speaker.tell(finding.code.value, {"parameters": dict(finding.parameters)})
            self.speaker.finding(finding)

    def opening(self) -> Opening:
        """Gather stores and secrets of `points` and `restore`; ask a person when one is missing."""
        from offline_backup_gui.services.restores import Opening

        secret, account = given_secret(self.arguments), account_secret(self.arguments)
        opening = Opening(
            tuple(self.arguments.stores),
            secret.passphrase,
            secret.recovery_code,
            account.sas,
            account.connection_string,
        )
        if secret.given:
            return opening
        try:
            self.services.restores.try_kept(opening)
        except BackupError as error:
            if error.code not in _ASKABLE:
                raise
            question = self.speaker.words.text("cli.passphrase")
            typed = typed_passphrase(self.arguments, question)
            if typed is None:
                raise
            return replace(opening, passphrase=typed)
        return opening
