"""A study, from three tables to its report."""

from __future__ import annotations

import json

import numpy as np
import pytest

import ontogeny as og
from ontogeny.core.errors import ConfigError, DataError
from ontogeny.social.study.experiments import Experiments
from ontogeny.worlds.platform.config import PlatformConfig
from ontogeny.worlds.platform.simulated import platform

HOW = Experiments(bins=1, placebos=5, resamples=100)


@pytest.fixture(scope="module")
def lived():
    return platform(PlatformConfig(users=1200, planted="double-edged"), 5)


@pytest.fixture(scope="module")
def found(lived, tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    told: list[str] = []
    photos = {**lived.photos, "id": lived.photos["id"].copy()}
    photos["id"][1] = photos["id"][0]  # two photos of one id
    made = og.study(
        photos, lived.follows, lived.events, folder, how=HOW, rewirings=5, tell=told.append
    )
    return made, told


def test_it_writes_a_report_numbers_and_every_table(found):
    made, told = found
    assert told[0] == "reading the tables"
    assert told[-1] == "the report"
    assert {name for name, _ in made.files} >= {
        "network.parquet",
        "exposure.parquet",
        "imbalance_pairs.parquet",
        "windows/users.parquet",
    }
    numbers = json.loads((made.folder / "study.json").read_text())
    assert numbers["network"]["users"] == 1200
    assert [one["title"] for one in numbers["findings"]] == [
        "Following better people",
        "A large gap",
    ]
    assert {one["rule"] for one in numbers["recommending"]} >= {"just above", "popular"}
    assert numbers["experiments"]["A large gap"]["naive"]["value"] > 0.1
    page = (made.folder / "report.html").read_text()
    for words in (
        "one id of several photos",  # what was left out
        "Quality is spread more evenly than recognition",
        "People who newly followed the best",
        "Along the dose",
        "The best whom few see",
        "By age of account",
        "Classes of users",
        "Regression to the mean",
        "just above",
        "no effect on the outcome before the treatment",
    ):
        assert words in page


def test_its_words_are_those_of_its_numbers(found):
    made, _ = found
    text = str(made)
    result = made.exposure.matched.found
    assert f"{100 * result.effect.value:+.1f} points" in text
    assert f"Without matching it is {100 * result.naive.value:+.1f}" in text or (
        "the other way about" in text
    )
    assert f"Following better people: {result.verdict.word}" in text
    gini = made.overview.described.estimates["gini of popularity"]
    assert f"is {gini.value:.2f} ({gini.low:.2f} to {gini.high:.2f})" in text


def test_what_cannot_be_asked_is_told_and_the_rest_is_done(lived, tmp_path):
    follows = {name: v[lived.follows["time"] < lived.follows["time"][0]] for name, v in
               lived.follows.items()}  # fmt: skip
    with pytest.raises(DataError, match="it has no rows"):
        og.study(lived.photos, follows, lived.events, tmp_path / "a", how=HOW)
    early = lived.follows["time"] < np.datetime64("2020-02-01")
    follows = {name: values[early] for name, values in lived.follows.items()}
    made = og.study(lived.photos, follows, lived.events, tmp_path / "b", how=HOW, rewirings=2)
    assert made.exposure is None
    assert made.imbalance is not None
    assert made.outlooks == ()
    assert "following better people" in made.not_done[0]
    assert "What could not be asked" in (made.folder / "report.html").read_text()
    with pytest.raises(ConfigError, match="window"):
        og.study(lived.photos, follows, lived.events, tmp_path / "c", t0=200, t1=100)
