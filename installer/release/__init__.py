"""The vendor's side of updates: keys, signed metadata, update files. None of it is shipped."""
