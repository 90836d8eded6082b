"""Members as actors of a Ray cluster."""
