"""The wizard: ten pages on one draft."""
