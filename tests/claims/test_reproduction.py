"""`reproduce`: which parts are measured, and what is written of them."""

from __future__ import annotations

import dataclasses
import importlib
import json
import re
import time

import jax
import numpy as np
import pytest

from ontogeny import cli
from ontogeny.claims import system_named, system_names
from ontogeny.claims.claim import Claim
from ontogeny.claims.pbt import toy as pbt_toy
from ontogeny.claims.reproduction import Reproduction, reproduce
from ontogeny.core.archive import read_about, read_archive
from ontogeny.core.errors import ConfigError, DataError, StoreError

HELD = Claim("a < b", "yes", "1 < 2", "a below b", True)


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    """Return the toy's claims, and the folder that they were written into."""
    folder = tmp_path_factory.mktemp("claims") / "pbt"
    said: list[str] = []
    return reproduce("pbt", "quick", progress=said.append, folder=folder, part="toy"), folder


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


def test_the_toys_traps_catch_every_seed(toy):
    """Copying h with theta makes both climb the same axis, and a factor can't leave zero."""
    figure = toy[0].figures[0]
    final = dict(zip(figure.labels["final"], figure.data["final"], strict=True))
    # theta after 200 steps is 0.9 * 0.98^200 on the axis that is seen, and 0.9 on the other
    one_axis = 1.2 - 0.81 - (0.9 * 0.98**200) ** 2
    assert np.allclose(final["grid search"], one_axis, atol=1e-5)
    assert np.allclose(final["exploit only, copy theta and h"], 0.39, atol=1e-3)
    assert np.all(final["exploit only, copy theta"] > 1.17)
    assert np.allclose(final["PBT, copy theta and h, h times 0.8 or 1.2"], 0.39, atol=1e-3)
    assert np.mean(final["PBT, copy theta and h"]) == pytest.approx(1.2, abs=0.01)
    assert np.mean(final["PBT, copy theta"]) > np.mean(final["explore only"])


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


def test_the_page_says_what_holds_and_how_to_measure_it_again(toy, tmp_path):
    lost = dataclasses.replace(HELD, claim="<b> lost", holds=False)
    Reproduction("pbt", 61.0, 7, [HELD, lost, HELD]).write(tmp_path)
    page = (tmp_path / "claims.html").read_text()
    assert "<h1>Population Based Training: claims, measured</h1>" in page
    assert "2 of 3 claims hold here." in page
    assert re.findall(r'class="mark (\w+)">([^<]*)<', page) == [
        ("good", "holds"),
        ("bad", "does not hold"),
        ("good", "holds"),
    ]
    assert "&lt;b&gt; lost" in page
    tiles = dict(re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", page))
    assert tiles == {
        "hold": "2",
        "do not hold": "1",
        "size": "full",
        "seed": "7",
        "time": "1 min 01 s",
    }
    assert time.strftime("measured %d %B %Y, ") in page
    quick = (toy[1] / "claims.html").read_text()
    assert "8 of 8 claims hold here. This was a quick look" in quick
    assert quick.count('<span class="mark doubtful">holds, under-powered</span>') == 8
    assert "<pre>ontogeny reproduce pbt --part toy --quick --seed 0</pre>" in quick
    assert f">{jax.__version__}</td>" in quick


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("here")
    with pytest.raises(StoreError):
        Reproduction("pbt", 1.0, 0, [HELD]).write(tmp_path / "file" / "claims")


def parts_of(system, part=None, quick=False, longer=False, data=False):
    return [one.name for one in system_named(system).chosen(part, quick, longer, data)]


def test_longer_parts_and_those_of_data_are_left_out_unless_asked_for():
    short = ["toy", "quadratic", "breakout"]
    longer = ["gan", "translation", "schedule", "size", "strategies"]
    assert parts_of("pbt") == short
    assert parts_of("pbt", longer=True) == short + longer
    assert parts_of("pbt", "size") == ["size"]
    assert parts_of("leo") == ["characters", "glyphs", "embedded-glyphs", "ablations"]
    assert parts_of("leo", quick=True) == ["characters", "ablations"]
    assert parts_of("leo", "glyphs", quick=True) == ["glyphs"]
    assert parts_of("leo", quick=True, data=True)[-1] == "published"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("pbtt",), "no system is called 'pbtt'"),
        (("pbt", "toys"), "did you mean 'toy'"),
        (("baldwin", "ant"), "there are: needle, direction, sinusoids, cheetah"),
        (("sequential", None, False, True), "no longer parts"),
        (("maml", None, False, False, True), "read no data"),
    ],
)
def test_what_there_is_not_is_refused(asked, said):
    with pytest.raises(ConfigError, match=said):
        parts_of(*asked)


def test_every_system_says_which_paper_and_where_its_parts_are():
    assert system_names() == [
        "agents",
        "baldwin",
        "beauty",
        "distillation",
        "kickstarting",
        "leo",
        "maml",
        "memory",
        "mix_and_match",
        "pbt",
        "sequential",
        "streaming",
    ]
    for name in system_names():
        system = system_named(name)
        assert system.name == name
        assert system.paper in (importlib.import_module(system.folder).__doc__ or "")


def test_the_command_line_refuses_before_it_measures(capsys):
    assert cli.run(["reproduce", "sequential", "--all"]) == 2
    assert "no longer parts" in capsys.readouterr().err


def test_the_published_table_says_which_files_it_needs(tmp_path):
    for data in (None, tmp_path):
        with pytest.raises(DataError, match=r"train_embeddings\.pkl"):
            reproduce("leo", "quick", part="published", data=data)
