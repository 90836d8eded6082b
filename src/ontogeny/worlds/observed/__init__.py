"""Tables of what was seen, in which nobody drew lots, and the effect is known."""
