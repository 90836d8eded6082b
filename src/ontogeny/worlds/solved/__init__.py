"""Worlds that are drawn from a prior, and whose best agent is known."""
