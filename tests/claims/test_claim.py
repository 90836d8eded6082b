"""The claims: their words, their rules, and what is written."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from ontogeny import cli
from ontogeny.claims import pbt
from ontogeny.claims.claim import Claim, Measuring, Reproduction, seeds_from
from ontogeny.claims.pbt import quadratic as pbt_quadratic
from ontogeny.claims.pbt import reproduce
from ontogeny.claims.pbt import toy as pbt_toy
from ontogeny.claims.pbt.arms import (
    best_member,
    compare,
    ends_higher,
    higher,
    line_of_the_best,
    of_the_best,
    population_mean,
)
from ontogeny.claims.pbt.figures import draw_arms
from ontogeny.core.archive import read_about, read_archive
from ontogeny.core.errors import ConfigError, StoreError
from ontogeny.ops.statistics import Interval
from ontogeny.recipes import LONGER
from ontogeny.recipes.quadratic import Quadratic
from ontogeny.views.figure import Figure

HELD = Claim("a < b", "yes", "1 < 2", "a below b", True)


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    """Return the toy's claims, and the folder that they were written into."""
    folder = tmp_path_factory.mktemp("claims") / "pbt"
    said: list[str] = []
    return reproduce(quick=True, seed=0, progress=said.append, folder=folder, part="toy"), folder


def test_the_json_object_has_the_words_that_it_must_have(toy):
    answer = json.loads(json.dumps(toy[0].to_json()))
    assert set(answer) == {"system", "seconds", "seed", "claims"}
    assert answer["system"] == "pbt"
    for claim in answer["claims"]:
        assert set(claim) == {"claim", "paper", "measured", "threshold", "holds"}
        assert isinstance(claim["holds"], bool)


def test_the_toys_eight_arms_are_found_again(toy):
    claims = toy[0].claims
    assert len(claims) == 8
    assert [claim.claim for claim in claims if not claim.holds] == []
    assert toy[0].holds


def test_the_figures_arrays_and_the_page_are_written(toy):
    result, folder = toy
    assert json.loads((folder / "claims.json").read_text()) == result.to_json()
    page = (folder / "claims.html").read_text()
    assert "PBT, copy theta and h" in page
    assert 'data-figure="toy"' in page
    figure = result.figures[0]
    assert figure.data["paths"].shape == (4, 50, 2, 2)
    assert figure.data["final"].shape == (8, pbt_toy.SEEDS)
    assert read_about(folder / "data")["toy"]["paths"] == list(pbt_toy.PANELS)
    again = read_archive(folder / "data", {"toy": dict(figure.data)})
    assert np.array_equal(again["toy"]["paths"], figure.data["paths"])


def test_the_paths_are_those_of_the_paper(toy):
    pbt, explore, exploit, grid = toy[0].figures[0].data["paths"]
    assert np.allclose(grid[-1, 0], [0.9 * 0.98**200, 0.9], atol=0.01)  # each along one axis
    assert np.allclose(grid[-1, 1], [0.9, 0.9 * 0.98**200], atol=0.01)
    assert np.all(np.abs(exploit[-1]) < 0.2)  # together down both
    assert np.all(np.abs(pbt[-1]) < 0.2)
    assert np.all(explore[-1] < 0.9)


def test_a_claim_that_does_not_hold_is_told_and_turns_the_whole():
    lost = dataclasses.replace(HELD, holds=False)
    result = Reproduction("pbt", 1.23, 0, [HELD, lost])
    assert not result.holds
    assert [c["holds"] for c in result.to_json()["claims"]] == [True, False]
    assert Reproduction("pbt", 1.23, 0, [HELD]).holds


def test_an_arm_off_its_number_does_not_hold():
    arm = pbt_toy.arms(pbt_toy.Toy().space())[0]
    assert pbt_toy._claim(arm, np.full(10, 0.405), seed=0).holds
    assert not pbt_toy._claim(arm, np.full(10, 0.415), seed=0).holds


def test_a_row_off_its_numbers_does_not_hold():
    row = pbt_quadratic.TABLE[8]
    noise = np.tile([-1.0, 1.0], 20)  # a standard error of 0.0016 of deviation 0.01
    losses = {a: c.mean + 0.01 * noise for a, c in zip(pbt_quadratic.ARMS, row, strict=True)}
    assert pbt_quadratic._row(8, losses, 0).holds
    losses["full PBT"] = losses["full PBT"] + 0.02
    claim = pbt_quadratic._row(8, losses, 0)
    assert not claim.holds
    assert claim.holds is False  # a plain bool, which JSON can say


def test_an_interval_that_touches_zero_does_not_hold():
    losses = {arm: np.linspace(0.1, 0.2, 40) for arm in pbt_quadratic.ARMS}
    better = {**losses, "full PBT": losses["full PBT"] - 0.05}
    assert pbt_quadratic._better("weights only", {8: better}, 0).holds
    assert not pbt_quadratic._better("weights only", {8: better, 16: losses}, 0).holds
    assert pbt_quadratic._better("weights only", {4: losses, 8: better}, 0).holds  # from 8 members


def test_a_comparison_is_decided_seed_by_seed():
    base = np.array([3.0, 9.0, 5.0])
    better = {"random search": base, "PBT": base + np.array([0.1, 0.2, 0.1])}
    mixed = {"random search": base, "PBT": base + np.array([4.0, -0.1, 4.0])}
    assert higher("it is higher", "paper", better, "a setting").holds
    assert not higher("it is higher", "paper", mixed, "a setting").holds


def test_a_comparison_is_of_the_last_quarter_of_the_rounds():
    late = np.repeat([0.0, 1.0], [6, 2])[None, :, None] * np.ones((3, 8, 4))
    found = {"random search": {"score": np.zeros((3, 8, 4))}, "PBT": {"score": late}}
    claims = ends_higher("the {} is higher", ("yes", "no number"), found, "a setting")
    assert [claim.claim for claim in claims] == [
        "the best member is higher",
        "the population's mean is higher",
    ]
    assert all(claim.holds and "higher by 1 [1, 1]" in claim.measured for claim in claims)


def test_a_claim_that_something_is_above_holds_where_every_interval_is():
    above, touching = Interval(1.0, 0.5, 2.0), Interval(1.0, 0.0, 2.0)
    assert Claim.above("a > b", "yes", "1 more", above).holds is True
    assert Claim.above("a > b", "yes", "1 more", above, touching).holds is False


def test_a_look_that_is_not_full_says_that_it_is_under_powered():
    assert [Measuring(scale).choose(3, 2, 1) for scale in ("full", "quick", "tiny")] == [3, 2, 1]
    assert Measuring().weak("of few seeds") == ""
    assert "under-powered" in Measuring("quick").weak()
    assert Measuring("tiny").weak("of few seeds").endswith("of few seeds")


def test_best_and_mean_of_a_population():
    score = np.array([[[1.0, 4.0], [-np.inf, 3.0]]])  # [seed, round, pop]
    assert best_member(score) == pytest.approx([3.5])
    assert population_mean(score) == pytest.approx([8 / 3])


def test_two_arms_of_a_comparison_share_their_first_round_and_differ_later():
    """The machinery of the Breakout claims, on a task that takes a second."""
    said: list[str] = []
    recipe = Quadratic(population=4, rounds=6, steps=5)
    found = compare(
        recipe, seeds_from(0, 2), said.append, "quadratic", ask=lambda x: {"first": x[:, 0]}
    )
    search, pbt = found["random search"], found["PBT"]
    assert search["score"].shape == (2, 6, 4)
    assert np.array_equal(search["learning_rate"][:, 0], pbt["learning_rate"][:, 0])
    np.testing.assert_allclose(search["score"][:, 0], pbt["score"][:, 0], rtol=1e-5)
    assert not np.allclose(search["score"][:, -1], pbt["score"][:, -1])
    assert np.all(search["learning_rate"] == search["learning_rate"][:, :1])
    assert len(said) == 4
    assert search["first"].shape == (2, 4)
    assert np.array_equal(search["parent"], np.broadcast_to(np.arange(4), (2, 6, 4)))
    assert not np.array_equal(pbt["parent"], search["parent"])


def test_what_is_asked_is_asked_of_the_best_and_its_line_is_followed_back():
    score = np.array([[[3.0, 1.0, 2.0], [1.0, 2.0, 9.0]], [[0.0, 0.0, 0.0], [5.0, 2.0, -np.inf]]])
    assert of_the_best(score, np.array([[1, 2, 3], [4, 5, 6]])).tolist() == [3, 4]
    parent = np.array([[0, 1, 2], [0, 1, 0], [0, 2, 2]])  # slot 1 copies 2, which had copied 0
    values = np.arange(9.0).reshape(3, 3)
    last = np.array([[0.0, 0, 0], [0, 0, 0], [1, 7, 3]])
    assert line_of_the_best(parent, last, values).tolist() == [0.0, 5.0, 7.0]


def test_breakouts_figure_shows_both_arms_and_leaves_the_dead_out():
    score = np.random.default_rng(0).normal(size=(2, 3, 5, 4))
    score[0, 0, 2, 1] = -np.inf
    data = {"score": score, "spent": np.arange(1, 6) * 100.0}
    labels = {"arms": ["random search", "PBT"], "axes": ["frames", "return"]}
    drawn = draw_arms(Figure("breakout", "", data, labels, draw_arms))
    named = [trace.name for trace in drawn.data if trace.name]
    assert named == [f"{a}: {k}" for a in ("random search", "PBT") for k in ("best member", "mean")]
    assert all(np.all(np.isfinite(trace.y)) for trace in drawn.data)


def test_seeds_are_spread_and_shared_by_nobody():
    assert len(set(seeds_from(0, 40)) & set(seeds_from(1, 40))) == 0
    assert np.array_equal(seeds_from(3, 40)[:10], seeds_from(3, 10))


def test_a_part_that_there_is_not():
    with pytest.raises(ConfigError, match="no part 'toys'"):
        reproduce(quick=True, seed=0, progress=print, part="toys")


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("here")
    with pytest.raises(StoreError):
        Reproduction("pbt", 1.0, 0, [HELD]).write(tmp_path / "file" / "claims")


@pytest.mark.parametrize(
    ("asked", "measured"),
    [
        ({}, {"toy", "quadratic", "breakout"}),
        ({"part": "size"}, None),
        ({"longer": True}, {"toy", "quadratic", "breakout", *LONGER["pbt"]}),
    ],
)
def test_the_longer_parts_are_left_out_unless_asked_for(asked, measured, monkeypatch):
    seen = {}
    monkeypatch.setattr(
        pbt, "reproduce_parts", lambda system, parts, *rest: seen.update(parts=set(parts))
    )
    pbt.reproduce(True, 0, print, **asked)
    assert seen["parts"] == measured or (measured is None and "size" in seen["parts"])


def test_a_system_without_longer_parts_says_so(capsys):
    assert cli.run(["reproduce", "sequential", "--all"]) == 2
    assert "no longer parts" in capsys.readouterr().err
