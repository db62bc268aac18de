"""What the files of the sample office hold: text, office documents, pictures, database pages."""

from __future__ import annotations

import io
import random
import zipfile
from functools import cached_property

PAGE_BYTES = 8192
MARKER = "Payroll-of-branch-042-confidential"
_WORDS = """
invoice delivery customer branch warehouse order payment account quarter report forecast supplier
contract meeting agenda budget holiday machine repair service transport insurance Rechnung Lieferung
Kundin Filiale Lager Bestellung Zahlung Konto Quartal Bericht Vertrag Inventur Schichtplan
"""
_ZIP_DATE = (2026, 1, 5, 9, 30, 0)  # fixed, so that the same seed gives the same bytes


class Contents:
    """Makes file contents; the same seed gives the same bytes on every computer."""

    def __init__(self, seed: str) -> None:
        self._seed = seed

    def chance(self, name: str) -> random.Random:
        """Give randomness of one purpose."""
        return random.Random(f"{self._seed}/{name}")

    @cached_property
    def _paragraphs(self) -> list[str]:
        chance, words = self.chance("paragraphs"), _WORDS.split()
        return [
            " ".join(chance.choices(words, k=chance.randint(30, 90))).capitalize() + ".\n"
            for _ in range(600)
        ]

    def text(self, chance: random.Random, size_bytes: int) -> bytes:
        """Write text with figures in it; it shrinks to about a third, as letters do."""
        parts: list[str] = []
        length = 0
        while length < size_bytes:
            figures = chance.randbytes(chance.randint(30, 90)).hex(" ", 4)
            part = f"{chance.choice(self._paragraphs)}{figures}\n"
            parts.append(part)
            length += len(part)
        return "".join(parts).encode()[:size_bytes]

    def document(self, chance: random.Random, size_bytes: int) -> bytes:
        """Write an office document: a zip of text and a picture."""
        file = io.BytesIO()
        picture = max(1, size_bytes * 2 // 3)
        with zipfile.ZipFile(file, "w") as archive:
            body = zipfile.ZipInfo("word/document.xml", _ZIP_DATE)
            body.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(body, self.text(chance, size_bytes), compresslevel=1)
            image = zipfile.ZipInfo("word/media/image1.jpeg", _ZIP_DATE)
            archive.writestr(image, self.picture(chance, picture))
        return file.getvalue()

    def picture(self, chance: random.Random, size_bytes: int) -> bytes:
        """Write what no program can shrink, with the first bytes of a picture."""
        return b"\xff\xd8\xff\xe0" + chance.randbytes(max(0, size_bytes - 4))

    def pages(self, chance: random.Random, first: int, count: int) -> bytes:
        """Write pages of a database: a number, rows that shrink to a half, zeros at the end."""
        pages = []
        for number in range(first, first + count):
            rows = chance.randbytes(PAGE_BYTES // 2).hex().encode()[: PAGE_BYTES * 3 // 4]
            pages.append((b"PAGE%12d" % number + rows).ljust(PAGE_BYTES, b"\0"))
        return b"".join(pages)
