"""The propensity beside scikit-learn's, and where covariates tell the treatment for certain."""

import numpy as np
from sklearn.linear_model import LogisticRegression

from ontogeny.social.matching.propensity import fit_propensity


def test_the_fit_is_that_of_scikit_learn():
    rng = np.random.default_rng(0)
    covariates = rng.normal(size=(500, 3)) * [1, 50, 0.01] + [0, 1000, 3]
    z = (covariates - covariates.mean(axis=0)) / covariates.std(axis=0)
    treated = rng.random(500) < 1 / (1 + np.exp(1 - z @ [0.8, -0.5, 0.2]))
    fit = fit_propensity(covariates, treated, ("a", "b", "c"), ridge=0.0)
    other = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(z, treated)
    np.testing.assert_allclose(fit.coefficients, other.coef_[0], rtol=1e-5)
    np.testing.assert_allclose(fit.intercept, other.intercept_[0], rtol=1e-5)
    np.testing.assert_allclose(fit.logit, other.decision_function(z), rtol=1e-4, atol=1e-5)
    assert fit.converged
    assert fit.steps < 10
    assert fit.certain == 0
    assert fit.strongest == "a"
    p = 1 / (1 + np.exp(-fit.logit))  # at the optimum what is left tells nothing
    np.testing.assert_allclose(z.T @ (treated - p), 0, atol=1e-6)
    ridged = fit_propensity(covariates, treated, ("a", "b", "c"), ridge=0.01)
    weight = 1 / (500 * 0.01)
    other = LogisticRegression(C=weight, tol=1e-10, max_iter=1000).fit(z, treated)
    np.testing.assert_allclose(ridged.coefficients, other.coef_[0], rtol=1e-4)


def test_rows_that_are_told_apart_for_certain_are_counted():
    x = np.linspace(-1, 1, 200)[:, None]
    fit = fit_propensity(x, x[:, 0] > 0.001, ("x",), ridge=1e-8)
    assert fit.separated
    assert fit.certain > 100
    assert np.all(np.isfinite(fit.logit))


def test_a_covariate_that_comes_twice_changes_no_logit():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(300, 2))
    treated = rng.random(300) < 1 / (1 + np.exp(-x[:, 0]))
    once = fit_propensity(x, treated, ("a", "b"))
    twice = fit_propensity(x[:, [0, 1, 0]], treated, ("a", "b", "a again"))
    np.testing.assert_allclose(once.logit, twice.logit, atol=1e-5)
