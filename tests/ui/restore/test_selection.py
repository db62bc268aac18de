"""Choosing files: marks are inherited, and the paths to restore follow from them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offline_backup_gui.services.restores import Node
from offline_backup_gui.ui.restore.selection import Chosen, Selection, ancestors
from tests.ui.tracking.fakes import TREE

FILES = sorted(node.path for nodes in TREE.values() for node in nodes if not node.is_folder)
PATHS = sorted(node.path for nodes in TREE.values() for node in nodes)


def children(path: str) -> Sequence[Node]:
    return TREE[path]


def restored(selection: Selection) -> set[str]:
    """Give the files a restore of the included paths would bring."""
    paths = selection.includes(children)
    if selection.everything:
        return set(FILES)
    return {
        file for file in FILES if any(file == path or file.startswith(f"{path}/") for path in paths)
    }


def test_everything_is_chosen_at_first() -> None:
    selection = Selection()
    assert selection.everything
    assert selection.state("") is Chosen.ALL
    assert selection.is_chosen("Shares/Scans")
    assert selection.includes(children) == ()
    assert selection.size_bytes(100) == 100


def test_leaving_out_a_file_marks_its_folders_in_part() -> None:
    selection = Selection()
    selection.choose("Projects/index.xlsx", False, 184_320)
    assert selection.state("Projects") is Chosen.SOME
    assert selection.state("") is Chosen.SOME
    assert selection.state("Shares") is Chosen.ALL
    assert selection.includes(children) == (
        "Projects/Harbour bridge",
        "Projects/Museum",
        "Shares",
    )
    assert selection.size_bytes(1_000_000) == 1_000_000 - 184_320


def test_choosing_it_again_is_as_if_nothing_had_been() -> None:
    selection = Selection()
    selection.choose("Projects/index.xlsx", False, 184_320)
    selection.choose("Projects/index.xlsx", True, 184_320)
    assert selection.everything


def test_a_folder_takes_what_is_below_it_along() -> None:
    selection = Selection()
    selection.choose("Projects/Museum", False)
    selection.choose("Projects", False)
    selection.choose("Projects", True)
    assert selection.everything


def test_one_file_of_nothing() -> None:
    selection = Selection()
    selection.choose("", False)
    assert selection.nothing
    selection.choose("Shares/Accounting/ledger.db", True, 7)
    assert selection.state("Shares") is Chosen.SOME
    assert selection.includes(children) == ("Shares/Accounting/ledger.db",)
    assert selection.size_bytes(1_000) == 7


def test_a_name_that_begins_like_a_folder_is_not_inside_it() -> None:
    selection = Selection()
    selection.choose("a", False)
    assert selection.is_chosen("ab")
    assert selection.state("ab") is Chosen.ALL


def test_an_unknown_size_makes_the_sum_unknown() -> None:
    selection = Selection()
    selection.choose("Projects", False, None)
    assert selection.size_bytes(10) is None


def test_the_folders_above_a_path_end_at_the_top() -> None:
    assert list(ancestors("a/b/c")) == ["a/b", "a", ""]
    assert list(ancestors("")) == []


@given(st.lists(st.tuples(st.sampled_from(["", *PATHS]), st.booleans()), max_size=12))
def test_what_is_restored_is_what_is_shown_as_chosen(clicks: list[tuple[str, bool]]) -> None:
    selection = Selection()
    for path, chosen in clicks:
        selection.choose(path, chosen)
    assert restored(selection) == {file for file in FILES if selection.is_chosen(file)}


@given(st.lists(st.tuples(st.sampled_from(PATHS), st.booleans()), max_size=12))
def test_a_folder_says_some_exactly_when_what_is_below_differs(
    clicks: list[tuple[str, bool]],
) -> None:
    selection = Selection()
    for path, chosen in clicks:
        selection.choose(path, chosen)
    for folder in TREE:
        below = {
            selection.is_chosen(path)
            for path in PATHS
            if not folder or path == folder or path.startswith(f"{folder}/")
        }
        if len(below) > 1:
            assert selection.state(folder) is Chosen.SOME


@pytest.mark.parametrize("path", PATHS)
def test_every_path_can_be_restored_alone(path: str) -> None:
    selection = Selection()
    selection.choose("", False)
    selection.choose(path, True)
    assert selection.includes(children) == (path,)
