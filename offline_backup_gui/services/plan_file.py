"""The plan file: TOML in, a plan out; unknown keys are refused with the nearest known one."""

from __future__ import annotations

import difflib
import json
import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.places import looks_windows
from offline_backup_gui.domain.plan import (
    AgentFields,
    DeploymentModel,
    Destination,
    Plan,
    Route,
)
from offline_backup_gui.domain.sizing import SIZE_MOST_BYTES, Group
from offline_backup_gui.services.plain_files import replace_file

_MAX_BYTES = 64 << 10
# The parser's time grows with the square of a key's parts; a plan's keys have two at most.
_DEEP_KEY = re.compile(r"(?:^|[\[{,])\s*(?:[\w-]+\s*\.\s*){8}", re.MULTILINE)
_KEYS = (
    "name",
    "deployment_model",
    "route",
    "sources",
    "exclude",
    "drives",
    "shadow_copies",
    "as_is",
    "destination",
    "schedule",
    "agent",
    "groups",
)
_DESTINATION = ("account", "landing", "vault")
_SCHEDULE = ("times",)
_AGENT = AgentFields.__struct_fields__
_MAX_NAME = 64
_MAX_LINE = 1024
_TOO_DEEP = "nested too deeply"

TEMPLATE = """\
# A plan for Offline Backup. Check it with: offline-backup plan check FILE

# A short name for this backup; it stands on the papers.
name = "branch-042"

# Who makes the backup data: "standalone" (this program), or an agent ("mars", "mabs", "dpm").
deployment_model = "standalone"

# How the data travels: "import-export" (own drives), "data-box-disk" or "data-box" (Microsoft's).
route = "import-export"

# The folders to back up.
sources = ["/srv/shares", "/srv/projects"]

# What to leave out; patterns as in a .gitignore file.
exclude = ["*.tmp", "**/Thumbs.db"]

# Where the drives are mounted. May be left out and given with --drive.
drives = ["/mnt/drive1", "/mnt/drive2"]

# On Windows, files are read from a shadow copy, so that open ones are in the backup as well.
shadow_copies = true

# Whether files travel as they are, readable, as one block blob each. Nothing is encrypted then
# but the drives themselves (BitLocker), and there are no increments and restores of this program.
as_is = false

[destination]
# A storage account, or a folder on this computer for practice.
account = "https://contosobranch042.blob.core.windows.net"
# Containers: 3 to 63 lower-case letters, digits and single hyphens.
landing = "landing-branch-042"
vault = "vault-branch-042"

[schedule]
# When increments run, local time.
times = ["21:00"]

# For "mars", "mabs" and "dpm": what the agent's own wizard is told, letter for letter.
# [agent]
# staging_location = '\\\\server\\staging'
# subscription_id = "00000000-0000-0000-0000-000000000000"
# storage_account = "contosobranch042"
# container = "branch-042"
# import_job_name = "branch-042-seed"

# For "mabs" and "dpm": the protection groups that travel, with their sizes in bytes.
# [groups]
# "File servers" = 5000000000000
"""


def read_plan_file(path: Path) -> Plan:
    """Read a plan file; PLAN_NOT_FOUND, PLAN_NOT_READABLE, PLAN_KEY_UNKNOWN, PLAN_VALUE_WRONG."""
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise BackupError(
                ErrorCode.PLAN_NOT_READABLE, path=str(path), reason="larger than 64 kB"
            )
        text = path.read_text("utf-8")
    except FileNotFoundError as error:
        raise BackupError(ErrorCode.PLAN_NOT_FOUND, name=str(path)) from error
    except (OSError, UnicodeDecodeError) as error:
        raise BackupError(
            ErrorCode.PLAN_NOT_READABLE, path=str(path), reason=_reason(error)
        ) from error
    return parse_plan(text, str(path), path.absolute().parent)


def parse_plan(text: str, path: str, base: Path) -> Plan:
    """Parse a plan; relative paths are meant from the folder the plan file is in."""
    if _DEEP_KEY.search(text):
        raise BackupError(ErrorCode.PLAN_NOT_READABLE, path=path, reason=_TOO_DEEP)
    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise BackupError(ErrorCode.PLAN_NOT_READABLE, path=path, reason=_reason(error)) from error
    reader = TableReader(path)
    reader.known(table, _KEYS, "")
    destination = reader.table(table, "destination")
    reader.known(destination, _DESTINATION, "destination.")
    schedule = reader.table(table, "schedule")
    reader.known(schedule, _SCHEDULE, "schedule.")
    agent = reader.table(table, "agent")
    reader.known(agent, _AGENT, "agent.")
    account = reader.text(destination, "account", "")
    if "://" in account:
        _assert_bare(account)
    elif account:
        account = _place(account, base)
    name = reader.text(table, "name", None)
    if not name.strip() or len(name) > _MAX_NAME or not name.isprintable() or "/" in name:
        raise BackupError(ErrorCode.PLAN_VALUE_WRONG, path=path, key="name", value=name[:80])
    return Plan(
        name=name,
        deployment_model=DeploymentModel(
            reader.choice(table, "deployment_model", [m.value for m in DeploymentModel])
        ),
        route=Route(reader.choice(table, "route", [route.value for route in Route])),
        sources=tuple(_place(source, base) for source in reader.texts(table, "sources")),
        destination=Destination(
            account, reader.text(destination, "landing", ""), reader.text(destination, "vault", "")
        ),
        exclude=reader.texts(table, "exclude"),
        drives=tuple(_place(drive, base) for drive in reader.texts(table, "drives")),
        schedule_times=reader.texts(schedule, "times"),
        shadow_copies=reader.truth(table, "shadow_copies", default=True),
        as_is=reader.truth(table, "as_is", default=False),
        groups=reader.groups(table, "groups"),
        agent=AgentFields(**{key: reader.line(agent, key, f"agent.{key}") for key in _AGENT}),
    )


def _reason(error: Exception) -> str:
    """Give the system's or the parser's own words, without what they quote."""
    if isinstance(error, UnicodeDecodeError):
        return "not UTF-8"
    if isinstance(error, RecursionError):
        return _TOO_DEEP
    return (getattr(error, "strerror", None) or str(error))[:300]


def _place(path: str, base: Path) -> str:
    if os.name != "nt" and looks_windows(path):
        return path  # of another computer: it means nothing here
    return os.path.normpath(os.path.join(base, os.path.expanduser(path)))


def _assert_bare(account: str) -> None:
    """Refuse an address that carries a secret, or that would be asked without encryption.

    The plan is kept in the state, where no secret belongs; the message does not repeat it either.
    """
    try:
        parts = urlsplit(account)
        bare = not (parts.query or parts.fragment or parts.username or parts.password)
        safe = parts.scheme == "https" or (
            parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1")
        )
    except ValueError:
        bare = safe = False
    if not (bare and safe):
        shown = account.split("?")[0].split("#")[0].rpartition("@")[2]
        raise BackupError(ErrorCode.ACCOUNT_ADDRESS_NOT_ALLOWED, account=shown, reason="")


def write_plan_file(plan: Plan, path: Path) -> None:
    """Write a plan as a plan file; it appears whole or not at all. STATE_NOT_USABLE."""
    names = plan.destination
    lines = [
        f"name = {_quoted(plan.name)}",
        f"deployment_model = {_quoted(plan.deployment_model.value)}",
        f"route = {_quoted(plan.route.value)}",
        f"sources = {_list(plan.sources)}",
        f"exclude = {_list(plan.exclude)}",
        f"drives = {_list(plan.drives)}",
        f"shadow_copies = {'true' if plan.shadow_copies else 'false'}",
        f"as_is = {'true' if plan.as_is else 'false'}",
        "[destination]",
        f"account = {_quoted(names.account)}",
        f"landing = {_quoted(names.landing)}",
        f"vault = {_quoted(names.vault)}",
        "[schedule]",
        f"times = {_list(plan.schedule_times)}",
    ]
    if plan.agent != AgentFields():
        lines.append("[agent]")
        lines += [f"{key} = {_quoted(getattr(plan.agent, key))}" for key in _AGENT]
    if plan.groups:
        lines.append("[groups]")
        lines += [f"{_quoted(group.name)} = {group.size_bytes}" for group in plan.groups]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, ("\n".join(lines) + "\n").encode())
    except OSError as error:
        raise BackupError(
            ErrorCode.STATE_NOT_USABLE, path=str(path), why=error.strerror or ""
        ) from error


def _quoted(text: str) -> str:
    """Give a TOML basic string; JSON's escapes are a subset of TOML's but for DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _list(texts: Sequence[str]) -> str:
    return "[" + ", ".join(_quoted(text) for text in texts) + "]"


class TableReader:
    """Takes values of the right type out of tables, and names the key that is wrong."""

    def __init__(self, path: str) -> None:
        self._path = path

    def known(self, table: Mapping[str, object], keys: Sequence[str], prefix: str) -> None:
        """Refuse a key that does not belong here."""
        for key in table:
            if key not in keys:
                nearest = difflib.get_close_matches(key, keys, 1, 0.0)
                raise BackupError(
                    ErrorCode.PLAN_KEY_UNKNOWN,
                    path=self._path,
                    key=f"{prefix}{key}"[:200],
                    nearest=f"{prefix}{nearest[0]}",
                )

    def wrong(self, key: str, value: object) -> BackupError:
        """Make the trouble of a value that does not fit."""
        return BackupError(
            ErrorCode.PLAN_VALUE_WRONG, path=self._path, key=key, value=str(value)[:200]
        )

    def table(self, table: Mapping[str, object], key: str) -> dict[str, object]:
        """Give a table, empty when left out."""
        value = table.get(key, {})
        if not isinstance(value, dict):
            raise self.wrong(key, value)
        return value

    def text(self, table: Mapping[str, object], key: str, default: str | None) -> str:
        """Give a text; None as default means that it is needed."""
        value = table.get(key, default)
        if not isinstance(value, str) or "\0" in value:
            raise self.wrong(key, "" if value is None else value)
        return value

    def line(self, table: Mapping[str, object], key: str, name: str) -> str:
        """Give a text of one line, empty when left out; `name` is the key as it is told."""
        value = table.get(key, "")
        if not isinstance(value, str) or len(value) > _MAX_LINE or not value.isprintable():
            raise self.wrong(name, value)
        return value

    def groups(self, table: Mapping[str, object], key: str) -> tuple[Group, ...]:
        """Give protection groups with their sizes in bytes, none when left out."""
        found = []
        for name, size_bytes in self.table(table, key).items():
            whole = isinstance(size_bytes, int) and not isinstance(size_bytes, bool)
            if (
                not isinstance(size_bytes, int)
                or not whole
                or not 0 <= size_bytes <= SIZE_MOST_BYTES
            ):
                raise self.wrong(f"{key}.{name}"[:200], size_bytes)
            if not name.strip() or not name.isprintable():
                raise self.wrong(key, name)
            found.append(Group(name, size_bytes))
        return tuple(found)

    def truth(self, table: Mapping[str, object], key: str, *, default: bool) -> bool:
        """Give yes or no."""
        value = table.get(key, default)
        if not isinstance(value, bool):
            raise self.wrong(key, value)
        return value

    def choice(self, table: Mapping[str, object], key: str, values: Sequence[str]) -> str:
        """Give one of some texts."""
        value = self.text(table, key, None)
        if value not in values:
            raise self.wrong(key, value)
        return value

    def texts(self, table: Mapping[str, object], key: str) -> tuple[str, ...]:
        """Give a list of texts, empty when left out."""
        value = table.get(key, [])
        if not isinstance(value, list) or not all(
            isinstance(item, str) and item and "\0" not in item for item in value
        ):
            raise self.wrong(key, value)
        return tuple(value)
