"""Building blocks of the windows; they know palettes and words, never services."""
