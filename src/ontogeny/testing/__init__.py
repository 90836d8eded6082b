"""Conformance checks that anybody can run on what they wrote themselves.

Each returns nothing when the contract holds, and raises `StructureError` saying which part of it
doesn't. They run tiny cases: a few members, a few steps.

>>> rule = og.Learner(
...     init=lambda key, hypers: jnp.ones(3),
...     step=lambda key, x, hypers: (x * (1 - hypers["rate"]), {}),
...     score=lambda key, x, hypers: -jnp.sum(x**2),
... )
>>> og.testing.check_learner(rule, og.Space({"rate": og.Log(1e-3, 1e-1)}))
"""

from ontogeny.testing.executors import check_executor
from ontogeny.testing.host_learners import check_host_learner
from ontogeny.testing.learners import check_learner
from ontogeny.testing.products import check_product
from ontogeny.testing.strategies import check_strategy
from ontogeny.testing.worlds import check_world

__all__ = [
    "check_executor",
    "check_host_learner",
    "check_learner",
    "check_product",
    "check_strategy",
    "check_world",
]
