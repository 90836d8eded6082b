"""What more workers would do, by hand."""

from __future__ import annotations

import pytest

from ontogeny.core.errors import ConfigError
from ontogeny.learners.streaming.simulator import simulated


def test_more_workers_are_bound_by_the_dearest_stage_and_by_handing_over():
    costs = [3.0, 1.0, 1.0, 3.0]
    assert simulated(costs, 0.5, 1) == (1, 8.0, 1 / 8, 1.0)
    assert simulated(costs, 0.5, 2) == (2, 4.5, 1 / 4.5, 8 / 4.5)
    assert simulated(costs, 0.5, 3) == (3, 3.5, 1 / 3.5, 8 / 3.5)
    assert simulated(costs, 0.5, 64) == (4, 3.5, 1 / 3.5, 8 / 3.5)
    for wrong in ((costs, 0.5, 0), ([], 0.5, 1), (costs, -1.0, 1), ([0.0], 0.0, 1)):
        with pytest.raises(ConfigError, match="seconds that were measured"):
            simulated(*wrong)
