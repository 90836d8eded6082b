"""A simulated platform where people show photos, and crowds that rate them."""
