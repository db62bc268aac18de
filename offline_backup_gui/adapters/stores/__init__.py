"""Containers of named objects: folders, drives and Azure Blob Storage, behind `domain.ports`."""
