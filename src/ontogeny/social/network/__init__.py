"""A network described: who makes good things, who is seen, and how both lie on the links."""
