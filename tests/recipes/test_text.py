"""Language models and their students: each builds, and gives a product and a portrait."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from drawn import drawn_state
from ontogeny.core.errors import ConfigError, DataError, StoreError
from ontogeny.learners.teaching.rule import Control
from ontogeny.learners.teaching.tokens import TokenStudentConfig
from ontogeny.learners.text.config import LanguageModelConfig, TextTrainingConfig
from ontogeny.learners.text.text_model import TextModel
from ontogeny.recipes.portraits import text as portraits
from ontogeny.recipes.text import Text, TextStudent

STORED = Path(__file__).parents[1] / "data" / "products"
MODEL = LanguageModelConfig(width=8, layers=1, heads=2, context=8)
TRAINING = TextTrainingConfig(MODEL, batch=2, tested=2)
TAUGHT = TokenStudentConfig(MODEL, batch=2, prompt=2, tested=2)


@pytest.fixture
def verses(tmp_path) -> str:
    """Return a folder of text of one's own."""
    (tmp_path / "verses").mkdir()
    for name in "abc":
        (tmp_path / "verses" / name).write_text(f"{name}, row, row your boat. " * 40)
    return str(tmp_path / "verses")


def test_a_model_of_ones_own_text_has_its_portrait(verses, monkeypatch):
    monkeypatch.setattr(portraits, "TEXTS", 2)
    monkeypatch.setattr(portraits, "LENGTH", 12)
    recipe = Text(corpus=verses, training=TRAINING)
    assert recipe.units() == {"tokens": 16}
    product = recipe.product(drawn_state(recipe.learner()))
    assert isinstance(product, TextModel)
    (figure,) = recipe.portrait(product)
    (held_out,) = recipe.written().held_out
    for given, rest in zip(figure.labels["given"], figure.labels["the text itself"], strict=True):
        assert f"{given}{rest}" in held_out
    assert len(figure.draw(figure).data[0].cells.values) == 3


def test_perplexity_is_drawn_with_those_who_died():
    score = np.array([[-np.inf, -2.0], [-1.0, -np.inf], [-np.inf, -np.inf]])
    figure = portraits.perplexities(score)
    np.testing.assert_allclose(figure.data["perplexity"][0], [np.nan, np.exp(2)])
    best = figure.draw(figure).data[1].y
    np.testing.assert_allclose(best[:2], np.exp([2, 1]))


def test_a_student_is_held_against_its_teacher(verses, monkeypatch):
    monkeypatch.setattr(portraits, "TEXTS", 1)
    monkeypatch.setattr(portraits, "LENGTH", 12)
    recipe = TextStudent(corpus=verses, teacher=str(STORED / "text"), training=TAUGHT)
    product = recipe.product(drawn_state(recipe.learner()))
    table, _ = recipe.portrait(product)
    assert table.data["agreement"].shape == table.data["kl"].shape == (2,)
    assert (table.data["kl"] > 0).all()
    assert table.draw(table).data[0].cells.values[0] == ["held-out text", "the student's own text"]
    moved = TextStudent(corpus=verses, teacher="nowhere", training=TAUGHT)
    assert len(moved.portrait(product)) == 1


def test_a_teacher_that_is_none_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="no teacher is named"):
        TextStudent().learner()
    with pytest.raises(ConfigError, match="no run is called"):
        TextStudent(teacher="nowhere").learner()
    with pytest.raises(ConfigError, match="of a sequence predictor, which writes no text"):
        TextStudent(teacher=str(STORED / "coin")).learner()
    shutil.copytree(STORED / "text", tmp_path / "damaged")
    (tmp_path / "damaged" / "arrays.safetensors").write_bytes(b"\0" * 8)
    with pytest.raises(StoreError, match="not what was written"):
        TextStudent(teacher=str(tmp_path / "damaged")).learner()


def test_settings_that_make_no_sense_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="did you mean 'jensen-shannon'"):
        TextStudent(rule="jensen-shanon")
    with pytest.raises(ConfigError, match="teachers is 2"):
        TextStudent(teachers=2.0)
    assert TextStudent(rule="teacher").taught_by().control == Control(teacher=1)
    assert TextStudent(teachers=0.25).taught_by().control == Control(student=0.75, teacher=0.25)
    with pytest.raises(DataError, match="no such file"):
        Text(corpus=str(tmp_path / "nowhere")).learner()
    with pytest.raises(ConfigError, match="300 pieces"):
        Text(pieces=300).learner()
