"""The command `agents`: what was found of MARS, MABS and DPM, and what is to be done in them."""

from __future__ import annotations

from pathlib import Path

from offline_backup_gui.cli.call import Call
from offline_backup_gui.cli.exit_codes import ExitCode
from offline_backup_gui.domain.agent_guide import Guide, guide
from offline_backup_gui.domain.agent_rules import LIMITS, field_findings, while_it_travels
from offline_backup_gui.domain.agents import Agent, AgentJob, AgentsFound, ProtectionGroup
from offline_backup_gui.domain.findings import Finding
from offline_backup_gui.domain.plan import AgentFields, DeploymentModel, Plan
from offline_backup_gui.services.plan_file import read_plan_file


def agents(call: Call) -> ExitCode:
    """Look for agents; with a plan, give the steps in its agent as well."""
    given = call.arguments
    plan = read_plan_file(Path(given.plan)) if given.plan else None
    search = call.services.agent_search
    found = search.look(ask=not given.no_ask)
    route = plan.route if plan else None
    judged = {a.model: tuple(search.judge(found, a.model, route)) for a in found.agents}
    result: dict[str, object] = {
        "outcome": "done",
        "looked": found.looked,
        "server": found.server,
        "virtual_machine": found.virtual_machine,
        "agents": [_agent_json(agent, judged[agent.model]) for agent in found.agents],
        "limits": [
            {
                "key": limit.key,
                "size_bytes": limit.size_bytes,
                "source": limit.origin.document,
                "date": limit.origin.date,
            }
            for limit in LIMITS
        ],
    }
    steps = guide(plan.deployment_model, plan.route) if plan else None
    about_plan: tuple[Finding, ...] = ()
    if plan is not None:
        if found.of(plan.deployment_model) is None:
            about_plan += tuple(search.judge(found, plan.deployment_model, plan.route))
        about_plan += field_findings(plan.agent, found, plan.deployment_model, plan.route)
        about_plan += while_it_travels(plan.deployment_model)
    result["findings"] = [finding.as_json() for finding in about_plan]
    result["steps"] = [
        {"key": step.key, "names": list(step.names)} for step in (steps.steps if steps else ())
    ]
    call.speaker.result(result)
    _show_found(call, found, judged)
    for finding in about_plan:
        call.speaker.finding(finding)
    if steps is not None and plan is not None:
        _show_steps(call, steps, plan)
    return ExitCode.DONE


def _show_found(
    call: Call, found: AgentsFound, judged: dict[DeploymentModel, tuple[Finding, ...]]
) -> None:
    words, line = call.speaker.words, call.speaker.line
    if not found.agents:
        line(words.text("agents.none" if found.looked else "agents.not-looked"))
    for agent in found.agents:
        key = "found" if agent.version else "found-no-version"
        line(
            words.text(
                f"agents.{key}",
                model=words.term("model", agent.model.value),
                version=agent.version,
                state=words.term("service-state", agent.service.value),
            )
        )
        if agent.sources:
            names = words.listed([source.name for source in agent.sources])
            line("  " + words.text("agents.sources", names=names))
        for group in agent.groups:
            size = group.size_bytes
            line(
                "  "
                + words.text(
                    "agents.group",
                    name=group.name,
                    count=len(group.sources),
                    size=words.text("agents.size-unknown") if size is None else words.size(size),
                    method=words.term("agent-method", group.method.value),
                )
            )
        for finding in judged[agent.model]:
            call.speaker.finding(finding)
    for limit in LIMITS:
        line(f"{words.term('agent-limit', limit.key)}: {words.size(limit.size_bytes)}")
        origin = limit.origin
        line("  " + words.text("cli.origin", document=origin.document, date=origin.date))


def _show_steps(call: Call, steps: Guide, plan: Plan) -> None:
    words, line = call.speaker.words, call.speaker.line
    line(
        words.text(
            "agents.steps",
            model=words.term("model", plan.deployment_model.value),
            route=words.term("route", plan.route.value),
        )
    )
    for number, step in enumerate(steps.steps, 1):
        line(f"{number}. {words.text(f'agents.step.{step.key}.title')}")
        if step.names:
            line("   " + " → ".join(step.names))
        line("   " + words.text(f"agents.step.{step.key}.what"))
        if step.with_fields:
            for name in AgentFields.__struct_fields__:
                value = getattr(plan.agent, name) or words.text("agents.empty")
                line(f"   {words.term('agent-field', name)}: {value}")
    line(words.text("cli.origin", document=steps.origin.document, date=steps.origin.date))


def _agent_json(agent: Agent, findings: tuple[Finding, ...]) -> dict[str, object]:
    return {
        "model": agent.model.value,
        "version": agent.version,
        "folder": agent.folder,
        "service": agent.service_name,
        "service_state": agent.service.value,
        "cache": list(agent.cache),
        "answer": agent.answer.value,
        "said": agent.said,
        "sources": [source.name for source in agent.sources],
        "system_state": agent.system_state,
        "method": agent.method.value,
        "fields": _fields_json(agent.fields),
        "groups": [_group_json(group) for group in agent.groups],
        "jobs": [_job_json(job) for job in agent.jobs],
        "waits_for": agent.wait.value,
        "findings": [finding.as_json() for finding in findings],
    }


def _group_json(group: ProtectionGroup) -> dict[str, object]:
    return {
        "name": group.name,
        "size_bytes": group.size_bytes,
        "method": group.method.value,
        "fields": _fields_json(group.fields),
        "sources": [
            {
                "name": source.name,
                "server": source.server,
                "kind": source.kind,
                "size_bytes": source.size_bytes,
            }
            for source in group.sources
        ],
    }


def _job_json(job: AgentJob) -> dict[str, object]:
    return {
        "kind": job.kind,
        "state": job.state,
        "started_at": job.started_at.isoformat() if job.started_at else None,
        "ended_at": job.ended_at.isoformat() if job.ended_at else None,
        "said": job.said,
        "codes": list(job.codes),
    }


def _fields_json(fields: AgentFields) -> dict[str, str]:
    return {name: getattr(fields, name) for name in AgentFields.__struct_fields__}
