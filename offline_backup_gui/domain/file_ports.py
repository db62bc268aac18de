"""The doors to file systems: what a backup reads from, and what a restore writes to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from offline_backup_gui.domain.book import Reason
from offline_backup_gui.domain.file_traits import Child, Info, Kept, Traits


class SourceFiles(Protocol):
    """The files of a source, with what their file system knows of them. Nothing is followed.

    Paths are bytes as `os.fsencode` gives them, absolute, with "/" below the source on any system.
    Every method raises OSError when the system refuses.
    """

    @property
    def has_streams(self) -> bool:
        """Say whether files may have alternate streams here, so that `look` is worth a call."""

    def children(self, folder: bytes, on_trouble: Callable[[bytes, OSError], None]) -> list[Child]:
        """List a folder in byte order; single names that hide go to `on_trouble(path, error)`."""

    def look(self, path: bytes, child: Child) -> tuple[Child, Sequence[Child]]:
        """Give what only the file itself tells: how many names it has, and its streams.

        Streams of a folder are children beside it as well; those of the source itself, whose child
        has no name, are children with the name `:stream`.
        """

    def refusal(self, info: Info) -> tuple[Reason, str] | None:
        """Name why no backup holds such a thing, with the system's word for it, or None."""

    def open(self, path: bytes, child: Child | None = None) -> int:
        """Open a regular file or a stream for reading; anything else is FileNotFoundError."""

    def info(self, opened: int | bytes) -> Info:
        """Look at an open file or a path again."""

    def next_data(self, descriptor: int, offset: int, size: int) -> int:
        """Give the offset of the next byte that is not in a hole (`size` when there is none)."""

    def traits(self, opened: int | bytes, info: Info) -> Traits:
        """Give what is known beyond bytes; an open file is asked without looking it up again.

        What hides is among the traits, so that this raises no OSError.
        """

    def target(self, path: bytes, info: Info) -> bytes:
        """Give where a link leads."""


class SmallFileMakers(Protocol):
    """Processes that make small files of a restore, so that several are made at once."""

    def make(
        self,
        folder: bytes,
        part: bytes,
        files: Sequence[tuple[bytes, Kept, memoryview]],
        *,
        replace: bool,
    ) -> Sequence[str | tuple[int, str] | None]:
        """Make the files (name, what is kept, contents) of one folder; any thread may call.

        A file appears whole under its name; `part` is its temporary name until then. Gives for
        each None, or what of it differs ("exists": another has its name, and keeps it without
        `replace`), or errno and the system's word when there is no such file now. OSError when a
        process is gone: nobody knows then which files were made.
        """

    def close(self) -> None:
        """End the processes."""


class TargetFiles(Protocol):
    """The file system a restore writes to. OSError when the system refuses."""

    @property
    def has_streams(self) -> bool:
        """Say whether files may have alternate streams here; else these become files."""

    @property
    def folds_case(self) -> bool:
        """Say whether names that differ in case only are one name here."""

    def full(self, path: bytes) -> bytes:
        """Give an absolute path in the form whose parts the system takes for what they are."""

    def takes(self, name: bytes) -> bool:
        """Say whether a name means here one file or folder of that very name."""

    def create(self, path: bytes, kept: Kept) -> int:
        """Make a new file for writing, private, ready for what is kept of it."""

    def create_stream(self, path: bytes, stream: bytes) -> int | None:
        """Make a stream of a file or folder for writing; None where there are no streams."""

    def truncate(self, descriptor: int, size_bytes: int) -> None:
        """Set the size of an open file; what was not written is a hole, where there are holes."""

    def make_link(self, path: bytes, kept: Kept) -> None:
        """Make a symbolic link, junction or FIFO."""

    def lstat(self, path: bytes) -> Info:
        """Look at a name, not followed."""

    def rename(self, part: bytes, path: bytes) -> None:
        """Give a finished file its name; a file that has it goes."""

    def remove(self, path: bytes) -> None:
        """Remove a file or link."""

    def set(self, where: bytes | int, kept: Kept) -> Sequence[str]:
        """Set everything beyond bytes on a path or an open file; give what could not be set.

        Each line is a word of `restore.reason`, with the system's word after a colon.
        """

    def makers(self, count: int) -> SmallFileMakers | None:
        """Start processes that make small files; None where there are none."""


class Files(SourceFiles, TargetFiles, Protocol):
    """The file systems of this computer."""
