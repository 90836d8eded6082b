"""Sources of symbols and numbers whose ideal learner is known."""
