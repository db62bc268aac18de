"""Drives found: what is attached to this computer, what lies on it, and how to let go of it.

Each system has its own listing (`linux`, `windows`), practice drives are folders (`folder`), and
`source` puts them together. Writing to a drive is not done here.
"""
