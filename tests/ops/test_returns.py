"""Returns against tables computed by hand, and against an oracle library."""

from __future__ import annotations

import warnings

import jax
import numpy as np
import pytest

from ontogeny.core.errors import ConfigError, StructureError
from ontogeny.ops.returns import following_values, gae, n_step_returns, vtrace

REWARD = np.float32([1, 2, 3])
VALUE = np.float32([0.5, 1, -1])
NEXT = np.float32([1, -1, 2])  # the last is the bootstrap
ON = np.ones(3, bool)
HALF = np.full(3, 0.5, np.float32)
GAE, TRACE = jax.jit(gae, static_argnums=5), jax.jit(vtrace, static_argnums=6)
N_STEPS, FOLLOWING = jax.jit(n_step_returns, static_argnums=4), jax.jit(following_values)


def test_gae_by_hand():
    # d = r + 0.5 V' - V = [1, 0.5, 5]; A2 = 5, A1 = 0.5 + 0.25 * 5, A0 = 1 + 0.25 * 1.75
    np.testing.assert_allclose(GAE(REWARD, HALF, VALUE, NEXT, ON, 0.5), [1.4375, 1.75, 5.0])


def test_gae_with_an_end():
    # step 1 terminates: its discount is 0, d1 = 2 - 1 = 1, and nothing flows back over it
    discount, continues = np.float32([0.5, 0, 0.5]), np.array([True, False, True])
    np.testing.assert_allclose(
        GAE(REWARD, discount, VALUE, NEXT, continues, 0.5), [1.0 + 0.25 * 1.0, 1.0, 5.0]
    )


def test_gae_with_a_cut():
    # step 1 is truncated: it is bootstrapped, d1 = 2 + 0.5 * 4 - 1 = 3, but the trace is cut
    following = np.float32([1, 4, 2])
    continues = np.array([True, False, True])
    np.testing.assert_allclose(
        GAE(REWARD, HALF, VALUE, following, continues, 0.5), [1.0 + 0.25 * 3.0, 3.0, 5.0]
    )


@pytest.mark.parametrize(
    ("n", "expected"),
    [
        (1, [1 + 0.5, 2 - 0.5, 3 + 1]),
        (2, [1 + 0.5 * (2 - 0.5), 2 + 0.5 * 4, 4]),
        (3, [1 + 0.5 * (2 + 0.5 * 4), 4, 4]),
        (9, [3, 4, 4]),
    ],
)
def test_n_step_returns_by_hand(n, expected):
    np.testing.assert_allclose(N_STEPS(REWARD, HALF, NEXT, ON, n), expected)


def test_n_step_returns_stop_at_a_cut():
    continues = np.array([False, True, True])
    np.testing.assert_allclose(N_STEPS(REWARD, HALF, NEXT, continues, 3), [1.5, 4, 4])


def test_vtrace_on_policy_is_the_n_step_target():
    trace = TRACE(REWARD, HALF, VALUE, NEXT, ON, np.zeros(3, np.float32))
    np.testing.assert_allclose(trace.target, N_STEPS(REWARD, HALF, NEXT, ON, 3))
    np.testing.assert_allclose(trace.advantage, trace.target - VALUE)


def test_vtrace_off_policy_by_hand():
    # ratios 2, 1/2, 1 -> rho = c = [1, 1/2, 1]; d = [1, 0.25, 5]
    # v2 - V2 = 5; v1 - V1 = 0.25 + 0.5 * 0.5 * 5 = 1.5; v0 - V0 = 1 + 0.5 * 1 * 1.5 = 1.75
    trace = TRACE(REWARD, HALF, VALUE, NEXT, ON, np.log(np.float32([2, 0.5, 1])))
    np.testing.assert_allclose(trace.target, [2.25, 2.5, 4.0], rtol=1e-6)
    # advantages: rho (r + 0.5 v' - V) = [1 + 1.25 - 0.5, (2 + 2 - 1) / 2, 3 + 1 + 1]
    np.testing.assert_allclose(trace.advantage, [1.75, 1.5, 5.0], rtol=1e-6)


def test_nothing_is_differentiated_through_vtrace():
    gradient = jax.grad(
        lambda v: TRACE(REWARD, HALF, v, NEXT, ON, np.zeros(3, np.float32)).target.sum()
    )
    np.testing.assert_array_equal(gradient(VALUE), 0)


def test_more_cuts_than_there_is_room_for_have_no_value():
    truncated = np.array([True, False, True])
    after = FOLLOWING(VALUE, np.float32(9), np.float32([7]), truncated)
    assert float(after[0]) == 7.0
    assert float(after[1]) == float(VALUE[2])
    assert np.isnan(after[2])


def test_following_values_take_what_a_limit_cut_off():
    truncated = np.array([True, False, True])
    after = FOLLOWING(VALUE, np.float32(9), np.float32([7, 8]), truncated)
    np.testing.assert_array_equal(after, [7.0, -1.0, 8.0])
    none = FOLLOWING(VALUE, np.float32(9), np.zeros(0, np.float32), np.zeros(3, bool))
    np.testing.assert_array_equal(none, [1.0, -1.0, 9.0])


def test_a_batch_is_refused():
    with pytest.raises((StructureError, Exception), match=r"rank|shape|type"):
        GAE(REWARD[None], HALF, VALUE, NEXT, ON, 0.5)
    with pytest.raises(ConfigError, match="n is 0"):
        N_STEPS(REWARD, HALF, NEXT, ON, 0)


@pytest.fixture(scope="module")
def rlax():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import rlax as oracle
    return oracle


@pytest.fixture(scope="module")
def episode():
    rng = np.random.default_rng(0)
    reward, value, after = np.float32(rng.normal(size=(3, 13)))
    discount = np.float32(0.97 * (rng.random(13) > 0.2))
    return reward, discount, value, np.append(value[1:], after[-1])


def test_gae_agrees_with_the_oracle(rlax, episode):
    reward, discount, value, following = episode
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = rlax.truncated_generalized_advantage_estimation(
            reward, discount, 0.9, np.append(value, following[-1])
        )
    ours = GAE(reward, discount, value, following, discount > 0, 0.9)
    np.testing.assert_allclose(ours, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("lambda_", [1.0, 0.8])
def test_vtrace_agrees_with_the_oracle(rlax, episode, lambda_):
    reward, discount, value, following = episode
    log_ratio = np.float32(np.random.default_rng(7).normal(size=reward.shape))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = rlax.vtrace_td_error_and_advantage(
            value, following, reward, discount, np.exp(log_ratio), lambda_
        )
    ours = TRACE(reward, discount, value, following, discount > 0, log_ratio, lambda_)
    np.testing.assert_allclose(ours.target - value, expected.errors, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(ours.advantage, expected.pg_advantage, rtol=1e-5, atol=1e-5)
