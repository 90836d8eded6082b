"""What the baselines have in common: features of what is known and what isn't, and reading."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from drawn import drawn, drawn_bits
from ontogeny.learners.memory.coder import Coder, CoderConfig, network_memory


class Halfway(eqx.Module):
    """Answers what is halfway to the mean of the patterns."""

    share: jax.Array

    def write(self, patterns):
        return jnp.mean(patterns, axis=0)

    def answer(self, stored, x, known):
        return x + self.share * (stored - x)


def test_reading_asks_again_and_holds_what_is_known():
    memory = network_memory("halfway", lambda key: Halfway(jnp.float32(0.5)), reads=3)
    patterns, query = jnp.array([[1.0, 1.0], [0.0, 1.0]]), jnp.array([0.0, 0.0])
    params = memory.init(jax.random.key(0))
    stored = memory.write(params, patterns)
    reads = memory.read(params, stored, query, jnp.array([True, False]))
    np.testing.assert_allclose(reads, [[0, 0], [0, 0.5], [0, 0.75], [0, 0.875]])
    told_nothing = memory.read(params, stored, query, jnp.array([False, False]))
    np.testing.assert_allclose(told_nothing[-1], [0.4375, 0.875])


def test_what_is_known_goes_in_apart_from_what_is_not():
    coder = drawn(lambda key: Coder(CoderConfig(features=6), (4,), 3, key=key))
    pattern, known = drawn_bits(1, 4)[0], np.array([True, False, True, False])
    rows = np.asarray(coder.enter.weight).reshape(4, 2, 6)
    said = sum(rows[i, 0 if known[i] else 1] * (2 * pattern[i] - 1) for i in range(4))
    expected = jax.nn.silu(said + coder.enter.bias)
    np.testing.assert_allclose(coder.see(pattern, jnp.asarray(known)), expected, rtol=1e-5)
    shown = coder.show(jnp.ones(3))
    assert shown.shape == (4,)
    assert np.all((shown > 0) & (shown < 1))


def test_pictures_are_shown_in_their_own_shape():
    for shape in [(6, 5), (6, 5, 3)]:
        config = CoderConfig(features=4, filters=(8, 8))
        coder = eqx.filter_eval_shape(
            lambda s=shape, c=config: Coder(c, s, 7, key=jax.random.key(0))
        )
        known = jax.ShapeDtypeStruct(shape, bool)
        seen = eqx.filter_eval_shape(Coder.see, coder, jax.ShapeDtypeStruct(shape, float), known)
        shown = eqx.filter_eval_shape(Coder.show, coder, jax.ShapeDtypeStruct((7,), jnp.float32))
        assert (seen.shape, shown.shape) == ((4,), shape)
