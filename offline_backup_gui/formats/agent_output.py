"""What our PowerShell scripts print about an agent: one JSON object, strict; pure functions.

The scripts are `adapters/agents/scripts`; they give names and numbers and no text that depends on
the language of Windows, but for what the agent itself said. Nothing here raises: an answer that
is not one is told as an `Answer`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from offline_backup_gui.domain.agents import (
    AgentJob,
    Answer,
    DataSource,
    InitialMethod,
    ModuleVersion,
    ProtectionGroup,
)
from offline_backup_gui.domain.decoding import json_decoder
from offline_backup_gui.domain.plan import AgentFields

ANSWER_MOST_BYTES = 1 << 20
_MOST_LETTERS = 500
_BOM = b"\xef\xbb\xbf"
_Size = Annotated[int, Meta(ge=0, le=10**18)]
_Code = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]  # an HRESULT may be below nothing
_Moment = Annotated[datetime, Meta(tz=True)]
_TROUBLES = {
    "denied": Answer.DENIED,
    "module-missing": Answer.MODULE_MISSING,
    "other": Answer.TROUBLE,
}
# IBMethod of Get-OBInitialBackupCreationMethod and Get-DPMInitialOnlineBackupCreationMethod.
_METHODS = {
    "network": InitialMethod.NETWORK,
    "offlinebackup": InitialMethod.OFFLINE,
    "offline": InitialMethod.OFFLINE,
}


class _Fields(Struct, frozen=True, forbid_unknown_fields=True):
    """Names as the cmdlets call them."""

    StagingLocation: str | None = None
    AzureSubscriptionID: str | None = None
    AzureStorageAccount: str | None = None
    AzureStorageContainer: str | None = None
    AzureImportJobName: str | None = None


class _Source(Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    server: str | None = None
    kind: str | None = None
    size: _Size | None = None


class _Group(Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    method: str | None = None
    fields: _Fields | None = None
    sources: tuple[_Source, ...] = ()


class _Job(Struct, frozen=True, forbid_unknown_fields=True):
    kind: str
    state: str
    started: _Moment | None = None
    ended: _Moment | None = None
    said: str | None = None
    group: str | None = None
    codes: tuple[_Code, ...] = ()


class _Module(Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    version: str


class _Printed(Struct, frozen=True, forbid_unknown_fields=True):
    """The one object. Only `schema` and `trouble` are always there."""

    schema: Literal[1]
    trouble: str
    said: str | None = None
    method: str | None = None
    fields: _Fields | None = None
    sources: tuple[_Source, ...] = ()
    groups: tuple[_Group, ...] = ()
    jobs: tuple[_Job, ...] = ()
    modules: tuple[_Module, ...] | None = None


class ModuleAnswer(Struct, frozen=True):
    """What a script gave, read; `answer` says how far."""

    answer: Answer
    said: str = ""
    method: InitialMethod = InitialMethod.UNKNOWN
    fields: AgentFields = AgentFields()
    sources: tuple[DataSource, ...] = ()
    groups: tuple[ProtectionGroup, ...] = ()
    jobs: tuple[AgentJob, ...] = ()
    modules: tuple[ModuleVersion, ...] | None = None


def parse_answer(raw: bytes) -> ModuleAnswer:
    """Read what a script printed, at most ANSWER_MOST_BYTES of it."""
    if len(raw) > ANSWER_MOST_BYTES:
        return ModuleAnswer(Answer.TOO_LONG)
    plain = _object_in(raw.removeprefix(_BOM).strip())
    if not plain:
        return ModuleAnswer(Answer.EMPTY)
    try:
        printed = json_decoder(_Printed).decode(plain)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ModuleAnswer(Answer.CUT if _is_cut(plain) else Answer.NOT_UNDERSTOOD)
    if printed.trouble:
        answer = _TROUBLES.get(printed.trouble, Answer.NOT_UNDERSTOOD)
        return ModuleAnswer(answer, _text(printed.said))
    return ModuleAnswer(
        Answer.READ,
        method=_method(printed.method),
        fields=_fields(printed.fields),
        sources=tuple(map(_source, printed.sources)),
        groups=tuple(map(_group, printed.groups)),
        jobs=_newest_first(tuple(map(_job, printed.jobs))),
        modules=None if printed.modules is None else tuple(map(_module, printed.modules)),
    )


def _object_in(raw: bytes) -> bytes:
    """Give the object alone: modules may greet with lines of their own while they load."""
    at = -1 if raw.startswith(b"{") else raw.rfind(b'\n{"')
    return raw[at + 1 :]


def _is_cut(raw: bytes) -> bool:
    """Say whether this begins as an object and never ends."""
    if not raw.startswith(b"{"):
        return False
    depth, quoted, escaped = 0, False, False
    for letter in raw:
        if escaped:
            escaped = False
        elif quoted:
            escaped = letter == 0x5C
            quoted = letter != 0x22
        elif letter == 0x22:
            quoted = True
        elif letter in b"{[":
            depth += 1
        elif letter in b"}]":
            depth -= 1
            if depth == 0:
                return False
    return True


def _text(value: str | None) -> str:
    """Give a text that is safe to show: no control letters, no more than a screen of it."""
    kept = "".join(letter if letter.isprintable() else " " for letter in value or "")
    return " ".join(kept.split())[:_MOST_LETTERS]


def _method(name: str | None) -> InitialMethod:
    return _METHODS.get((name or "").strip().casefold(), InitialMethod.UNKNOWN)


def _fields(fields: _Fields | None) -> AgentFields:
    if fields is None:
        return AgentFields()
    return AgentFields(
        staging_location=_text(fields.StagingLocation),
        subscription_id=_text(fields.AzureSubscriptionID),
        storage_account=_text(fields.AzureStorageAccount),
        container=_text(fields.AzureStorageContainer),
        import_job_name=_text(fields.AzureImportJobName),
    )


def _source(source: _Source) -> DataSource:
    return DataSource(
        _text(source.name), _text(source.server), _text(source.kind), size_bytes=source.size
    )


def _group(group: _Group) -> ProtectionGroup:
    return ProtectionGroup(
        _text(group.name),
        tuple(map(_source, group.sources)),
        _method(group.method),
        _fields(group.fields),
    )


def _job(job: _Job) -> AgentJob:
    return AgentJob(
        _text(job.kind),
        _text(job.state),
        job.started,
        job.ended,
        _text(job.said),
        job.codes,
        _text(job.group),
    )


def _newest_first(jobs: tuple[AgentJob, ...]) -> tuple[AgentJob, ...]:
    """Order by start; what never started comes first, it is still to come."""

    def age(job: AgentJob) -> tuple[bool, float]:
        started = job.started_at
        return started is not None, -started.timestamp() if started is not None else 0.0

    return tuple(sorted(jobs, key=age))


def _module(module: _Module) -> ModuleVersion:
    return ModuleVersion(_text(module.name), _text(module.version))
