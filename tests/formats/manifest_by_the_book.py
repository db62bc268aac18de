"""A second reader of drive manifests, written from the documents alone; nothing of ours is used.

"Azure Import/Export service manifest file format", 2017-01-23. It takes a drive's root and gives
every departure from the document as a line of text; no line means that the drive is as it must be.
"""

from __future__ import annotations

import base64
import hashlib
import re
import xml.etree.ElementTree as ElementTree  # only what our own tests wrote
from collections.abc import Iterator
from pathlib import Path

MIB = 1024 * 1024
ORDER = [
    *("BlobPath", "FilePath", "ClientData", "Snapshot", "Length", "ImportDisposition"),
    *("PageRangeList", "BlockList", "MetadataPath", "PropertiesPath"),
]
CONTAINER = re.compile(r"\$root|(?!-)(?!.*--)[a-z0-9-]{3,63}(?<!-)")


def departures(root: Path, manifest: str = "DriveManifest.xml") -> Iterator[str]:
    top = ElementTree.parse(root / manifest).getroot()
    if top.tag != "DriveManifest" or top.get("Version") != "2014-11-01":
        yield f"root {top.tag} {top.get('Version')}"
    drives = list(top)
    if [drive.tag for drive in drives] != ["Drive"]:
        yield "not one Drive"
    tags = [child.tag for child in drives[0]]
    if tags[0] != "DriveId" or not drives[0][0].text:
        yield "DriveId does not come first"
    if set(tags) & {"StorageAccountKey", "ContainerSas"}:
        yield "a credential on the drive"
    if not set(tags) <= {"DriveId", "ClientCreator", "BlobList"} or "BlobList" not in tags:
        yield f"elements of Drive: {tags}"
    names: set[str] = set()
    for blobs in drives[0].findall("BlobList"):
        shape = [child.tag for child in blobs]
        head = shape[: shape.index("Blob")] if "Blob" in shape else shape
        if head != [tag for tag in ("MetadataPath", "PropertiesPath") if tag in head]:
            yield f"elements of BlobList: {head}"
        if set(shape[len(head) :]) != {"Blob"}:
            yield "a BlobList needs blobs"
        for side in blobs[: len(head)]:
            yield from side_file(root, side)
        for blob in blobs.findall("Blob"):
            name = blob.findtext("BlobPath") or ""
            if name in names:
                yield f"{name} twice"
            names.add(name)
            yield from (f"{name}: {line}" for line in blob_departures(root, blob, name))


def blob_departures(root: Path, blob: ElementTree.Element, name: str) -> Iterator[str]:
    tags = [child.tag for child in blob]
    if tags != [tag for tag in ORDER if tag in tags]:
        yield f"elements {tags}"
    container, _, rest = name.partition("/")
    if not CONTAINER.fullmatch(container) or not rest or (container == "$root" and "/" in rest):
        yield "name"
    if blob.findtext("ImportDisposition", "rename") not in ("rename", "no-overwrite", "overwrite"):
        yield "disposition"
    path = on_drive(root, blob.findtext("FilePath") or "")
    if path is None or not path.is_file():
        yield "no such file"
        return
    length = int(blob.findtext("Length") or "x")
    if path.stat().st_size < length:
        yield f"file has {path.stat().st_size} of {length} bytes"
    pages, blocks = blob.find("PageRangeList"), blob.find("BlockList")
    if (pages is None) == (blocks is None):
        yield "needs one list"
    elif pages is not None:
        yield from page_ranges(path, length, pages)
    elif blocks is not None:
        yield from block_list(path, length, blocks)
    for tag in ("MetadataPath", "PropertiesPath"):
        side = blob.find(tag)
        if side is not None:
            yield from side_file(root, side)


def page_ranges(path: Path, length: int, pages: ElementTree.Element) -> Iterator[str]:
    end = 0
    if length % 512 or length > 8 * MIB * MIB:
        yield f"length {length} of a page blob"
    for page in pages:
        offset, size = int(page.get("Offset", "x")), int(page.get("Length", "x"))
        if page.tag != "PageRange" or set(page.attrib) != {"Offset", "Length", "Hash"}:
            yield f"page range {page.tag} {sorted(page.attrib)}"
        if offset % 512 or size % 512 or not 0 < size <= 4 * MIB:
            yield f"page range {offset}+{size}"
        if offset < end or offset + size > length:
            yield f"page range at {offset} after {end} of {length}"
        end = offset + size
        yield from hashed(path, offset, size, page.get("Hash", ""))


def block_list(path: Path, length: int, blocks: ElementTree.Element) -> Iterator[str]:
    end, ids = 0, [block.get("Id") for block in blocks]
    if len(blocks) > 50_000:
        yield f"{len(blocks)} blocks"
    for block in blocks:
        offset, size = int(block.get("Offset", "x")), int(block.get("Length", "x"))
        if block.tag != "Block" or not set(block.attrib) <= {"Offset", "Length", "Id", "Hash"}:
            yield f"block {block.tag} {sorted(block.attrib)}"
        if offset != end or not 0 < size <= 4 * MIB:
            yield f"block {offset}+{size} after {end}"
        end = offset + size
        yield from hashed(path, offset, size, block.get("Hash", ""))
    if end != length:
        yield f"blocks cover {end} of {length}"
    given = [one for one in ids if one is not None]
    if given and len(given) != len(ids):
        yield "some blocks have an Id"
    if not given and length > 64 * MIB:
        yield "blocks without Id beyond 64 MB"
    plain = [base64.b64decode(one, validate=True) for one in given]
    if len(set(plain)) != len(plain) or len({len(one) for one in plain}) > 1:
        yield "block Ids are not different and equally long"


def hashed(path: Path, offset: int, size: int, digest: str) -> Iterator[str]:
    with path.open("rb") as file:
        file.seek(offset)
        data = file.read(size)
    if not re.fullmatch("[0-9A-F]{32}", digest) or len(data) != size:
        yield f"{offset}: hash {digest!r}, {len(data)} bytes"
    elif hashlib.md5(data).hexdigest().upper() != digest:
        yield f"{offset}: other bytes"


def side_file(root: Path, side: ElementTree.Element) -> Iterator[str]:
    path = on_drive(root, side.text or "")
    if path is None or not path.is_file():
        yield f"{side.tag} {side.text}: no such file"
        return
    if hashlib.md5(path.read_bytes()).hexdigest().upper() != side.get("Hash"):
        yield f"{side.tag} {side.text}: other bytes"
    if ElementTree.parse(path).getroot().tag != side.tag.removesuffix("Path"):
        yield f"{side.tag} {side.text}: another document"


def on_drive(root: Path, text: str) -> Path | None:
    parts = text.split("\\")
    if (
        parts[0]
        or len(parts) < 2
        or any(part in ("", ".", "..") or ":" in part for part in parts[1:])
    ):
        return None
    return root.joinpath(*parts[1:])
