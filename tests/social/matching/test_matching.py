"""`og.match` on tables whose effect is planted, and its figures beside scipy's."""

import json

import numpy as np
import pytest
from scipy import stats

import ontogeny as og
from ontogeny.worlds.observed.confounded import COVARIATES, ConfoundedConfig, confounded

NAMES = {"before": "before", "cluster": "community", "dose": "dose"}


@pytest.fixture(scope="module")
def seen():
    return confounded(ConfoundedConfig(), seed=5)


@pytest.fixture(scope="module")
def matched(seen):
    return og.match(seen.table, "treated", COVARIATES, "outcome", **NAMES, placebos=6)


def test_matching_finds_what_the_plain_difference_hides(seen, matched):
    found = matched.found
    truth = seen.effect[matched.pairs["treated"]].mean()
    assert found.naive.value < 0.3 < truth == 0.5
    assert found.naive.high < truth
    assert found.effect.low < truth < found.effect.high
    assert found.adjusted.low < truth < found.adjusted.high
    assert found.effect.how == "bootstrap over 60 clusters"
    assert found.verdict.word == "supported", str(matched)
    assert {rule.holds for rule in found.verdict.rules} == {True}
    assert matched.balance.balanced
    assert np.abs(matched.balance.before[:-1]).max() > 0.3
    assert len(found.controls.placebo) == 6
    assert found.dose.turn is None


def test_pairs_keep_every_rule_of_the_design(seen, matched):
    table, pairs = seen.table, matched.pairs
    assert np.all(table["treated"][pairs["treated"]])
    assert not np.any(table["treated"][pairs["control"]])
    assert len(np.unique(pairs["control"])) == len(pairs["control"])
    assert pairs["apart"].max() <= matched.paired.caliper
    exact = og.match(
        table, "treated", ["skill", "age"], exact=["habit"], ratio=2, within="score", window=8
    )
    pairs = exact.pairs
    assert np.array_equal(table["habit"][pairs["treated"]], table["habit"][pairs["control"]])
    assert np.bincount(pairs["treated"]).max() == 2
    np.testing.assert_allclose(np.bincount(pairs["treated"], pairs["weight"]).max(), 1)
    assert exact.found is None
    with pytest.raises(AttributeError, match="no outcome"):
        exact.effect  # noqa: B018


def test_the_figures_are_those_of_their_formulas(seen):
    table = seen.table
    result = og.match(table, "treated", COVARIATES, "outcome", placebos=0)
    y, pairs = table["outcome"], result.pairs
    own, other = y[pairs["treated"]], y[pairs["control"]]
    paired = stats.ttest_rel(own, other)
    assert result.effect.value == pytest.approx(np.mean(own - other))
    assert result.effect.p == pytest.approx(paired.pvalue)
    interval = paired.confidence_interval()
    assert (result.effect.low, result.effect.high) == pytest.approx((interval.low, interval.high))
    welch = stats.ttest_ind(y[table["treated"]], y[~table["treated"]], equal_var=False)
    assert result.found.naive.p == pytest.approx(welch.pvalue)
    interval = welch.confidence_interval()
    naive = result.found.naive
    assert (naive.low, naive.high) == pytest.approx((interval.low, interval.high))
    skill, treated = table["skill"], table["treated"]
    sides = skill[treated], skill[~treated]
    spread = np.sqrt((sides[0].var() + sides[1].var()) / 2)
    balance = result.balance
    assert balance.before[0] == pytest.approx((sides[0].mean() - sides[1].mean()) / spread)
    gap = skill[pairs["treated"]].mean() - skill[pairs["control"]].mean()
    assert balance.after[0] == pytest.approx(gap / spread)
    assert balance.variance_ratio_before[0] == pytest.approx(sides[0].var() / sides[1].var())


def test_an_outcome_of_two_values_has_risks():
    table = confounded(ConfoundedConfig(binary=True), seed=6).table
    result = og.match(table, "treated", COVARIATES, "outcome", placebos=0)
    y, pairs, risk = table["outcome"], result.pairs, result.found.risks
    own, other = y[pairs["treated"]] > 0, y[pairs["control"]] > 0
    b, c = np.count_nonzero(own & ~other), np.count_nonzero(~own & other)
    assert (risk.only_treated, risk.only_control) == (b, c)
    assert risk.mcnemar == pytest.approx(stats.binomtest(b, b + c).pvalue)
    expected = stats.contingency.relative_risk(own.sum(), len(own), other.sum(), len(other))
    assert risk.relative == pytest.approx(expected.relative_risk)
    interval = expected.confidence_interval()
    assert (risk.low, risk.high) == pytest.approx((interval.low, interval.high))
    assert result.found.bounds.test == "McNemar"
    assert result.effect.value == pytest.approx(risk.treated - risk.control)


def test_a_hidden_cause_shows_in_the_past_and_makes_the_verdict_fragile():
    table = confounded(ConfoundedConfig(effect=0.0, hidden=1.0), seed=5).table
    result = og.match(table, "treated", COVARIATES, "outcome", **NAMES, placebos=0)
    found = result.found
    assert found.effect.differs  # and there is no effect
    assert found.controls.past_differs
    assert found.verdict.word == "fragile"
    assert any("before the treatment" in rule.rule for rule in found.verdict.failed)


def test_nothing_planted_is_not_supported_and_a_double_edge_is_found_at_its_place():
    nothing = confounded(ConfoundedConfig(effect=0.0), seed=5).table
    result = og.match(nothing, "treated", COVARIATES, "outcome", **NAMES, placebos=0)
    assert result.found.verdict.word == "not supported"
    edged = confounded(ConfoundedConfig(effect=1.0, double_edged=True), seed=5).table
    result = og.match(edged, "treated", COVARIATES, "outcome", **NAMES, placebos=0)
    turn = result.found.dose.turn
    assert not turn.rising
    assert turn.low < 0.5 < turn.high
    assert turn.high - turn.low < 0.4


def test_controls_that_serve_several_widen_the_error():
    table = confounded(ConfoundedConfig(rows=1500), seed=7).table
    result = og.match(table, "treated", COVARIATES, "outcome", replace=True, placebos=0)
    differences = result.paired.pairs.differences(result.rows.outcome)
    alone = differences.std(ddof=1) / np.sqrt(len(differences))
    assert result.effect.how.startswith("Abadie and Imbens")
    assert alone < result.effect.standard_error < 2 * alone


def test_what_was_found_prints_and_is_json(matched):
    told = str(matched)
    for word in ("balance", "before matching", "gamma", "E-value", "along dose", "verdict: "):
        assert word in told
    whole = json.loads(json.dumps(matched.to_dict(), allow_nan=False))
    assert whole["verdict"]["word"] == "supported"
    assert whole["effect"]["value"] == matched.effect.value
    assert whole["matched"] == len(matched.paired.pairs.unique)


def test_the_same_seed_finds_the_same(seen, matched):
    again = og.match(seen.table, "treated", COVARIATES, "outcome", **NAMES, placebos=6)
    assert again.to_dict() == matched.to_dict()


def test_the_past_is_asked_of_the_pairs_that_have_one(seen):
    table = dict(seen.table)
    known = np.random.default_rng(0).random(len(table["before"])) < 0.7
    table["before"] = np.where(known, table["before"], np.nan)
    result = og.match(table, "treated", COVARIATES, "outcome", **NAMES, placebos=0)
    whole = og.match(seen.table, "treated", COVARIATES, "outcome", **NAMES, placebos=0)
    assert result.effect == whole.effect
    pairs = result.pairs
    both = known[pairs["treated"]] & known[pairs["control"]]
    apart = seen.table["before"][pairs["treated"]] - seen.table["before"][pairs["control"]]
    assert result.found.controls.before.value == pytest.approx(apart[both].mean())
    table["before"] = np.full(len(known), np.nan)
    result = og.match(table, "treated", COVARIATES, "outcome", **NAMES, placebos=0)
    assert result.found.controls.before is None
