"""A world that gives other than it says is refused while it is traced, in its own words."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import pytest

from ontogeny.core.errors import ConfigError, StructureError
from ontogeny.worlds.episodes import autoreset
from ontogeny.worlds.fitting import check_facts
from ontogeny.worlds.world import Step, World


def still(shape=(3,), state=None, **facts) -> World:
    """Return a world of zeros, some of its parts replaced; `state` is the one after a step."""
    parts = {name: facts.pop(name) for name in Step._fields if name in facts}
    came = Step(jnp.zeros(3), jnp.float32(0), jnp.array(False), jnp.array(False))
    begun = {"x": jnp.float32(0), "key": jax.random.key(0)}
    after = begun if state is None else state

    def step(key, state, action):
        return after, came._replace(**parts)

    return World("still", shape, 2, lambda key: (begun, jnp.zeros(3)), step, **facts)


def trace(world):
    state, _ = world.reset(jax.random.key(0))
    return jax.eval_shape(autoreset(world), jax.random.key(0), state, jnp.int32(0))


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"shape": ()}, r"observation_shape is \(\)"),
        ({"shape": (2, 0)}, r"observation_shape is \(2, 0\)"),
        ({"tasks": ("a", "b", "c")}, r"of shape \(3,\) tell 3 tasks apart"),
        ({"time_limit": 0}, "time_limit is 0"),
    ],
)
def test_facts_that_cannot_be(facts, says):
    check_facts(still())
    with pytest.raises(ConfigError, match=says):
        check_facts(still(**facts))


KEY = jax.random.key(0)


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ({"observation": jnp.zeros(5)}, r"of shape \(5,\), and observation_shape is \(3,\)"),
        ({"reward": jnp.zeros(2)}, r"reward is float32\[2\], not one number"),
        ({"truncated": jnp.float32(0)}, r"truncated is float32\[\], not one boolean"),
        ({"state": {"x": jnp.zeros(2), "key": KEY}}, r"x: it is float32\[2\] .* was float32\[\]"),
        ({"state": {"x": jnp.complex64(0), "key": KEY}}, r"x: it is complex64\[\] after a step"),
        ({"state": {"x": jnp.float32(0)}}, "the state was PyTreeDef"),
    ],
)
def test_a_step_that_does_not_fit(parts, says):
    with pytest.raises(StructureError, match=says):
        trace(still(**parts))


def test_a_lesser_type_becomes_the_states():
    state, observation, _ = trace(still(state={"x": jnp.int32(0), "key": KEY}, reward=1.0))
    assert state["x"].dtype == jnp.float32
    assert observation.shape == (3,)
