"""Bytes that must be readable in twenty years; pure functions, no files opened here.

`docs/formats.md` describes every byte with a worked example that a test repeats.
"""

FORMAT_VERSION = 1
