"""The world: drives, stores, secrets, state; errors are translated here."""
