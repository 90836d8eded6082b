"""Pages that this machine serves: where they are, and who is answered."""
