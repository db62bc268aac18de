"""How the figures are to be read, and why one that is out of reach is."""

from __future__ import annotations

NOTES: dict[str, tuple[str, ...]] = {
    "peers": (
        "Ours: `copy` onto a drive, `verify` of the drive, then `receive`, `arrival` and `vault`, "
        "and from the vault `increment` and `restore`, each a command of its own with its start. "
        "The first full copy is given without the verify phase inside it, because no peer reads "
        "back what it wrote; the line *copy and verify* has both.",
        "Other work ran on the same two cores at the lowest priority while this was measured; it "
        "slows every tool, and those that use both cores most.",
        "Why figures were missed. **Full copy, mixed**: the primitives below cost 6.5 CPU seconds "
        "for 2 GiB, so 4 GiB take 6.5 seconds on two cores at best, and zstd alone half of that: "
        "four times faster than restic is what a copy without any other work would reach, and "
        "1.3 times `cp -r`, which hashes, compresses and encrypts nothing, is below that floor. "
        "The copy itself costs 1.1 times its primitives.",
        "**Runs of about a second**: each command starts Python and loads the program, 0.4 to 0.6 "
        "seconds; restic is through in one second. Half of the loading is dataclasses being made.",
        "**Small files**: a restored file is made under a temporary name, gets owner, mode and "
        "times, is looked for and renamed: nine system calls, 33 microseconds of one core against "
        "18 for the bare file, and Python's lock lets one thread at a time do that. This is no "
        "law of nature: helper processes that only make files would lift it, and are not built.",
    ),
    "drives": (
        "Each drive writes as slowly as a real one and never makes up for time it had nothing "
        "to do. The beginning and the end of the copy count, where drives wait for each "
        "other.",
    ),
    "floor": (
        "Primitives are timed by the clock of their thread, one after the other; the engine "
        "by the clock of its process. Wall times suffer when other work runs on the machine, "
        "CPU times hardly do.",
        "Above the floor: BLAKE3 of the packs (what the verify compares with), the count of "
        "files ahead of the copy, the interpreter.",
    ),
    "index": (
        "cold: the book was dropped from the system's cache; random reads of the disk are the "
        "limit. hits and misses: with the book in the cache. Inserts are one transaction a "
        "pack, as a copy makes them. A copy at 1 GB/s needs about 1,000 look-ups and inserts "
        "a second.",
        "No filter stands in front of the book: a chunk that is not in it is inserted into "
        "the same page a moment later.",
    ),
    "mirror": (
        "The MD5 of each block costs 1.4 to 1.5 CPU seconds a GB and no copy can do without "
        "it; reading, BLAKE3 and writing bring that to 2.6. On two cores that is 1.3 seconds "
        "a GB at best, where cp on memory takes 0.6 to 1.2 with one core and no hash. On "
        "drives of 200 MB/s the drive is the limit, not the hash.",
        "Samples of the staging copy and its verify: MD5 42 %, system (copying in and out of "
        "the page cache) 32 %, BLAKE3 18 %, interpreter 6 %.",
        "Small files cost 0.4 to 0.7 ms each, for a flush, a rename and a flush of the folder "
        "that cp does not do. What an agent leaves are few, large files.",
    ),
    "scan": (
        "plain is scandir and lstat with nothing kept: what the system allows one thread. "
        "copied is a whole second run in which nothing changed: the scan, the count ahead of "
        "it, the catalogue and the restore point.",
    ),
    "window": (
        "The window is the real one, without a screen (offscreen). While a job runs it reads "
        "the newest state four times a second; at rest it takes no time at all.",
    ),
}
