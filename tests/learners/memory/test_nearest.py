"""Nearest neighbour."""

from __future__ import annotations

import jax.numpy as jnp
import pytest

from ontogeny.core.errors import StructureError
from ontogeny.learners.memory.memory import n_numbers
from ontogeny.learners.memory.nearest import nearest_neighbour


def test_it_counts_what_is_known_or_all_of_it():
    memory = nearest_neighbour()
    stored = memory.write((), jnp.array([[0.0, 0, 0, 0.2], [1, 1, 1, 0.9]]))
    query = jnp.array([0.9, 0.9, 0.9, 0.2])
    free = memory.read((), stored, query, jnp.zeros(4, bool))
    assert free.tolist() == [query.tolist(), stored[1].tolist()]
    known = jnp.array([False, False, False, True])
    assert memory.read((), stored, query, known)[-1].tolist() == stored[0].tolist()
    assert n_numbers(memory, 3, (2, 4)) == 24
    with pytest.raises(StructureError, match=r"shape \(3,\)"):
        memory.read((), stored, jnp.zeros(3), jnp.zeros(3, bool))
