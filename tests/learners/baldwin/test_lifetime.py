"""Lifetimes: what learning makes of genes by closed form, what is inherited, who shares tasks."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.core.errors import ConfigError
from ontogeny.core.population import advance, spawn
from ontogeny.core.space import Log
from ontogeny.learners.baldwin.lifetime import (
    LifetimeConfig,
    Subject,
    draw_tasks,
    genes_space,
    learn,
    lifetime,
    scores_by_step,
    unravel,
)
from ontogeny.testing import check_learner

KEY = jax.random.key(0)


def bowl() -> Subject:
    """Return a subject whose lives have a closed form: descend |w - task|² / 2, each leaf at its
    own rate. The trait scales the score.
    """

    def apart(arrays, task):
        return sum(jnp.sum((leaf - task) ** 2) for leaf in jax.tree.leaves(arrays)) / 2

    return Subject(
        "bowl",
        lambda key: {"a": jnp.zeros(2), "b": 0.1 * jax.random.normal(key, (1,))},
        lambda key: jax.random.uniform(key, minval=1.0, maxval=2.0),
        lambda key, arrays, task, hypers: apart(arrays, task),
        lambda key, arrays, task, hypers: -hypers["trait"] * apart(arrays, task),
        {"trait": Log(0.5, 2.0, prior=(1.0, 1.0))},
    )


GENES = {
    "weights": jnp.array([0.5, -0.5, 3.0]),
    "rates": jnp.array([0.1, 0.5]),
    "season": jnp.int32(4),
    "trait": jnp.float32(2.0),
}


def lived(steps, key=KEY, genes=GENES, **settings):
    learner = lifetime(bowl(), LifetimeConfig(tasks=3, **settings))
    state = learner.init(key, genes)
    for step in range(steps):
        state, metrics = learner.step(jax.random.fold_in(key, step), state, genes)
    return learner, state, metrics


def expected(state, steps):
    """Return w after so many steps: task + (1 - rate)^steps (w0 - task)."""
    kept = (1 - np.array([0.1, 0.1, 0.5])) ** steps
    tasks = np.asarray(state.tasks)[:, None]
    return tasks + kept * (np.asarray(GENES["weights"]) - tasks)


def test_a_life_descends_at_the_rates_of_its_genes():
    learner, state, metrics = lived(3)
    np.testing.assert_allclose(state.weights, expected(state, 3), rtol=1e-5)
    worth = -2 * ((expected(state, 3) - np.asarray(state.tasks)[:, None]) ** 2 / 2).sum(1).mean()
    assert float(jax.jit(learner.score)(KEY, state, GENES)) == pytest.approx(worth, rel=1e-5)
    innate = -2 * ((expected(state, 0) - np.asarray(state.tasks)[:, None]) ** 2 / 2).sum(1).mean()
    assert float(metrics["score_at_birth"]) == pytest.approx(innate, rel=1e-5)


def test_without_learning_the_genes_are_all_there_is():
    learner, state, metrics = lived(3, inheritance="darwin")
    np.testing.assert_allclose(state.weights, np.tile(GENES["weights"], (3, 1)))
    assert float(jax.jit(learner.score)(KEY, state, GENES)) == pytest.approx(
        float(metrics["score_at_birth"])
    )


def test_only_lamarck_bequeaths_what_the_first_task_taught():
    learner, state, _ = lived(3, inheritance="lamarck")
    left = learner.bequeath(state, GENES)
    np.testing.assert_allclose(left["weights"], expected(state, 3)[0], rtol=1e-5)
    assert left["rates"] is GENES["rates"]
    assert lived(1)[0].bequeath is None
    assert lived(1, inheritance="darwin")[0].bequeath is None
    np.testing.assert_allclose(state.genes.weights, GENES["weights"])


def test_who_shares_a_season_shares_its_tasks_and_luck_whatever_the_slot():
    tasks = [np.asarray(lived(1, jax.random.key(slot))[1].tasks) for slot in range(2)]
    assert np.array_equal(*tasks)
    later = {**GENES, "season": jnp.int32(5)}
    assert not np.any(np.isin(lived(1, genes=later)[1].tasks, tasks[0]))
    alone = {name: value for name, value in GENES.items() if name != "season"}
    free = [np.asarray(lived(1, jax.random.key(slot), alone)[1].tasks) for slot in range(2)]
    assert not np.any(np.isin(*free))


@pytest.mark.parametrize("count", [1, 4, 5])
def test_every_second_task_is_the_opposite_of_the_last(count):
    keys = jax.random.split(KEY, count)
    assert np.array_equal(draw_tasks(bowl(), keys), jax.vmap(bowl().draw)(keys))
    tasks = np.asarray(draw_tasks(bowl()._replace(mirror=lambda task: 3 - task), keys))
    assert np.array_equal(tasks[::2], jax.vmap(bowl().draw)(keys)[::2])
    np.testing.assert_allclose(tasks[1::2], 3 - tasks[: count // 2 * 2 : 2])


def test_scores_by_step_are_those_of_a_life():
    scores = scores_by_step(bowl(), GENES, KEY, 3, jnp.float32(1.5))
    apart = (np.array([0.9, 0.9, 0.5])[None] ** np.arange(4)[:, None]) * (
        np.asarray(GENES["weights"]) - 1.5
    )
    np.testing.assert_allclose(scores, -2 * (apart**2).sum(1) / 2, rtol=1e-5)


def test_genes_lie_flat_in_the_space_and_come_back_whole():
    space = genes_space(bowl(), LifetimeConfig(first_rates=(0.01, 0.02)))
    drawn = space.sample(KEY)
    assert drawn["weights"].shape == (3,)
    assert np.all((drawn["rates"] >= 0.01) & (drawn["rates"] <= 0.0201))
    assert int(drawn["season"]) == 0
    whole = unravel(bowl())(drawn["weights"])
    assert np.all(whole["a"] == 0)
    assert whole["b"].shape == (1,)
    _, loss = learn(bowl(), KEY, GENES["weights"], jnp.float32(1.0), GENES)
    assert float(loss) == pytest.approx((0.25 + 2.25 + 4) / 2)


def test_it_is_a_learner_and_a_lamarckian_population_carries_what_it_learned():
    config = LifetimeConfig(tasks=2, inheritance="lamarck")
    space = genes_space(bowl(), config)
    check_learner(lifetime(bowl(), config), space)
    learner = lifetime(bowl(), config)
    young = jax.jit(lambda: spawn(learner, space, 3, 2))()
    old = jax.jit(lambda p: advance(learner, 3, 2, p)[0])(young)
    np.testing.assert_allclose(old.hypers["weights"], old.state.weights[:, 0], rtol=1e-6)
    assert np.all(old.hypers["weights"] != young.hypers["weights"])


def test_a_life_without_tasks_is_refused():
    with pytest.raises(ConfigError, match="tasks is 0"):
        LifetimeConfig(tasks=0)
