"""Energy-based memories of pictures beside the same in PyTorch (`peers/torch_ebmm`, torch.func).

32 memories are each written with 32 pictures of 32 x 32 and asked of as many broken ones by a model
at hand; and so are 8, in a step of meta-training (drawing the pictures not counted: both sides have
the same). PyTorch runs on one thread and on two, and the faster counts; of our own arrays it reads
what we do, which is checked. The ceiling is what plain matrix products of the encoder's sizes
reach on these cores. Writing 64 pictures is timed by itself, after compiling; and the memory that
differentiating a writing takes is asked of the compiler, for 16 and 64 steps, rematerialised.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from benchmarks.beside import asking
from benchmarks.peer import ask, peer_python
from benchmarks.result import Figure, Result, Target, by_turns, pairwise
from ontogeny.learners.memory.config import EBMMConfig, MetaTrainingConfig
from ontogeny.learners.memory.ebmm import EBMM, ebm_memory, read_rates
from ontogeny.learners.memory.product import Memory
from ontogeny.ops.adam import clipped_adam, descend

SIDE, PICTURES = 32, 32
MEMORIES = {"use": 32, "train": 8}
SHAPE = (SIDE, SIDE)
CONFIG = EBMMConfig(
    "dense", 128, writable=16, filters=(16, 32), features=128, gradient_weight=0, prior_weight=0
)
REPEATS = {"use": 2, "train": 1}  # of a turn


def measure(quick: bool) -> Result:
    """Return the figures. Raises `MissingExtra` without the peer."""
    turns = 2 if quick else 5
    memory = ebm_memory(CONFIG, SHAPE, {})
    params = jax.jit(memory.init)(jax.random.key(0))
    keys = jax.random.split(jax.random.key(1))
    patterns = jax.random.uniform(keys[0], (max(MEMORIES.values()), PICTURES, *SHAPE))
    queries = patterns.at[..., : SIDE // 2, : SIDE // 2].set(0.5)
    python, about = peer_python("torch"), {}
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as place:
        files: dict[str, str] = {}
        for what, count in MEMORIES.items():
            asked: Any = {"patterns": patterns[:count], "queries": queries[:count]}
            files[what] = str(Path(place) / f"{what}.npz")
            np.savez(files[what], **_as_torch_has_it(params), **asked)
        told = ask(python, "torch_ebmm.py", files["use"], "use", "0")["told"]
        used, error = _using(memory, params, patterns, queries)
        assert abs(error - told) < 1e-3 * told, (error, told)  # it is the same model
        few = MEMORIES["train"]
        ours = {"use": used, "train": _training(memory, params, patterns[:few], queries[:few])}
        for what, arm in ours.items():
            repeats = str(REPEATS[what])
            peers = {
                f"PyTorch, {what}, threads: {n}": asking(
                    python,
                    about,
                    "times",
                    "torch_ebmm.py",
                    files[what],
                    what,
                    repeats,
                    "--threads",
                    n,
                )
                for n in ("1", "2")
            }
            rates = by_turns({what: arm, **peers, "ceiling": _ceiling}, turns)
            fastest = [max(pair) for pair in zip(*(rates[name] for name in peers), strict=True)]
            figures += [Figure(name, "times/s", v) for name, v in rates.items() if name in peers]
            figures += [
                Figure(what, "times/s", rates[what]),
                Figure(f"{what} / PyTorch", "ratio", pairwise(rates[what], fastest), Target(2.0)),
                Figure(
                    f"{what} / ceiling",
                    "ratio",
                    pairwise([r * _operations(what) for r in rates[what]], rates["ceiling"]),
                ),
            ]
    return Result(
        {
            **{f"memories, {what}": count for what, count in MEMORIES.items()},
            "pictures": PICTURES,
            "side": SIDE,
            **about,
        },
        [*figures, _write_of_64(params, turns), _memory_of_writing()],
    )


def _using(
    memory: Any, params: EBMM, patterns: Array, queries: Array
) -> tuple[Callable[[], float], float]:
    """Return what measures how often in a second all memories are written and read; and the squared
    error of their answers.
    """

    def recall(params: EBMM, patterns: Array, queries: Array) -> Array:
        def one(patterns: Array, queries: Array) -> Array:
            stored = memory.write(params, patterns)
            read = jax.vmap(lambda query: memory.read(params, stored, query, query > 2)[-1])
            return read(queries)

        answers = jax.vmap(one)(patterns, queries)
        return jnp.sum((answers - patterns) ** 2, axis=(2, 3))

    program = jax.jit(recall)
    # one sum of a million float32 within the program is off by a thousandth
    error = float(np.asarray(program(params, patterns, queries)).mean(dtype=np.float64))
    return _timed(lambda: program(params, patterns, queries), REPEATS["use"]), error


def _training(memory: Any, params: EBMM, patterns: Array, queries: Array) -> Callable[[], float]:
    """Return what measures how many steps of meta-training there are in a second."""
    direction = clipped_adam(MetaTrainingConfig().max_gradient_norm)

    def loss(params: EBMM) -> Array:
        def one(patterns: Array, queries: Array) -> Array:
            stored = memory.write(params, patterns)
            reads = jax.vmap(lambda query: memory.read(params, stored, query, query > 2)[1:])
            apart = reads(queries) - patterns[:, None]
            return jnp.mean(jnp.sum(apart**2, axis=(1, 2, 3)))

        return jnp.mean(jax.vmap(one)(patterns, queries))

    def step(params: EBMM, moments: Any) -> Any:
        return descend(direction, 1e-4, params, moments, jax.grad(loss)(params))

    program = jax.jit(step)
    held = [program(params, direction.init(params))]

    def once() -> Any:
        held[0] = program(*held[0])
        return held[0]

    return _timed(once, REPEATS["train"])


def _timed(work: Callable[[], Any], repeats: int) -> Callable[[], float]:
    def rate() -> float:
        begun = time.perf_counter()
        for _ in range(repeats):
            jax.block_until_ready(work())
        return repeats / (time.perf_counter() - begun)

    return rate


def _write_of_64(params: EBMM, turns: int) -> Figure:
    memory = Memory(CONFIG, SHAPE, 64, params, {})
    patterns = np.random.default_rng(0).random((64, *SHAPE), np.float32)
    memory.write(patterns)
    seconds: list[float] = []
    for _ in range(3 * turns):
        begun = time.perf_counter()
        jax.block_until_ready(memory.write(patterns).stored)
        seconds.append(1000 * (time.perf_counter() - begun))
    return Figure("writing 64 pictures, after compiling", "ms", seconds, Target(high=50.0))


def _memory_of_writing() -> Figure:
    """Return how much more working memory differentiating 64 write steps takes than 16."""
    sizes: list[float] = []
    for steps in (16, 64):
        config = EBMMConfig(units=64, writable=16, write_steps=steps, remat=True)
        memory = ebm_memory(config, (64,), {})
        params = jax.jit(memory.init)(jax.random.key(0))

        def far(params: EBMM, patterns: Array, memory: Any = memory) -> Array:
            stored = memory.write(params, patterns)
            return sum((jnp.sum(leaf) for leaf in jax.tree.leaves(stored)), jnp.zeros(()))

        lowered = jax.jit(jax.grad(far)).lower(params, jnp.zeros((32, 64)))
        analysis: Any = lowered.compile().memory_analysis()
        sizes.append(float(analysis.temp_size_in_bytes))
    return Figure(
        "memory of 64 write steps / of 16, rematerialised",
        "ratio",
        [sizes[1] / sizes[0]],
        Target(high=2.2),
    )


def _operations(what: str) -> float:
    """Return the floating-point operations of the encoder, which are most, in a use or a step."""
    side, channels, forward = SIDE, 1, 0.0
    for filters in CONFIG.filters:
        side //= 2
        forward += 2 * side**2 * filters * (9 * channels + 9 * filters + channels)
        channels = filters
    forward += 2 * side**2 * channels * CONFIG.features
    passes = 1 + 2 * CONFIG.read_steps  # seen once by the writing; there and back by every read
    return MEMORIES[what] * PICTURES * forward * passes * (3 if what == "train" else 1)


def _ceiling() -> float:
    """Return the floating-point operations a second of a matrix product of the encoder's sizes."""
    rows, wide = jnp.ones((65_536, 144)), jnp.ones((144, 32))
    product = _PRODUCT.setdefault("once", jax.jit(lambda a, b: a @ b).lower(rows, wide).compile())
    repeats = 20
    begun = time.perf_counter()
    jax.block_until_ready([product(rows, wide) for _ in range(repeats)])
    return repeats * 2 * rows.size * wide.shape[1] / (time.perf_counter() - begun)


_PRODUCT: dict[str, Any] = {}


def _as_torch_has_it(params: EBMM) -> dict[str, np.ndarray]:
    """Return the arrays by the names and in the order of axes that the peer has."""
    fixed, held = params.fixed, dict[str, Any]()
    for number, block in enumerate(fixed.encoder.blocks):
        for name in ("first", "second"):
            kernel = getattr(block, name).kernel
            held[f"{name}{number}"] = kernel.weight.reshape(
                3, 3, -1, kernel.bias.shape[0]
            ).transpose(3, 2, 0, 1)
            held[f"{name}_b{number}"] = kernel.bias
        held[f"short{number}"], held[f"short_b{number}"] = (
            block.shortcut.weight,
            block.shortcut.bias,
        )
    layers = {
        "dense": fixed.encoder.dense,
        "stays": fixed.stays,
        "candidate": fixed.recurrence.candidate,
        "gate": fixed.recurrence.gate,
        "head": fixed.head,
        "out": fixed.out,
    }
    for name, layer in layers.items():
        held[name], held[f"{name}_b"] = layer.weight, layer.bias
    for name, norm in {"norm": fixed.encoder.norm, "hop": fixed.norm}.items():
        held[f"{name}_w"], held[f"{name}_b"] = norm.weight, norm.bias
    rates = jax.tree.map(jax.nn.softplus, params.write_rates[0])
    read, momenta = read_rates(params)
    held |= {
        "start_w": params.start.weight,
        "start_b": params.start.bias,
        "rates_w": rates.weight,
        "rates_b": rates.bias,
        "read_rates": read,
        "momenta": momenta,
        "hops": np.array(CONFIG.hops),
    }
    return {name: np.array(value) for name, value in held.items()}
