"""What an associative memory is to store: what is drawn, and what is held."""

from __future__ import annotations

import sys
from importlib.util import find_spec

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image

from ontogeny.core.errors import ConfigError, DataError, MissingExtra
from ontogeny.worlds.classes.few_shot import split_by
from ontogeny.worlds.patterns import (
    Patterns,
    _places,  # pyright: ignore[reportPrivateUsage]
    digit_patterns,
    drawn_characters,
    drawn_once,
    glyph_patterns,
    photo_patches,
    picture_patches,
    random_bits,
    thresholded,
)
from ontogeny.worlds.photos import photographs
from ontogeny.worlds.photos.photographs import averaged

KEY = jax.random.key(0)


def drawn(patterns, n):
    """Return n patterns to learn from and n that are held, in one program."""
    both = jax.jit(lambda key: (patterns.draw(key, n), patterns.held(key, n)))(KEY)
    learn, held = map(np.asarray, both)
    assert learn.shape == held.shape == (n, *patterns.shape)
    assert learn.dtype == held.dtype == np.float32
    assert 0 <= min(learn.min(), held.min()) <= max(learn.max(), held.max()) <= 1
    if patterns.binary:
        assert set(np.unique(learn)) == {0, 1}
    return learn, held


def rows(pictures):
    return {picture.tobytes() for picture in pictures}


@pytest.mark.parametrize(("total", "n"), [(10, 4), (3, 8)])
def test_no_place_comes_twice_where_there_are_enough_and_all_come(total, n):
    draw = jax.jit(jax.vmap(lambda key: _places(key, total, n)))
    places = np.asarray(draw(jax.random.split(KEY, 400)))
    assert all(len(set(row)) == min(n, total) for row in places)
    share = np.bincount(places[:, 0], minlength=total) / 400
    np.testing.assert_allclose(share, 1 / total, atol=0.06)


def test_what_is_drawn_once_is_all_that_comes():
    few = drawn_once(random_bits(16), KEY, 5, 3)
    learn, held = drawn(few, 20)
    assert len(rows(learn)) == 5
    assert len(rows(held)) == 3
    assert not rows(learn) & rows(held)
    assert rows(drawn(drawn_once(random_bits(16), KEY, 5, 3), 20)[0]) == rows(learn)


def test_drawn_characters_are_pictures():
    learn, held = drawn(drawn_characters(9), 6)
    assert len(rows([*learn, *held])) == 12
    assert (learn.max(axis=(1, 2)) > 0.5).all()


def test_as_bits_patterns_are_bits():
    grey = Patterns("grey", (3,), lambda key, n: jnp.array([[0.0, 0.3, 1]]), lambda key, n: KEY)
    bits = thresholded(grey, 0.3)
    assert bits.draw(KEY, 1).tolist() == [[0, 0, 1]]
    assert (grey.binary, bits.binary) == (False, True)


def test_digits_held_are_not_those_drawn():
    learn, held = map(rows, drawn(digit_patterns(), 597))
    assert len(learn) == len(held) == 597  # none twice
    assert not learn & held


def test_glyphs_held_are_of_the_scripts_of_the_test():
    pictures = np.zeros((6, 28, 28), np.uint8)
    pictures[np.arange(6), np.arange(6) + 4] = 255  # each a line, the test's lowest
    groups = {str(i): pictures[i : i + 1] for i in range(6)}
    splits = split_by("g", groups, train=["0", "1"], validation=["2"], test=["3", "4", "5"])
    patterns = glyph_patterns(14, splits)
    learn, held = drawn(patterns, 2)
    lines = (
        {tuple(np.flatnonzero(p.any(axis=1))) for p in learn},
        {tuple(np.flatnonzero(p.any(axis=1))) for p in held},
    )
    assert lines[0] == {(2,)}  # rows 4 and 5, each half of row 2
    assert lines[1] <= {(3,), (4,)}
    assert set(np.unique(learn)) == {0, np.float32(128 / 255)}


def test_shrinking_averages_over_areas():
    picture = np.arange(12.0).reshape(1, 3, 4)
    np.testing.assert_allclose(averaged(picture, 3, 2), [[[0.5, 2.5], [4.5, 6.5], [8.5, 10.5]]])
    np.testing.assert_allclose(averaged(picture, 2, 1), [[[(1.5 + 5.5 / 2) / 1.5], [8.1667]]], 1e-4)


@pytest.fixture
def folder(tmp_path):
    """Return a folder of five pictures, each of one brightness, whose left half is red."""
    for i in range(5):
        picture = np.full((20, 30, 3), 40 * i, np.uint8)
        picture[:, :15, 0] = 255
        Image.fromarray(picture).save(tmp_path / f"{i}.png")
    return tmp_path


def test_patches_of_a_folder(folder):
    """The fourth picture is held; a patch is a piece of one picture."""
    learn, held = drawn(picture_patches(folder, 4, colour=True, side=10), 60)
    green = np.rint(learn[..., 1] * 255).astype(int)
    assert all(len(set(patch.ravel())) == 1 for patch in green)
    assert set(green[:, 0, 0]) == {0, 40, 80, 160}
    assert set(np.rint(held[..., 1] * 255).astype(int).ravel()) == {120}
    starts = (learn[..., 0] == 1).sum(axis=(1, 2)) // 4  # columns of the patch that are red
    assert set(starts) == {0, 1, 2, 3, 4}


def test_patches_of_photographs(folder, monkeypatch):
    """Read from where a package lies, without importing it."""
    package = folder / "skimage"
    (package / "data").mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('imported')")
    names = ("astronaut.png", "coffee.png", "camera.png", "chelsea.png")
    for i, name in enumerate(names):
        (folder / f"{i}.png").rename(package / "data" / name)
    monkeypatch.syspath_prepend(folder)
    monkeypatch.delitem(sys.modules, "skimage", raising=False)  # another test may have used it
    with pytest.raises(MissingExtra, match=r"motorcycle_left\.png .* scikit-image"):
        photo_patches(4, side=10)
    monkeypatch.setattr(photographs, "TO_LEARN", photographs.TO_LEARN[:2])
    monkeypatch.setattr(photographs, "HELD", photographs.HELD[:1])
    grey, colour = photo_patches(4, side=10), photo_patches(4, side=10, colour=True)
    assert (grey.shape, colour.shape) == ((4, 4), (4, 4, 3))
    learn, held = (set(np.rint(part * 255)[..., 3].ravel()) for part in drawn(grey, 9))
    assert learn <= {0, 40, 80, 76, 104, 132}  # the grey one too, where colours are not asked for
    assert learn & {80, 132}
    assert held <= {120, 160}  # where it is red, 0.299 (255 - 120) brighter


@pytest.mark.skipif(find_spec("skimage") is None, reason="scikit-image is an extra")
def test_the_photographs_that_packages_ship():
    patterns = photo_patches(16)
    learn, held = drawn(patterns, 32)
    assert len(rows([*learn, *held])) == 64
    assert learn.std(axis=(1, 2)).mean() > 0.05  # a patch shows something


def test_what_does_not_fit_is_refused(folder, tmp_path):
    with pytest.raises(ConfigError, match="strings of 0 bits"):
        random_bits(0)
    with pytest.raises(ConfigError, match="a size of 29"):
        glyph_patterns(29)
    with pytest.raises(ConfigError, match="a size of 0"):
        drawn_characters(0)
    with pytest.raises(ConfigError, match=r"a threshold of 1\.0"):
        thresholded(random_bits(2), 1.0)
    with pytest.raises(ConfigError, match=r"a size of 12\n.*use 1 to 10"):
        picture_patches(folder, 12, side=10)
    with pytest.raises(DataError, match="it is 20 x 30, and its shorter side is to be 21"):
        picture_patches(folder, 4, side=21)
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="0 of its files are pictures"):
        picture_patches(tmp_path / "empty", 4)
