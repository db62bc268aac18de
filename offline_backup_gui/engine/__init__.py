"""Does the work on plain threads; talks to the world through domain.ports."""
