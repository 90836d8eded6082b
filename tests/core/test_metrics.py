"""Metrics are named so that they shadow nothing."""

from __future__ import annotations

import pytest

from ontogeny.core.errors import StructureError
from ontogeny.core.metrics import BIRTH, SMALL, check_columns, check_metrics, hyper_columns


def test_names_in_words_are_free():
    check_metrics({"loss": 1, "loss/policy": 2, BIRTH: 3, "hypers": 4, "scores": 5}, "step")
    check_metrics({}, "step")


@pytest.mark.parametrize(
    ("name", "said", "instead"),
    [
        ("score", "of what `score` returns", "own_score"),
        ("seconds", "of what a round takes", "own_seconds"),
        ("hypers.rate", "of a hyper", "own_rate"),
    ],
)
def test_a_name_that_is_taken_is_refused_with_another(name, said, instead):
    with pytest.raises(StructureError, match=f"{name}', the name {said}") as caught:
        check_metrics({"loss": 1, name: 2}, "learner.step")
    assert caught.value.where == "learner.step"
    assert instead in caught.value.hint


@pytest.mark.parametrize("metrics", [None, [1.0], ("loss", 1.0), {"": 1}, {" ": 1}, {3: 1}])
def test_what_is_no_metric_by_name_is_refused(metrics):
    with pytest.raises(StructureError) as caught:
        check_metrics(metrics, "step")
    assert caught.value.hint


def test_columns_are_named_after_hypers():
    assert hyper_columns("rate", ()) == ["hypers.rate"]
    assert hyper_columns("w", (2, 1)) == ["hypers.w.0", "hypers.w.1"]
    assert hyper_columns("w", (SMALL + 1,)) == ["hypers.w.mean", "hypers.w.deviation"]


def test_two_columns_of_one_name_are_refused():
    check_columns(["hypers.w", "loss"])
    with pytest.raises(StructureError, match="two columns are called 'loss'"):
        check_columns(["loss", "hypers.w", "loss"])
