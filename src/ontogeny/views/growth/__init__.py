"""One run: its record, its figures and its report."""
