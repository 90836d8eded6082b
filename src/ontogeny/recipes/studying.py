"""Subjects that are learned from examples: a step of learning descends the loss on the support, and
a life's score is minus the loss on the query.
"""

from __future__ import annotations

from typing import Any

import jax
from jaxtyping import Array, Float, PyTree

from ontogeny.core.learner import Hypers
from ontogeny.learners.baldwin.lifetime import Genes, Subject, unravel
from ontogeny.learners.maml.maml import Start
from ontogeny.learners.maml.problems import Problem
from ontogeny.nn.parting import Parted
from ontogeny.worlds.sinusoids import Examples, Split


def studying(problem: Problem, network: Parted[Any]) -> Subject:
    """Return the subject. `network` maps one input to `problem.n_out` numbers."""

    def judge(arrays: PyTree[Array], examples: Examples) -> Float[Array, ""]:
        outputs = jax.vmap(network.whole(arrays))(examples.inputs)
        return problem.loss(outputs, examples.targets)

    def loss(key: Array, arrays: PyTree[Array], task: Split, hypers: Hypers) -> Float[Array, ""]:
        del key, hypers
        return judge(arrays, task.support)

    def score(key: Array, arrays: PyTree[Array], task: Split, hypers: Hypers) -> Float[Array, ""]:
        del key, hypers
        return -judge(arrays, task.query)

    return Subject(problem.name, network.init, problem.draw, loss, score)


def start_of(subject: Subject, genes: Genes) -> Start:
    """Return the genes as a start with a rate for every leaf, as MAML's `rates=leaf` learns it."""
    arrays = unravel(subject)(genes.weights)
    structure = jax.tree.structure(arrays)
    rates = [genes.rates[leaf] for leaf in range(structure.num_leaves)]
    return Start(arrays, structure.unflatten(rates))
