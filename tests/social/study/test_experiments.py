"""The two experiments on users whose effects are planted: the plain sign is wrong, the matched one
right; who is missing bounds it; nothing comes of nothing.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ontogeny.core.errors import ConfigError, DataError
from ontogeny.social.study.experiments import Experiments, exposure, imbalance
from ontogeny.social.study.users import Users
from ontogeny.social.study.windows import DAY, Windows

HOW = Experiments(bins=2, placebos=0, resamples=200)
N = 6000


def users_with(effect: float, hidden: float = 0.0, edge: bool = False) -> Users:
    """Return users of whom those with good photos newly follow better people, and fall back."""
    rng = np.random.default_rng(5)
    windows = Windows(0, 90 * DAY, 180 * DAY, 270 * DAY)
    skill, cause = rng.normal(size=(2, N))
    many = 2 + rng.poisson(3, N)
    luck = rng.normal(size=(3, N)) * 0.8
    first, second = skill + luck[0], skill + luck[1] + hidden * cause
    quality = (first + second) / 2
    near = 0.3 * skill + 0.8 * rng.normal(size=N)
    exposed = 0.7 * quality + hidden * cause + 0.5 * rng.normal(size=N)
    lift = exposed > np.quantile(exposed, 2 / 3)
    after = skill + luck[2] + effect * lift + 2 * hidden * cause
    gone = rng.random(N) < 0.2
    after[gone] = np.nan
    rank = np.argsort(np.argsort(near - quality)) / N
    strain = np.interp(rank, (0.7, 0.74, 0.86, 0.9), (0, -2.0, -2.0, 3)) if edge else effect * 3
    strain = strain * (edge or rank > 0.9)
    falls = rng.random(N) < 1 / (1 + np.exp(0.8 + 0.5 * quality - strain))
    begun = rng.integers(0, 80, N) * float(DAY)
    begun[:9] = np.nan
    ones = np.ones(N, np.int64)
    columns = {
        "begun_a": begun,
        "quality_a": quality,
        "quality_first_a": first,
        "quality_second_a": second,
        "quality_c": after,
        "near_a": np.where(rng.random(N) < 0.05, np.nan, near),
        "exposed_b": exposed,
        "scored_c": np.where(gone, 0, many),
        "new_ties_b": rng.poisson(2, N),
        "acts_a": 10 * ones,
        "acts_first_a": 5 * ones,
        "acts_second_a": np.where(rng.random(N) < 0.2, 1, 5),
        "uploads_c": np.where(falls, 1, 6 * many),
        "acts_c": np.where(falls, 0, 10),
        **dict.fromkeys(("uploads_a", "scored_a"), many),
        **dict.fromkeys(("uploads_first_a", "uploads_second_a"), many // 2),
        **{f"{name}_a": rng.poisson(4, N) for name in ("given", "received", "logins")},
        **{f"{name}_a": 1 + rng.poisson(4, N) for name in ("following", "followers")},
        "mutual_a": ones,
    }
    window = {name: name[-1].upper() for name in columns}
    return Users(windows, columns | {"number": np.arange(N)}, window, ones[:0], ones[:0])


COMMUNITY = np.arange(N) % 60


@pytest.fixture(scope="module")
def planted():
    users = users_with(0.3)
    return exposure(users, COMMUNITY, HOW), imbalance(users, COMMUNITY, HOW)


def test_following_the_best_helps_though_it_looks_the_other_way(planted):
    found, _ = planted
    told = found.matched.found
    assert told.naive.high < 0 < told.effect.low
    assert found.change.found.naive.value < 0
    assert found.change.effect.low < 0.3 < found.change.effect.high
    assert not told.controls.past_differs
    balance = found.matched.balance
    assert balance.worst < 0.15 < np.abs(balance.before[:-1]).max() / 4
    rules = {one.rule: one.number for one in found.excluded}
    assert rules["began after window A"] == 9
    assert rules["followed nobody new in B"] > 500
    assert rules["newly followed people between the thirds"] > 1000
    table = found.table
    best, missing = table["best"] == 1, np.isnan(table["better"])
    arms = table["exposed"][best], table["exposed"][~best]
    assert min(arms[0]) > max(arms[1])
    counts = found.survivors[:4]
    assert counts == (best.sum(), (best & missing).sum(), (~best).sum(), (~best & missing).sum())
    assert abs(best.sum() - (~best).sum()) <= 1
    bounds = found.survivors
    assert bounds.lowest.value < min(bounds.as_no.value, bounds.as_yes.value)
    assert bounds.highest.value > max(bounds.as_no.value, bounds.as_yes.value)
    assert bounds.lowest.value < told.effect.value < bounds.highest.value
    pairs = found.matched.pairs
    for name in ("tenure bin", "activity bin", "ties bin"):
        rows = table[name]
        assert np.array_equal(rows[pairs["treated"]], rows[pairs["control"]])


def test_a_large_gap_has_people_decline_and_its_mirror_does_not(planted):
    _, found = planted
    assert found.matched.effect.low > 0.1
    assert found.mirror is not None
    assert not found.mirror.effect.differs
    assert not found.matched.found.controls.past_differs
    gap = found.table["gap"]
    assert np.nanmin(gap[found.table["far better"] == 1]) > np.quantile(gap, 0.89)
    dose = found.dose.found.dose
    assert dose.turn is None
    assert dose.effect[-1] == max(dose.effect)
    assert {one.rule for one in found.excluded} >= {"followed nobody with a quality"}


def test_a_double_edge_is_found_where_it_is_planted():
    users = users_with(0.0, edge=True)
    turn = imbalance(users, COMMUNITY, HOW).dose.found.dose.turn
    gap = users.columns["near_a"] - users.columns["quality_a"]
    assert turn is not None
    assert turn.rising
    assert turn.low < np.nanquantile(gap, 0.876) < turn.high


def test_a_hidden_cause_is_told_by_what_was_before():
    found = exposure(users_with(0.0, hidden=0.6), COMMUNITY, HOW)
    assert found.matched.effect.low > 0  # and there is no effect
    assert found.matched.found.controls.past_differs
    assert found.matched.found.verdict.word == "fragile"


def test_what_cannot_be_asked_is_refused():
    users = users_with(0.0)
    late = replace(users, window={**users.window, "quality_a": "C"})
    for experiment in (exposure, imbalance):
        with pytest.raises(ConfigError, match="quality_a is of window C, and cannot be covariate"):
            experiment(late, COMMUNITY, HOW)
        nothing = {**users.columns, "scored_a": np.zeros(N, np.int64)}
        with pytest.raises(DataError, match="nobody is left"):
            experiment(replace(users, columns=nothing), COMMUNITY, HOW)
        with pytest.raises(DataError, match="in one cluster"):
            experiment(users, np.zeros(N, np.int64), HOW)
    for name, value in {"least": 0, "bins": 0, "share": 0.6, "extreme": 0.5, "middle": 0.0}.items():
        with pytest.raises(ConfigError, match=name):
            Experiments(**{name: value})
