"""Newer versions of the program: found, verified with The Update Framework, kept, started."""
