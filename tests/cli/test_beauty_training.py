"""`beauty train`: from a table of ratings and a folder of photographs to a scorer that is kept."""

from __future__ import annotations

import json

import numpy as np
import plotly.graph_objects as go
import pytest

import ontogeny as og
from ontogeny import cli
from ontogeny.cli.beauty import SUB_VERBS
from ontogeny.learners.beauty import features
from ontogeny.recipes.photographs import PhotoQuality
from tiny_ratings import Colours, write_rated

SMALL = ["--population", "2", "--rounds", "2", "--steps", "30", "--heads", "2"]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Photographs that are rated by how bright they are, which no network is needed to see."""
    root = tmp_path_factory.mktemp("beauty")
    photos, table = write_rated(root)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ONTOGENY_CACHE", str(root / "cache"))
        patch.setattr(features, "Backbone", Colours)
        yield photos, table, root


@pytest.mark.usefixtures("one_device")
def test_a_scorer_is_trained_kept_and_told_of(place, capsys):
    photos, table, root = place
    words = [str(table), "--photos", str(photos), *SMALL, "--held", "0.3"]
    out = root / "run"
    assert cli.run(["beauty", "train", *words, "--folder", str(out), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["score"] > 0.8
    assert (answer["photographs"], answer["loss"]) == (21, "pairs")
    assert list(answer["unread"]) == ["bad.png"]
    assert any("gone.png" in note for note in answer["notes"])
    assert answer["next"].startswith("ontogeny beauty score FOLDER --model ")
    run = og.load(out)
    scorer = run.product()
    assert scorer.says == "ratings of ratings.csv"
    kept = og.load_product(out)
    x = np.random.default_rng(0).normal(size=(5, 2560)).astype(np.float32)
    np.testing.assert_array_equal(kept.of_features(x).score, scorer.of_features(x).score)
    figures = run.recipe.portrait(scorer)
    assert [figure.name for figure in figures] == ["scores", "order"]
    assert all(isinstance(figure.draw(figure), go.Figure) for figure in figures)
    assert figures[1].data["all"][0] == pytest.approx(answer["score"], abs=1e-6)


def test_mistakes_say_what_to_do(place, capsys):
    photos, table, root = place
    same = root / "same.csv"
    same.write_text("photo,rating\n" + "\n".join(f"{n}.png,3" for n in range(9)))
    few = root / "few.csv"
    few.write_text("photo,rating\n0.png,1\n1.png,2\n2.png,3\n")
    cases = {
        "no folder": ([str(table), "--photos", str(root / "no")], 3, "no such folder"),
        "no ratings": ([str(root / "no.csv"), "--photos", str(photos)], 3, "no such file"),
        "all the same": ([str(same), "--photos", str(photos)], 3, "nothing to learn"),
        "too few": ([str(few), "--photos", str(photos)], 3, "too few"),
        "no shares": (
            [str(same), "--photos", str(photos), "--held", "2", "--loss", "bins"],
            2,
            "held is 2",
        ),
    }
    for what, (words, code, said) in cases.items():
        assert cli.run(["beauty", "train", *words, "--quiet"]) == code, what
        assert said in capsys.readouterr().err, what
    assert cli.run(["grow", "photo-ratings", "--quiet"]) == 2
    assert "ontogeny beauty train RATINGS" in capsys.readouterr().err
    assert cli.run(["beauty", "trian"]) == 2
    assert "did you mean 'train'" in capsys.readouterr().err


def test_every_word_is_listed_and_its_module_is_there(capsys):
    assert cli.run(["beauty"]) == 0
    said = capsys.readouterr().out
    assert all(f"  {word}" in said for word in SUB_VERBS)
    assert cli.run(["beauty", "train", "--help"]) == 0
    assert "RATINGS" in capsys.readouterr().out


def test_quality_is_a_recipe_without_ratings():
    recipe = PhotoQuality(squares=2)
    assert set(recipe.space().describe()) == {"learning_rate", "weight_decay", "dropout", "pooling"}
    assert recipe.says() == "relative technical quality"
    assert recipe.units() == {"photographs": 128}
