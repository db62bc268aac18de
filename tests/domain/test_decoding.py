"""Types are worked out one at a time, whoever decodes them first."""

from __future__ import annotations

import re
import subprocess
import sys

import msgspec
import pytest

from offline_backup_gui.domain.decoding import converted, json_decoder, msgpack_decoder
from tests.house.checkout import ROOT

# Four threads decode types that nobody has decoded before; without a lock it ends by a read at
# address 0 within the first hundred rounds.
_FIRST_DECODES = """
import sys, threading
import msgspec
from offline_backup_gui.domain.decoding import converted, json_decoder, msgpack_decoder

sys.setswitchinterval(1e-6)
plain = {f"f{number}": {f"g{inner}": 1 for inner in range(20)} for number in range(20)}
json, packed = msgspec.json.encode(plain), msgspec.msgpack.encode(plain)
for _ in range(200):
    inner = msgspec.defstruct("Inner", [(f"g{number}", "int | str | None") for number in range(20)])
    kind = msgspec.defstruct("Outer", [(f"f{number}", inner) for number in range(20)])
    ready, seen = threading.Barrier(4), []
    def decode(way):
        ready.wait()
        seen.append(way())
    ways = (
        lambda: json_decoder(kind).decode(json),
        lambda: msgpack_decoder(kind).decode(packed),
        lambda: converted(plain, kind),
        lambda: json_decoder(kind, strict=False).decode(json),
    )
    threads = [threading.Thread(target=decode, args=(way,)) for way in ways]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.f19.g19 for one in seen] == [1] * 4, seen
print("ended")
"""


class Half(msgspec.Struct, frozen=True):
    share: int


def test_threads_that_decode_a_type_first_at_the_same_time_get_it_whole() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", _FIRST_DECODES],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "ended\n", "")


def test_every_decoder_of_the_program_is_made_in_one_place() -> None:
    elsewhere = re.compile(
        r"msgspec\.(json|msgpack|toml|yaml)\.(decode|Decoder)|msgspec\.convert\("
    )
    found = {
        path.name
        for path in (ROOT / "offline_backup_gui").rglob("*.py")
        if elsewhere.search(path.read_text(encoding="utf-8"))
        or re.search(
            r"from msgspec(\.\w+)? import .*\b(decode|Decoder|convert)\b", path.read_text()
        )
    }
    assert found == {"decoding.py"}


def test_texts_stand_for_numbers_only_where_that_is_asked_for() -> None:
    assert json_decoder(Half, strict=False).decode(b'{"share": "5"}') == Half(5)
    with pytest.raises(msgspec.ValidationError):
        json_decoder(Half).decode(b'{"share": "5"}')
    assert json_decoder(Half).decode(b'{"share": 5}') == converted({"share": 5}, Half) == Half(5)
    assert msgpack_decoder(Half).decode(b"\x81\xa5share\x05") == Half(5)
