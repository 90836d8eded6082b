"""The claims about speed: a network whose stages are on threads, beside itself in one piece; and
what more workers would do, told from what its stages and a hand-over cost.

15 convolutions of 64 x 64 frames, of which ten cost about the same. All ways take turns, and ratios
are of turns side by side: the machine may be busy. Source: Carreira et al. 2018 (arXiv 1806.03863),
of whose speed-ups a summary says three to four; the network and the ratios are this project's own.
"""

from __future__ import annotations

import dataclasses
import os
from functools import partial
from typing import Any

import jax
import numpy as np
import plotly.graph_objects as go

from ontogeny.claims.claim import Claim
from ontogeny.claims.measuring import Found, Measuring
from ontogeny.learners.streaming.graph import Graph
from ontogeny.learners.streaming.networks import NetworkConfig, network
from ontogeny.learners.streaming.simulator import simulated
from ontogeny.learners.streaming.tick import Params, init_params
from ontogeny.ops.statistics import bootstrap_interval
from ontogeny.runtime.video.pacing import measure as pace_of
from ontogeny.runtime.video.pacing import stage_seconds, tick_pace
from ontogeny.runtime.video.pipeline import Pipeline
from ontogeny.views.figure import Figure
from ontogeny.views.theme import ACCENT, QUIET, empty

# At full, quick and tiny scale.
FULL = NetworkConfig("plain", "logits", 10, width=32, depth=14, halves=(0, 5, 10), doubling=True)
LEAST = dataclasses.replace(FULL, width=8, depth=3, halves=(0,))
DEEP = NetworkConfig("dense", "logits", 10, width=32, depth=52, growth=16, halves=(0, 13, 26, 39))
SIDE = (64, 64, 16)
TURNS = (15, 7, 2)
SECONDS = (0.4, 0.2, 0.0)  # of a turn
WORKERS = 2
WANTED = 1.4
WITHIN = 0.15
MORE = (1, 2, 4, 8, 16, 64)
PAPERS = 8  # GPUs of the source's widest pipeline


def measure(how: Measuring) -> Found:
    """Return the claims about speed, and two figures."""
    side = how.choose(*SIDE)
    frames = np.random.default_rng(how.seed).integers(0, 256, (8, side, side, 3), np.uint8)
    whole = network(how.choose(FULL, FULL, LEAST))
    params = init_params(whole, jax.random.key(how.seed))
    turns, seconds = how.choose(*TURNS), how.choose(*SECONDS)
    rates = _rates(whole, params, frames, turns, seconds)
    for name, rate in rates.items():
        how.progress(f"{name}: {np.median(rate):.1f} frames a second")

    calling, handing = overheads(seconds)
    costs = stage_seconds(whole.parallel(), params, frames[0].shape, seconds)
    deep = network(how.choose(DEEP, DEEP, dataclasses.replace(LEAST, family="dense")))
    deep_params = init_params(deep, jax.random.key(how.seed))
    deep_costs = stage_seconds(deep.parallel(), deep_params, frames[0].shape, seconds)
    # a stage that is measured alone is called by itself, one of a worker's is not
    net, deep_net = (np.maximum(np.array(c) - calling, 1e-7) for c in (costs, deep_costs))
    measured = net, deep_net, calling, handing
    return claims_of(rates, *measured, how), [rates_figure(rates), workers_figure(*measured)]


def _rates(
    whole: Graph, params: Params, frames: np.ndarray, turns: int, seconds: float
) -> dict[str, np.ndarray]:
    """Return frames a second of each way, by turn."""
    threads = whole.staged(WORKERS, aligned=True)
    beside = whole.parallel(aligned=True)
    shape = frames[0].shape
    with (
        Pipeline(threads, params, shape, ends=(1, 2)) as two,
        Pipeline(beside, params, shape, ends=(beside.n_stages,)) as one,
    ):
        ways: dict[str, Any] = {
            "in one piece": partial(tick_pace, whole, params, list(frames), seconds),
            f"stages on {WORKERS} threads": partial(pace_of, two, frames, seconds),
            "all layers side by side in one program": partial(pace_of, one, frames, seconds),
        }
        told = [[way().throughput for way in ways.values()] for _ in range(turns)]
    return dict(zip(ways, np.array(told).T, strict=True))


def overheads(seconds: float) -> tuple[float, float]:
    """Return the seconds that calling a stage takes, and those that a tick of two threads takes
    beside that: of a network with next to nothing to compute, on the smallest frames.
    """
    light = network(NetworkConfig("plain", "logits", 2, width=8, depth=1, halves=(0,), stages=2))
    params = init_params(light, jax.random.key(0))
    frames = np.zeros((8, 8, 8, 3), np.uint8)
    shape = frames[0].shape
    alone = stage_seconds(light, params, shape, seconds)
    with Pipeline(light, params, shape) as line:
        return min(alone), max(pace_of(line, frames, seconds).p50 - max(alone), 0.0)


def foretold(costs: np.ndarray, calling: float, handing: float, workers: int) -> float:
    """Return the seconds of a tick of so many workers."""
    return simulated(costs.tolist(), handing, workers).tick + calling


def claims_of(
    rates: dict[str, np.ndarray],
    costs: np.ndarray,
    deep_costs: np.ndarray,
    calling: float,
    handing: float,
    how: Measuring,
) -> list[Claim]:
    """Return the claims, given frames a second [turn] by way, the seconds by stage, and those of
    calling a worker's stages and of handing over.
    """
    alone, two, side_by_side = rates.values()

    def interval(values: np.ndarray) -> Any:
        return bootstrap_interval(values, seed=how.seed)

    cost = f"{len(alone)} turns, {os.cpu_count()} cores{how.weak()}"
    threaded, beside = interval(two / alone), interval(side_by_side / alone)
    ticks = {n: foretold(costs, calling, handing, n) for n in MORE}
    told = [1 / ticks[n] for n in (1, WORKERS)]
    found = [float(np.median(alone)), float(np.median(two))]
    off = [a / b - 1 for a, b in zip(told, found, strict=True)]
    more = ", ".join(f"{n} workers {ticks[1] / ticks[n]:.2f}" for n in MORE if n > WORKERS)
    deep = foretold(deep_costs, calling, handing, 1)
    gained = deep / foretold(deep_costs, calling, handing, PAPERS)
    bound = deep / (deep_costs.max() + calling + handing)
    return [
        Claim(
            f"stages on {WORKERS} threads give {WANTED} times the frames a second",
            "pipelining raises throughput (a pilot here: 1.6)",
            f"{threaded} times {found[0]:.0f} frames a second; all layers side by side in one "
            f"program: {beside}; {cost}",
            f"the mean of the ratio at least {WANTED}",
            bool(threaded.value >= WANTED),
        ),
        Claim(
            f"a simulator foretells what one worker does, and {WORKERS}",
            "(not in the paper)",
            f"foretold {told[0]:.0f} and {told[1]:.0f} frames a second, measured "
            f"{found[0]:.0f} and {found[1]:.0f}: off by {off[0]:+.1%} and {off[1]:+.1%}; calling "
            f"costs {1e6 * calling:.0f} microseconds a worker, handing over {1e6 * handing:.0f}; "
            f"with {more} times; {cost}",
            f"each within {WITHIN:.0%}",
            bool(np.abs(off).max() <= WITHIN),
        ),
        Claim(
            f"with the source's depth and {PAPERS} workers, a pipeline is 3 to 4 times as fast",
            "3 to 4 times (second-hand)",
            f"foretold {gained:.2f} for {len(deep_costs)} stages on {PAPERS} workers; the dearest "
            f"stage, a call and a hand-over forbid more than {bound:.1f}; {cost}",
            "from 3 to 4, or more",
            bool(gained >= 3),
        ),
    ]


def rates_figure(rates: dict[str, np.ndarray]) -> Figure:
    """Return frames a second by way."""
    return Figure(
        "rates",
        "Frames a second of each way of running the network, turn by turn.",
        rates,
        {"names": list(rates)},
        draw_rates,
    )


def draw_rates(figure: Figure) -> go.Figure:
    """Return a row of dots a way, and its median."""
    names = [str(name) for name in figure.labels["names"]]
    fig = empty("Speed", "frames a second", "")
    for name in names:
        rate = figure.data[name]
        fig.add_scatter(
            x=rate,
            y=[name] * len(rate),
            mode="markers",
            marker={"color": QUIET, "size": 6},
            showlegend=False,
        )
        fig.add_scatter(
            x=[np.median(rate)],
            y=[name],
            mode="markers",
            marker={"color": ACCENT, "size": 12, "symbol": "line-ns-open"},
            showlegend=False,
        )
    fig.update_yaxes(automargin=True)
    fig.update_xaxes(rangemode="tozero")
    return fig


def workers_figure(
    costs: np.ndarray, deep_costs: np.ndarray, calling: float, handing: float
) -> Figure:
    """Return the speed-ups that the simulator foretells, by workers."""
    workers = np.array([*range(1, 17), 24, 32, 48, 64])

    def speed_ups(of: np.ndarray) -> np.ndarray:
        ticks = np.array([foretold(of, calling, handing, int(n)) for n in workers])
        return ticks[0] / ticks

    return Figure(
        "workers",
        "Times as fast as one worker, foretold from what stages and a hand-over cost here.",
        {
            "workers": workers,
            f"{len(costs)} stages": speed_ups(costs),
            f"{len(deep_costs)} stages": speed_ups(deep_costs),
        },
        {"names": sorted({f"{len(costs)} stages", f"{len(deep_costs)} stages"})},
        draw_workers,
    )


def draw_workers(figure: Figure) -> go.Figure:
    """Return a line a network."""
    fig = empty("More workers", "workers", "times as fast as one")
    for name, colour in zip(figure.labels["names"], (ACCENT, QUIET), strict=False):
        fig.add_scatter(
            x=figure.data["workers"],
            y=figure.data[str(name)],
            mode="lines+markers",
            line={"color": colour},
            name=str(name),
        )
    fig.update_xaxes(type="log", tickvals=list(MORE))
    return fig
