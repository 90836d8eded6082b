"""The figures of the claims about memory, drawn from what was measured."""

from __future__ import annotations

import numpy as np

from ontogeny.claims.measuring import Measuring
from ontogeny.claims.sequential.machine_figures import (
    draw_automaton,
    draw_biases,
    draw_calibration,
    draw_longer,
    draw_memory,
)
from ontogeny.claims.sequential.machine_study import (
    BIASES,
    LENGTH,
    NODES,
    PRIOR,
    Measured,
    drawn,
    exact_regret,
    toss,
)
from ontogeny.claims.sequential.state_machine import (
    StateMachine,
    counts_before,
    posterior_mean,
    rows,
)
from ontogeny.ops.calibration import Reliability
from ontogeny.ops.principal_components import principal_components
from ontogeny.views.figure import Figure

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
    how: Measuring,
) -> list[Figure]:
    """Return the figures; the memory and the automaton are those of the first predictor."""
    found = measured[0].by_futures
    said = [m.reliability for m in measured]
    grid = np.linspace(0.005, 0.995, 199)
    return [
        Figure(
            "memory",
            f"Memories of {min(SHOWN, drawn(how, 'machine'))} histories of one predictor. Grey: "
            "each count's mean memory, joined to those with one symbol more. Lines: three orders "
            "of nine 0s and nine 1s; what lies between their ends is what the memory "
            "keeps of order.",
            memory_data(machine, how),
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
            {"length": [LENGTH]},
            draw_automaton,
        ),
        Figure(
            "calibration",
            f"{drawn(how, 'calibrated') * LENGTH:,} predictions a seed in 20 bins. Dashed: what "
            "chance leaves exact Bayes.",
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
            {"length": [LENGTH]},
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


def memory_data(machine: StateMachine, how: Measuring) -> dict[str, np.ndarray]:
    """Return what the picture of the memory is drawn from, in the first two components."""
    sequences = toss(np.random.default_rng(how.seed), drawn(how, "machine"), LENGTH)
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
