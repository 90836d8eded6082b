"""The rules of the claims about agents with memory."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from ontogeny.claims.measuring import Measuring
from ontogeny.claims.sequential import control as sequential_control
from ontogeny.claims.sequential import thompson as sequential_thompson
from ontogeny.claims.sequential.control import Grown, Study
from ontogeny.claims.sequential.thompson import Fitted, apart, repeats
from ontogeny.claims.trainings import Trained
from ontogeny.learners.sequential.acting import agent_in
from ontogeny.learners.sequential.visits import Visits
from ontogeny.recipes.bandits import Bandit, solved_world


def test_apart_and_repeats_by_hand():
    machine = solved_world("two-arms", 2).machine()
    exact = np.array([[0.5, 0.5]] + [[0.7, 0.3]] * (len(machine.statistics) - 1))
    arm_of = machine.statistics[:, 2:].sum(axis=1)  # of the states after one pull
    first = 1 + int(np.argmax(arm_of[1:] == 0))
    second = 1 + int(np.argmax(arm_of[1:] == 1))
    said = np.array([[[0.5, 0.5], [0.9, 0.1]], [[0.3, 0.7], [0.2, 0.8]]])
    found = Visits(np.array([[0, first], [0, second]]), said)
    np.testing.assert_allclose(apart(found, exact), [0.1, 0.35])
    assert repeats(found, machine) == pytest.approx((0.9 + 0.8) / 2)


def fitted(total: float, dp: float, again: float) -> Fitted:
    return Fitted(
        np.full((3, 20), total / 20), np.full((3, 20), dp), np.full(3, again), np.zeros((0, 3)), 1.0
    )


def test_the_rules_of_the_claims_about_imitation():
    limits = {"thompson": 11.9318}
    module = sequential_thompson
    assert module.return_claim(fitted(11.90, 0, 0), limits, 0, "").holds
    assert not module.return_claim(fitted(11.85, 0, 0), limits, 0, "").holds
    assert not module.return_claim(fitted(12.00, 0, 0), limits, 0, "").holds
    assert module.probability_claim(fitted(0, 0.019, 0), 0, "").holds
    assert not module.probability_claim(fitted(0, 0.021, 0), 0, "").holds
    assert module.delusion_claim(fitted(10, 0.3, 0.99), 0, "").holds
    assert not module.delusion_claim(fitted(10, 0.05, 0.99), 0, "").holds
    assert not module.delusion_claim(fitted(10, 0.3, 0.5), 0, "").holds


def grown(total: float) -> Grown:
    limits = {"optimal": 12.99014, "oracle": 13.6, "greedy": 12, "thompson": 12.49, "random": 11}
    trained = Trained(None, np.full((2, 3), total), np.array([5, 10]), np.array([1.0, 2.0]), {})
    spread = np.linspace(-0.001, 0.001, 3)[:, None] / 20
    return Grown(limits, trained, np.full((3, 20), total / 20) + spread)


def test_the_rules_of_the_claims_about_control():
    module = sequential_control
    study = Study("known-arm", 20, 10, 12.95 / 12.99014)
    assert module.return_claim(study, grown(12.96), Measuring()).holds
    lost = module.return_claim(study, grown(12.94), Measuring("quick"))
    assert not lost.holds
    assert "under-powered" in lost.measured
    assert module.entropy_claim([grown(12.0), grown(12.4)], Measuring()).holds
    assert not module.entropy_claim([grown(12.0), grown(12.6)], Measuring()).holds


def test_where_there_is_no_machine_rewards_are_those_of_episodes():
    recipe = Bandit(world="gaussian", horizon=4)
    solved, training = recipe.solved(), recipe.training
    begin = jax.jit(jax.vmap(agent_in(training.core, solved).init))
    networks = begin(jax.random.split(jax.random.key(0), 2))
    earned = sequential_control._rewards_of(solved, training, networks, Measuring("tiny"))
    assert earned.shape == (2, 4)
    # of agents that know nothing, in a thousand episodes: what random play earns
    np.testing.assert_allclose(earned.sum(axis=1), solved.limits()["random"], atol=0.6)


def test_the_figures_show_every_policy():
    critics = {"privileged critic": grown(12.9), "plain critic": grown(12.0)}
    study = sequential_control.studies(Measuring())[0]
    figures = [
        sequential_control.learning_portrait(critics),
        sequential_control.known_arm_portrait(study, critics),
        sequential_control.returns_portrait({"known-arm": grown(12.9)}),
    ]
    named = [[trace.name for trace in figure.draw(figure).data if trace.name] for figure in figures]
    assert named[0] == ["privileged critic", "plain critic"]
    assert named[1] == ["oracle", "optimal", "greedy", "Thompson", *critics]
    assert named[2] == ["greedy", "thompson", "optimal", "oracle", "network"]
    optimum = figures[1].data["optimal"]
    assert optimum.sum() == pytest.approx(12.9901, abs=1e-4)
