"""Embeddings: LEO's file format on a look-alike, and the packaged backbone on pictures it knows."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import jax
import numpy as np
import pytest

from ontogeny.core.errors import DataError, StructureError
from ontogeny.nn import efficientnet
from ontogeny.worlds.classes import embeddings
from ontogeny.worlds.classes.embeddings import enlarged, published_embeddings, write_embeddings
from ontogeny.worlds.classes.few_shot import draw_episode, remaining
from ontogeny.worlds.classes.glyphs import Glyphs
from ontogeny.worlds.photos import backbone as backbones
from ontogeny.worlds.photos.backbone import backbone, embed, seen

SIZES = {"train": 6, "val": 3, "test": 4}


def keys_of(stem, count, each):
    return [f"{i:03}-n{stem}{c}-n{stem}{c}_{i}.jpg" for c in range(count) for i in range(each)]


@pytest.fixture
def folder(tmp_path):
    """A look-alike of the published files: 640 features, mixed order, longer than 1."""
    rng = np.random.default_rng(0)
    for stem, count in SIZES.items():
        keys = keys_of(stem, count, 5)
        rows = rng.permutation(len(keys))
        features = np.repeat(np.arange(1, count + 1), 5)[:, None] * np.eye(640)[: len(keys)]
        path = tmp_path / f"{stem}_embeddings.pkl"
        write_embeddings(path, [keys[i] for i in rows], features[rows])
    return tmp_path


def test_the_published_format_becomes_classes(folder):
    splits = published_embeddings(folder)
    assert {p: len(n) for p, n in splits.names.items()} == {"train": 6, "validation": 3, "test": 4}
    assert splits.train.items.shape == (30, 640)
    np.testing.assert_allclose(np.linalg.norm(splits.test.items, axis=1), 1, rtol=1e-6)
    assert set(splits.names["validation"]) == {"nval0", "nval1", "nval2"}
    for place, name in enumerate(splits.names["test"]):  # class c had the axes 5 c to 5 c + 4
        first, size = int(splits.test.first[place]), int(splits.test.size[place])
        axes = np.argmax(np.asarray(splits.test.items)[first : first + size], axis=1)
        assert set((axes // 5).tolist()) == {int(name[-1])}
    assert remaining(splits.test, 1) == 4
    drawn = jax.eval_shape(lambda key: draw_episode(key, splits.test, 4, 1, 4), jax.random.key(0))
    assert drawn.query.shape == (4, 4, 640)


def test_validation_classes_can_be_learned_from_too(folder):
    splits = published_embeddings(folder, train_on_validation=True)
    assert len(splits.names["train"]) == splits.train.first.shape[0] == 9
    assert set(splits.names["validation"]) < set(splits.names["train"])


@pytest.mark.parametrize(
    ("keys", "features", "says"),
    [
        (["a-b-c_1.jpg"], np.ones((1, 2)), "'a-b-c_1.jpg' is not anything-CLASS-CLASS_file"),
        (["no fields"], np.ones((1, 2)), "row 0: key 'no fields'"),
        (["1-b-b_1", "1-b-b_1"], np.ones((2, 2)), "'1-b-b_1' is there twice"),
        (["1-b-b_1", "1-b-b_2"], np.array([[1.0], [np.nan]]), "row 1: the features"),
        (["1-b-b_1", "1-b-b_2"], np.array([[0.0], [1.0]]), "row 0: the features"),
        (["1-b-b_1"], np.ones((2, 2)), r"1 keys, and embeddings of shape \[2, 2\]"),
        ([], np.ones((0, 2)), "0 keys"),
        (["1-ntest0-ntest0_9.jpg"], np.ones((1, 640)), "'ntest0' of the part test is in train"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_with_its_row(folder, keys, features, says):
    write_embeddings(folder / "train_embeddings.pkl", keys, features)
    with pytest.raises(DataError, match=says):
        published_embeddings(folder)


def test_a_missing_file_is_named_and_so_is_a_dict_without_embeddings(folder):
    (folder / "val_embeddings.pkl").write_bytes(b"\x80\x02}U\x06labelsK\x01s.")
    with pytest.raises(DataError, match="it has labels"):
        published_embeddings(folder)
    (folder / "val_embeddings.pkl").unlink()
    with pytest.raises(DataError, match=r"val_embeddings\.pkl: the file is not there"):
        published_embeddings(folder)


def photograph(name):
    """Return the middle of one of the two photographs that scikit-learn ships, 224 x 224."""
    from PIL import Image

    found = importlib.util.find_spec("sklearn")
    assert found is not None
    assert found.origin is not None
    image = Image.open(Path(found.origin).parent / "datasets" / "images" / name).convert("RGB")
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    return np.array(image.crop((left, top, left + side, top + side)).resize((224, 224)))


def test_the_backbone_knows_a_palace_and_a_daisy(monkeypatch):
    """ImageNet's classes 698 and 985: weights, folding, padding and order are right together."""
    monkeypatch.setattr(backbones, "CALL", 2)
    pictures = np.stack([photograph("china.jpg"), photograph("flower.jpg")])
    found, network = seen(pictures), backbone()
    logits = found @ np.asarray(network.classify) + np.asarray(network.bias)
    assert np.argmax(logits, axis=1).tolist() == [698, 985]
    unit = embed(pictures[1:])  # in other company
    np.testing.assert_allclose(unit[0], found[1] / np.linalg.norm(found[1]), atol=1e-5)


def test_embedded_glyphs_keep_their_classes_and_are_remembered(tmp_path, monkeypatch):
    """The rest of `glyph_embeddings`, with a few written pictures and a mean for a network."""
    monkeypatch.setenv("ONTOGENY_CACHE", str(tmp_path))
    scripts = ("latin",) * 5 + ("hebrew",) * 2 + ("thai",) * 3
    sizes = (3, 4, 3, 2, 3, 3, 1, 3, 3, 5)
    number = np.repeat(np.arange(10, dtype=np.uint8), sizes)
    pictures = np.broadcast_to(10 * number[:, None, None], (len(number), 28, 28))
    names = tuple(f"letter {i}" for i in range(10))
    drawn = Glyphs(np.array(pictures), names, scripts, sizes, 5, 5)
    calls: list[int] = []

    def mean(pictures):
        calls.append(len(pictures))
        return pictures.reshape(len(pictures), -1).mean(axis=1, keepdims=True).astype(np.float32)

    monkeypatch.setattr(embeddings, "draw_glyphs", lambda: drawn)
    monkeypatch.setattr(embeddings, "embed_glyphs", mean)
    for _ in range(2):
        splits = embeddings.glyph_embeddings(train=3, least=3)
    assert splits.names == {
        "train": ("letter 0", "letter 2", "letter 4"),  # 3 of the 4 that have 3 pictures, evenly
        "validation": ("letter 5",),
        "test": ("letter 7", "letter 8", "letter 9"),
    }
    assert splits.test.items[:, 0].tolist() == [70, 70, 70, 80, 80, 80, 90, 90, 90]
    assert calls == [21]


def test_wrong_weights_are_named():
    with pytest.raises(StructureError, match=r"tensor _conv_stem\.weight: it is missing"):
        efficientnet.from_tensors({})
    with pytest.raises(StructureError, match=r"it is \[2\], and \[32, 3, 3, 3\]"):
        efficientnet.from_tensors({"_conv_stem.weight": np.zeros(2)})


def test_enlarging_is_linear_between_the_middles_of_pixels():
    picture = np.array([[[0, 100]]], np.uint8)
    assert enlarged(picture, 4)[0].tolist() == [[0, 25, 75, 100]] * 4
    same = np.random.default_rng(3).integers(0, 256, (2, 5, 5), np.uint8)
    np.testing.assert_array_equal(enlarged(same, 5), same)
