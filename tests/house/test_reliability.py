"""docs/reliability.md says what the tests of the promises say."""

from __future__ import annotations

from tests.robustness.page import PAGE, page, promises


def test_the_page_is_made_from_the_promises() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), (
        "run `.venv/bin/python -m tests.robustness.page`"
    )


def test_every_promise_has_one_key() -> None:
    keys = [promise.key for _, promise in promises()]
    assert len(keys) == len(set(keys))
