"""Walks the XML of foreign logs, with a root or without, in bounded memory and without entities."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator, Mapping
from typing import BinaryIO
from xml.sax import SAXException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl

from defusedxml.common import DefusedXmlException
from defusedxml.expatreader import DefusedExpatParser

_PIECE_BYTES = 1 << 16
_TEXT_CHARACTERS = 1 << 12  # of one element or attribute; what is longer is cut, and shows it
_TAG_BYTES = 1 << 20  # the parser holds a tag or comment whole until it ends
_DEPTH = 64
MOST_BYTES = 2 << 30  # of a whole log
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
    handler = _Handler(ended)
    parser.setContentHandler(handler)
    # The copy log of 2021-08-01 is a run of elements, so each log gets a root of ours.
    parser.feed('<?xml version="1.0" encoding="utf-8"?><logs>')
    try:
        silent = 0
        for text in _pieces(file):
            before = handler.heard
            parser.feed(text)
            silent = 0 if handler.heard > before else silent + len(text)
            if silent > _TAG_BYTES:
                raise XmlStopped("a tag without an end")
        parser.feed("</logs>")
        parser.close()
    except (SAXException, DefusedXmlException, UnicodeError) as error:
        raise XmlStopped(str(error)) from error


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    """Give the text as UTF-8, without declaration and byte order mark. XmlStopped at the bound."""
    piece = file.read(_PIECE_BYTES)
    encoding = next((name for mark, name in _MARKS if piece.startswith(mark)), "utf-8")
    decoder = codecs.getincrementaldecoder(encoding)()
    yield _without_declaration(decoder.decode(piece)).encode()
    read = len(piece)
    while piece := file.read(_PIECE_BYTES):
        read += len(piece)
        if read > MOST_BYTES:
            raise XmlStopped("too large")
        yield decoder.decode(piece).encode()
    yield decoder.decode(b"", final=True).encode()


def _without_declaration(text: str) -> str:
    """Begin with the first element; some samples have a dash before it."""
    text = text.lstrip()
    if text.startswith("<?xml"):
        text = text.partition("?>")[2].lstrip()
    inner = text.removeprefix("-").lstrip()
    return inner if inner.startswith("<") else text


def _cut(text: str) -> str:
    return text if len(text) <= _TEXT_CHARACTERS else f"{text[:_TEXT_CHARACTERS]}…"


class _Handler(ContentHandler):
    def __init__(self, ended: Ended) -> None:
        super().__init__()
        self._ended = ended
        self._path: list[str] = []
        self._attributes: list[dict[str, str]] = []
        self._texts: list[list[str]] = []
        self._left: list[int] = []  # how much more text an open element may have
        self.heard = 0

    def startElement(self, name: str, attrs: AttributesImpl[str]) -> None:
        self.heard += 1
        if len(self._path) >= _DEPTH:
            raise SAXException("too deep")
        self._path.append(_cut(name))
        self._attributes.append({_cut(key): _cut(value) for key, value in attrs.items()})
        self._texts.append([])
        self._left.append(_TEXT_CHARACTERS)

    def characters(self, content: str) -> None:
        self.heard += 1
        left = self._left[-1]
        if left < 0:
            return
        self._texts[-1].append(content if len(content) <= left else f"{content[:left]}…")
        self._left[-1] = left - len(content)

    def endElement(self, name: str) -> None:
        self.heard += 1
        del name  # the last of the path, with its length bounded
        path = tuple(self._path[1:])
        self._path.pop()
        self._left.pop()
        attributes, texts = self._attributes.pop(), self._texts.pop()
        if path:
            self._ended(path, attributes, "".join(texts).strip())
