"""Real videos, and what moves in them."""
