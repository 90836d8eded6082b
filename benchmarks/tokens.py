"""Language models beside the same one in PyTorch (`peers/torch_tokens`), compiled; and writing with
a memory beside writing without.

Training is the whole update: stretches of text are drawn, and Adam follows the clipped gradient of
the mean log-loss. PyTorch runs compiled, on one thread and on two, and as it is on one; the fastest
of a turn counts. Members of a population spread over the cores. The ceiling is what plain matrix
products of the model's sizes reach on these cores, over the model's own count of multiplications,
forward and back (attention's upper half not counted). Of both sides there are also the tokens a CPU
second, which a machine that others use too distorts less.

Writing is one program that writes every text of a batch to the context's length: with the keys and
values of what was written kept, and by reading the whole texts again for every token.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from benchmarks.beside import living
from benchmarks.peer import ask, peer_python
from benchmarks.result import Figure, Result, Target, by_turns, pairwise
from ontogeny.learners.text.config import LanguageModelConfig, TextTrainingConfig
from ontogeny.learners.text.language_model import language_model, network_of
from ontogeny.nn.language_model import draw
from ontogeny.worlds.language.vocabularies import Text, vocabulary_of

MODEL = LanguageModelConfig()
BATCH, STEPS = 16, 6
TOKENS = BATCH * MODEL.context
PEERS = {
    "PyTorch, compiled, threads: 1": ("--threads", "1"),
    "PyTorch, compiled, threads: 2": ("--threads", "2"),
    "PyTorch, eager, threads: 1": ("--threads", "1", "--eager"),
}


def measure(quick: bool) -> Result:
    """Return the figures. Raises `MissingExtra` without the peer."""
    repeats = 2 if quick else 7
    training, about = _training(repeats)
    told = {"width": MODEL.width, "layers": MODEL.layers, "time": MODEL.context, "batch": BATCH}
    return Result(told | about, [*training, *_writing(1 if quick else 5)])


def _training(repeats: int) -> tuple[list[Figure], dict[str, Any]]:
    python, about = peer_python("torch"), {}
    busy: dict[str, list[float]] = {}

    def by_cpu(name: str, arm: Callable[[], float]) -> Callable[[], float]:
        """Return the arm, its tokens a CPU second entered beside."""

        def once() -> float:
            begun, spent = time.perf_counter(), sum(os.times()[:2])
            rate = arm()
            cpu = sum(os.times()[:2]) - spent
            busy.setdefault(name, []).append(rate * (time.perf_counter() - begun) / cpu)
            return rate

        return once

    def theirs(name: str, words: tuple[str, ...]) -> Callable[[], float]:
        def once() -> float:
            said = ask(python, "torch_tokens.py", str(3 * STEPS), "--batch", str(BATCH), *words)
            about["torch"] = said["torch"]
            busy.setdefault(name, []).append(said["tokens"] / said["cpu_seconds"])
            return said["tokens"] / said["seconds"]

        return once

    learner = language_model(_noise(), TextTrainingConfig(MODEL, BATCH, tested=1))
    ours = {f"members: {n}": living(learner, n, STEPS, TOKENS) for n in (1, 2)}
    arms = {name: by_cpu(name, arm) for name, arm in ours.items()}
    peers = {name: theirs(name, words) for name, words in PEERS.items()}
    rates = by_turns(arms | peers | {"ceiling": _ceiling}, repeats)
    fastest = [max(each) for each in zip(*(rates[name] for name in peers), strict=True)]
    thriftiest = [max(each) for each in zip(*(busy[name] for name in peers), strict=True)]
    figures = [Figure(arm, "tokens/s", values) for arm, values in rates.items()]
    figures += [Figure(arm, "tokens a CPU second", values) for arm, values in busy.items()]
    for name in arms:
        target = Target(low=1.0) if name.endswith("2") else None
        figures += [
            Figure(f"{name} / PyTorch", "ratio", pairwise(rates[name], fastest), target),
            Figure(f"{name} / PyTorch, a CPU second", "ratio", pairwise(busy[name], thriftiest)),
            Figure(f"{name} / ceiling", "ratio", pairwise(rates[name], rates["ceiling"])),
        ]
    return figures, about


def _noise() -> Text:
    """Return a text of which nothing can be learned; what is learned does not change the speed."""
    some = np.random.default_rng(0).integers(0, 256, 1_000_000).astype(np.uint8)
    return Text(vocabulary_of(b""), jnp.asarray(some), jnp.asarray(some[:1000]), 1.0)


def _multiplications() -> float:
    """Return the floating-point operations a token of an update, forward and back."""
    width, context = MODEL.width, MODEL.context
    layer = 2 * 8 * width**2 + 2 * 2 * width * context / 2  # half of attention is never looked at
    return 3 * (MODEL.layers * layer + 2 * width * 256)


def _ceiling() -> float:
    """Return the tokens a second that a model of nothing but matrix products would learn."""
    rows = jnp.ones((TOKENS, MODEL.width))
    wide = jnp.ones((MODEL.width, 3 * MODEL.width))
    product = _PRODUCT.setdefault("once", jax.jit(lambda a, b: a @ b).lower(rows, wide).compile())
    repeats = 200
    begun = time.perf_counter()
    jax.block_until_ready([product(rows, wide) for _ in range(repeats)])
    seconds = time.perf_counter() - begun
    return repeats * 2 * rows.size * 3 * MODEL.width / seconds / _multiplications()


_PRODUCT: dict[str, Any] = {}


def _writing(repeats: int) -> list[Figure]:
    network = network_of(MODEL, 256)
    arrays = network.init(jax.random.key(0))
    texts = jnp.zeros((BATCH, MODEL.context), jnp.int32)

    def kept(arrays: Any, key: Array) -> Array:
        return network.whole(arrays).write(key, texts, 1)

    def again(arrays: Any, key: Array) -> Array:
        model = network.whole(arrays)

        def one(texts: Array, place: Array) -> tuple[Array, None]:
            logits = model.along(texts)[:, place - 1]
            drawn = draw(jax.random.fold_in(key, place), logits, 1.0)
            return texts.at[:, place].set(drawn), None

        return jax.lax.scan(one, texts, jnp.arange(1, MODEL.context))[0]

    def timed(write: Callable[[Any, Array], Array]) -> Callable[[], float]:
        program = jax.jit(write).lower(arrays, jax.random.key(1)).compile()
        written = np.asarray(program(arrays, jax.random.key(1)))
        assert 0 <= written.min() <= written.max() < 256

        def once() -> float:
            begun = time.perf_counter()
            jax.block_until_ready(program(arrays, jax.random.key(1)))
            return TOKENS / (time.perf_counter() - begun)

        return once

    arms = {"writing with a memory": timed(kept), "writing without": timed(again)}
    rates = by_turns(arms, repeats)
    ratio = pairwise(*rates.values())
    return [
        *(Figure(name, "tokens/s", values) for name, values in rates.items()),
        Figure("writing with a memory / without", "ratio", ratio, Target(low=5.0)),
    ]
