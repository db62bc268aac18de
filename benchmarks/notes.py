"""How the figures are to be read, and why one that is out of reach is."""

from __future__ import annotations

NOTES: dict[str, tuple[str, ...]] = {
    "peers": (
        "Ours: `copy` onto a drive, `verify` of the drive, then `receive`, `arrival` and `vault`, "
        "and from the vault `increment` and `restore`, each a command of its own with its start. "
        "The first full copy is given without the verify phase inside it, because no peer reads "
        "back what it wrote; the line *copy and verify* has both.",
        "In memory both sets have their full size and the machine had nothing else to do. On disk "
        "the mixed set has a tenth of it, in one round, with other work on the machine: what a "
        "command takes to start weighs more there, for every tool.",
        "Why figures are missed, by samples of the processor (`perf record`):",
        "**Full copy, mixed.** Of a copy with its verify phase zstd takes 30 %, MD5 17 %, the "
        "kernel 18 %, BLAKE3 15 %, the interpreter 9 %, FastCDC 5 %, AES 5 %. The primitives below "
        "cost 5.6 CPU seconds for 2 GiB, so 4 GiB take 5.6 seconds on two cores if nothing else is "
        "done and both are always busy, and zstd half of that. Four times faster than restic would "
        "be 5.7 seconds. 1.3 times `cp -r`, which hashes, compresses and encrypts nothing, would "
        "be 3.8 seconds. "
        "What could still go is BLAKE3 of the packs in the first pass (6 % of the copy), for the "
        "verify hashes them anyway; the book would then have no hash of a pack that is not "
        "verified yet. zstd is at the knee of its curve: its quickest setting of level 1 is a "
        "quarter faster and makes what can be compressed a fifth larger, and to a real drive, "
        "which is slower than two cores, that is the slower copy.",
        "**Full copy, small files.** Interpreter 32 %, kernel 29 %, zstd 19 %: 100,000 times "
        "open, look, read, attributes, close, from one thread at a time because of Python's lock. "
        "Rounds differ (6.2 to 7.8 seconds; restic 15.6 to 19.4). "
        "The copy without its verify takes 12.3 CPU seconds: with both cores always busy it would "
        "take 6.2, and three times faster than restic is 6.3. Processes that read, as there are "
        "for the restore, would come near that and no further; they are not built.",
        "**Runs of about a second.** Of an increment without changes the stretching of the "
        "passphrase takes 0.23 of a core, and what runs the job is loaded beside it. Before "
        "that, Python itself (0.04) and what finds the plan and its key (0.18) are loaded; "
        "looking through the files and the restore point take the rest. An "
        "increment that is to be six times faster than restic would have to be through before "
        "the passphrase is stretched. One by schedule has its key from the computer's secrets "
        "and stretches nothing.",
        "With small files an increment without changes takes 1.1 seconds, half of them for "
        "scanning and comparing 100,000 names. One per cent changed touches nearly every folder: "
        "each listing is opened, compared and written again, which is another second.",
        "**Restore, mixed.** A quarter of what restic takes would be 2.9 seconds, and `cp -r` "
        "alone takes 3.6 to 6.4. The kernel takes 43 % of the samples (writing 15, new memory for "
        "opened chunks 11, reading 6), the interpreter 20 %, AES and the "
        "stretching of the passphrase 13 %, zstd 12 %, BLAKE3 7 %. In all it is three quarters of "
        "what restic takes of the cores; a quarter is not to be had by opening, proving and "
        "writing each byte once. Keeping the memory of opened chunks was tried in three ways: up "
        "to 42 % fewer page faults, and a twentieth of the time at best; not built.",
        "**Restore, small files.** A quarter of what restic takes would be 3.1 seconds, and "
        "`cp -r` takes 2.9. Processes of their own make the files: six system calls and 24 "
        "microseconds each (nine and 34 before, 14 for the bare file, on a quieter machine). Of "
        "the samples these processes have 40 %, the threads that open chunks 30 %, catalogue "
        "and start 23 %. Chunks are opened in one process, because only that one has the key; "
        "since runs of files end where a chunk begins, each of them is opened once.",
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
        "Above the floor: BLAKE3 of the packs (what the verify compares with), the interpreter, "
        "and in copies of more than five seconds the count of files ahead of them.",
        "Drives with a manifest (Import/Export) need the MD5 of each block of 4 MiB beside that of "
        "the whole object. Reading back takes both in its one pass, and no MD5 is part of the "
        "other: MD5 twice is what that manifest costs. Drives for Data Box take it once.",
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
