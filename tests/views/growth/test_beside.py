"""A run beside another: how much sooner the one was as good as the other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ontogeny.core.errors import ConfigError
from ontogeny.views.growth.beside import beside_figure, check_beside, saved
from ontogeny.views.growth.record import Record


def run(name, best, world="rooms", steps=2, units=None):
    """Return a record of two members, the better of which had these scores."""
    other = np.full(len(best), -1.0 if np.isfinite(best).all() else -np.inf)
    score = np.stack([best, other], axis=1)
    about = {
        "fields": {"world": world, "steps": steps},
        "units": {"frames": 10.0} if units is None else units,
    }
    parent = np.broadcast_to(np.arange(2), score.shape)
    return Record(about, score, parent, {}, np.ones(len(best)), folder=Path(name))


def test_how_much_sooner_is_told_at_a_score_that_both_have_had():
    quick, slow = run("quick", [1.0, 6.0, 5.0, 7.0]), run("slow", [0.0, 1.0, 2.0, 6.0])
    assert saved(quick, slow).startswith("A score of 6 took quick 40 frames of one member, and ")
    assert "slow 80: 2 times more" in saved(quick, slow)
    assert "quick 40: 2 times less" in saved(slow, quick)
    assert "as much" in saved(quick, run("same", [0.0, 6.0]))
    drawn = beside_figure(quick, slow).data
    assert [list(line.y) for line in drawn] == [[1, 6, 6, 7], [0, 1, 2, 6]]
    assert list(drawn[0].x) == [20, 40, 60, 80]


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (run("dead", [-np.inf]), "no score"),
        (run("else", [1.0], world="chain"), "rooms, and the other of chain"),
        (run("units", [1.0], units={"tokens": 2.0}), "one unit"),
    ],
)
def test_runs_that_do_not_compare_are_refused(other, said):
    with pytest.raises(ConfigError, match=said):
        check_beside(run("mine", [1.0]), other)
