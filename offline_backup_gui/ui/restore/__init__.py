"""The restore wizard: from a drive or an account, with what is kept here or the kit alone."""
