"""Remembers millions of names in 8 bytes each, to find those that come twice or not at all."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator
from hashlib import blake2b

_BUCKETS = 256


class NameIndex:
    """Names by hash: two different names are taken for one in one of 10¹⁹ pairs.

    Whoever needs certainty looks at the names themselves, of which few are left then.
    """

    def __init__(self) -> None:
        self._buckets = [array("Q") for _ in range(_BUCKETS)]
        self._sorted = False

    def add(self, name: str) -> None:
        """Remember a name, once more if it is known."""
        number = _number(name)
        self._buckets[number % _BUCKETS].append(number)
        self._sorted = False

    def __contains__(self, name: str) -> bool:
        self._sort()
        number = _number(name)
        bucket = self._buckets[number % _BUCKETS]
        at = bisect_left(bucket, number)
        return at < len(bucket) and bucket[at] == number

    def repeated(self) -> Iterator[int]:
        """Yield the hash of each name that came more than once."""
        self._sort()
        for bucket in self._buckets:
            last = told = -1
            for number in bucket:
                if number == last != told:
                    yield number
                    told = number
                last = number

    @staticmethod
    def hash_of(name: str) -> int:
        """Give the hash that `repeated` speaks of."""
        return _number(name)

    def _sort(self) -> None:
        if self._sorted:
            return
        for at, bucket in enumerate(self._buckets):
            self._buckets[at] = array("Q", sorted(bucket))
        self._sorted = True


def _number(name: str) -> int:
    digest = blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big")
