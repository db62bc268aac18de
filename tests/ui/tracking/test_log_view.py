"""What the dialog of logs says of each form."""

from __future__ import annotations

import pytest

from offline_backup_gui import words
from offline_backup_gui.domain.service_log import LogVerdict
from offline_backup_gui.ui.tracking import log_view
from tests.formats.test_service_log import SAMPLES, sample

ENGLISH = words.load("en")


@pytest.mark.parametrize("name", sorted(path.name for path in SAMPLES.iterdir() if path.is_file()))
def test_every_form_has_a_message_and_rows_as_wide_as_their_headings(name: str) -> None:
    log = sample(name)
    message = log_view.message(log, ENGLISH)
    assert message.title
    assert message.why
    heads, rows = log_view.table(log, ENGLISH)
    assert {len(row) for row in rows} <= {len(heads)}


def test_a_list_of_files_judges_nothing() -> None:
    assert log_view.judged(sample("bill-of-materials.xml")) is None
    assert log_view.judged(sample("copy-2018-good.xml")) is LogVerdict.COMPLETE


def test_a_checksum_is_written_as_the_bill_of_materials_writes_it() -> None:
    _, rows = log_view.table(sample("verbose-2021.xml"), ENGLISH)
    assert rows[0][2] == f"{16296155123779954476:016x}"


def test_what_stands_beyond_the_table_is_counted() -> None:
    log = sample("drive-2014-verbose.xml")
    _, rows = log_view.table(log, ENGLISH)
    assert log_view.beyond(log, len(rows), ENGLISH) == ""
    assert log_view.beyond(log, len(rows) - 1, ENGLISH) == "and 1 more"
