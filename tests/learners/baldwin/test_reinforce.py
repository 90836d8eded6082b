"""Learning by acting: the gradient held against quadrature, and what comes of evolved genes."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.core.errors import ConfigError, StoreError
from ontogeny.learners.baldwin.evolved import EvolvedLearner, load_evolved
from ontogeny.learners.baldwin.lifetime import genes_space, unravel
from ontogeny.learners.baldwin.reinforce import reinforce
from ontogeny.worlds.bodies.goals import best_return, directions, point_mass

KEY = jax.random.key(0)
SUBJECT = reinforce(directions(point_mass()))
# A linear policy that always goes forward, at rates of 0: its lives don't change it.
FORWARD = {
    "weights": jnp.array([0.0, 0.0, 9.0]),
    "rates": jnp.full(2, 1e-12),
    "noise": jnp.float32(0.1),
}


@pytest.mark.parametrize(("horizon", "discount"), [(1, 1.0), (2, 1.0), (2, 0.5)])
def test_the_gradient_is_that_of_the_expected_return(horizon, discount):
    """From rest, r_0 = 0.2 g tanh(u_0) - 0.02 tanh²(u_0), u ~ N(b, s²), and r_1 is the like of u_1
    and 0.8 of the velocity before.
    """
    bias, deviation, goal = 0.3, 0.7, 1.0
    subject = reinforce(directions(point_mass(), horizon, 0.02), 20, discount=discount)
    arrays = subject.init(KEY)
    assert arrays.weight.shape == (2, 1)
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    weights = weights / weights.sum()
    drive = np.tanh(bias + deviation * nodes)
    moved, spent = (
        (weights * x * nodes / deviation).sum() for x in (0.2 * goal * drive, 0.02 * drive**2)
    )  # d / d b of what an action adds to the next velocity, and of what it costs
    exact = horizon * (moved - spent) + (horizon - 1) * discount * 0.8 * moved

    def gradient(key):
        def loss(b):
            moved = jax.tree.map(jnp.zeros_like, arrays)
            moved = jax.tree.unflatten(
                jax.tree.structure(moved), [jax.tree.leaves(moved)[0], b[None]]
            )
            return subject.loss(key, moved, jnp.float32(goal), {"noise": jnp.float32(deviation)})

        return jax.grad(loss)(jnp.float32(bias))

    found = np.asarray(jax.jit(jax.vmap(gradient))(jax.random.split(KEY, 3000)))
    error = found.std() / np.sqrt(len(found))
    assert abs(-found.mean() - exact) < 4 * error
    assert error < 0.03 * exact


def test_a_score_is_the_return_without_noise():
    arrays = unravel(SUBJECT)(FORWARD["weights"])
    by_goal = [float(SUBJECT.score(KEY, arrays, jnp.float32(g), FORWARD)) for g in (1.0, -1.0)]
    assert by_goal[0] == pytest.approx(best_return(), abs=1e-3)
    assert by_goal[1] == pytest.approx(-best_return() - 2 * 0.02 * 20, abs=1e-3)


def test_an_evolved_learner_lives_on_fresh_tasks_and_is_kept(tmp_path):
    evolved = EvolvedLearner(SUBJECT, FORWARD, 2)
    scores = np.asarray(evolved(KEY, 16))
    assert scores.shape == (16, 3)
    assert {round(float(s), 1) for s in scores[:, 0]} == {15.6, -16.4}
    evolved.save(tmp_path / "kept")
    again = load_evolved(tmp_path / "kept", SUBJECT)
    assert again.steps == 2
    assert np.array_equal(again.genes["weights"], FORWARD["weights"])
    other = reinforce(directions(point_mass(), 5)._replace(name="another"))
    with pytest.raises(StoreError, match="point-mass-direction"):
        load_evolved(tmp_path / "kept", other)


def test_genes_have_a_rate_a_leaf_and_the_noise():
    drawn = genes_space(SUBJECT).sample(KEY)
    assert {name: jnp.shape(value) for name, value in drawn.items()} == {
        "weights": (3,),
        "rates": (2,),
        "season": (),
        "noise": (),
    }


@pytest.mark.parametrize("settings", [{"episodes": 1}, {"scored": 0}, {"discount": 1.1}])
def test_settings_that_make_no_sense_are_refused(settings):
    with pytest.raises(ConfigError):
        reinforce(directions(point_mass()), **settings)
