"""The tracking window: every backup, what is due, who acts next. Home of the program."""
