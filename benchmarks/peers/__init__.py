"""What Ontogeny is held against, each as its users run it."""
