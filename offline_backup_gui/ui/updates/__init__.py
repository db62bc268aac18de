"""Newer versions of the program in the window: one quiet line, and one dialog."""
