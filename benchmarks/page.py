"""Writes docs/performance.md from the newest results (`python -m benchmarks page`)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks.notes import NOTES
from benchmarks.timing import RESULTS

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
_OURS = "offline-backup"
_HEAD = """# How fast it is

Made by `make benchmark ARGS=page` from `benchmarks/results/`; nothing here is typed by hand.
The benchmarks make their own data, run everything that is compared in turn in one run, and give
medians. Times depend on the machine; the ratios are the result.

```
make benchmark ARGS=peers        # restic, borg, rclone, cp: half an hour, 16 GB of memory
make benchmark ARGS="drives"     # also: floor, index, mirror, scan, window
make benchmark ARGS=page         # this page
```
"""
_STEPS = (
    ("full", "first full copy"),
    ("unchanged", "second run, nothing changed"),
    ("changed", "increment, 1 % changed"),
    ("verify", "verify, every byte read back"),
    ("restore", "restore"),
)
# What was aimed at: times faster than restic; for `cp` and sizes, at most this share.
_AIMS: Mapping[str, Mapping[str, float]] = {
    "mixed": {"full": 4, "cp": 1.3, "unchanged": 6, "changed": 4, "verify": 3.5, "restore": 4,
              "stored": 1.03},
    "small": {"full": 3, "cp": 2, "unchanged": 5, "changed": 5, "verify": 5, "restore": 4,
              "stored": 1.0},
}  # fmt: skip
_PEAK_MB = 250.0


def page() -> str:
    """Give the text of the page."""
    return "\n".join([_HEAD, *_peers(), *_others()]) + "\n"


def _result(name: str) -> dict[str, Any] | None:
    path = RESULTS / f"{name}.json"
    if not path.exists():
        return None
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _peers() -> Iterator[str]:
    for place, words in (("memory", "in memory"), ("disk", "on the disk of the machine")):
        for corpus in ("mixed", "small"):
            result = _result(f"peers-{corpus}-{place}")
            if result is not None:
                yield from _one_comparison(corpus, words, result, aims=place == "memory")
    yield from (f"{note}\n" for note in NOTES["peers"])


def _one_comparison(
    corpus: str, place: str, result: Mapping[str, Any], *, aims: bool
) -> Iterator[str]:
    machine, median = result["machine"], result["median"]
    ours, restic, copied = median[_OURS], median["restic"], median["cp -r"]
    yield (
        f'## "{corpus}", source and target {place}\n\n{result["files"]:,} files, '
        f"{result['mb']:,} MB; {machine['cpu']}, {machine['cores']} cores, "
        f"{machine['memory_gib']} GiB, {machine['system']}; {result['rounds']} rounds, "
        f"{result['date']}. " + ", ".join(result["versions"].values()) + ".\n"
    )
    tools = list(median)
    yield "| seconds | " + " | ".join(tools) + " |\n| --- |" + " ---: |" * len(tools)
    for step, words in _STEPS:
        cells = [f"{median[tool][step]:.2f}" if step in median[tool] else "" for tool in tools]
        yield f"| {words} | " + " | ".join(cells) + " |"
    yield "| stored, MB | " + " | ".join(f"{median[t]['stored MB']:,.0f}" for t in tools) + " |"
    peaks = [max(v for k, v in median[t].items() if k.endswith(" peak")) for t in tools]
    yield "| most memory, MB | " + " | ".join(f"{peak:.0f}" for peak in peaks) + " |\n"
    aim = _AIMS[corpus] if aims else {}
    yield "| | reached | aimed at | |\n| --- | ---: | ---: | --- |"
    for step, words in _STEPS:
        yield _line(f"{words}, faster than restic", restic[step] / ours[step], aim.get(step))
    whole = ours["full with verify"]
    peer = restic["full"] + restic["verify"]
    yield _line("copy and verify, faster than restic backup and check", peer / whole, None)
    yield _line(
        "first full copy against `cp -r`",
        ours["full"] / copied["full"],
        aim.get("cp"),
        at_most=True,
    )
    share = ours["stored MB"] / restic["stored MB"]
    yield _line("stored size against restic's", share, aim.get("stored"), at_most=True)
    peak = max(v for k, v in ours.items() if k.endswith(" peak"))
    yield _line("most memory, MB", peak, _PEAK_MB if aims else None, at_most=True, unit="") + "\n"


def _line(
    words: str, value: float, aim: float | None, *, at_most: bool = False, unit: str = " ×"
) -> str:
    digits = 0 if value >= 100 else 2
    if aim is None:
        return f"| {words} | {value:.{digits}f}{unit} | | |"
    met = "met" if (value <= aim if at_most else value >= aim) else "not met"
    sign = "≤" if at_most else "≥"
    return f"| {words} | {value:.{digits}f}{unit} | {sign} {aim:g}{unit} | {met} |"


def _others() -> Iterator[str]:
    for name, title, rows in _PARTS:
        result = _result(name)
        if result is None:
            continue
        yield f"## {title}\n\n| | |\n| --- | ---: |"
        for words, path in rows:
            value: Any = result
            for key in path:
                value = value[key]
            yield f"| {words} | {_shown(value)} |"
        yield ""
        yield from (f"{note}\n" for note in NOTES.get(name, ()))


def _shown(value: float | str) -> str:
    if isinstance(value, str):
        return value
    return f"{value:,.0f}" if value >= 1000 or value == int(value) else f"{value:,.2f}"


_PARTS: tuple[tuple[str, str, tuple[tuple[str, tuple[str, ...]], ...]], ...] = (
    (
        "floor",
        "Where the time goes, and how far that is from what cannot be saved",
        (
            *(
                (f"{words}, CPU seconds", ("primitives_cpu_s", key))
                for key, words in (
                    ("read", "reading"),
                    ("cut", "cutting (FastCDC)"),
                    ("blake3 keyed", "naming chunks (BLAKE3, keyed)"),
                    ("zstd -1", "compressing (zstd -1)"),
                    ("aes-gcm", "encrypting (AES-256-GCM)"),
                    ("write", "writing"),
                    ("read back", "reading back"),
                    ("md5", "MD5 of what was read back"),
                    ("blake3 of packs", "BLAKE3 of what was read back"),
                )
            ),
            ("sum of the primitives of a copy, CPU seconds", ("median", "floor_copy_cpu_s")),
            ("the copy itself, CPU seconds", ("median", "engine_copy_cpu_s")),
            ("**copy against the sum of its primitives**", ("ratios", "copy_cpu_to_floor")),
            ("**verify against the sum of its primitives**", ("ratios", "verify_cpu_to_floor")),
        ),
    ),
    (
        "drives",
        "Several drives at once, each as slow as a real one",
        (
            ("one drive, MB/s", ("median", "1", "mb_s")),
            ("two drives, MB/s", ("median", "2", "mb_s")),
            ("four drives, MB/s", ("median", "4", "mb_s")),
            ("**two, share of the sum**", ("of_the_sum", "2")),
            ("**four, share of the sum**", ("of_the_sum", "4")),
        ),
    ),
    (
        "mirror",
        "The data of an agent, byte for byte, with MD5",
        (
            ("staging data, bytes", ("staging", "bytes")),
            ("copy, seconds", ("staging", "median", "copy_s")),
            ("read back and compared, seconds", ("staging", "median", "verify_s")),
            ("`cp -r` (no hash, not read back), seconds", ("staging", "median", "cp_s")),
            ("`rclone copy` (MD5), seconds", ("staging", "median", "rclone_s")),
            ("`rclone check`, seconds", ("staging", "median", "rclone_check_s")),
            (
                "reading, hashing and writing alone, CPU seconds",
                ("staging", "median", "primitives_cpu_s"),
            ),
            ("the copy's CPU seconds against these", ("staging", "ratios", "cpu_to_primitives")),
            ("copy against `cp -r`", ("staging", "ratios", "copy_to_cp")),
            ("copy against `rclone copy`", ("staging", "ratios", "copy_to_rclone")),
            ("read back against `rclone check`", ("staging", "ratios", "verify_to_rclone_check")),
        ),
    ),
    (
        "scan",
        "Scanning 1,000,000 files",
        (
            ("scan, files a second", ("median", "scan", "files_a_second")),
            (
                "nothing but scandir and lstat, files a second",
                ("median", "plain", "files_a_second"),
            ),
            ("count ahead of the copy, files a second", ("median", "counter", "files_a_second")),
            ("most memory of a scan, MB", ("median", "scan", "peak_mb")),
            ("a whole second run, nothing changed, seconds", ("median", "copied", "wall_s")),
            ("its most memory, MB", ("median", "copied", "peak_mb")),
        ),
    ),
    (
        "index",
        "A book of 20,000,000 chunks in 80,000 packs",
        (
            ("start, seconds", ("median", "start_s")),
            ("most memory, MB", ("median", "peak_mb")),
            ("look-ups a second, found", ("median", "hits_a_second")),
            ("look-ups a second, not found", ("median", "misses_a_second")),
            ("look-ups a second, book not in the system's cache", ("median", "cold_a_second")),
            ("inserts a second", ("median", "inserts_a_second")),
            ("bytes a chunk on disk", ("bytes_a_chunk",)),
        ),
    ),
    (
        "window",
        "What the open window costs",
        (
            ("copy alone, seconds", ("median", "alone_wall_s")),
            ("copy with the window open, seconds", ("median", "watched_wall_s")),
            ("**with against alone**", ("ratios", "watched_to_alone")),
            ("CPU seconds of the window meanwhile", ("median", "watched_window_cpu_s")),
        ),
    ),
)


def run(_rounds: int = 0) -> dict[str, object]:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")
    return {"page": str(PAGE.relative_to(PAGE.parents[1]))}


if __name__ == "__main__":
    run()
