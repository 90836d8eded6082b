from __future__ import annotations

import numpy as np
import pytest

from ontogeny.core.errors import ConfigError
from ontogeny.worlds.platform.crowds import Crowd, CrowdConfig, crowd, drawn_raters


def test_a_crowd_is_as_its_settings_say():
    config = CrowdConfig(photos=4000, raters=4000, spread=2.0, bias=0.5, noise=0.7)
    rng = np.random.default_rng(0)
    truth = crowd(config, rng)
    assert [truth.quality.std(), truth.bias.std()] == pytest.approx([2.0, 0.5], rel=0.05)
    assert np.unique(truth.noise).tolist() == [0.7]
    photo, rater = drawn_raters(config, 3, rng)
    assert np.bincount(photo).tolist() == [3] * 4000
    assert all(len(set(three)) == 3 for three in rater.reshape(-1, 3)[:200].tolist())
    off = truth.rate(photo, rater, rng) - truth.quality[photo] - truth.bias[rater]
    assert off.std() == pytest.approx(0.7, rel=0.05)
    graded = truth.rate(photo, rater, rng, (1, 5))
    assert np.unique(graded).tolist() == [1, 2, 3, 4, 5]


def test_pairs_are_answered_by_the_models_chance_but_for_lapses():
    rng = np.random.default_rng(1)
    for lapses, known in ((0.0, 0.8808), (0.5, 0.6904)):
        two = Crowd(np.array([2.0, 0.0]), np.zeros(1), np.ones(1), lapses)
        said = np.mean([two.prefers(0, 1, rng) for _ in range(4000)])
        assert said == pytest.approx(known, abs=0.03)


@pytest.mark.parametrize(
    "setting",
    [{"photos": 1}, {"raters": 0}, {"spread": 0.0}, {"noise": -1.0}, {"lapses": 1.5}],
)
def test_settings_that_can_not_be_are_refused(setting):
    with pytest.raises(ConfigError):
        CrowdConfig(**setting)
    with pytest.raises(ConfigError, match="21 ratings"):
        drawn_raters(CrowdConfig(raters=20), 21, np.random.default_rng(0))
