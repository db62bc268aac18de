"""Writes docs/messages.md from the sentences of the program (`make messages`)."""

from __future__ import annotations

from pathlib import Path

from offline_backup_gui import words
from offline_backup_gui.domain.errors import ErrorCode
from offline_backup_gui.domain.findings import FindingCode

PAGE = Path(__file__).parents[2] / "docs" / "messages.md"
_HEAD = """# Every message of the program

Made by `make messages` from resources/words/en; a test compares. Gaps stand in braces. The code is
what `--json` gives and what small print shows.
"""


def page() -> str:
    """Give the text of the page."""
    english = words.load("en")
    parts = [_HEAD]
    for title, group, codes in (
        ("Troubles", "error", [code.value for code in ErrorCode]),
        ("Findings", "finding", [code.value for code in FindingCode]),
    ):
        parts.append(f"## {title}\n")
        parts.append("| Code | What happened | Why | What to do |\n| --- | --- | --- | --- |")
        for code in codes:
            texts = [english.raw(f"{group}.{code}.{part}") for part in ("title", "why", "do")]
            cells = [text.replace("|", "\\|").replace("\n", " ") for text in texts]
            parts.append(f"| `{code}` | {cells[0]} | {cells[1]} | {cells[2]} |")
        parts.append("")
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
