"""Exact Bayes: what a learner that has met every task of a prior would know, predict and do.

Sequences: `predictives` (conjugate families), `context_trees` (CTW), `partition_trees` (PTW),
`change_points`, `code_lengths`. Decisions: `machines` (finite automata of what can be known, and
their dynamic programmes), `bandits`, `optimality`, `gaussian_bandits`, `hypotheses` (small Bayesian
decision processes), `gittins`. Both: `regret`.

What a learner calls inside `jit` is JAX; tables and programmes are NumPy in float64.
"""
