"""Tasks of Windows' Task Scheduler as XML: written after the published schema, read with care."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from offline_backup_gui.adapters.task_xml import Task, daily_task, read_task, task_xml

NAMESPACE = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
COMMAND = [r"C:\Program Files\Offline Backup\offline-backup.exe", "increment", r"C:\P D\x.toml"]
TASK = daily_task(("21:00", "06:05", "21:00"), COMMAND)

# The published complex types: child elements with their kinds. "sequence" types keep an order.
SCHEMA: dict[str, tuple[str, tuple[str, ...]]] = {
    "Task": ("all", ("RegistrationInfo", "Triggers", "Settings", "Data", "Principals", "Actions")),
    "RegistrationInfo": (
        "all",
        (
            "URI",
            "SecurityDescriptor",
            "Source",
            "Date",
            "Author",
            "Version",
            "Description",
            "Documentation",
        ),
    ),
    "Triggers": ("choice", ("BootTrigger", "TimeTrigger", "CalendarTrigger", "LogonTrigger")),
    "CalendarTrigger": (
        "sequence",
        (
            "Enabled",
            "StartBoundary",
            "EndBoundary",
            "Repetition",
            "ExecutionTimeLimit",
            "RandomDelay",
            "ScheduleByDay",
        ),
    ),
    "ScheduleByDay": ("sequence", ("DaysInterval",)),
    "Principals": ("sequence", ("Principal",)),
    "Principal": ("all", ("UserId", "LogonType", "GroupId", "DisplayName", "RunLevel")),
    "Settings": (
        "all",
        (
            "AllowStartOnDemand",
            "RestartOnFailure",
            "MultipleInstancesPolicy",
            "DisallowStartIfOnBatteries",
            "StopIfGoingOnBatteries",
            "AllowHardTerminate",
            "StartWhenAvailable",
            "NetworkProfileName",
            "RunOnlyIfNetworkAvailable",
            "WakeToRun",
            "Enabled",
            "Hidden",
            "DeleteExpiredTaskAfter",
            "IdleSettings",
            "NetworkSettings",
            "ExecutionTimeLimit",
            "Priority",
            "RunOnlyIfIdle",
        ),
    ),
    "RestartOnFailure": ("all", ("Interval", "Count")),
    "Actions": ("sequence", ("Exec", "ComHandler", "SendEmail", "ShowMessage")),
    "Exec": ("all", ("Command", "Arguments", "WorkingDirectory")),
}
VALUES = {
    "StartBoundary": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d",
    "RunLevel": "LeastPrivilege|HighestAvailable",
    "MultipleInstancesPolicy": "Parallel|Queue|IgnoreNew|StopExisting",
    "ExecutionTimeLimit": r"PT\d+[HMS]",
    "Interval": r"PT\d+M",
    "Count": r"[1-9]\d{0,2}",
    "Priority": "10|[0-9]",
    "DaysInterval": "[1-9]",
    "UserId": r"S-1-5-18",
} | dict.fromkeys(
    (
        "DisallowStartIfOnBatteries",
        "StopIfGoingOnBatteries",
        "AllowHardTerminate",
        "StartWhenAvailable",
        "RunOnlyIfNetworkAvailable",
        "AllowStartOnDemand",
        "Enabled",
        "Hidden",
        "RunOnlyIfIdle",
        "WakeToRun",
    ),
    "true|false",
)


def plain(element: Element) -> str:
    assert element.tag.startswith(NAMESPACE)
    return element.tag.removeprefix(NAMESPACE)


def check(element: Element) -> None:
    """Hold an element against the published types."""
    name, children = plain(element), [plain(child) for child in element]
    if name in SCHEMA:
        kind, allowed = SCHEMA[name]
        assert set(children) <= set(allowed), (name, children)
        if kind == "all":
            assert len(set(children)) == len(children)
        if kind == "sequence":
            places = [allowed.index(child) for child in children]
            assert places == sorted(places)
    else:
        assert not children, name
        assert re.fullmatch(VALUES.get(name, r"(?s).*"), element.text or ""), (name, element.text)
    for child in element:
        check(child)


def xml_of(task: Task = TASK) -> str:
    return task_xml(task, "Increments <&> of plan").decode("utf-16")


def test_the_xml_keeps_to_the_published_schema() -> None:
    data = task_xml(TASK, "x")
    assert data.startswith(b"\xff\xfe<\0?\0")
    root = fromstring(re.sub(r"^<\?xml[^>]*\?>", "", xml_of()))
    assert root.attrib == {"version": "1.2"}
    check(root)
    actions = root.find(f"{NAMESPACE}Actions")
    principal = root.find(f"{NAMESPACE}Principals/{NAMESPACE}Principal")
    assert actions is not None
    assert principal is not None
    assert actions.attrib["Context"] == principal.attrib["id"]


def test_a_task_runs_daily_at_local_times_under_the_machine_account_with_all_rights() -> None:
    text = xml_of()
    assert re.findall(r"<StartBoundary>\d{4}-\d\d-\d\dT(\S+?)</StartBoundary>", text) == [
        "06:05:00",  # no zone and no offset: local time in summer and in winter
        "21:00:00",
    ]
    assert TASK.arguments == r'increment "C:\P D\x.toml"'
    assert read_task(task_xml(TASK, "x")) == TASK


def test_what_windows_gives_back_in_its_own_order_and_spelling_is_the_same_task() -> None:
    # Made after the form of `schtasks /Query /XML` on Windows: defaults and its own lines added.
    given_back = f"""<?xml version="1.0" encoding="UTF-16"?>\r
<Task version="1.2" xmlns="{NAMESPACE[1:-1]}">\r
  <RegistrationInfo>\r
    <Date>2026-11-25T17:00:00</Date>\r
    <Author>Büro</Author>\r
    <URI>\\Offline Backup\\Increment 0123</URI>\r
  </RegistrationInfo>\r
  <Principals>\r
    <Principal id="Author"><UserId>S-1-5-18</UserId>\r
      <RunLevel>HighestAvailable</RunLevel></Principal>\r
  </Principals>\r
  <Settings>\r
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>\r
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>\r
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>\r
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>\r
    <StartWhenAvailable>true</StartWhenAvailable>\r
    <IdleSettings><Duration>PT10M</Duration></IdleSettings>\r
  </Settings>\r
  <Triggers>\r
    <CalendarTrigger><StartBoundary>2024-01-01T21:00:00</StartBoundary><Enabled>true</Enabled>\r
      <ScheduleByDay><DaysInterval>1</DaysInterval></ScheduleByDay></CalendarTrigger>\r
    <CalendarTrigger><StartBoundary>2024-01-01T06:05:00</StartBoundary>\r
      <ScheduleByDay><DaysInterval>1</DaysInterval></ScheduleByDay></CalendarTrigger>\r
  </Triggers>\r
  <Actions Context="Author"><Exec><Command>{COMMAND[0]}</Command>\
<Arguments>{TASK.arguments.replace('"', "&quot;")}</Arguments></Exec></Actions>\r
</Task>\r
"""
    for data, page in (
        (given_back.encode("cp850"), "cp850"),
        (given_back.encode("utf-16"), "ascii"),
        (given_back.encode("utf-16-le"), "ascii"),
        (b"\xef\xbb\xbf" + given_back.encode(), "ascii"),
    ):
        assert read_task(data, page) == TASK


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<UserId>S-1-5-18</UserId>", "<UserId>S-1-5-21-1-2-3-1001</UserId>"),
        ("HighestAvailable", "LeastPrivilege"),
        ("<Enabled>true</Enabled>", "<Enabled>false</Enabled>"),
        ("T21:00:00", "T22:00:00"),
        ("T21:00:00", "T21:00:00Z"),
        ("T21:00:00", "T21:00:00+01:00"),
        ("<DaysInterval>1<", "<DaysInterval>2<"),
        ("</StartBoundary>", "</StartBoundary><EndBoundary>2025-01-01T00:00:00</EndBoundary>"),
        ("</StartBoundary>", "</StartBoundary><Enabled>false</Enabled>"),
        ("<CalendarTrigger>", "<BootTrigger/><CalendarTrigger>"),
        ("offline-backup.exe", "other.exe"),
        ("increment", "restore"),
        ("PT0S", "PT72H"),
        ("<ExecutionTimeLimit>PT0S</ExecutionTimeLimit>", ""),
        ("<StartWhenAvailable>true", "<StartWhenAvailable>false"),
        ("<StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>", ""),
        ("IgnoreNew", "StopExisting"),
        ("<RunOnlyIfIdle>false", "<RunOnlyIfIdle>true"),
        ("</Exec>", "</Exec><Exec><Command>evil.exe</Command></Exec>"),
    ],
)
def test_a_task_that_somebody_changed_is_another_task(before: str, after: str) -> None:
    text = xml_of()
    assert before in text
    assert read_task(text.replace(before, after, 1).encode("utf-16")) != TASK


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"ERROR: The system cannot find the file specified.\r\n",
        "FEHLER: Das System kann die angegebene Datei nicht finden.".encode("utf-16"),
        b"\xff\xfe",
        b"<Task/>",
        xml_of()[:-20].encode("utf-16"),
        b"<!DOCTYPE x [<!ENTITY a 'b'>]><Task>&a;</Task>",
        b"<" * (1 << 20) + b"<",
        b"\x80\x81",
        b"<a>" * 50_000,
    ],
)
def test_what_is_no_task_is_none(data: bytes) -> None:
    assert read_task(data) is None


@given(st.binary(max_size=400))
def test_no_bytes_make_the_reader_fall(data: bytes) -> None:
    read_task(data, "cp850")


@given(
    st.text(
        st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"),
        min_size=1,
    )
    .map(str.strip)
    .filter(bool)
)
def test_any_name_survives_the_way_there_and_back(name: str) -> None:
    task = replace(TASK, command=f"C:\\{name}\\x.exe")
    assert read_task(task_xml(task, name)) == task


def test_a_name_that_xml_cannot_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="XML"):
        task_xml(replace(TASK, command="C:\\a\x01b"), "x")
