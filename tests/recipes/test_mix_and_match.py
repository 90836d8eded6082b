"""The recipes of mixtures: what they mix, what is kept of them, what they refuse."""

from __future__ import annotations

import dataclasses
import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import ontogeny as og
from ontogeny.core.errors import ConfigError
from ontogeny.learners.agents.config import ActorCriticConfig
from ontogeny.learners.teaching.mixed_policy import MixedPolicy
from ontogeny.recipes.mix_and_match import MixActions, MixCores, MixTasks
from ontogeny.worlds.grids.rooms import SMALL_IN_BIG

AGENT = ActorCriticConfig("vtrace", hidden=(4,), environments=4, unroll=4, minibatches=1, epochs=1)
TINY = {
    "agent": AGENT,
    "simple": ActorCriticConfig(hidden=(4,)),
    "population": 2,
    "rounds": 2,
    "steps": 2,
    "strategy": "random-search",
}


@pytest.mark.usefixtures("one_device")
def test_a_mixture_is_grown_kept_played_and_reported(tmp_path, monkeypatch):
    monkeypatch.setenv("ONTOGENY_RUNS", str(tmp_path))
    run = og.grow("mix-actions", progress=False, **TINY)
    assert set(run.best.hypers) == {"learning_rate", "entropy_cost", "alpha"}
    assert (run.metrics()["mix_weight"] <= 0.1).all()
    kept = og.load_product(run.folder)
    assert isinstance(kept, MixedPolicy)
    made = run.recipe.product(run.best.state)
    assert kept.weights == pytest.approx(made.weights)
    assert sum(kept.weights) == pytest.approx(1)
    seen = jnp.ones((11, 11, 3))
    said, value, _ = kept.step(seen, ())
    again, its, _ = made.step(seen, ())
    assert float(value) == float(its)
    for one, other in zip(jax.tree.leaves(said), jax.tree.leaves(again), strict=True):
        np.testing.assert_array_equal(one, other)
    last = kept.last
    assert last.logits(seen).shape == (48,)
    np.testing.assert_array_equal(last.logits(seen), said.parts[1].logits)
    assert len(kept.play(steps=3, episodes=1).frames) == 3
    assert 'data-figure="mixing"' in run.report().read_text()


def test_what_is_mixed_is_what_the_fields_say():
    recipe = MixActions(curriculum="linear", over=0.5, rounds=10, steps=10, transfers=(0.1, 1.0))
    assert [float(recipe.curriculum_of_alpha()(done)) for done in (0, 25, 50)] == [0, 0.5, 1]
    assert set(recipe.space().dimensions) == {"learning_rate", "entropy_cost", "transfer"}
    assert recipe.components()[0].actions == SMALL_IN_BIG
    assert MixActions.from_json(json.loads(json.dumps(recipe.to_json()))) == recipe
    torques = MixActions(world="Pendulum-v1/factored3", actions=(0, 2))
    assert torques.components()[0].actions == ((0,), (2,))
    cores = [one.config.core for one in MixCores().components()]
    assert cores == ["dense", "lstm"]
    assert len(MixTasks().components()) == 4
    tasks = dataclasses.replace(MixTasks(), world="MemoryChain-bsuite + UmbrellaChain-bsuite")
    assert len(tasks.components()) == 3


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"alpha": 0.3}, "--curriculum fixed"),
        ({"over": 0.3}, "--curriculum linear"),
        ({"curriculum": "linear", "step": 0.1}, "--curriculum tuned"),
        ({"step": 2.0}, "a step of 2"),
        ({"transfer": 0.5, "transfers": (0.1, 1.0)}, "tuned too"),
        ({"transfers": (0.0, 1.0)}, "a log scale has no zero"),
        ({"curriculum": "fixed", "alpha": 1.0, "transfer": 0.0}, "one component alone"),
        ({"actions": (48,)}, "48 is no action"),
        ({"world": "Pendulum-v1/factored3", "actions": (3,)}, "3 is no action"),
        ({"world": "Pendulum-v1", "actions": (0,)}, "can't be listed"),
        ({"simple": ActorCriticConfig(hidden=(3,))}, "a torso of"),
    ],
)
def test_mistakes_are_said_before_anything_is_compiled(fields, said):
    with pytest.raises(ConfigError) as refused:
        MixActions(**fields).learner()
    assert said in str(refused.value)
