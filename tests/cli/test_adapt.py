"""`ontogeny adapt` on written pictures and a grown run, from end to end."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from ontogeny import cli
from ontogeny.worlds.classes.characters import characters

TINY = [  # as in the example of one's own pictures, which compiles the same
    *("--population", "1", "--rounds", "2", "--steps", "2", "--strategy", "random-search"),
    *("--meta.ways", "2", "--meta.queries", "2", "--meta.tasks", "2"),
    *("--meta.test-queries", "2", "--meta.test-episodes", "4", "--prototypes.widths", "8"),
]
NAMES = ("ah", "be", "ce")


@pytest.fixture(scope="module")
def folder(tmp_path_factory, few_pictures):
    """A run of prototypes, and three characters: two examples of each, and two queries."""
    root = tmp_path_factory.mktemp("adapt")
    assert cli.run(["grow", "protonet", *TINY, "--quiet", "--folder", str(root / "run")]) == 0
    drawn = 255 - np.uint8(255 * characters(seed=7, n_classes=3, n_images=5)[:, :4])
    for name, pictures in zip(NAMES, drawn, strict=True):
        for number, picture in enumerate(pictures):
            place = root / ("support" if number < 2 else "query") / name
            place.mkdir(parents=True, exist_ok=True)
            Image.fromarray(picture).save(place / f"{number}.png")
    return root


def arguments(folder, support="support"):
    places = ["--support", str(folder / support), "--query", str(folder / "query")]
    return ["adapt", str(folder / "run"), *places]


def test_predictions_as_json(folder, capsys):
    assert cli.run([*arguments(folder), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["classes"] == {name: 2 for name in NAMES}
    assert [p["truth"] for p in told["predictions"]] == ["ah", "ah", "be", "be", "ce", "ce"]
    for prediction in told["predictions"]:
        chances = prediction["probabilities"]
        assert sum(chances.values()) == pytest.approx(1)
        assert prediction["class"] == max(chances, key=lambda name: chances[name])
    right = [p["class"] == p["truth"] for p in told["predictions"]]
    assert told["accuracy"] == pytest.approx(np.mean(right))
    assert told["accuracy"] > 1 / 3
    assert told["notes"] == ["there are 3 classes, and it was grown to tell 2 apart: expect less"]


def test_predictions_as_a_table(folder, capsys):
    assert cli.run(arguments(folder)) == 0
    text = capsys.readouterr().out
    assert "learned from: ah (2), be (2), ce (2)" in text
    assert "ah/2.png" in text
    assert "next: ontogeny report" in text


def test_one_picture_is_told_and_what_is_left_out_is_said(folder, tmp_path, capsys):
    support = shutil.copytree(folder / "support", tmp_path / "support")
    (support / "ah" / "phone.heic").write_bytes(b"no picture that is read")
    asked = ["adapt", str(folder / "run"), "--support", str(support), "--query"]
    assert cli.run([*asked, str(folder / "query" / "be" / "2.png")]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "2.png" in text
    assert "of 1 picture of known class" in text
    assert "left out of the support, as .heic, which is not read: phone.heic" in text
    assert cli.run([*asked, str(folder / "query"), "--json"]) == 0
    left_out = json.loads(capsys.readouterr().out)["left_out"]
    assert left_out == {str(support / "ah" / "phone.heic"): "as .heic, which is not read"}


def test_mistakes_say_what_to_do(folder, runs, capsys):
    assert cli.run(arguments(folder, "support/ah")) == 3
    assert "two or more" in capsys.readouterr().err
    places = arguments(folder)[2:]
    assert cli.run(["adapt", "quadratic-1", *places]) == 2
    assert "can't be adapted to pictures" in capsys.readouterr().err
