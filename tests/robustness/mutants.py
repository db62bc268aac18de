"""Plants faults into the program's own source, to prove that a test bites."""

from __future__ import annotations

import inspect
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest


@dataclass(frozen=True)
class Mutant:
    """One function of the program with some of its lines changed."""

    name: str
    owner: Any  # the class or module the function is found in
    function: str
    changes: tuple[tuple[str, str], ...]

    @contextmanager
    def planted(self) -> Iterator[None]:
        """Let the program run with this fault; lines that are not there any more fail."""
        real: Callable[..., Any] = inspect.getattr_static(self.owner, self.function)
        source = textwrap.dedent(inspect.getsource(real))
        for old, new in self.changes:
            assert source.count(old) == 1, f"{self.name}: {old!r} is not in {self.function}"
            source = source.replace(old, new)
        space = dict(vars(sys.modules[real.__module__]))
        exec(compile("from __future__ import annotations\n" + source, self.name, "exec"), space)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(self.owner, self.function, space[self.function])
            yield

    def __str__(self) -> str:
        return self.name
