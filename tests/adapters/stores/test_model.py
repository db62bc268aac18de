"""Any sequence of calls leaves a folder account and the one in memory with the same objects."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from offline_backup_gui.adapters.stores.folder_account import FolderContainer
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.ports import ObjectStore
from tests.fakes import MemoryStore

_NAMES = ("a", "a.b", "a-b", "b/a", "b/c", "b/c.d/e", "b0")
_CALLS: st.SearchStrategy[tuple[str, str, list[bytes]]] = st.one_of(
    st.tuples(
        st.sampled_from(("put", "replace", "abort")),
        st.sampled_from(_NAMES),
        st.lists(st.binary(max_size=5), max_size=3),
    ),
    st.tuples(st.just("delete"), st.sampled_from(_NAMES), st.just([])),
    st.tuples(st.just("list"), st.sampled_from(("", "a", "b", "b/", "b/c", "x")), st.just([])),
    st.tuples(st.just("read"), st.sampled_from(_NAMES), st.just([])),
)


def outcome(store: ObjectStore, call: str, name: str, pieces: list[bytes]) -> object:
    """Make one call; give what it answers, trouble included."""
    try:
        if call == "list":
            return list(store.objects(name))
        if call == "read":
            return store.read(name, 1, 3)
        if call == "delete":
            store.delete(name)
            return None
        writer = store.create(name, replace=call == "replace")
        for piece in pieces:
            writer.write(piece)
        if call == "abort":
            writer.abort()
        else:
            writer.commit()
    except BackupError as error:
        return error.code
    return None


@settings(max_examples=60, deadline=None)
@given(st.lists(_CALLS, max_size=12))
def test_folder_and_memory_answer_alike(calls: list[tuple[str, str, list[bytes]]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        real, model = FolderContainer(Path(folder)), MemoryStore()
        for call, name, pieces in calls:
            told = outcome(real, call, name, pieces)
            assert told == outcome(model, call, name, pieces)
            assert told in (None, ErrorCode.OBJECT_EXISTS, ErrorCode.OBJECT_MISSING) or call in (
                "list",
                "read",
            )
        assert list(real.objects()) == list(model.objects())
        assert real.sweep() == 0
