"""Walks the XML of foreign logs, with a root or without, in bounded memory and without entities."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator, Mapping
from typing import BinaryIO
from xml.sax import SAXException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl

from defusedxml.common import DefusedXmlException
from defusedxml.expatreader import DefusedExpatParser

_PIECE_BYTES = 1 << 16
_TEXT_CHARACTERS = 1 << 16  # of one element; what is longer is cut
_DEPTH = 64
_DECLARATION = re.compile(r"^\s*(<\?xml[^>]*\?>)?\s*-?(?=\s*<)")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"<\x00", "utf-16-le"),
    (b"\x00<", "utf-16-be"),
)

Ended = Callable[[tuple[str, ...], Mapping[str, str], str], None]
"""Called at the end of each element: its path from the top, its attributes, its text."""


class XmlStopped(Exception):
    """The text ended, or stopped being XML, before the document did; what came before was told."""


def walk(file: BinaryIO, ended: Ended) -> None:
    """Tell every element in the order of their ends. XmlStopped when the rest cannot be read."""
    parser = DefusedExpatParser(forbid_dtd=True, forbid_entities=True, forbid_external=True)
    parser.setContentHandler(_Handler(ended))
    # The copy log of 2021-08-01 is a run of elements, so each log gets a root of ours.
    parser.feed('<?xml version="1.0" encoding="utf-8"?><logs>')
    try:
        for text in _pieces(file):
            parser.feed(text)
        parser.feed("</logs>")
        parser.close()
    except (SAXException, DefusedXmlException, UnicodeError) as error:
        raise XmlStopped(str(error)) from error


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    """Give the text as UTF-8, without declaration and byte order mark."""
    piece = file.read(_PIECE_BYTES)
    encoding = next((name for mark, name in _MARKS if piece.startswith(mark)), "utf-8")
    decoder = codecs.getincrementaldecoder(encoding)()
    text = decoder.decode(piece)
    yield _DECLARATION.sub("", text, count=1).encode()
    while piece := file.read(_PIECE_BYTES):
        yield decoder.decode(piece).encode()
    yield decoder.decode(b"", final=True).encode()


class _Handler(ContentHandler):
    def __init__(self, ended: Ended) -> None:
        super().__init__()
        self._ended = ended
        self._path: list[str] = []
        self._attributes: list[dict[str, str]] = []
        self._texts: list[list[str]] = []

    def startElement(self, name: str, attrs: AttributesImpl[str]) -> None:
        if len(self._path) >= _DEPTH:
            raise SAXException("too deep")
        self._path.append(name)
        self._attributes.append(dict(attrs.items()))
        self._texts.append([])

    def characters(self, content: str) -> None:
        texts = self._texts[-1]
        if sum(map(len, texts)) < _TEXT_CHARACTERS:
            texts.append(content[:_TEXT_CHARACTERS])

    def endElement(self, name: str) -> None:
        path = (*self._path[1:-1], name) if len(self._path) > 1 else ()
        self._path.pop()
        attributes, texts = self._attributes.pop(), self._texts.pop()
        if path:
            self._ended(path, attributes, "".join(texts).strip())
