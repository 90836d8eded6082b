"""Learners that contain a descent: MAML on sinusoids beside PyTorch, what a larger batch of tasks
costs, the memory of a long inner loop; and LEO (`adaptation_leo`).

Training is the whole update: 25 sinusoids are drawn, ten points each to learn from and to be tested
on; a network of 1-40-40-1 takes one step on each, differentiated to second order; Adam follows the
clipped gradient. PyTorch does the same with `torch.func.grad` under `vmap`, as it is and through
`torch.compile` (which needs a C++ compiler), on one thread and on two, and the faster counts
(`benchmarks.peer` says where it comes from). Members of a population spread over the cores.

Exponents are those of a power law between the ends of a range: 1 is linear, 0.5 a square root. The
memory is what the compiled gradient keeps beside its arguments and results, as the compiler counts
it, so that it has no spread.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from benchmarks.adaptation_leo import leo_figures
from benchmarks.beside import asking, living
from benchmarks.peer import peer_python
from benchmarks.result import Figure, Result, Target, by_turns, pairwise
from ontogeny.learners.maml.adapter import headed
from ontogeny.learners.maml.config import MAMLConfig, NetworkConfig
from ontogeny.learners.maml.maml import adapt, initial, maml
from ontogeny.learners.maml.problems import regression
from ontogeny.worlds.sources.sinusoids import sinusoids

TASKS, SHOTS, STEPS = 25, 10, 500
BATCHES = (100, 200, 400)
LOOPS = (64, 256, 1024)
PROBLEM = regression(sinusoids(SHOTS, SHOTS))
NETWORK = headed(NetworkConfig((40, 40)), (1,), 1)


def measure(quick: bool) -> Result:
    """Return the figures. Raises `MissingExtra` without the peer."""
    repeats = 2 if quick else 5
    training, about = maml_figures(repeats)
    leo = leo_figures(repeats)
    figures = [*training, *_batches(2 if quick else 5), *_memory(), *leo]
    return Result({"tasks": TASKS, "shots": SHOTS, "inner steps": 1, **about}, figures)


def maml_figures(repeats: int) -> tuple[list[Figure], dict[str, Any]]:
    """Return the updates a second of ours and theirs, and what the peer is."""
    python = peer_python("torch")
    about: dict[str, Any] = {}

    def theirs(*words: str) -> Callable[[], float]:
        return asking(python, about, "updates", "torch_maml.py", "300", *words)

    arms = {f"MAML, members: {n}": _ours(n, TASKS) for n in (1, 2, 4)}
    forms = {"PyTorch MAML": (), "compiled PyTorch MAML": ("--compile",)}
    peers = {
        f"{name}, threads: {n}": theirs("--threads", n, *words)
        for name, words in forms.items()
        for n in ("1", "2")
    }
    rates = by_turns(arms | peers, repeats)
    figures = [Figure(arm, "updates/s", values) for arm, values in rates.items()]
    for form in forms:
        own = [values for name, values in rates.items() if name.startswith(f"{form}, ")]
        fastest = [max(pair) for pair in zip(*own, strict=True)]
        for name in arms:
            target = Target(low=5.0) if name.endswith("1") else None
            ratio = pairwise(rates[name], fastest)
            figures.append(Figure(f"{name} / {form}", "ratio", ratio, target))
    return figures, about


def _ours(members: int, tasks: int) -> Callable[[], float]:
    """Return what measures the updates a second of so many members, all together."""
    learner = maml(PROBLEM, NETWORK, MAMLConfig(batch=tasks, test_batch=1))
    return living(learner, members, STEPS)


def _batches(repeats: int) -> list[Figure]:
    """Return the seconds of an update over more and more tasks, and how they grow."""
    arms = {f"MAML, tasks: {tasks}": _ours(1, tasks) for tasks in BATCHES}
    rates = by_turns(arms, repeats)
    figures = [
        Figure(name, "ms an update", [1000 / rate for rate in values])
        for name, values in rates.items()
    ]
    few, *_, many = rates.values()
    span = math.log(BATCHES[-1] / BATCHES[0])
    growth = [math.log(ratio) / span for ratio in pairwise(few, many)]
    name = f"MAML, exponent of time, tasks: {BATCHES[0]} to {BATCHES[-1]}"
    return [*figures, Figure(name, "exponent", growth, Target(high=1.1))]


def _memory() -> list[Figure]:
    """Return the memory of the gradient through longer and longer inner loops."""
    figures: list[Figure] = []
    span = math.log(LOOPS[-1] / LOOPS[0])
    for name, remat in (("kept whole", False), ("rematerialised", True)):
        held = [_bytes(steps, remat) for steps in LOOPS]
        figures += [
            Figure(f"inner loop of {steps} steps, {name}", "MB", [size / 1e6])
            for steps, size in zip(LOOPS, held, strict=True)
        ]
        growth = math.log(held[-1] / held[0]) / span
        target = Target(low=0.4, high=0.6) if remat else None
        title = f"inner loop, {name}, exponent of memory, steps: {LOOPS[0]} to {LOOPS[-1]}"
        figures.append(Figure(title, "exponent", [growth], target))
    return figures


def _bytes(steps: int, remat: bool) -> int:
    """Return the bytes that the meta-gradient of one task holds while it runs."""
    config = MAMLConfig(inner_steps=steps, remat=remat)
    start = initial(NETWORK, config, jax.random.key(0), 0.01)
    task = PROBLEM.draw(jax.random.key(1))

    def loss(start: Any) -> Any:
        end = adapt(PROBLEM.loss, NETWORK, config, start, 0.01, task.support).end
        outputs = jax.vmap(NETWORK.whole(end))(task.query.inputs)
        return jnp.mean((outputs - task.query.targets) ** 2)

    counted: Any = jax.jit(jax.grad(loss)).lower(start).compile().memory_analysis()
    return counted.temp_size_in_bytes
