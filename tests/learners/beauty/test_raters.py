from __future__ import annotations

import numpy as np
import pytest

from ontogeny.core.errors import DataError
from ontogeny.learners.beauty.raters import TwoWay, Variances, two_way, variances_of
from ontogeny.worlds.platform.crowds import CrowdConfig, crowd, drawn_raters

CROWD = CrowdConfig(photos=400, raters=40, spread=1.0, bias=0.7, noise=0.9, erratic=0.5)


def drawn(seed: int):
    rng = np.random.default_rng(seed)
    truth = crowd(CROWD, rng)
    photo, rater = drawn_raters(CROWD, 6, rng)
    return truth, photo, rater, 5 + truth.rate(photo, rater, rng)


def test_variances_biases_and_noise_are_found():
    truth, photo, rater, value = drawn(1)
    found = two_way(photo, rater, value)
    known = Variances(truth.quality.var(), truth.bias.var(), float(np.mean(truth.noise**2)))
    assert tuple(found.variances) == pytest.approx(tuple(known), rel=0.25)
    assert np.corrcoef(found.rater, truth.bias)[0, 1] > 0.95
    assert np.corrcoef(np.log(found.noise), np.log(truth.noise))[0, 1] > 0.85
    quietest = int(truth.noise.argmin())
    assert found.precision(np.array([quietest]))[0] > 1

    plain = np.bincount(photo, value) / 6
    weight = found.precision(rater)
    apart = np.bincount(photo, weight * (value - found.rater[rater])) / np.bincount(photo, weight)
    before, after = (np.corrcoef(one, truth.quality)[0, 1] for one in (plain, apart))
    assert after > before + 0.02


def test_effects_solve_hendersons_equations():
    _, photo, rater, value = drawn(2)
    found: TwoWay = two_way(photo, rater, value)
    # one round more from what was found: given the noise, all equations hold but for its change
    from ontogeny.learners.beauty.raters import _predicted

    w = 1 / found.noise[rater]
    sizes = (CROWD.photos, CROWD.raters)
    mean, photos, raters = _predicted(photo, rater, value, w, found.variances, sizes)
    design = np.zeros((len(value), sum(sizes) + 1))
    design[np.arange(len(value)), photo] = 1
    design[np.arange(len(value)), CROWD.photos + rater] = 1
    design[:, -1] = 1
    ridge = np.repeat([1 / found.variances.photo, 1 / found.variances.rater, 0], [*sizes, 1])
    theirs = np.linalg.solve(
        design.T @ (w[:, None] * design) + np.diag(ridge), design.T @ (w * value)
    )
    assert np.concatenate([photos, raters, [mean]]) == pytest.approx(theirs, abs=1e-6)


def test_raters_who_agree_have_no_variance():
    photo, rater = (one.ravel() for one in np.indices((30, 3)))
    value = np.arange(30.0)[photo]
    assert variances_of(photo, rater, value).rater == 0
    assert two_way(photo, rater, value).rater == pytest.approx(np.zeros(3), abs=1e-6)


def test_raters_who_share_no_photo_are_refused():
    with pytest.raises(DataError, match="can't be told apart"):
        two_way(np.arange(4), np.array([0, 0, 1, 1]), np.arange(4.0))
