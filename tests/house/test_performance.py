"""docs/performance.md says what the newest results of the benchmarks say."""

from __future__ import annotations

from benchmarks.page import PAGE, page


def test_the_page_is_made_from_the_results() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make benchmark ARGS=page`"
