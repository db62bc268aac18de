"""What every window needs of Azure: signing in, choosing from its lists, asking it."""
