"""The rules of the claims about agents, on returns made by hand: [round, seed]."""

from __future__ import annotations

import numpy as np

from ontogeny.claims.agents import lag, tasks
from ontogeny.claims.agents.pendulum import improves
from ontogeny.claims.agents.training import ends, reaches
from ontogeny.claims.measuring import Measuring

HOW = Measuring()
SEEDS = np.array([-1.0, 0.0, 1.0])


def returns(*rounds):
    """Return three seeds a round: each mean, one more and one less."""
    return np.array(rounds, float)[:, None] + SEEDS


def test_what_is_reached_is_reached_at_the_end_and_by_the_whole_interval():
    late = returns(0, 0, 0, 40)
    np.testing.assert_array_equal(ends(late), [39, 40, 41])
    claim = reaches("it plays", "", late, 1000.0, 39, HOW)
    assert claim.holds
    assert claim.measured == "40 [39, 41], 3 seeds, 4,000 frames each"
    assert not reaches("it plays", "", late, 1000.0, 39.5, HOW).holds
    assert not reaches("it plays", "", late[::-1], 1000.0, 1, HOW).holds


def test_who_improves_does_so_in_every_quarter():
    assert improves("it", returns(0, 5, 10, 15), 1.0, HOW).holds
    assert not improves("it", returns(0, 5, 4, 15), 1.0, HOW).holds


def test_the_correction_must_pay_where_actors_lag_and_only_there():
    equal, worse = returns(9, 9, 9, 9), returns(5, 5, 5, 5)
    paying = {0: {"vtrace": equal, "n-step": equal}, 16: {"vtrace": equal, "n-step": worse}}
    assert [claim.holds for claim in lag.claims_of(paying, "", HOW)] == [True, True]
    swapped = {0: paying[16], 16: paying[0]}
    assert [claim.holds for claim in lag.claims_of(swapped, "", HOW)] == [False, False]


def test_one_agent_is_held_against_each_tasks_own():
    def panels(*together):
        return {
            name: {"one": returns(*4 * [mine]), "own": returns(*4 * [0.9])}
            for name, mine in zip("ab", together, strict=True)
        }

    assert [claim.holds for claim in tasks.claims_of(panels(0.9, 0.85), "", HOW)] == [True, True]
    left_behind = tasks.claims_of(panels(1.0, 0.75), "", HOW)
    assert [claim.holds for claim in left_behind] == [True, False]
    assert "b -0.15 [" in left_behind[1].measured
    assert not tasks.claims_of(panels(0.9, 0.6), "", HOW)[0].holds
