"""What breaks a pattern, and what it says of it."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.core.errors import ConfigError
from ontogeny.worlds.corruptions import (
    block_of_noise,
    erasure,
    fresh_bits,
    gaussian_noise,
    occlusion,
    salt_and_pepper,
)

PICTURE = jnp.linspace(0.1, 0.9, 7 * 6 * 3).reshape(7, 6, 3)
ALL = {
    "fresh bits": fresh_bits(20),
    "erasure": erasure(20),
    "block": block_of_noise(4),
    "block of bits": block_of_noise(4, bits=True),
    "occlusion": occlusion(3, 0.25),
    "salt and pepper": salt_and_pepper(0.25),
    "gaussian": gaussian_noise(0.5),
}


@pytest.fixture(scope="module")
def corrupted():
    """Return 200 broken pictures of each kind, and what was changed, from one program."""
    keys = jax.random.split(jax.random.key(0), 200)

    @jax.jit
    def every(keys):
        return {
            name: jax.vmap(lambda key, corrupt=corrupt: corrupt(key, PICTURE))(keys)
            for name, corrupt in ALL.items()
        }

    return jax.tree.map(np.asarray, every(keys))


def test_what_is_not_said_to_have_changed_has_not(corrupted):
    for name, (queries, changed) in corrupted.items():
        assert queries.shape == changed.shape == (200, 7, 6, 3), name
        assert queries.dtype == np.float32, name
        assert changed.dtype == bool, name
        assert queries.min() >= 0, name
        assert queries.max() <= 1, name
        kept = np.broadcast_to(PICTURE, queries.shape)
        assert np.array_equal(queries[~changed], kept[~changed]), name
        assert len({query.tobytes() for query in queries}) > 15, name  # another key, another one


def test_each_changes_as_it_says(corrupted):
    queries, changed = corrupted["fresh bits"]
    assert (changed.sum(axis=(1, 2, 3)) == 20).all()
    assert set(np.unique(queries[changed])) == {0, 1}
    assert queries[changed].mean() == pytest.approx(0.5, abs=0.04)
    queries, changed = corrupted["erasure"]
    assert (changed.sum(axis=(1, 2, 3)) == 20).all()
    assert (queries[changed] == 0).all()
    queries, changed = corrupted["salt and pepper"]
    assert changed.mean() == pytest.approx(0.25, abs=0.02)
    assert set(np.unique(queries[changed])) == {0, 1}
    queries, changed = corrupted["gaussian"]
    assert changed.all()
    inside = (queries > 0) & (queries < 1)
    assert 0.2 < (queries - PICTURE)[inside].std() < 0.5
    assert set(np.unique(corrupted["block of bits"][0][corrupted["block of bits"][1]])) == {0, 1}
    assert corrupted["block"][0][corrupted["block"][1]].std() == pytest.approx(12**-0.5, abs=0.01)
    assert (corrupted["occlusion"][0][corrupted["occlusion"][1]] == 0.25).all()


@pytest.mark.parametrize(("name", "size"), [("block", 4), ("occlusion", 3)])
def test_a_block_is_a_square_in_every_colour_and_lies_anywhere(corrupted, name, size):
    changed = corrupted[name][1]
    assert (changed == changed[..., :1]).all()
    mask = changed[..., 0]
    rows, columns = mask.any(axis=2), mask.any(axis=1)
    assert (rows.sum(axis=1) == size).all()
    assert (columns.sum(axis=1) == size).all()
    assert (mask == rows[:, :, None] & columns[:, None]).all()
    assert set(rows.argmax(axis=1)) == set(range(8 - size))
    assert set(columns.argmax(axis=1)) == set(range(7 - size))


@pytest.mark.parametrize(
    ("corrupt", "said"),
    [
        (lambda: fresh_bits(0), "0 bits of 126 are to be drawn anew"),
        (lambda: erasure(127), "127 numbers of 126 are to be erased"),
        (lambda: block_of_noise(7), "a square of 7 x 7 in a picture of 7 x 6"),
        (lambda: occlusion(0), "a square of 0 x 0"),
        (lambda: occlusion(2, 1.5), "a grey of 1.5"),
        (lambda: salt_and_pepper(0.0), "a share of 0.0"),
        (lambda: gaussian_noise(float("nan")), "a deviation of nan"),
    ],
)
def test_what_does_not_fit_is_refused(corrupt, said):
    with pytest.raises(ConfigError, match=said):
        corrupt()(jax.random.key(0), PICTURE)


def test_a_string_has_no_block():
    with pytest.raises(ConfigError, match=r"shape \(126,\) is no picture"):
        block_of_noise(2)(jax.random.key(0), PICTURE.reshape(-1))
