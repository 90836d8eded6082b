"""A person's own pictures: folders are classes, and every way in which folders go wrong is said."""

from __future__ import annotations

import shutil

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image

import ontogeny as og
from ontogeny.core.errors import ConfigError, DataError
from ontogeny.learners.few_shot.classifier import FewShotClassifier
from ontogeny.learners.few_shot.prototypes import PrototypesConfig, prototypes
from ontogeny.worlds.classes.random_features import RandomFeatures

SIZE, N_FEATURES = 12, 64
SHAPES = {  # ink on a page of 12 x 12
    "bar": (slice(1, 11), slice(5, 7)),
    "line": (slice(5, 7), slice(1, 11)),
    "box": (slice(3, 9), slice(3, 9)),
}


class Nearest:
    """A product of the smallest kind: the nearest mean of features, softly."""

    view = RandomFeatures(SIZE, SIZE, N_FEATURES)
    ways = None

    def adapt(self, support):
        self.support = support
        means = jnp.mean(support, axis=1)
        return lambda query: jax.nn.log_softmax(20 * query @ means.T)


class Flat:
    """The ink itself as features: nothing is compiled."""

    height = width = SIZE

    def __call__(self, pictures):
        flat = np.reshape(pictures, (*pictures.shape[:-2], -1)) / 255
        return flat / np.linalg.norm(flat, axis=-1, keepdims=True)


class Plain:
    """The nearest mean of the ink."""

    view, ways = Flat(), None

    def adapt(self, support):
        means = support.mean(axis=1)
        return lambda query: 20 * query @ means.T - 20


def page(shape, size=SIZE, ink=0, ground=255):
    """Return a picture of the shape in the style of a scan: dark on bright."""
    small = np.full((SIZE, SIZE), ground, np.uint8)
    small[SHAPES[shape]] = ink
    return Image.fromarray(np.kron(small, np.ones((size // SIZE,) * 2, np.uint8)))


@pytest.fixture
def folders(tmp_path):
    """A support of 1, 2 and 1 pictures, and three queries, one in a folder of its class."""
    support, query = tmp_path / "support", tmp_path / "query"
    for name in SHAPES:
        (support / name).mkdir(parents=True)
        page(name).save(support / name / "a.png")
    page("line", 24, ink=40).save(support / "line" / "b.jpg")
    (query / "box").mkdir(parents=True)
    page("bar", 36).save(query / "1.png")
    page("line", ink=255, ground=0).save(query / "2.png")
    page("box").save(query / "box" / "3.png")
    return support, query


def test_pictures_are_told_apart(folders):
    told = og.adapt(Nearest(), *folders)
    assert [answer.file.name for answer in told.answers] == ["1.png", "2.png", "3.png"]
    assert [answer.best for answer in told.answers] == ["bar", "line", "box"]
    assert [answer.truth for answer in told.answers] == [None, None, "box"]
    assert told.accuracy == 1.0
    assert told.classes == {"bar": 1, "box": 1, "line": 2}
    for answer in told.answers:
        assert list(answer.probabilities) == ["bar", "box", "line"]
        np.testing.assert_allclose(sum(answer.probabilities.values()), 1, rtol=1e-5)
    assert told.notes == [
        "fitted to 12 x 12 pixels: 2 of other sizes",
        "classes with fewer than 2 pictures repeat theirs: bar, box",
        "in the support too, so that they say nothing of new pictures: 3.png",
    ]
    assert told.left_out == {}


def test_a_class_with_fewer_pictures_repeats_them(folders):
    product = Nearest()
    og.adapt(product, *folders)
    assert product.support.shape == (3, 2, N_FEATURES)
    np.testing.assert_array_equal(product.support[0, 0], product.support[0, 1])
    assert not np.array_equal(product.support[2, 0], product.support[2, 1])


def test_a_grown_classifier_is_such_a_product(folders):
    config = PrototypesConfig()
    arrays = prototypes(N_FEATURES, config).init(jax.random.key(0))
    product = FewShotClassifier(config, N_FEATURES, arrays, Nearest.view)
    told = og.adapt(product, *folders)
    assert told.answers[2].best == "box"  # it was in the support, as it is
    with pytest.raises(ConfigError, match="features of unknown origin"):
        og.adapt(FewShotClassifier(config, N_FEATURES, arrays), *folders)
    wide = FewShotClassifier(config, N_FEATURES, arrays, RandomFeatures(12, 9, N_FEATURES))
    with pytest.raises(ConfigError, match="pictures of 12 x 9, and only squares"):
        og.adapt(wide, *folders)
    with pytest.raises(ConfigError, match="a dict can't be adapted"):
        og.adapt({}, *folders)


def test_queries_that_cannot_be_used_are_left_out_and_named(folders):
    support, query = folders
    (query / "broken.png").write_bytes(b"no picture")
    Image.new("L", (5, 5), 255).save(query / "white.png")
    told = og.adapt(Nearest(), support, query)
    assert len(told.answers) == 3
    assert {file.name: why for file, why in told.unread.items()} == {
        "broken.png": "it is no picture of a known format",
        "white.png": "the picture is of one colour",
    }
    for name in ("1.png", "2.png", "box/3.png"):
        (query / name).unlink()
    with pytest.raises(DataError, match="none of the 2 pictures can be used"):
        og.adapt(Nearest(), support, query)


def test_a_support_that_cannot_be_used_is_said(folders, tmp_path):
    support, query = folders
    page("bar").save(support / "stray.png")
    assert og.adapt(Nearest(), *folders).notes[-1].endswith("in no class's folder: stray.png")
    (support / "box" / "broken.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"broken\.png"):
        og.adapt(Nearest(), support, query)
    for file in (support / "box").iterdir():
        file.unlink()
    with pytest.raises(DataError, match="class 'box' has no pictures"):
        og.adapt(Nearest(), support, query)
    (support / "box").rmdir()
    for file in (support / "bar").iterdir():
        file.unlink()
    (support / "bar").rmdir()
    with pytest.raises(DataError, match="there is 1 folder with pictures"):
        og.adapt(Nearest(), support, query)
    with pytest.raises(DataError, match="no such folder"):
        og.adapt(Nearest(), tmp_path / "nowhere", query)


def test_a_query_without_pictures_is_said(folders, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="no pictures to ask about"):
        og.adapt(Nearest(), folders[0], tmp_path / "empty")


def test_every_file_is_taken_or_left_out_and_why(folders):
    support, query = folders
    shutil.copy(support / "bar" / "a.png", support / "bar" / "b.JPG")
    page("bar", 24).save(support / "bar" / "c.jfif", "JPEG")
    for file in ("stray.png", "bar/phone.heic", "bar/nothing", "bar/.DS_Store", "bar/more/d.png"):
        (support / file).parent.mkdir(exist_ok=True)
        page("bar").save(support / file, "PNG")
    (support / "__MACOSX").mkdir()
    (support / "__MACOSX" / "._a.png").write_bytes(b"no picture")
    (query / "boxes" / "deep").mkdir(parents=True)
    for file in ("boxes/4.png", "boxes/deep/5.png", "notes.txt"):
        page("box", 24).save(query / file, "PNG")
    told = og.adapt(Plain(), support, query)
    assert told.classes == {"bar": 3, "box": 1, "line": 2}
    assert {str(path.relative_to(support.parent)): why for path, why in told.left_out.items()} == {
        "support/stray.png": "in no class's folder",
        "support/bar/phone.heic": "as .heic, which is not read",
        "support/bar/nothing": "without a suffix that says what they are",
        "support/bar/.DS_Store": "hidden",
        "support/bar/more/d.png": "a folder deeper than is read",
        "support/__MACOSX": "hidden",
        "query/boxes/deep/5.png": "a folder deeper than is read",
        "query/notes.txt": "as .txt, which is not read",
    }
    assert [answer.file.name for answer in told.answers] == ["1.png", "2.png", "3.png", "4.png"]
    assert "not counted, for their folder is no class: boxes" in told.notes
    assert "left out of the support, as .heic, which is not read: phone.heic" in told.notes
    assert told.accuracy == 1.0
    (support / "line" / "a.png").rename(support / "line" / "a.heic")
    (support / "line" / "b.jpg").unlink()
    with pytest.raises(DataError, match=r"'line' has no pictures \(a.heic is left out, as .heic"):
        og.adapt(Plain(), support, query)


def test_one_file_is_asked_about(folders, monkeypatch):
    support, query = folders
    told = og.adapt(Plain(), support, query / "1.png")
    assert [(answer.best, answer.truth) for answer in told.answers] == [("bar", None)]
    assert og.adapt(Plain(), support, query / "box" / "3.png").accuracy == 1.0
    monkeypatch.setenv("HOME", str(query.parent))
    assert og.adapt(Plain(), "~/support", "~/query/2.png").answers[0].best == "line"
    (query / "1.png").rename(query / "1.heic")
    with pytest.raises(DataError, match=r"1\.heic is left out, as \.heic, which is not read"):
        og.adapt(Plain(), support, query / "1.heic")


def test_a_picture_that_is_met_twice_is_noted(folders):
    support, query = folders
    shutil.copy(support / "bar" / "a.png", query / "again.png")
    with Image.open(support / "bar" / "a.png") as same:
        same.save(query / "again.bmp")
        same.save(support / "line" / "c.png")
    notes = og.adapt(Plain(), support, query).notes
    twice = "in the support too, so that they say nothing of new pictures: "
    assert twice + "again.bmp, again.png, 3.png" in notes
    assert "the same picture in bar and line" in notes
    page("box", 24).save(support / "box" / "z.png")
    everything = og.adapt(Plain(), support, support)
    assert twice + "a.png, a.png, z.png, a.png, b.jpg and 1 more" in everything.notes


def test_what_was_made_of_pictures_is_noted(folders):
    support, query = folders
    ink = np.zeros((SIZE, SIZE, 4), np.uint8)
    ink[SHAPES["bar"]] = 255  # white on nothing
    Image.fromarray(ink).save(query / "white.png")
    told = og.adapt(Plain(), support, query)
    assert next(a.best for a in told.answers if a.file.name == "white.png") == "bar"
    assert "transparent in part, laid on black: 1" in told.notes
