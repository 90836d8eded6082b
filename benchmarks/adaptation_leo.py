"""LEO's meta-training beside the same in PyTorch: rows of the benchmark `adaptation`.

An update: 12 episodes, 5 ways, 1 shot, 10 queries a class, 640 features, 64 codes and latents, 5
latent and 5 weight steps, dropout, second order, Adam on clipped gradients. PyTorch runs on one
thread and on two, and the faster counts. Members of a population spread over the cores.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.beside import asking, living
from benchmarks.peer import peer_python
from benchmarks.result import Figure, Target, by_turns, pairwise
from ontogeny.learners.few_shot.config import MetaConfig
from ontogeny.learners.few_shot.few_shot import few_shot
from ontogeny.learners.few_shot.leo import leo
from ontogeny.learners.few_shot.leo_config import LEOConfig
from ontogeny.worlds.classes.few_shot import split_at_random

FEATURES, CLASSES, ITEMS, STEPS = 640, 200, 40, 100


def leo_figures(repeats: int) -> list[Figure]:
    """Return the rows. Raises `MissingExtra` without the peer."""
    python = peer_python("torch")
    arms = {f"LEO, members: {n}": _ours(n) for n in (1, 2)}
    peers = {
        f"PyTorch LEO, threads: {n}": asking(
            python, {}, "updates", "torch_leo.py", "60", "--threads", n
        )
        for n in ("1", "2")
    }
    rates = by_turns(arms | peers, repeats)
    fastest = [max(pair) for pair in zip(*(rates[name] for name in peers), strict=True)]
    figures = [Figure(arm, "updates/s", values) for arm, values in rates.items()]
    for name in arms:
        target = Target(low=2.0) if name.endswith("1") else None
        ratio = pairwise(rates[name], fastest)
        figures.append(Figure(f"{name} / PyTorch LEO", "ratio", ratio, target))
    return figures


def _ours(members: int) -> Callable[[], float]:
    """Return what measures the updates a second of so many members, all together."""
    rng = np.random.default_rng(0)
    groups: dict[str, np.ndarray] = {}
    for number in range(CLASSES + 10):
        items = rng.random(FEATURES) + 0.5 * rng.random((ITEMS, FEATURES))
        items = items / np.linalg.norm(items, axis=1, keepdims=True)
        groups[str(number)] = items.astype(np.float32)
    data = split_at_random("random", groups, (CLASSES, 5, 5))
    meta = MetaConfig(test_episodes=1)  # a score is not what is timed
    return living(few_shot(leo(FEATURES, LEOConfig()), data, meta), members, STEPS)
