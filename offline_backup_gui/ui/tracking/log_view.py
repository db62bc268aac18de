"""What the dialog says of a log, worked out from what was read; free of Qt."""

from __future__ import annotations

from offline_backup_gui.domain.service_log import (
    JUDGED,
    LogVerdict,
    ServiceLog,
    verdict,
)
from offline_backup_gui.words import Message, Words


def judged(log: ServiceLog) -> LogVerdict | None:
    """Give the verdict; None for a list of files or steps, which judges nothing."""
    return verdict(log) if log.form in JUDGED else None


def message(log: ServiceLog, words: Words) -> Message:
    """Say what the log means as a whole."""
    said = judged(log)
    if said is None:
        title = words.term("log-form", log.form.value)
        count = len(log.custody) if log.custody else log.file_count
        key = "log.steps" if log.custody else "log.files"
        return Message(title, words.text(key, count=count), "")
    key = f"log-verdict.{said.value}"
    title, why, do = (
        words.text(f"{key}.{part}", status=log.status or "–", refused=log.wrong)
        for part in ("title", "why", "do")
    )
    return Message(title, why, do)


def about(log: ServiceLog) -> str:
    """Give what Azure says of the whole, in its own words."""
    return "  ·  ".join(f"{what}: {said}" for what, said in log.about)


def table(log: ServiceLog, words: Words) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Give headings and rows: entries of a copy, else steps of custody, else files."""
    heads: tuple[str, ...]
    rows: list[tuple[str, ...]]
    if log.custody:
        heads = ("log.head-time", "log.head-step", "log.head-status", "log.head-words")
        rows = [
            (f"{step.at:%Y-%m-%d %H:%M}", step.activity, step.status, step.words)
            for step in log.custody
        ]
    elif log.entries or log.form in JUDGED:
        heads = ("log.head-mark", "log.head-path", "log.head-meaning", "log.head-azure")
        rows = [
            (
                words.term("log-mark", entry.mark.value),
                entry.path,
                _meaning(words.term("log-code", entry.code), entry.new_name or entry.words),
                " ".join(filter(None, (entry.code, entry.number))),
            )
            for entry in log.entries
        ]
    else:
        heads = ("log.head-path", "log.head-size", "log.head-checksum")
        rows = [
            (
                file.path,
                "" if file.size_bytes is None else words.size(file.size_bytes),
                "" if file.crc64 is None else f"{file.crc64:016x}",
            )
            for file in log.files
        ]
    return tuple(words.text(head) for head in heads), rows


def _meaning(said: str, more: str) -> str:
    return f"{said}: {more}" if more else said


def beyond(log: ServiceLog, shown: int, words: Words) -> str:
    """Say how much the table leaves out; empty when nothing."""
    whole = sum(count for _, count in log.count_by_mark) if log.entries else log.file_count
    more = 0 if log.custody else whole - shown
    return words.text("tracking.more", count=more) if more > 0 else ""
