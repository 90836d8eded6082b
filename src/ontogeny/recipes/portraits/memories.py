"""How far off the answers of a memory are: by read, and by how many patterns are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import jax
import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float

from ontogeny.core.errors import DataError
from ontogeny.learners.memory.ebmm import ebm_memory
from ontogeny.learners.memory.hopfield import hopfield
from ontogeny.learners.memory.memory import AssociativeMemory, n_numbers
from ontogeny.learners.memory.nearest import nearest_neighbour
from ontogeny.learners.memory.product import Memory
from ontogeny.learners.memory.task import Episode, MemoryTask, draw_episode, recall
from ontogeny.recipes.portraits.retrieval import energy_slice, retrieval_strips
from ontogeny.views.figure import Figure
from ontogeny.views.quantities import count
from ontogeny.views.theme import COLOURS, INK, QUIET, add_seeds, empty

EPISODES = 16  # memories that are written with fresh patterns, of each number of them
SHOWN = 6
NS = 4  # numbers of patterns, up to twice as many as it was grown for
TICKS = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


def portrait(task: MemoryTask, memory: Memory, seed: int, episodes: int = EPISODES) -> list[Figure]:
    """Return the figures of a grown memory on patterns that it never learned from: what queries
    lead to, how far off by read and by number, and the energy between two patterns.
    """
    key = jax.random.fold_in(jax.random.key(seed), 1)
    most = 2 * task.n
    drawn = _drawn(task, most, key, episodes)
    patterns, queries, known = (np.asarray(part[0, : task.n]) for part in drawn)
    written = memory.write(patterns)
    ink = bool(np.median(patterns) == 0)  # on a ground
    own = ebm_memory(memory.config, memory.shape, memory.weights)
    beside = [nearest_neighbour()]
    if task.patterns.binary:
        beside = [hopfield("hebb"), hopfield("pseudo-inverse")]
    ns = [n for n in range(1, most + 1) if most % n == 0][-NS:]
    errors = {"EBMM": _errors(own, memory.params, drawn, ns, by_mean=True)}
    errors |= {other.name: _errors(other, (), drawn, ns) for other in beside}
    curves = {name: np.stack([rows[:, -1] for rows in of], 1) for name, of in errors.items()}
    numbers = {m.name: [n_numbers(m, n, memory.shape) for n in ns] for m in (own, *beside)}
    by_read = {"EBMM": errors["EBMM"][ns.index(task.n)]}
    what = f"{count(task.n, 'pattern')} in each of {count(episodes, 'memory', 'memories')}."
    dots = f"A dot a memory, of {episodes}; it was grown for {task.n}."
    first = slice(SHOWN)
    names = [f"pattern {number + 1}" for number in range(min(SHOWN, task.n))]
    figures = [
        retrieval_strips(written, patterns[first], queries[first], known[first], names, ink=ink),
        errors_by_read(by_read, memory.config.read_steps, what, "memory"),
        errors_by_number(curves, ns, numbers, what=dots),
    ]
    with suppress(DataError):  # two patterns may be the same, by chance
        figures.append(energy_slice(written, patterns[0], patterns[-1], queries.mean(axis=0)))
    return figures


def errors_by_read(
    curves: Mapping[str, Float[np.ndarray, "seed read"]],
    learned_with: int,
    what: str = "",
    dot: str = "seed",
) -> Figure:
    """Return the figure of errors after each read, the query's first; `learned_with` says how many
    reads the memory was meta-trained with.
    """
    return Figure(
        "reads",
        f"Squared error of a pattern after each read, a dot a {dot}. Dotted: as many reads as it "
        f"learned with. {what}".strip(),
        dict(curves),
        {"names": list(curves), "learned with": [learned_with]},
        draw_reads,
    )


def errors_by_number(
    curves: Mapping[str, Float[np.ndarray, "... n"]],
    ns: Sequence[int],
    numbers: Mapping[str, int | Sequence[int]],
    unit: str = "squared error of a pattern",
    what: str = "",
) -> Figure:
    """Return the figure of errors by the number of patterns, [n] or [seed, n] for each memory, the
    first of which it is about; `numbers` is how many each stores: of any n, or of each.
    """
    stored = [_numbers_text(numbers[name]) for name in curves]
    return Figure(
        "capacity",
        f"{unit.capitalize()} by how many are written, and how many numbers each memory keeps of "
        f"them; what is meta-learned is not counted. {what}".strip(),
        {name: np.atleast_2d(rows) for name, rows in curves.items()},
        {"names": list(curves), "n": list(ns), "numbers": stored, "unit": [unit]},
        draw_numbers,
    )


def draw_reads(figure: Figure) -> go.Figure:
    """Return the error after each read: a line a memory, a dot a seed."""
    fig = empty("Error after each read", "reads", "squared error of a pattern", height=420)
    top = 0.0
    for name, colour in zip(map(str, figure.labels["names"]), (*COLOURS, INK), strict=False):
        rows = np.asarray(figure.data[name], float)
        add_seeds(fig, np.arange(rows.shape[1]), rows.T, colour, name, opacity=0.6)
        top = max(top, float(np.nanmax(rows)))
    learned = int(figure.labels["learned with"][0])
    fig.add_vline(x=learned, line={"color": QUIET, "dash": "dot", "width": 1})
    fig.update_xaxes(tickformat=",d")
    fig.update_yaxes(range=[0, 1.05 * top])
    return fig


def draw_numbers(figure: Figure) -> go.Figure:
    """Return the error by the number of patterns: a line a memory, the first in the accent. The
    axis of errors is stretched by the square root, which shows zero and tells small errors apart.
    """
    ns = np.asarray(figure.labels["n"], float)
    unit = str(figure.labels["unit"][0])
    fig = empty("Error by the number of patterns", "patterns that are written", unit, height=460)
    top = 0.0
    looks = ((colour, dash) for dash in ("solid", "dash") for colour in (*COLOURS, INK))
    named = zip(map(str, figure.labels["names"]), figure.labels["numbers"], strict=True)
    for (name, numbers), (colour, dash) in zip(named, looks, strict=False):
        rows = np.asarray(figure.data[name], float)
        top = max(top, float(np.nanmax(rows)))
        mean = np.sqrt(rows.mean(axis=0))
        add_seeds(fig, ns, np.sqrt(rows.T), colour, f"{name} ({numbers})", mean=mean)
        fig.data[-2].line.dash = dash  # pyright: ignore[reportAttributeAccessIssue]
    ticks, high = [0.0], np.sqrt(top)
    for tick in TICKS:  # those that have room
        ticks += [tick] * bool(np.sqrt(tick) - np.sqrt(ticks[-1]) > 0.06 * high)
    fig.update_yaxes(
        tickvals=np.sqrt(ticks),
        ticktext=[f"{tick:g}" for tick in ticks],
        range=[-0.02 * high, 1.05 * high],
    )
    fig.update_xaxes(tickvals=ns)
    fig.update_layout(legend={"orientation": "v", "x": 1.02, "y": 1, "yanchor": "top"})
    return fig


def _drawn(task: MemoryTask, n: int, key: Any, episodes: int) -> Episode:
    """Return episodes of n held patterns, [memory, pattern, ...]."""
    larger = task._replace(n=n)

    def all_of(key: Any) -> Episode:
        keys = jax.random.split(key, episodes)
        return jax.lax.map(lambda key: draw_episode(key, larger, held=True), keys)

    return jax.jit(all_of)(key)


def _errors(
    memory: AssociativeMemory,
    params: Any,
    drawn: Episode,
    ns: Sequence[int],
    *,
    by_mean: bool = False,
) -> list[np.ndarray]:
    """Return, of each number of patterns, the squared errors of memories that the first of each
    episode are written into, [memory, read], the query's first.

    A memory that is written `by_mean` over patterns stores the same where each comes several times:
    all numbers, which divide the largest, are so made one, and a program is compiled once.
    """

    def one(episode: Episode) -> tuple[Any, Any]:
        told = recall(memory, params, episode)
        return told.before, told.error

    each = jax.jit(lambda episodes: jax.lax.map(one, episodes))
    found: list[np.ndarray] = []
    for n in ns:
        times = max(ns) // n if by_mean else 1
        some: list[Any] = [np.repeat(np.asarray(part)[:, :n], times, axis=1) for part in drawn]
        before, after = each(Episode(*some))
        found.append(np.concatenate([np.asarray(before)[:, None], np.asarray(after)], axis=1))
    return found


def _numbers_text(numbers: Any) -> str:
    low, high = int(np.min(numbers)), int(np.max(numbers))
    return count(low, "number") if low == high else f"{low:,} to {high:,} numbers"
