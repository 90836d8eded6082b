"""Bodies that move by torques."""
