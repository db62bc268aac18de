"""Microsoft's devices in the window: unlocking, watching, checking, and getting them on the way."""
