"""The SQLite files of the state folder: `state.db` and one book for each repository."""
