"""The inception score at its ends, and by hand."""

import jax
import numpy as np
import pytest

from ontogeny.ops.inception import inception_score

SCORE = jax.jit(inception_score)


def test_sure_and_even_is_the_number_of_classes_and_all_alike_is_one():
    sure = np.float32(100 * np.eye(4))
    assert SCORE(sure) == pytest.approx(4, rel=1e-5)
    assert SCORE(np.tile(sure[:1], (4, 1))) == pytest.approx(1, rel=1e-5)
    assert SCORE(np.zeros((4, 4), np.float32)) == pytest.approx(1, rel=1e-5)


def test_by_hand():
    each = np.array([[0.9, 0.1], [0.2, 0.8]])
    mean = each.mean(axis=0)
    expected = np.exp(np.mean(np.sum(each * np.log(each / mean), axis=1)))
    assert SCORE(np.float32(np.log(each) + 3)) == pytest.approx(expected, rel=1e-5)
