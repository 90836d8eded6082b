"""Learners with memory: beside an LSTM of PyTorch, until Bayes, along long sequences; and the table
of Gittins indices.

Training is the whole update: coins are drawn from Beta(1, 1) and tossed 20 times, 128 sequences an
update; an LSTM of 32 units predicts them, and Adam follows the clipped gradient. PyTorch runs on
one thread and on two, and the faster counts (`benchmarks.peer` says where it comes from). Members
of a population spread over the cores. Bayes is reached when the excess over the exact predictor, on
4096 fresh sequences, is below 1e-3 nats a sequence for both of two members, one a core; the clock
runs without the compiler, and to the end of the training where that never is.

Long sequences are one forward and backward pass of one sequence. The exponent is that of a power
law from the shortest but two to the longest: 1 is linear. Attention over all inputs stops at 4096:
at 8192 each of its matrices is a gigabyte (4 heads, 4 bytes), and going back holds several.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any, Literal

import jax
import jax.numpy as jnp

from benchmarks.beside import asking, living
from benchmarks.peer import peer_python
from benchmarks.result import Figure, Result, Target, by_turns, pairwise
from ontogeny.claims.measuring import Measuring
from ontogeny.claims.trainings import train
from ontogeny.learners.sequential.config import TrainingConfig
from ontogeny.learners.sequential.predictor import predictor
from ontogeny.learners.sequential.tasks import symbols
from ontogeny.nn.cores import CoreConfig, sequence_network
from ontogeny.ops.bayes.gittins import gittins_table
from ontogeny.worlds.sources.sequences import coins

LENGTH, BATCH, STEPS = 20, 128, 100
LONG: dict[Literal["state-space", "transformer"], tuple[int, ...]] = {
    "state-space": (1024, 2048, 4096, 8192, 16384),
    "transformer": (1024, 2048, 4096),
}
NEAR = 1e-3  # nats a sequence over Bayes
UPDATES = 5000


def measure(quick: bool) -> Result:
    """Return the figures. Raises `MissingExtra` without the peer."""
    repeats = 2 if quick else 7
    training, about = _training(repeats)
    return Result(
        {"units": 32, "batch": BATCH, "length": LENGTH, "state space": "2 layers of 32", **about},
        [
            *training,
            *_to_bayes(1 if quick else 3),
            *_long(2 if quick else 5),
            _gittins(1 if quick else 3),
        ],
    )


def _training(repeats: int) -> tuple[list[Figure], dict[str, Any]]:
    python = peer_python("torch")
    about: dict[str, Any] = {}

    def theirs(threads: str) -> Callable[[], float]:
        return asking(python, about, "sequences", "torch_lstm.py", "300", "--threads", threads)

    arms = {f"LSTM, members: {n}": _ours(n) for n in (1, 2, 4)}
    peers = {f"PyTorch LSTM, threads: {n}": theirs(n) for n in ("1", "2")}
    rates = by_turns(arms | peers, repeats)
    fastest = [max(pair) for pair in zip(*(rates[name] for name in peers), strict=True)]
    figures = [Figure(arm, "sequences/s", values) for arm, values in rates.items()]
    for name in arms:
        target = Target(low=5.0) if name.endswith("4") else None
        figures.append(Figure(f"{name} / PyTorch", "ratio", pairwise(rates[name], fastest), target))
    return figures, about


def _ours(members: int) -> Callable[[], float]:
    """Return what measures the sequences a second that so many members learn from, all together."""
    task = symbols(coins(LENGTH))
    learner = predictor(task, TrainingConfig(batch=BATCH))
    return living(learner, members, STEPS, BATCH)


def _to_bayes(seeds: int) -> list[Figure]:
    """Return the seconds until both members are near Bayes, and the excess of the farther one when
    the training ends.
    """
    c = TrainingConfig(
        batch=BATCH, learning_rate=1e-2, final=0.01, updates=UPDATES, test_batch=4096
    )
    learner = predictor(symbols(coins(LENGTH)), c)
    seconds: list[float] = []
    excess: list[float] = []
    for seed in range(seeds):
        trained = train(Measuring(seed=seed), learner, 2, 20, UPDATES // 20, "coin")
        near = (trained.score > -NEAR).all(axis=1)
        seconds.append(float(trained.seconds[near.argmax() if near.any() else -1]))
        excess.append(-float(trained.score[-1].min()))
    return [
        Figure("LSTM to 1e-3 nats of Bayes", "s", seconds, Target(high=60.0)),
        Figure("LSTM, excess at the end", "nats a sequence", excess, Target(high=NEAR)),
    ]


def _long(repeats: int) -> list[Figure]:
    figures: list[Figure] = []
    exponents: list[Figure] = []
    for kind, lengths in LONG.items():
        arms = {f"{kind}, {length} steps": _pass(kind, length) for length in lengths}
        seconds = by_turns(arms, repeats)
        figures += [Figure(name, "s forward and back", each) for name, each in seconds.items()]
        short, long = list(seconds.values())[-3], list(seconds.values())[-1]
        growth = [math.log(ratio, 4) for ratio in pairwise(long, short)]
        target = Target(high=1.15) if kind == "state-space" else None
        exponents.append(
            Figure(f"{kind}, exponent {lengths[-3]} to {lengths[-1]}", "exponent", growth, target)
        )
    return figures + exponents


def _pass(kind: Literal["state-space", "transformer"], length: int) -> Callable[[], float]:
    """Return what takes the time of one gradient along one sequence."""
    network = sequence_network(CoreConfig(kind, context=length), 2, 2)
    arrays = jax.jit(network.init)(jax.random.key(0))
    xs = jax.random.normal(jax.random.key(1), (length, 2))

    def loss(arrays: Any, xs: Any) -> Any:
        return jnp.mean(network.along(arrays, xs) ** 2)

    gradient = jax.jit(jax.grad(loss)).lower(arrays, xs).compile()
    jax.block_until_ready(gradient(arrays, xs))

    def once() -> float:
        begun = time.perf_counter()
        jax.block_until_ready(gradient(arrays, xs))
        return time.perf_counter() - begun

    return once


def _gittins(repeats: int) -> Figure:
    def table() -> float:
        begun = time.perf_counter()
        gittins_table(0.9)
        return time.perf_counter() - begun

    return Figure(
        "Gittins indices, 200 x 200, discount 0.9",
        "s",
        [table() for _ in range(repeats)],
        Target(high=10.0),
    )
