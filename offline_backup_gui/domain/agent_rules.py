"""What an offline backup by an agent needs, judged by what was found; every rule has its source."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from offline_backup_gui.domain import published
from offline_backup_gui.domain.agents import (
    Agent,
    AgentJob,
    AgentsFound,
    Answer,
    InitialMethod,
    ServiceState,
    Wait,
)
from offline_backup_gui.domain.agents import version_of as version
from offline_backup_gui.domain.errors import Parameter
from offline_backup_gui.domain.findings import Finding, FindingCode, Severity
from offline_backup_gui.domain.places import looks_windows, parts
from offline_backup_gui.domain.plan import AgentFields, DeploymentModel, Route
from offline_backup_gui.domain.published import AGENT_VOLUME_LIMIT_BYTES, Origin
from offline_backup_gui.domain.sizing import Group

AGENTS = tuple(model for model in DeploymentModel if model is not DeploymentModel.STANDALONE)
WITH_GROUPS = (DeploymentModel.MABS, DeploymentModel.DPM)
# Since this version own disks go through the Data Box service; older agents cannot seed with them.
OWN_DISKS_LEAST = "2.0.9250.0"  # published.MARS_DISKS
SERVER_DATA_BOX_LEAST = "2.0.9171.0"  # published.SERVER_DATA_BOX
AZURE_RM = "3.7.0"  # published.MARS_DATA_BOX: this one exactly, newer ones removed first
# published.SERVER_DATA_BOX: what the wizard of MABS and DPM installs for itself.
SERVER_MODULES = {
    "AzureRM.Profile": "5.8.3",
    "AzureRM.Resources": "6.7.3",
    "AzureRM.Storage": "5.2.0",
    "Azure.Storage": "4.6.1",
}
CERTIFICATE_IDS = (100242, 100230)  # published.MARS_DATA_BOX
REGISTRY_KEY = r"HKLM\SOFTWARE\Microsoft\Windows Azure Backup\Config\CloudBackupProvider"
_MODULES = {DeploymentModel.MARS: "MSOnlineBackup"}
_ID = re.compile(r"\b(100242|100230)\b")
_UNREADABLE = {
    Answer.NO_POWERSHELL: (FindingCode.AGENT_NO_POWERSHELL, Severity.NOTE),
    Answer.MODULE_MISSING: (FindingCode.AGENT_MODULE_MISSING, Severity.WARNING),
    Answer.DENIED: (FindingCode.AGENT_DENIED, Severity.WARNING),
    Answer.EMPTY: (FindingCode.AGENT_ANSWER_GARBLED, Severity.NOTE),
    Answer.NOT_UNDERSTOOD: (FindingCode.AGENT_ANSWER_GARBLED, Severity.NOTE),
    Answer.TOO_LONG: (FindingCode.AGENT_ANSWER_GARBLED, Severity.NOTE),
    Answer.CUT: (FindingCode.AGENT_ANSWER_CUT, Severity.NOTE),
    Answer.SLOW: (FindingCode.AGENT_ANSWER_SLOW, Severity.NOTE),
    Answer.TROUBLE: (FindingCode.AGENT_SAYS_TROUBLE, Severity.WARNING),
}


class Limit(Struct, frozen=True):
    """A published bound: of what, in bytes, and where it was read."""

    key: str
    size_bytes: int
    origin: Origin


LIMITS = (
    Limit("data-box-disk", published.DATA_BOX_DISK_LIMIT_BYTES, published.OVERVIEW),
    Limit("data-box", published.DATA_BOX_LIMIT_BYTES, published.OVERVIEW),
    Limit("import-export", published.IMPORT_EXPORT_LIMIT_BYTES, published.OVERVIEW),
    Limit("volume", AGENT_VOLUME_LIMIT_BYTES, published.MARS_MATRIX),
)


def is_agent(model: DeploymentModel | None) -> bool:
    """Say whether an agent makes the backup data."""
    return model in AGENTS


def about_model(found: AgentsFound, model: DeploymentModel | None) -> tuple[Finding, ...]:
    """Give what speaks about a deployment model on this server; nothing here blocks."""
    if model is None or not is_agent(model):
        return ()
    agent = found.of(model)
    if agent is None:
        looked = found.looked
        code = FindingCode.AGENT_NOT_HERE if looked else FindingCode.AGENT_NOT_LOOKED_FOR
        severity = Severity.WARNING if looked else Severity.NOTE
        return (Finding(code, severity, {"model": model.value}),)
    return tuple(_about(found, agent))


def about_route(
    found: AgentsFound, model: DeploymentModel | None, route: Route | None
) -> tuple[Finding, ...]:
    """Give what speaks against a route for an agent; what is known to be too old blocks."""
    if route is None or model is None or not is_agent(model):
        return ()
    findings = list(_too_old(found, model, route, Severity.BLOCKER))
    if route is Route.IMPORT_EXPORT and found.virtual_machine and found.of(model):
        findings.append(
            _finding(
                FindingCode.AGENT_VIRTUAL_MACHINE, Severity.WARNING, maker=found.virtual_machine
            )
        )
    if route is Route.DATA_BOX_DISK and model is DeploymentModel.MARS:
        limit = published.DATA_BOX_DISK_LIMIT_BYTES
        findings.append(_finding(FindingCode.AGENT_ONE_DISK, limit_bytes=limit))
    return tuple(findings)


def writes_itself(model: DeploymentModel, route: Route) -> tuple[Finding, ...]:
    """Say that there is nothing to copy where an agent writes to Microsoft's device by itself."""
    if not is_agent(model) or route is Route.IMPORT_EXPORT:
        return ()
    return (
        _finding(
            FindingCode.AGENT_WRITES_ITSELF,
            Severity.BLOCKER,
            model=model.value,
            route=route.value,
        ),
    )


def while_it_travels(model: DeploymentModel | None) -> tuple[Finding, ...]:
    """Give what has to stay as it is until the first recovery point; published.MARS_FAQ."""
    if not is_agent(model):
        return ()
    codes = (
        FindingCode.AGENT_OWNER_NEEDED,
        FindingCode.AGENT_SERVER_STAYS,
        FindingCode.AGENT_CACHE_STAYS,
    )
    return tuple(Finding(code, Severity.NOTE) for code in codes)


def volumes_too_large(sizes: Sequence[tuple[str, int]]) -> tuple[Finding, ...]:
    """Name every volume over the bound; the folders of one volume are added up."""
    together: dict[str, int] = {}
    for name, size_bytes in sizes:
        volume = parts(name)[0].upper() + "\\" if looks_windows(name) else name
        together[volume] = together.get(volume, 0) + size_bytes
    return _over_the_bound(list(together.items()))


def too_large_sources(agent: Agent | None, groups: Sequence[Group]) -> tuple[Finding, ...]:
    """Name every data source of the chosen groups that is over the bound."""
    chosen = {group.name for group in groups}
    sources = [
        (f"{source.name} ({source.server})" if source.server else source.name, source.size_bytes)
        for group in (agent.groups if agent else ())
        if group.name in chosen
        for source in group.sources
    ]
    return _over_the_bound([(name, size) for name, size in sources if size is not None])


def over_the_line(agent: Agent | None, groups: Sequence[Group]) -> tuple[Finding, ...]:
    """Name every chosen group whose first copy is set to go over the line."""
    chosen = {group.name for group in groups}
    return tuple(
        _finding(FindingCode.AGENT_METHOD_NETWORK, Severity.WARNING, name=group.name)
        for group in (agent.groups if agent else ())
        if group.name in chosen and group.method is InitialMethod.NETWORK
    )


def _over_the_bound(sizes: Sequence[tuple[str, int]]) -> tuple[Finding, ...]:
    return tuple(
        _finding(
            FindingCode.AGENT_VOLUME_TOO_LARGE,
            Severity.BLOCKER,
            name=name,
            size_bytes=size_bytes,
            limit_bytes=AGENT_VOLUME_LIMIT_BYTES,
        )
        for name, size_bytes in sizes
        if size_bytes > AGENT_VOLUME_LIMIT_BYTES
    )


def field_findings(
    fields: AgentFields, found: AgentsFound, model: DeploymentModel | None, route: Route | None
) -> tuple[Finding, ...]:
    """Compare the fields of the plan with what is missing, and with what the agent says.

    MABS and DPM keep them for each protection group: one group that says the same is enough.
    """
    if route is not Route.IMPORT_EXPORT or model is None or not is_agent(model):
        return ()
    missing = tuple(name for name in _names() if not getattr(fields, name).strip())
    findings = []
    if missing:
        findings.append(
            _finding(FindingCode.AGENT_FIELDS_MISSING, Severity.WARNING, count=len(missing))
        )
    agent = found.of(model)
    for name in _names():
        ours = getattr(fields, name)
        told = [getattr(said, name) for said in (agent.all_fields if agent else ())]
        told = [value for value in told if value]
        if ours and told and not any(_same(name, ours, value) for value in told):
            findings.append(
                _finding(
                    FindingCode.AGENT_FIELD_DIFFERS,
                    Severity.WARNING,
                    field=name,
                    ours=ours,
                    theirs=told[0],
                )
            )
    return tuple(findings)


def _names() -> tuple[str, ...]:
    return AgentFields.__struct_fields__


def _same(name: str, ours: str, theirs: str) -> bool:
    """Say whether two ways to write a field are one for Azure and for Windows."""
    if name == "staging_location":
        return ours.rstrip("\\").casefold() == theirs.rstrip("\\").casefold()
    return ours.strip().casefold() == theirs.strip().casefold()


def _about(found: AgentsFound, agent: Agent) -> Iterator[Finding]:
    model = agent.model.value
    servers = [other for other in WITH_GROUPS if found.of(other)]
    part = agent.model is DeploymentModel.MARS and bool(servers)
    if part:
        yield _finding(FindingCode.AGENT_PART_OF_SERVER, Severity.WARNING, model=servers[0].value)
    if agent.service is ServiceState.STOPPED or agent.service is ServiceState.ABSENT:
        yield _finding(
            FindingCode.AGENT_SERVICE_STANDS,
            Severity.WARNING,
            model=model,
            service=agent.service_name,
        )
    yield from _too_old(found, agent.model, Route.IMPORT_EXPORT, Severity.WARNING)
    yield from _trap(found, agent)
    yield from _waits(agent)
    if not part:
        yield from _answered(agent)
        yield from _azure_rm(found, agent)
    if len(agent.cache) > 1:
        yield _finding(FindingCode.AGENT_CACHE_SPLIT, Severity.WARNING, folders=agent.cache)
    if agent.system_state:
        yield _finding(FindingCode.AGENT_SYSTEM_STATE)


def _too_old(
    found: AgentsFound, model: DeploymentModel, route: Route, severity: Severity
) -> Iterator[Finding]:
    """MABS and DPM send through a MARS Agent of their own: its version counts for them, too."""
    agent = found.of(DeploymentModel.MARS)
    if agent is None or found.of(model) is None:
        return
    if route is Route.IMPORT_EXPORT:
        least = OWN_DISKS_LEAST
    elif model in WITH_GROUPS:
        least = SERVER_DATA_BOX_LEAST
    else:
        return
    here, wanted = version(agent.version), version(least)
    if here is None:
        yield _finding(FindingCode.AGENT_VERSION_UNKNOWN, Severity.WARNING, least=least)
    elif wanted is not None and here < wanted:
        yield _finding(FindingCode.AGENT_TOO_OLD, severity, version=agent.version, least=least)


def _trap(found: AgentsFound, agent: Agent) -> Iterator[Finding]:
    mars = found.of(DeploymentModel.MARS)
    log = agent.certificate_log or (mars.certificate_log if mars else "")
    codes = [code for job in agent.jobs for code in _of_the_trap(job)]
    if not codes and not log:
        return
    # A fresh success of the same server shows that it was got over.
    bad = {job.kind for job in agent.jobs if _of_the_trap(job)}
    runs = [job for job in agent.jobs if job.kind in bad] if bad else agent.to_azure
    newest = next(iter(runs), None)
    if newest is not None and newest.state == "Completed" and not newest.codes:
        return
    user = found.user_id or "<Azure User Id>"
    yield _finding(
        FindingCode.AGENT_CERTIFICATE_TRAP,
        Severity.WARNING,
        id=codes[0] if codes else CERTIFICATE_IDS[0],
        application=f"AzureOfflineBackup_{user}",
        value=f"AzureADAppCertThumbprint_{user}",
        key=REGISTRY_KEY,
    )


def _of_the_trap(job: AgentJob) -> list[int]:
    """Give the IDs of the certificate trap that a run names, as its codes or in its text."""
    told = [code for code in job.codes if code in CERTIFICATE_IDS]
    return told + [int(match) for match in _ID.findall(job.said)]


def _waits(agent: Agent) -> Iterator[Finding]:
    codes = {
        Wait.DATA_BOX: FindingCode.AGENT_WAITS_FOR_DATA_BOX,
        Wait.IMPORT: FindingCode.AGENT_WAITS_FOR_IMPORT,
    }
    waiting = agent.waiting
    if waiting is not None:
        yield _finding(codes[waiting.wait], said=waiting.said)


def _answered(agent: Agent) -> Iterator[Finding]:
    if agent.answer in _UNREADABLE:
        code, severity = _UNREADABLE[agent.answer]
        module = _MODULES.get(agent.model, "DataProtectionManager")
        yield _finding(code, severity, model=agent.model.value, module=module, said=agent.said)
    elif agent.answer is Answer.READ and agent.model in WITH_GROUPS:
        if not agent.groups:
            yield _finding(FindingCode.AGENT_NO_GROUPS, model=agent.model.value)
    elif agent.answer is Answer.READ and not agent.sources:
        yield _finding(FindingCode.AGENT_NO_POLICY)


def _azure_rm(found: AgentsFound, agent: Agent) -> Iterator[Finding]:
    if found.azure_rm is None:
        return
    here = {(module.name.casefold(), module.version) for module in found.azure_rm}
    if agent.model in WITH_GROUPS:
        # The wizard of MABS and DPM installs these by itself; only another version is in its way.
        wanted = {name.casefold(): (name, least) for name, least in SERVER_MODULES.items()}
        for name, other in sorted(here):
            if name in wanted and other != wanted[name][1]:
                yield _other(wanted[name][0], other, wanted[name][1])
        return
    whole = sorted(other for name, other in here if name == "azurerm")
    for other in whole:
        if other != AZURE_RM:
            yield _other("AzureRM", other, AZURE_RM)
    if not whole:
        yield _finding(FindingCode.AGENT_AZURE_RM_MISSING, Severity.WARNING, wanted=AZURE_RM)


def _other(module: str, here: str, wanted: str) -> Finding:
    return _finding(
        FindingCode.AGENT_AZURE_RM_OTHER,
        Severity.WARNING,
        module=module,
        version=here,
        wanted=wanted,
    )


def _finding(
    code: FindingCode, severity: Severity = Severity.NOTE, **parameters: Parameter
) -> Finding:
    return Finding(code, severity, {**parameters})
