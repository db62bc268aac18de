"""Reads anybody's drive manifest from a stream: no entities, bounded depth, sizes and memory.

What is wrong is told to `on_fault` and reading goes on; only what is no XML any more ends it. A
credential is noticed, never kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NoReturn, Protocol

from offline_backup_gui.domain.drive_manifest import (
    MANIFEST_NAME,
    BlobList,
    ManifestBlob,
    ManifestHead,
)
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.manifest_rules import Fault, Found, OnFault
from offline_backup_gui.formats.manifest_elements import Elements, StopReading

_READ_BYTES = 1 << 16
_TOKEN_BYTES = 1 << 20  # what expat may hold back: one tag, comment or text without an end


class Readable(Protocol):
    """A stream of bytes."""

    def read(self, size: int, /) -> bytes:
        """Give at most `size` bytes, none at the end."""


def _unheard(_: Found) -> None:
    """Hear of no fault."""


class ManifestReader:
    """Gives the blobs of a manifest as they come; `head` and `lists` are as far as was read.

    Iterating raises MANIFEST_UNREADABLE when the file is no drive manifest at all. One that stops
    being XML later ends with the fault CUT_OFF, NOT_ALLOWED_XML or TOO_LARGE.
    """

    def __init__(
        self, file: Readable, on_fault: OnFault = _unheard, *, name: str = MANIFEST_NAME
    ) -> None:
        self._file, self._tell, self._name = file, on_fault, name
        self._elements = Elements(on_fault)
        self.whole = False

    @property
    def head(self) -> ManifestHead:
        """Give what was read before the blobs."""
        return self._elements.head

    @property
    def lists(self) -> list[BlobList]:
        """Give the lists that were begun, in order; of blobs so far, `list_number` counts them."""
        return self._elements.lists

    def __iter__(self) -> Iterator[ManifestBlob]:
        """Read on from where the file stands; once."""
        try:
            yield from self._read()
        except StopReading as stop:
            yield from self._elements.take()
            if not self._elements.seen_root:
                raise BackupError(
                    ErrorCode.MANIFEST_UNREADABLE, name=self._name, why=stop.detail
                ) from stop
            self._tell(Found(stop.fault, detail=stop.detail))
            return
        self._elements.ended()
        self.whole = True

    def _read(self) -> Iterator[ManifestBlob]:
        # Not xml.sax: its layers cost half of the time, and nothing of what it adds is wanted here.
        import pyexpat

        parser = pyexpat.ParserCreate()
        parser.buffer_text = True
        elements = self._elements
        parser.StartElementHandler = elements.start
        parser.EndElementHandler = elements.end
        parser.CharacterDataHandler = elements.characters
        # Without a document type there are no entities but the five of XML itself.
        parser.StartDoctypeDeclHandler = _no_doctype
        fed, ended = 0, False
        while not ended:
            piece = self._file.read(_READ_BYTES)
            ended = not piece
            try:
                parser.Parse(piece, ended)
            except pyexpat.ExpatError as error:
                why = f"{pyexpat.ErrorString(error.code)}: {error.lineno}:{error.offset}"
                raise StopReading(Fault.CUT_OFF, why) from error
            except (ValueError, LookupError) as error:  # an encoding nobody knows
                raise StopReading(Fault.CUT_OFF, str(error)[:200]) from error
            fed += len(piece)
            if fed - max(0, parser.CurrentByteIndex) > _TOKEN_BYTES + _READ_BYTES:
                raise StopReading(Fault.TOO_LARGE, f"line {parser.CurrentLineNumber}")
            yield from elements.take()


def _no_doctype(*_: object) -> NoReturn:
    raise StopReading(Fault.NOT_ALLOWED_XML, "DOCTYPE")
