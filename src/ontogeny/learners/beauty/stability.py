"""Whether a ranking is stable: the share of pairs that it is expected to have in the wrong order.

It is the mean Kendall distance between the ranking by mean strengths and rankings drawn from the
posterior, over all pairs; each pair's part is Phi(-|m| / sqrt(v)), so that nothing need be drawn.
What a Kendall correlation with the truth is then expected to be is 1 - 2 × the share.
"""

from __future__ import annotations

import numpy as np

from ontogeny.learners.beauty.bradley_terry import Strengths

STABLE = 0.1  # a share of pairs in the wrong order that is small: a Kendall correlation of 0.8


def wrong_share(now: Strengths) -> float:
    """Return the share of pairs that are expected to be in the wrong order: 1/2 before anything was
    judged, 0 of one photo.
    """
    n = len(now.mean)
    if n < 2:
        return 0.0
    from scipy.special import ndtr

    mean, variance = now.differences()
    apart = np.triu_indices(n, 1)
    m, v = np.abs(mean[apart]), variance[apart]
    return float(ndtr(-m / np.sqrt(np.maximum(v, 1e-300))).mean())


def still_needed(judgements: int, share: float, bound: float = STABLE) -> int | None:
    """Return about how many judgements more it takes until the share is the bound: it falls roughly
    as one over the root of their number. None where too few were made to say, 0 where it is there.
    """
    if share <= bound:
        return 0
    if not judgements or share > 0.4:
        return None
    return int(np.ceil(judgements * ((share / bound) ** 2 - 1)))
