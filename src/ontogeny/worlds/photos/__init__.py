"""Real photographs, what makes them worse, and the packaged network that looks at them."""
