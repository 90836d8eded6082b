"""Every baseline: equal numbers, the shape of reads, what is refused, and that one can learn."""

import jax
import jax.numpy as jnp
import pytest

from drawn import drawn
from ontogeny.core.errors import ConfigError
from ontogeny.core.space import Log, Space
from ontogeny.learners.memory.baselines import BASELINES, baseline
from ontogeny.learners.memory.coder import CoderConfig
from ontogeny.learners.memory.config import MetaTrainingConfig
from ontogeny.learners.memory.memory import n_numbers
from ontogeny.learners.memory.meta_learned import meta_learned
from ontogeny.learners.memory.task import MemoryTask
from ontogeny.testing import check_learner
from ontogeny.worlds.corruptions import fresh_bits
from ontogeny.worlds.patterns import random_bits

STORED = {  # of 8 patterns of 24 bits, 276 numbers allowed
    "slots": 8 * 34,
    "mann": 8 * 34,
    "plasticity": 16 * 16,
    "kanerva": 8 * 26 + 8 * 8,
    "autoencoder": 24 * 11 + 11,
    "lstm": 2 * 138,
}
SMALL = CoderConfig(features=4, filters=(8,), reads=2)


@pytest.mark.parametrize("name", BASELINES)
def test_a_baseline_stores_at_most_what_it_may_and_reads_patterns_of_its_shape(name):
    assert n_numbers(baseline(name, (24,), 276, 8, SMALL), 8, (24,)) == STORED[name]
    shape = (6, 5)
    memory = baseline(name, shape, 64, 2, SMALL)
    assert 48 <= n_numbers(memory, 2, shape) <= 64

    def read(key, patterns, known):
        params = memory.init(key)
        return memory.read(params, memory.write(params, patterns), patterns[0], known)

    key = jax.eval_shape(lambda: jax.random.key(0))
    # a Python number's type gives way after the first update, which is then compiled twice
    assert not any(leaf.weak_type for leaf in jax.tree.leaves(jax.eval_shape(memory.init, key)))
    patterns = jax.ShapeDtypeStruct((2, *shape), jnp.float32)
    assert jax.eval_shape(read, key, patterns, jax.ShapeDtypeStruct(shape, bool)).shape == (3, 6, 5)


def test_slots_are_fewer_where_fewer_patterns_were_written():
    assert n_numbers(baseline("slots", (24,), 276, 8, SMALL), 3, (24,)) == 3 * 34
    assert n_numbers(baseline("slots", (24,), 276, 8, SMALL), 11, (24,)) == 8 * 34


def test_what_cannot_be_is_refused():
    with pytest.raises(ConfigError, match="slots"):
        baseline("slot", (24,), 276, 8)
    for name in BASELINES:
        with pytest.raises(ConfigError, match="too few"):
            baseline(name, (24,), 0, 8)
    with pytest.raises(ConfigError, match="no pictures"):  # and not that the numbers are too few
        baseline("slots", (2, 2, 2, 2), 276, 8)
    with pytest.raises(ConfigError, match="write one"):
        baseline("slots", (24,), 276, 0)


def test_a_baseline_is_a_learner():
    task = MemoryTask(random_bits(4), fresh_bits(2), n=2)
    memory = baseline("slots", task.patterns.shape, 6, task.n, SMALL)
    start = drawn(memory.init)  # a third of the compiler's time would be the initialisers'
    memory = memory._replace(init=lambda key: start)
    learner = meta_learned(lambda tuned: memory, task, MetaTrainingConfig(batch=2, test_batch=2))
    check_learner(learner, Space({"learning_rate": Log(1e-4, 1e-2)}))
