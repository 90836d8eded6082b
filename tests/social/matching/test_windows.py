"""Pairs by Mahalanobis' distance within a caliper, beside the same by comparing all with all."""

import numpy as np
from scipy.spatial.distance import cdist

from ontogeny.social.matching.windows import by_windows, whitened


def drawn(seed=0, n=120):
    rng = np.random.default_rng(seed)
    covariates = rng.normal(size=(n, 3)) @ rng.normal(size=(3, 3))
    treated = rng.random(n) < 0.3
    return covariates, covariates @ [0.4, -0.2, 0.1], treated, rng.integers(0, 2, n), rng


def distances(covariates, score, treated, stratum, caliper):
    """Return those of treated rows by controls; infinite for pairs that may not be."""
    rows, controls = np.flatnonzero(treated), np.flatnonzero(~treated)
    inverse = np.linalg.inv(np.cov(covariates.T, bias=True))
    apart = cdist(covariates[rows], covariates[controls], "mahalanobis", VI=inverse)
    far = np.abs(score[rows][:, None] - score[controls]) > caliper
    other = stratum[rows][:, None] != stratum[controls]
    return rows, controls, np.where(far | other, np.inf, apart)


def test_euclids_distance_of_whitened_covariates_is_mahalanobis():
    covariates = drawn()[0]
    inverse = np.linalg.inv(np.cov(covariates.T, bias=True))
    expected = cdist(covariates, covariates, "mahalanobis", VI=inverse)
    white = whitened(covariates)
    np.testing.assert_allclose(cdist(white, white), expected, atol=1e-5)
    doubled = whitened(np.column_stack([covariates, covariates.sum(axis=1)]))
    assert doubled.shape[1] == 3  # a sum of others adds no direction
    np.testing.assert_allclose(cdist(doubled, doubled), expected, atol=1e-4)


def test_with_replacement_everyone_has_the_nearest_of_all_within_the_caliper():
    covariates, score, treated, stratum, rng = drawn()
    rows, controls, apart = distances(covariates, score, treated, stratum, 0.3)
    for ratio in (1, 3):
        pairs = by_windows(
            score, whitened(covariates), treated, stratum, 0.3, 200, ratio, True, rng
        )
        for row, away in zip(rows, apart, strict=True):
            nearest = [j for j in np.argsort(away)[:ratio] if np.isfinite(away[j])]
            assert set(pairs.control[pairs.treated == row]) == set(controls[nearest])
        on_score = by_windows(score, None, treated, stratum, 0.3, 2, 1, True, rng)
        gaps = np.where(np.isinf(apart), np.inf, np.abs(score[rows][:, None] - score[controls]))
        kept = np.isfinite(gaps).any(axis=1)
        assert on_score.treated.tolist() == rows[kept].tolist()
        assert on_score.control.tolist() == controls[gaps[kept].argmin(axis=1)].tolist()


def test_without_replacement_no_pair_would_both_rather_have_each_other():
    covariates, score, treated, stratum, rng = drawn(1)
    rows, controls, apart = distances(covariates, score, treated, stratum, 0.4)
    pairs = by_windows(score, whitened(covariates), treated, stratum, 0.4, 200, 1, False, rng)
    assert len(set(pairs.treated)) == len(set(pairs.control)) == len(pairs.treated) > 15
    at = dict(zip(rows.tolist(), range(len(rows)), strict=True))
    column = dict(zip(controls.tolist(), range(len(controls)), strict=True))
    of_row, of_control = np.full(len(rows), np.inf), np.full(len(controls), np.inf)
    for i, j in zip(pairs.treated.tolist(), pairs.control.tolist(), strict=True):
        distance = apart[at[i], column[j]]
        assert np.isfinite(distance)  # within the caliper and the stratum
        of_row[at[i]] = of_control[column[j]] = distance
    alone = np.isinf(of_row)
    assert np.all(np.isinf(apart[alone][:, np.isinf(of_control)]))  # nobody free was in reach
