"""A person's own pictures: folders are classes, and every way in which folders go wrong is said."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image

import ontogeny as og
from ontogeny.core.errors import ConfigError, DataError
from ontogeny.learners.few_shot.classifier import FewShotClassifier
from ontogeny.learners.few_shot.prototypes import PrototypesConfig, prototypes
from ontogeny.worlds.random_features import RandomFeatures

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
    ]


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
    assert og.adapt(Nearest(), *folders).notes[-1].endswith("in no class's folder: 1")
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
