"""A run's folder: its SQLite file, read and written, found, locked, and under an address."""
