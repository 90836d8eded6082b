"""The figures of the claims about memory, drawn from what was measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ontogeny.adaptation.state_machine import (
    StateMachine,
    counts_before,
    posterior_mean,
    rows,
)
from ontogeny.ops.calibration import Reliability
from ontogeny.ops.principal_components import principal_components
from ontogeny.recipes.claims import Figure
from ontogeny.recipes.machine_study import (
    BIASES,
    DRAWN,
    LENGTH,
    NODES,
    PRIOR,
    Measured,
    exact_regret,
    toss,
)

if TYPE_CHECKING:
    import plotly.graph_objects as go

SHOWN = 150  # histories whose memories are drawn
STEPS = LENGTH - 1  # the named histories end after an even number of symbols
NAMED = {
    "0s, then 1s": np.arange(STEPS) >= STEPS // 2,
    "1s, then 0s": np.arange(STEPS) < STEPS // 2,
    "in turns": np.arange(STEPS) % 2 == 1,
}


def pictures(
    machine: StateMachine,
    measured: list[Measured],
    frozen: np.ndarray,
    chance: Reliability,
    seed: int,
) -> list[Figure]:
    """Return the figures; the memory and the automaton are those of the first predictor."""
    found = measured[0].by_futures
    said = [m.reliability for m in measured]
    grid = np.linspace(0.005, 0.995, 199)
    return [
        Figure(
            "memory",
            f"Memories of {SHOWN} histories of one predictor. Grey: each count's mean memory, "
            "joined to those with one symbol more. Lines: three orders of nine 0s and nine 1s; "
            "what lies between their ends is what the memory keeps of order.",
            memory_data(machine, seed),
            {"paths": list(NAMED)},
            draw_memory,
        ),
        Figure(
            "automaton",
            f"The {NODES} states of one predictor's automaton (memories of like futures), each at "
            "the mean count of its visits; rings are the states of exact Bayes.",
            {
                "place": found.agreement.place,
                "successor": found.machine.successor,
                "chance": found.machine.predictive[:, 1],
                "visits": found.machine.visits,
            },
            {},
            draw_automaton,
        ),
        Figure(
            "calibration",
            f"{DRAWN['calibrated'] * LENGTH:,} predictions a seed in 20 bins. Dashed: what chance "
            "leaves exact Bayes.",
            {
                "predicted": np.stack([one.predicted for one in said]),
                "observed": np.stack([one.observed for one in said]),
                "exact": chance.observed - chance.predicted,
            },
            {},
            draw_calibration,
        ),
        Figure(
            "longer",
            "Excess over exact Bayes past the training length. Dashed: exact Bayes that stops "
            "learning there.",
            {"excess": np.stack([m.long for m in measured]), "frozen": frozen},
            {},
            draw_longer,
        ),
        Figure(
            "biases",
            "Coins of one bias each. Left: the loss over one who knows the bias, and exact Bayes's "
            "own. Right: what the predictor loses over exact Bayes, the zero line.",
            {
                "biases": BIASES,
                "regret": np.stack([m.regret for m in measured]),
                "exact": np.stack([grid, exact_regret(grid)]),
                "excess": np.stack([m.bias_excess for m in measured]),
            },
            {},
            draw_biases,
        ),
    ]


def memory_data(machine: StateMachine, seed: int) -> dict[str, np.ndarray]:
    """Return what the picture of the memory is drawn from, in the first two components."""
    sequences = toss(np.random.default_rng(seed), DRAWN["machine"], LENGTH)
    memory = machine.trace(sequences).memory
    counts = counts_before(sequences, 2)
    components = principal_components(rows(memory))
    points = components.project(memory)
    nodes, number = np.unique(rows(counts), axis=0, return_inverse=True)
    size = np.bincount(number.ravel())
    mean = np.stack(
        [np.bincount(number.ravel(), weights=rows(points)[:, i]) / size for i in range(2)], axis=1
    )
    place = {tuple(node): index for index, node in enumerate(nodes.tolist())}
    edges = [
        (index, place[after])
        for (zeros, ones), index in place.items()
        for after in ((zeros + 1, ones), (zeros, ones + 1))
        if after in place
    ]
    named = np.stack([*NAMED.values()]).astype(np.int64)
    return {
        "points": rows(points[:SHOWN]),
        "chance": rows(posterior_mean(counts[:SHOWN], PRIOR))[:, 1],
        "nodes": mean,
        "edges": np.array(edges),
        "paths": components.project(machine.trace(named).memory),
        "share": components.share,
    }


def draw_memory(figure: Figure) -> go.Figure:
    """Return the memory in two dimensions."""
    from ontogeny.views.machine_figures import memory_figure

    data = dict(figure.data)
    names = [str(name) for name in figure.labels["paths"]]
    paths = dict(zip(names, data.pop("paths"), strict=True))
    return memory_figure(**data, paths=paths)


def draw_automaton(figure: Figure) -> go.Figure:
    """Return the automaton over the lattice."""
    from ontogeny.views.machine_figures import automaton_figure

    return automaton_figure(**figure.data, length=LENGTH)


def draw_calibration(figure: Figure) -> go.Figure:
    """Return what was said against what came of it."""
    from ontogeny.views.machine_figures import calibration_figure

    return calibration_figure(**figure.data)


def draw_longer(figure: Figure) -> go.Figure:
    """Return the excess past the training length."""
    from ontogeny.views.machine_figures import excess_figure

    others = {f"Bayes that stops learning at {LENGTH}": figure.data["frozen"]}
    return excess_figure(figure.data["excess"], LENGTH, others)


def draw_biases(figure: Figure) -> go.Figure:
    """Return the loss by the coin's bias."""
    from ontogeny.views.machine_figures import biases_figure

    return biases_figure(**figure.data)
