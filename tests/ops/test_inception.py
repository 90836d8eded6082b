"""The inception score at its ends, and by hand."""

import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.ops.inception import inception_score


def test_sure_and_even_is_the_number_of_classes_and_all_alike_is_one():
    sure = 100 * jnp.eye(4)
    assert inception_score(sure) == pytest.approx(4, rel=1e-5)
    assert inception_score(jnp.tile(sure[:1], (4, 1))) == pytest.approx(1, rel=1e-5)
    assert inception_score(jnp.zeros((4, 4))) == pytest.approx(1, rel=1e-5)


def test_by_hand():
    each = np.array([[0.9, 0.1], [0.2, 0.8]])
    mean = each.mean(axis=0)
    expected = np.exp(np.mean(np.sum(each * np.log(each / mean), axis=1)))
    assert inception_score(jnp.log(jnp.array(each)) + 3.0) == pytest.approx(expected, rel=1e-5)
