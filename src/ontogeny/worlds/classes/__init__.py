"""Pictures by class, of a few items each: what few-shot learners and memories learn from."""
