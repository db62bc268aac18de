"""Which files of a restore point are chosen: marks on paths, inherited downwards; free of Qt."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from enum import Enum

from offline_backup_gui.services.restores import Node

TOP = ""


class Chosen(Enum):
    """How much of a folder is chosen."""

    ALL = "all"
    SOME = "some"
    NONE = "none"


def ancestors(path: str) -> Iterator[str]:
    """Yield the folders above a path, the nearest first, the top last."""
    while path:
        path = path.rpartition("/")[0]
        yield path


class Selection:
    """Marks on paths: a path without a mark is as its nearest marked ancestor. All at first."""

    def __init__(self) -> None:
        self._marks: dict[str, bool] = {TOP: True}
        self._size_by_path: dict[str, int | None] = {}

    def is_chosen(self, path: str) -> bool:
        """Say whether a path itself is chosen."""
        if path in self._marks:
            return self._marks[path]
        return next(self._marks[above] for above in ancestors(path) if above in self._marks)

    def state(self, path: str) -> Chosen:
        """Say how much of a path and what is below it is chosen."""
        here = self.is_chosen(path)
        prefix = f"{path}/" if path else ""
        for marked, chosen in self._marks.items():
            if marked != path and marked.startswith(prefix) and chosen != here:
                return Chosen.SOME
        return Chosen.ALL if here else Chosen.NONE

    def choose(self, path: str, chosen: bool, size_bytes: int | None = None) -> None:
        """Choose a path with everything below it, or leave it out; its size may not be known."""
        prefix = f"{path}/" if path else ""
        for marked in [one for one in self._marks if one == path or one.startswith(prefix)]:
            del self._marks[marked]
        above = next((one for one in ancestors(path) if one in self._marks), None)
        if above is None or self._marks[above] != chosen:
            self._marks[path] = chosen
        self._size_by_path[path] = size_bytes

    @property
    def everything(self) -> bool:
        """Say whether nothing is left out."""
        return self._marks == {TOP: True}

    @property
    def nothing(self) -> bool:
        """Say whether nothing is chosen."""
        return not any(self._marks.values())

    @property
    def marked(self) -> int:
        """Count the paths that were chosen by themselves."""
        return sum(1 for path, chosen in self._marks.items() if chosen and path != TOP)

    @property
    def left_out(self) -> int:
        """Count the paths that were left out by themselves."""
        return sum(1 for path, chosen in self._marks.items() if not chosen and path != TOP)

    def size_bytes(self, whole_bytes: int) -> int | None:
        """Give the size of what is chosen; None when a folder's size is not known."""
        total = whole_bytes if self._marks.get(TOP, False) else 0
        for path, chosen in self._marks.items():
            if path == TOP:
                continue
            size_bytes = self._size_by_path.get(path)
            if size_bytes is None:
                return None
            total += size_bytes if chosen else -size_bytes
        return max(0, total)

    def includes(self, children: Callable[[str], Sequence[Node]]) -> tuple[str, ...]:
        """Give the paths to restore, none meaning everything; lists only folders chosen in part."""
        if self.everything:
            return ()
        return tuple(self._includes(TOP, children))

    def _includes(self, path: str, children: Callable[[str], Sequence[Node]]) -> Iterator[str]:
        for node in children(path):
            state = self.state(node.path)
            if state is Chosen.ALL:
                yield node.path
            elif state is Chosen.SOME and node.is_folder:
                yield from self._includes(node.path, children)
