"""Rooms of cells to walk in."""
