"""The strategies by name: one line each, options of its own, and old runs that still load."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import ontogeny as og
from ontogeny import cli
from ontogeny.core.errors import ConfigError
from ontogeny.evolution.pbt import PBT
from ontogeny.evolution.random_search import RandomSearch
from ontogeny.evolution.strategy import check_parts
from ontogeny.recipes.quadratic import Quadratic
from ontogeny.recipes.strategies import STRATEGIES, strategy_class
from ontogeny.runtime.storage.store import Store

OLDER = {  # how runs were written when all strategies shared their settings
    "strategy": "pbt",
    "selection": "tournament",
    "fraction": 0.25,
    "margin": 0.0,
    "explore": "perturb",
    "factors": [0.5, 2.0],
    "deviation": 0.1,
    "copy": "both",
    "mutate_always": False,
    "burn_in": 0,
    "interval": 0,
}
SPACE = og.Space({"rate": og.Log(1e-4, 1.0)})
SMALL_FIELDS = {"population": 2, "rounds": 1, "steps": 1}
SMALL = {**SMALL_FIELDS, "progress": False}


@pytest.mark.parametrize("name", STRATEGIES)
def test_every_strategy_has_a_name_options_and_json(name):
    kind = strategy_class(name)
    assert kind.name == name
    recipe = Quadratic(strategy=kind())
    assert recipe.to_json()["strategy"]["strategy"] == name
    assert Quadratic.from_json(recipe.to_json()) == recipe


@pytest.mark.parametrize("name", STRATEGIES)
def test_help_shows_the_options_of_the_strategy_that_is_chosen_and_no_others(name, capsys):
    assert cli.run(["grow", "quadratic", f"--strategy={name}", "--help"]) == 0
    text = capsys.readouterr().out
    fields = {other: _options(other) for other in STRATEGIES}
    foreign = set().union(*fields.values()) - fields[name]
    assert [option for option in sorted(fields[name]) if f"{option} " not in text] == []
    assert [option for option in sorted(foreign) if f"{option} " in text] == []


def _options(name: str) -> set[str]:
    return {f"--{f.name.replace('_', '-')}" for f in dataclasses.fields(strategy_class(name))}


def test_a_recipes_own_settings_stay_when_its_strategy_is_named(capsys):
    for words in ([], ["--strategy", "pbt"]):
        assert cli.run(["grow", "toy", *words, "--help"]) == 0
        assert "(default: jitter)" in capsys.readouterr().out


def test_an_option_of_another_strategy_is_refused(capsys):
    words = ["grow", "quadratic", "--strategy", "random-search", "--fraction", "0.5"]
    assert cli.run(words) == 2
    assert "--fraction" in capsys.readouterr().err


def old_fields(**strategy):
    fields = Quadratic().to_json()
    del fields["strategy"]
    return {**fields, "evolution": {**OLDER, **strategy}}


def test_runs_of_before_load():
    assert Quadratic.from_json(old_fields()).strategy == PBT(
        selection="tournament", factors=(0.5, 2.0)
    )
    assert Quadratic.from_json(old_fields(strategy="random-search")).strategy == RandomSearch()
    with pytest.raises(ConfigError, match="no field 'colour'"):
        Quadratic.from_json(old_fields(colour=1))


def test_a_run_of_before_goes_on(tmp_path):
    run = og.grow("quadratic", strategy="random-search", folder=tmp_path, **SMALL)
    run.store.close()
    with Store(tmp_path, write=True) as store, store.transaction():
        store.put(fields={**old_fields(strategy="random-search"), **SMALL_FIELDS})
    again = og.resume(tmp_path, rounds=2, progress=False)
    assert again.store.rounds() == 2
    assert again.store.run()["fields"]["strategy"] == {"strategy": "random-search"}
    assert again.recipe is not None
    assert again.recipe.strategy == RandomSearch()


def test_a_strategy_that_there_is_not(tmp_path):
    with pytest.raises(ConfigError, match="random-serch") as caught:
        og.grow("quadratic", strategy="random-serch", folder=tmp_path)
    assert "random-search" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (lambda: PBT(factors=(1e-50, 1.0)), "float32 can't hold"),
        (lambda: PBT(margin=float("inf")), "float32 can't hold"),
        (lambda: PBT(deviation=-1.0, explore="jitter").build(SPACE), "0 or more"),
        (lambda: check_parts("pbt", {"rate": 1}), "not a space"),
        (lambda: check_parts("pbt", SPACE, select="truncation"), r"og\.selection\.truncation\(\)"),
        (lambda: check_parts("pbt", SPACE, select=og.selection.truncation), r"use truncation\(\)"),
        (lambda: check_parts("pbt", SPACE, explore=og.explore.perturb), r"use perturb\(\)"),
    ],
)
def test_settings_that_can_not_be_used_are_refused_with_what_to_write(settings, said):
    with pytest.raises(ConfigError, match=f"(?s){said}"):
        settings()


def test_settings_are_what_their_types_say():
    """Another type is what the tests' own checker refuses first, so it is put in afterwards."""
    settings = PBT()
    vars(settings).update(fraction=np.float32(0.25), burn_in=np.int64(3), factors=[0.8, 1.25])
    settings.__post_init__()
    assert repr(settings) == repr(PBT(burn_in=3))
    for name, wrong in (("selection", "trunc"), ("factors", (0.8,)), ("burn_in", 1.5)):
        settings = PBT()
        vars(settings).update({name: wrong})
        with pytest.raises(ConfigError, match=f"PBT.{name}"):
            settings.__post_init__()
    check_parts("pbt", SPACE, select=og.selection.truncation(), explore=lambda key, space, h: h)
