"""Causes from a table in which nobody drew lots. `match` is where to begin: `og.match`."""
