"""Exact Gaussian processes: against LAPACK, scikit-learn, and a case worked by hand."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, Matern, WhiteKernel

from ontogeny.ops.gaussian_process import (
    Inputs,
    Kernel,
    cholesky,
    covariance,
    imagine,
    log_evidence,
    posterior,
    solve_lower,
)

LENGTH, DRIFT, NOISE = 0.3, 0.2, 0.05
KERNEL = Kernel(jnp.float32(LENGTH), jnp.float32(DRIFT), jnp.float32(NOISE))
POSTERIOR, EVIDENCE = jax.jit(posterior), jax.jit(log_evidence)
COVARIANCE, IMAGINE = jax.jit(covariance), jax.jit(imagine)
FAR = 1e9  # a length so long that an input does not matter


@pytest.fixture(scope="module")
def case():
    """Return 9 observations, of which the third and the last are missing, and 4 points to ask."""
    rng = np.random.default_rng(0)
    seen = Inputs(np.arange(9, dtype=np.float32), np.float32(rng.uniform(size=(9, 2))))
    asked = Inputs(np.full(4, 9, np.float32), np.float32(rng.uniform(size=(4, 2))))
    there = np.ones(9, bool)
    there[[2, 8]] = False
    return seen, np.float32(rng.normal(size=9)), there, asked


@pytest.fixture(scope="module")
def believed(case):
    return POSTERIOR(KERNEL, *case)


@pytest.fixture(scope="module")
def oracle(case):
    """Return scikit-learn's regressor on what is there: (1 - drift)^(|t| / 2) is a Matérn kernel
    of order 1/2, exp(-|t| / l) with l = -2 / log(1 - drift).
    """
    seen, y, there, _ = case
    in_time = Matern([-2 / np.log(1 - DRIFT), FAR, FAR], nu=0.5)
    kernel = in_time * RBF([FAR, LENGTH, LENGTH]) + WhiteKernel(NOISE)
    regressor = GaussianProcessRegressor(kernel, alpha=0, optimizer=None)
    mask = np.asarray(there)
    return regressor.fit(table(seen)[mask], np.float64(y)[mask])


def table(inputs):
    return np.column_stack([inputs.time, inputs.x]).astype(np.float64)


def test_the_triangle_and_its_solution_are_lapacks():
    rng = np.random.default_rng(1)
    root = rng.normal(size=(12, 12))
    matrix, right = root @ root.T + np.eye(12), rng.normal(size=(12, 3))
    lower = jax.jit(cholesky)(jnp.float32(matrix))
    np.testing.assert_allclose(lower, np.linalg.cholesky(matrix), atol=1e-4)
    solved = jax.jit(solve_lower)(lower, jnp.float32(right))
    np.testing.assert_allclose(
        solved, np.linalg.solve(np.linalg.cholesky(matrix), right), atol=1e-4
    )


def test_the_covariance_by_hand():
    one = Inputs(np.float32([0]), np.float32([[0, 0]]))
    two = Inputs(np.float32([4]), np.float32([[0.3, 0.4]]))
    expected = (1 - DRIFT) ** 2 * np.exp(-0.25 / (2 * LENGTH**2))
    assert COVARIANCE(KERNEL, one, two)[0, 0] == pytest.approx(expected, rel=1e-5)
    still = KERNEL._replace(drift=jnp.float32(0))
    assert COVARIANCE(still, one, one._replace(time=np.float32([1e6])))[0, 0] == 1


def test_one_observation_by_hand(case):
    """mean = k y / (1 + noise), variance = 1 - k^2 / (1 + noise)."""
    seen, _, _, asked = case
    there = np.arange(9) == 4
    belief = POSTERIOR(KERNEL, seen, np.full(9, 2, np.float32), there, asked)
    k = np.asarray(COVARIANCE(KERNEL, seen, asked))[4]
    np.testing.assert_allclose(belief.mean, 2 * k / (1 + NOISE), rtol=1e-5)
    np.testing.assert_allclose(np.diag(belief.covariance), 1 - k**2 / (1 + NOISE), rtol=1e-5)


def test_the_posterior_is_scikit_learns(case, believed, oracle):
    mean, cov = oracle.predict(table(case[-1]), return_cov=True)
    np.testing.assert_allclose(believed.mean, mean, atol=1e-4)
    np.testing.assert_allclose(believed.covariance, cov - NOISE * np.eye(4), atol=1e-4)


def test_the_evidence_is_scikit_learns(case, oracle):
    seen, y, there, _ = case
    found = EVIDENCE(KERNEL, seen, y, there)
    assert found == pytest.approx(oracle.log_marginal_likelihood_value_, abs=1e-3)


def test_without_observations_nothing_is_known(case):
    seen, y, there, asked = case
    belief = POSTERIOR(KERNEL, seen, y, np.zeros_like(there), asked)
    assert np.all(np.asarray(belief.mean) == 0)
    np.testing.assert_allclose(np.diag(belief.covariance), 1.0)
    assert EVIDENCE(KERNEL, seen, y, np.zeros_like(there)) == 0


def test_an_imagined_observation_is_a_real_one_of_what_was_expected(case, believed):
    """Observing exactly the mean at a point leaves every mean and lowers the variance."""
    seen, y, there, asked = case
    more = Inputs(*(np.concatenate([a, b[1:2]]) for a, b in zip(seen, asked, strict=True)))
    both, at = np.append(there, True), np.int32(1)
    real = POSTERIOR(KERNEL, more, np.append(y, np.asarray(believed.mean)[1]), both, asked)
    imagined = IMAGINE(believed, at, np.float32(NOISE), np.True_)
    np.testing.assert_allclose(imagined.mean, real.mean, atol=1e-5)
    np.testing.assert_allclose(imagined.covariance, real.covariance, atol=1e-4)
    untouched = IMAGINE(believed, at, np.float32(NOISE), np.False_)
    assert np.array_equal(untouched.covariance, believed.covariance)
