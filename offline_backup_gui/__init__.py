"""Offline Backup: the first full backup to Azure on drives, then increments over the line."""

__version__ = "0.1.0"
