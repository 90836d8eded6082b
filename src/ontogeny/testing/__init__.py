"""Conformance checks that anybody can run on what they wrote themselves.

Each returns nothing when the contract holds, and raises `StructureError` saying which part of it
doesn't. They run tiny cases: a few members, a few steps.
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
