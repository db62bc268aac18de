"""A task of Windows' Task Scheduler as XML, and what such XML says; pure.

Source of elements, their defaults and their order: "Task Scheduler Schema" of the Windows
documentation (triggerBaseType, settingsType, principalType, execActionType).
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from msgspec import Struct

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_NAMESPACE = "http://schemas.microsoft.com/windows/2004/02/mit/task"
MACHINE_ACCOUNT = "S-1-5-18"
_ALSO_THE_MACHINE = frozenset({"S-1-5-18", "SYSTEM", "NT AUTHORITY\\SYSTEM", "LOCALSYSTEM"})
_LONGEST = 1 << 20
# A time without a zone is local time on whatever day it comes: 21:00 stays 21:00 in summer. The
# day is long gone, so that the first run is the next one.
_START = re.compile(r"\d{4}-\d\d-\d\dT(\d\d:\d\d):00(?:\.0+)?")
_DAY = "2024-01-01"
_WRONG_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Task(Struct, frozen=True):
    """What a task does, as far as it matters here."""

    times: tuple[str, ...]  # local "HH:MM", every day, sorted
    command: str
    arguments: str
    account: str = MACHINE_ACCOUNT
    highest: bool = True
    enabled: bool = True
    runs_on_batteries: bool = True
    catches_up: bool = True  # starts later when the computer was off
    unlimited: bool = True
    one_at_a_time: bool = True
    waits_for_nothing: bool = True  # neither for an idle computer nor for a network


def daily_task(times: Sequence[str], command: Sequence[str]) -> Task:
    """Give the task that runs a command every day at local "HH:MM" times."""
    program, *arguments = command
    return Task(tuple(sorted(set(times))), program, subprocess.list2cmdline(arguments))


def task_xml(task: Task, description: str) -> bytes:
    """Write a task as the file that `schtasks /Create /XML` takes: UTF-16 with its mark."""
    triggers = "".join(
        f"<CalendarTrigger><StartBoundary>{_DAY}T{at}:00</StartBoundary>"
        "<ScheduleByDay><DaysInterval>1</DaysInterval></ScheduleByDay></CalendarTrigger>"
        for at in task.times
    )
    # Restarting helps when the task could not be started; what the program itself could not do is
    # told by its job, and the next run goes on with it.
    text = f"""<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="{_NAMESPACE}">
<RegistrationInfo><Author>Offline Backup</Author>\
<Description>{_text(description)}</Description></RegistrationInfo>
<Triggers>{triggers}</Triggers>
<Principals><Principal id="Author"><UserId>{_text(task.account)}</UserId>\
<RunLevel>HighestAvailable</RunLevel></Principal></Principals>
<Settings>
<MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
<DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
<StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
<AllowHardTerminate>true</AllowHardTerminate>
<StartWhenAvailable>true</StartWhenAvailable>
<RunOnlyIfNetworkAvailable>false</RunOnlyIfNetworkAvailable>
<AllowStartOnDemand>true</AllowStartOnDemand>
<Enabled>true</Enabled>
<Hidden>false</Hidden>
<RunOnlyIfIdle>false</RunOnlyIfIdle>
<WakeToRun>false</WakeToRun>
<ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
<Priority>7</Priority>
<RestartOnFailure><Interval>PT15M</Interval><Count>3</Count></RestartOnFailure>
</Settings>
<Actions Context="Author"><Exec><Command>{_text(task.command)}</Command>\
<Arguments>{_text(task.arguments)}</Arguments></Exec></Actions>
</Task>
"""
    return b"\xff\xfe" + text.encode("utf-16-le")


def _text(text: str) -> str:
    if _WRONG_IN_XML.search(text):
        raise ValueError("a character that XML cannot hold")
    return escape(text)


def read_task(data: bytes, code_page: str = "ascii") -> Task | None:
    """Say what XML of a task does; None when it is no XML of a task.

    `schtasks` writes it in the code page of the console, whatever the XML says of itself.
    """
    if len(data) > _LONGEST:
        return None
    # Loading it takes time that a start need not pay.
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    try:
        text = _decoded(data, code_page)
        root: Element = fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", text))
    except (ParseError, DefusedXmlException, ValueError, LookupError, RecursionError):
        return None
    if root.tag != f"{{{_NAMESPACE}}}Task":
        return None
    actions = list(root.iterfind(_path("Actions/*")))
    if len(actions) != 1 or actions[0].tag != f"{{{_NAMESPACE}}}Exec":
        return None
    times = _times(root)
    if times is None:
        return None
    return Task(
        times,
        _value(actions[0], "Command"),
        _value(actions[0], "Arguments"),
        _account(root),
        _value(root, "Principals/Principal/RunLevel") == "HighestAvailable",
        _truth(root, "Enabled", default=True),
        not _truth(root, "DisallowStartIfOnBatteries", default=True)
        and not _truth(root, "StopIfGoingOnBatteries", default=True),
        _truth(root, "StartWhenAvailable", default=False),
        _value(root, "Settings/ExecutionTimeLimit", "PT72H") == "PT0S",
        _value(root, "Settings/MultipleInstancesPolicy", "IgnoreNew") == "IgnoreNew",
        not _truth(root, "RunOnlyIfIdle", default=False)
        and not _truth(root, "RunOnlyIfNetworkAvailable", default=False),
    )


def _decoded(data: bytes, code_page: str) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16")
    if data[1:2] == b"\0":
        return data.decode("utf-16-le")
    if data.startswith(b"\xef\xbb\xbf"):
        return data.decode("utf-8-sig")
    return data.decode(code_page)


def _path(path: str) -> str:
    return "/".join(part if part == "*" else f"{{{_NAMESPACE}}}{part}" for part in path.split("/"))


def _value(element: Element, path: str, default: str = "") -> str:
    return (element.findtext(_path(path), default) or default).strip()


def _truth(root: Element, setting: str, *, default: bool) -> bool:
    return _value(root, f"Settings/{setting}", str(default)).lower() in ("true", "1")


def _account(root: Element) -> str:
    principals = list(root.iterfind(_path("Principals/Principal")))
    account = _value(principals[0], "UserId") if len(principals) == 1 else ""
    return MACHINE_ACCOUNT if account.upper() in _ALSO_THE_MACHINE else account


def _times(root: Element) -> tuple[str, ...] | None:
    """Give the daily times; None when there is any trigger of another kind."""
    times: list[str] = []
    for trigger in root.iterfind(_path("Triggers/*")):
        start = _START.fullmatch(_value(trigger, "StartBoundary"))
        daily = _value(trigger, "ScheduleByDay/DaysInterval") == "1"
        bounded = trigger.find(_path("EndBoundary")) is not None
        enabled = _value(trigger, "Enabled", "true").lower() in ("true", "1")
        if start is None or not daily or bounded or not enabled:
            return None
        times.append(start[1])
    return tuple(sorted(times))
