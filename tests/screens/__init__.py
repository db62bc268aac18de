"""Pictures of every page, made by `make screens`."""
