"""Not a byte more than was signed: what The Update Framework lets pass and we do not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct
from tuf.api.metadata import Metadata, Root
from tuf.api.serialization.json import JSONSerializer

from offline_backup_gui.domain.errors import BackupError, ErrorCode


def _refused(name: str) -> BackupError:
    return BackupError(ErrorCode.UPDATE_NOT_GENUINE, name=name)


def plain(name: str, data: bytes) -> Metadata[Any]:
    """Read metadata in its one spelling: compact JSON, sorted keys, signatures in small letters.

    A signature covers what the JSON means, not its spelling; UPDATE_NOT_GENUINE for any other.
    """
    try:
        metadata: Metadata[Any] = Metadata.from_bytes(data)
        same = metadata.to_bytes(JSONSerializer(compact=True)) == data
    except Exception as error:  # whatever a parser raises for bytes that are no metadata
        raise _refused(name) from error
    signatures = [signature.signature for signature in metadata.signatures.values()]
    if not same or any(text != text.lower() for text in signatures):
        raise _refused(name)
    return metadata


class Chain(Struct, frozen=True):
    """The roots that are trusted, by version; the newest judges everything else.

    `offered` are the metadata files that came along: in a whole update file a root that is older
    than what the program began with is judged by the one before it there.
    """

    roots: Mapping[int, bytes]
    offered: Mapping[str, bytes]

    @property
    def newest(self) -> Root:
        """Give the root in force."""
        root = plain("root", self.roots[max(self.roots)]).signed
        if not isinstance(root, Root):
            raise _refused("root")
        return root

    def check(self, name: str, data: bytes) -> None:
        """Refuse metadata unless every signature in it counts; UPDATE_NOT_GENUINE."""
        metadata = plain(name, data)
        if not name.endswith(f"{metadata.signed.type}.json"):
            raise _refused(name)
        if isinstance(metadata.signed, Root):
            self._check_root(name, data, metadata.signed)
            return
        result = self.newest.get_verification_result(
            metadata.signed.type, metadata.signed_bytes, metadata.signatures
        )
        if not result.verified or set(metadata.signatures) != set(result.signed):
            raise _refused(name)

    def _check_root(self, name: str, data: bytes, root: Root) -> None:
        known = self.roots.get(root.version)
        if (known or data) != data or root.version > max(self.roots):
            raise _refused(name)
        metadata = plain(name, data)
        number = root.version - 1
        earlier = self.roots.get(number) or self.offered.get(f"metadata/{number}.root.json")
        before = plain(name, earlier).signed if earlier else None
        result = root.get_root_verification_result(
            before if isinstance(before, Root) else None,
            metadata.signed_bytes,
            metadata.signatures,
        )
        if not result.verified or set(metadata.signatures) != set(result.signed):
            raise _refused(name)

    def genuine(self, name: str, data: bytes) -> bool:
        """Say whether metadata is signed as it should be, whatever else is wrong with it."""
        try:
            self.check(name, data)
        except BackupError:
            return False
        return True
