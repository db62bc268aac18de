"""Rules and plain data; no input or output, no clock, no threads."""
