"""Bytes that must be readable in twenty years; pure functions, no files opened here."""
