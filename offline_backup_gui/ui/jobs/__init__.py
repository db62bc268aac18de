"""How a running job looks, wherever it is shown: overview and restore wizard share it."""
