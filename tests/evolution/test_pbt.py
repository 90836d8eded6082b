"""Population Based Training: who copies what, when, and what the copy does next."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import jaxtyping
import numpy as np
import pytest

from descent import LEARNER, SPACE, scored
from ontogeny.core import trees
from ontogeny.core.errors import ConfigError
from ontogeny.core.keys import Purpose, derive
from ontogeny.core.population import advance, apply, spawn
from ontogeny.evolution.explore import Exploration, keep, perturb
from ontogeny.evolution.pbt import WINDOW, pbt
from ontogeny.evolution.selection import margin, truncation, welch

KEY = jax.random.key(3)
SCORES = [3.0, 0.0, 2.0, 1.0]  # slot 1 is the worst, slot 0 the best
EVERYBODY = np.ones(4, bool)


def halve() -> Exploration:
    """Return an exploration whose result is known."""
    return lambda key, space, hypers: jax.tree.map(lambda h: h / 2, hypers)


def decide(strategy, population, ready=EVERYBODY, memory=None, key=KEY):
    memory = strategy.init(key, population) if memory is None else memory
    ready = jnp.asarray(ready)
    return strategy.move(key, memory, population, ready)  # compiling would take longer


def make(**options):
    return pbt(SPACE, truncation(0.25), halve(), **options)


def test_the_worst_takes_the_bests_state_and_varies_its_hypers():
    population = scored(SCORES)
    memory, move = decide(make(), population)
    assert np.array_equal(move.parent, [0, 0, 2, 3])
    assert np.all(move.inherit)
    np.testing.assert_allclose(move.hypers["rate"], [0.01, 0.005, 0.03, 0.04])
    np.testing.assert_allclose(move.hypers["momentum"], [0, 0, 0.2, 0.3], atol=1e-7)
    assert np.array_equal(memory.considered, [10, 10, 10, 10])


def test_copying_weights_only_varies_the_members_own_hypers():
    _, move = decide(make(copy="weights"), scored(SCORES))
    assert np.array_equal(move.parent, [0, 0, 2, 3])
    np.testing.assert_allclose(move.hypers["rate"], [0.01, 0.01, 0.03, 0.04])  # 0.02 / 2


def test_copying_hypers_only_leaves_the_weights():
    _, move = decide(make(copy="hypers"), scored(SCORES))
    assert np.array_equal(move.parent, [0, 1, 2, 3])
    np.testing.assert_allclose(move.hypers["rate"], [0.01, 0.005, 0.03, 0.04])


def test_without_exploration_the_hypers_are_the_parents():
    _, move = decide(pbt(SPACE, truncation(0.25), keep()), scored(SCORES))
    np.testing.assert_allclose(move.hypers["rate"], [0.01, 0.01, 0.03, 0.04])


def test_mutate_always_varies_those_who_stay_too():
    _, move = decide(make(mutate_always=True), scored(SCORES))
    assert np.array_equal(move.parent, [0, 0, 2, 3])
    np.testing.assert_allclose(move.hypers["rate"], [0.005, 0.005, 0.015, 0.02])


def test_heirs_vary_independently_and_so_do_their_hypers():
    hypers = {"rate": np.ones(64, np.float32), "momentum": np.full(64, 0.45, np.float32)}
    population = scored([0.0] * 32 + [5.0] * 32, hypers)
    strategy, everybody = pbt(SPACE, truncation(0.5), perturb()), np.ones(64, bool)
    _, move = jax.device_get(jax.jit(lambda: decide(strategy, population, everybody))())
    assert np.all(move.parent[:32] >= 32)
    up = np.stack([move.hypers["rate"][:32] > 1, move.hypers["momentum"][:32] > 0.45])
    assert np.all((up.mean(axis=1) > 0.25) & (up.mean(axis=1) < 0.75))
    assert 0.25 < np.mean(up[0] == up[1]) < 0.75
    assert np.all(move.hypers["rate"][32:] == 1)


def test_nobody_moves_before_the_burn_in():
    strategy = make(burn_in=20)
    memory, move = decide(strategy, scored(SCORES, steps=19))
    assert np.array_equal(move.parent, [0, 1, 2, 3])
    assert np.array_equal(memory.considered, [0, 0, 0, 0])
    assert np.array_equal(decide(strategy, scored(SCORES, steps=20))[1].parent, [0, 0, 2, 3])


def test_a_member_waits_its_interval_between_two_moves():
    strategy = make(interval=25)
    memory, moved = None, []
    for steps in (10, 20, 30, 40, 50, 60):
        memory, move = decide(strategy, scored(SCORES, steps=steps), memory=memory)
        moved.append(int(move.parent[1]) == 0)
    assert moved == [False, False, True, False, False, True]


@pytest.mark.parametrize("copy", ["both", "weights", "hypers"])
@pytest.mark.parametrize("wait", [{}, {"burn_in": 1000}, {"interval": 1000}])
def test_the_dead_are_replaced_whatever_the_settings(copy, wait):
    population = scored([3.0, -np.inf, 2.5, -np.inf, 1.0, 2.0, 0.0, 0.5])
    _, move = jax.device_get(decide(make(copy=copy, **wait), population, np.ones(8, bool)))
    assert {int(move.parent[1]), int(move.parent[3])} <= {0, 2, 5}  # the better half
    for heir in (1, 3):  # the donor's hypers come too: the dead's own may be what killed it
        assert move.hypers["rate"][heir] == pytest.approx(0.005 * (1 + int(move.parent[heir])))
    if wait:
        assert np.array_equal(move.parent[[0, 2, 4, 5, 6, 7]], [0, 2, 4, 5, 6, 7])


def test_when_all_are_dead_everybody_stays():
    population = scored([-np.inf] * 4)
    _, move = decide(make(), population)
    assert np.array_equal(move.parent, [0, 1, 2, 3])
    assert np.array_equal(move.hypers["rate"], population.hypers["rate"])


def test_alone_nothing_moves():
    strategy = make()
    alone = jax.jit(lambda population: decide(strategy, population, np.ones(1, bool)))
    for score in (1.0, -np.inf):
        population = scored([score])
        _, move = alone(population)
        assert np.array_equal(move.parent, [0])
        assert np.array_equal(move.hypers["rate"], population.hypers["rate"])


def test_two_members_are_enough():
    _, move = decide(make(), scored([1.0, 2.0]), np.ones(2, bool))
    assert np.array_equal(move.parent, [1, 1])


def test_one_ready_member_decides_as_it_would_among_all():
    """With one True in the mask that slot moves by the synchronous rule, and nobody else."""
    strategy, population = (
        pbt(SPACE, truncation(0.25), perturb(), mutate_always=True),
        scored(SCORES),
    )
    together_memory, together = decide(strategy, population)
    for slot in range(4):
        ready = np.arange(4) == slot
        memory, alone = decide(strategy, population, ready)
        expected = np.where(ready, together.parent, np.arange(4))
        assert np.array_equal(alone.parent, expected)
        for new, all_new, old in zip(
            *map(jax.tree.leaves, (alone.hypers, together.hypers, population.hypers)), strict=True
        ):
            assert np.array_equal(new, np.where(ready, all_new, old))
        assert np.array_equal(memory.considered, np.where(ready, together_memory.considered, 0))


def test_who_is_not_ready_is_not_touched_though_dead():
    population = scored([3.0, -np.inf, 2.0, 1.0])
    _, move = decide(make(), population, np.array([True, False, True, True]))
    assert move.parent[1] == 1
    assert move.hypers["rate"][1] == population.hypers["rate"][1]


def test_recent_scores_follow_the_line_that_made_them():
    strategy = make()
    memory, _ = decide(strategy, scored(SCORES))
    assert memory.recent.shape == (4, WINDOW)
    assert np.array_equal(memory.recent[:, -1], [3.0, 3.0, 2.0, 1.0])  # slot 1 now is slot 0's heir
    memory, _ = decide(strategy, scored([4.0, 4.5, 2.1, 1.1], steps=20), memory=memory)
    assert np.array_equal(memory.recent[:, -2:], np.float32([[3, 4], [3, 4.5], [2, 2.1], [3, 4.5]]))
    assert np.all(np.isneginf(memory.recent[:, :-2]))


def test_the_window_slides():
    strategy = pbt(SPACE, margin(1e9))
    memory = None
    for turn in range(WINDOW + 3):
        memory, _ = decide(strategy, scored(np.array(SCORES) + turn, steps=turn), memory=memory)
    assert memory is not None
    assert np.array_equal(memory.recent[0], 3.0 + np.arange(3, WINDOW + 3))


def test_the_t_test_needs_evidence():
    """Of the same two means, nobody moves on noise, and the worse moves on steady scores."""
    strategy = pbt(SPACE, welch(0.05), keep())
    for spread, expected in ((5.0, [0, 1]), (0.1, [1, 1])):
        memory, move = None, None
        for turn, noise in enumerate([-1, 1, -0.5, 0.5, 0]):
            population = scored([spread * noise, 1 - spread * noise], steps=turn)
            memory, move = decide(strategy, population, np.ones(2, bool), memory)
            if turn < 1:
                assert np.array_equal(move.parent, [0, 1])  # one score is no evidence
        assert move is not None
        assert np.array_equal(move.parent, expected)


def test_the_same_key_decides_the_same_and_another_may_not():
    population = scored([0.0] * 8)
    strategy, everybody = pbt(SPACE, truncation(0.25)), np.ones(8, bool)
    first, again = (decide(strategy, population, everybody)[1] for _ in range(2))
    assert np.array_equal(first.parent, again.parent)
    assert np.array_equal(first.hypers["rate"], again.hypers["rate"])
    other = decide(strategy, population, everybody, key=jax.random.key(4))[1]
    assert not np.array_equal(first.hypers["rate"], other.hypers["rate"])


def test_the_childs_next_update_uses_its_new_hypers_and_its_parents_moments():
    """w' - w = -rate (gradient + momentum * trace), where rate and momentum are the child's, and w
    and trace the parent's.
    """
    seed = 2
    grow = jax.jit(lambda p: advance(LEARNER, seed, 1, p)[0])
    parents = grow(spawn(LEARNER, SPACE, seed, 4))
    best, worst = int(np.argmax(parents.score)), int(np.argmin(parents.score))
    _, move = decide(make(), parents)
    assert int(move.parent[worst]) == best
    child = trees.take(apply(LEARNER, seed, parents, move), jnp.int32(worst))
    parent = trees.take(parents, jnp.int32(best))
    assert child.hypers["rate"] == parent.hypers["rate"] / 2

    after = grow(apply(LEARNER, seed, parents, move))
    noise = jax.random.normal(derive(seed, Purpose.STEP, worst, 1), (3,))
    gradient = parent.state.w + 0.1 * noise
    trace = gradient + child.hypers["momentum"] * parent.state.moments[0].trace
    delta = after.state.w[worst] - parent.state.w
    np.testing.assert_allclose(delta, -child.hypers["rate"] * trace, rtol=1e-4, atol=1e-6)
    assert not np.allclose(delta, -parent.hypers["rate"] * trace, rtol=0.1)


@pytest.mark.parametrize("options", [{"copy": "all"}, {"burn_in": -1}, {"interval": -1}])
def test_options_that_make_no_sense_are_refused(options, monkeypatch):
    # A user has no type checker behind the annotations, so it must not answer first.
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    with pytest.raises(ConfigError, match="pbt"):
        pbt(SPACE, **options)
