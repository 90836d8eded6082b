"""The claims that a network is one, however it runs: along a clip, frame after frame, and with its
stages on threads; and that a pipeline which delays skips as much as what is deep is the sequential
network, later.

Every family of networks is asked, in stage maps, with clocks, filters over time and feedback, with
random weights and on random frames: of these claims nothing depends on what was learned. Source:
Carreira et al. 2018 (arXiv 1806.03863).
"""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import plotly.graph_objects as go

from ontogeny.claims.claim import Claim
from ontogeny.claims.measuring import Found, Measuring
from ontogeny.core.compiling import quick_to_compile
from ontogeny.learners.streaming.clip import clip, shifted
from ontogeny.learners.streaming.graph import Graph
from ontogeny.learners.streaming.networks import NetworkConfig, network
from ontogeny.learners.streaming.stages import stages_of
from ontogeny.learners.streaming.tick import begin, init_params, tick
from ontogeny.runtime.video.pipeline import Pipeline
from ontogeny.views.figure import Figure
from ontogeny.views.theme import ACCENT, empty

SIZE = (16, 16, 3)
SMALL = NetworkConfig(width=8, depth=4, halves=(0,))
FAMILIES = ("plain", "dense", "inception", "mobile")
SCHEDULES: dict[str, dict[str, Any]] = {
    "sequential": {},
    "semi-parallel": {"stages": 2},
    "fully parallel": {"stages": 0},
    "aligned": {"stages": 0, "aligned": True},
    "clocks": {"stages": 0, "rates": (1, 2, 4)},
    "filters over time": {"stages": 2, "taps": 3},
    "feedback": {"stages": 0, "feedback": True},
    "clocks, filters, feedback": {"stages": 2, "rates": (1, 2), "taps": 2, "feedback": True},
}
ALL = {name: tuple(SCHEDULES) for name in FAMILIES}
HARDEST = ("clocks, filters, feedback",)
QUICK = dict.fromkeys(FAMILIES, ("fully parallel", *HARDEST))
TINY = {"dense": HARDEST}
FRAMES = (24, 16, 8)
SEEDS = (3, 3, 1)
WITHIN = 1e-5
WORKERS = 2


def measure(how: Measuring) -> Found:
    """Return the claims about exactness, and the figure of every difference."""
    asked = how.choose(ALL, QUICK, TINY)
    seeds, time = how.choose(*SEEDS), how.choose(*FRAMES)
    names: list[str] = []
    streamed: list[float] = []
    threaded: list[float] = []
    late: dict[str, float] = {}
    for family, schedules in asked.items():
        for schedule in schedules:
            config = dataclasses.replace(SMALL, family=family, **SCHEDULES[schedule])
            names.append(f"{family}, {schedule}")
            apart = _apart(network(config), how, seeds, time)
            streamed.append(apart[0])
            threaded.append(apart[1])
        config = dataclasses.replace(SMALL, family=family, stages=0, aligned=True)
        late[family] = _late(network(config), how, seeds, time)
        how.progress(f"{family}: streams off by {max(streamed):.2g}, threads {max(threaded):.2g}")
    cost = f"{len(names)} networks, {seeds} seeds, {time} frames{how.weak()}"
    return claims_of(np.array(streamed), np.array(threaded), late, cost), [
        differences_figure(names, np.array(streamed), np.array(threaded))
    ]


def _drawn(graph: Graph, seed: int, time: int) -> tuple[Any, np.ndarray]:
    """Return weights of which none is 0, biases included, and frames."""
    rng = np.random.default_rng(seed)
    frames = rng.integers(0, 256, (time, *SIZE), np.uint8)
    params = jax.jit(lambda key: init_params(graph, key))(jax.random.key(seed))

    def noisy(leaf: Any) -> Any:
        return jnp.asarray(leaf + 0.05 * rng.normal(size=leaf.shape), leaf.dtype)

    return jax.tree.map(noisy, jax.device_get(params)), frames


def _apart(graph: Graph, how: Measuring, seeds: int, time: int) -> tuple[float, float]:
    """Return how far what is said of a stream, and on threads, is from what is said of the clip, at
    most, in shares of its deviation.
    """
    workers = min(WORKERS, graph.n_stages)

    def both(params: Any, frames: Any) -> tuple[Any, Any]:
        stream = jax.lax.scan(
            lambda state, x: tick(graph, params, state, x), begin(graph, SIZE), frames
        )[1]
        return clip(graph, params, frames), stream

    program, most = jax.jit(both, compiler_options=quick_to_compile(how.quick)), (0.0, 0.0)
    for seed in how.seeds(seeds).tolist():
        params, frames = _drawn(graph, seed, time)
        along, stream = program(params, frames)
        with Pipeline(graph, params, SIZE, ends=stages_of(graph, workers)) as line:
            threads = np.stack(list(line.map(frames)))
        scale = float(jnp.std(along))
        off = (float(jnp.abs(along - said).max()) / scale for said in (stream, threads))
        most = (max(most[0], next(off)), max(most[1], next(off)))
    return most


def _late(aligned: Graph, how: Measuring, seeds: int, time: int) -> float:
    """Return how far an aligned pipeline is from the sequential network, later, at most."""

    def both(params: Any, frames: Any) -> tuple[Any, Any]:
        alone = clip(aligned.sequential(), params, frames)
        return clip(aligned, params, frames), shifted(alone, aligned.n_stages - 1)

    program, most = jax.jit(both, compiler_options=quick_to_compile(how.quick)), 0.0
    for seed in how.seeds(seeds).tolist():
        params, frames = _drawn(aligned, seed, max(time, aligned.n_stages + 2))
        said, alone = program(params, frames)
        after = slice(aligned.n_stages - 1, None)
        apart = jnp.abs(said[after] - alone[after]).max()
        most = max(most, float(apart / jnp.std(alone[after])))
    return most


def claims_of(
    streamed: np.ndarray, threaded: np.ndarray, late: dict[str, float], cost: str
) -> list[Claim]:
    """Return the claims, given differences by network, in shares of the output's deviation."""

    def within(claim: str, paper: str, worst: float) -> Claim:
        return Claim(
            claim,
            paper,
            f"at most {worst:.2g} of the output's deviation; {cost}",
            f"at most {WITHIN:g}",
            worst <= WITHIN,
        )

    return [
        within(
            "a stream, frame after frame, says what the clip says",
            "one network (implied)",
            float(streamed.max()),
        ),
        within(
            f"stages on {WORKERS} threads say what the clip says",
            "pipelining changes no number (implied)",
            float(threaded.max()),
        ),
        within(
            "the pipeline whose skips are delayed too is the sequential network, K - 1 ticks later",
            "(this project's own check)",
            max(late.values()),
        ),
    ]


def differences_figure(names: list[str], streamed: np.ndarray, threaded: np.ndarray) -> Figure:
    """Return the largest difference of each network."""
    return Figure(
        "differences",
        "The largest difference from what is said along the clip, in shares of the output's "
        "deviation: dots on a stream, rings on threads. Dashed: what is allowed.",
        {"streamed": streamed, "threaded": threaded},
        {"names": names},
        draw_differences,
    )


def draw_differences(figure: Figure) -> go.Figure:
    """Return a row a network."""
    names = [str(name) for name in figure.labels["names"]]
    fig = empty("Exactness", "difference", "", height=120 + 20 * len(names))
    for what, symbol in (("streamed", "circle"), ("threaded", "circle-open")):
        fig.add_scatter(
            x=np.maximum(figure.data[what], 1e-9),
            y=names,
            mode="markers",
            marker={"color": ACCENT, "symbol": symbol, "size": 8},
            name=what,
        )
    fig.add_vline(x=WITHIN, line={"dash": "dash", "width": 1})
    fig.update_xaxes(type="log", exponentformat="power")
    fig.update_yaxes(automargin=True)
    return fig
