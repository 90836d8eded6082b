"""A page on which people judge pairs of photographs, and what is kept of it."""
