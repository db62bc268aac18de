"""The window and its desktop: taskbar, session, log-off, remote desktop; the only place for it."""
