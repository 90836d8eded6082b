"""What moved a score is found where it is."""

from __future__ import annotations

import numpy as np

from ontogeny.learners.beauty.saliency import score_moves


def test_what_raises_and_what_lowers_a_score_is_found_where_it_is():
    photo = np.random.default_rng(0).integers(0, 256, (112, 112, 3), np.uint8)

    def contrast(some):  # of the upper left, less that of the lower right
        grey = some.astype(float).mean(axis=3)
        return grey[:, :48, :48].std(axis=(1, 2)) - grey[:, 64:, 64:].std(axis=(1, 2))

    moves = score_moves(photo, contrast)
    assert moves.shape == (7, 7)
    assert (moves[:3, :3] > 0.5).all()
    assert (moves[4:, 4:] < -0.5).all()
    assert np.abs(moves[:2, 5:]).max() < 1e-6
    assert (score_moves(np.full_like(photo, 90), contrast) == 0).all()
