"""The claims about pictures: the error of what is given back, by how many numbers are stored.

16 pictures of 16 x 16 are written into one memory; as they are, they are 4,096 numbers. A square of
each query is noise, and every reader knows where. Energies and every baseline are meta-trained
alike: the same updates, and the same pictures in the same order. They are tested on pictures of
classes, of scripts and of photographs that nothing was learned from. Source: Bartunov et al. 2020
(arXiv 1910.02720), who store 64 larger ones; the sizes are this project's own.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import jax
import numpy as np

from ontogeny.claims.claim import Claim
from ontogeny.claims.measuring import Found, Measuring
from ontogeny.claims.memory.pictures_figures import answers_figure, by_number_figure
from ontogeny.claims.memory.pictures_memories import (
    ALONE,
    ENERGIES,
    MOST,
    NAMES,
    answers,
    asked_of,
    formula_errors,
    learner_of,
    memory_of,
    task_of,
)
from ontogeny.claims.trainings import Trained, train
from ontogeny.learners.memory.task import Episode
from ontogeny.ops.statistics import Interval, bootstrap_interval
from ontogeny.views.figure import Figure
from ontogeny.worlds.patterns import drawn_characters, glyph_patterns, photo_patches

NUMBERS = ((1152, 2304, 4608, 9216, 18432), (1152, 2304, 9216), (64,))  # full, quick and tiny
COMPRESSIVE = 2304  # at most; as they are, the pictures are 4,096
AMPLE = 9216  # at least
SETS = {
    "characters": drawn_characters,
    # shrunk so far that what is around a square tells little of what was in it
    "photo patches": partial(photo_patches, side=48),
    "glyphs": glyph_patterns,
}
SEEDS = (4, 2, 1)
UPDATES = (400, 100, 2)
FEW = ("slots",)  # that stand for all in a tiny look
PEERS = ("slots", "mann")  # that the paper's energies are below
PARITY = 1.5  # times more or less


class OfSet(NamedTuple):
    """What was measured on one set of pictures, by memory."""

    error: dict[str, np.ndarray]  # [number, seed], of as many numbers as it was trained at
    cpu: dict[str, np.ndarray]  # CPU-seconds an update of one seed, [number]
    answers: dict[str, np.ndarray]  # with the fewest numbers, [pattern, height, width]
    episode: Episode  # what was asked for them


def measure(how: Measuring) -> Found:
    """Return the claims about pictures, and of each set the figures of errors by stored numbers, of
    answers, and of what an update costs.
    """
    asked = how.choose(*NUMBERS)
    claims: list[Claim] = []
    figures: list[Figure] = []
    for name, one in how.of_each(SETS, lambda name: measured(name, how), ["characters"]).items():
        claims += claims_of(name, one.error, asked, how)
        figures += [
            by_number_figure(name, "error", one.error, asked),
            answers_figure(name, one.answers, one.episode, asked[0]),
            by_number_figure(name, "cpu", one.cpu, asked),
        ]
    return claims, figures


def measured(name: str, how: Measuring) -> OfSet:
    """Return what was measured on a set: all that learns is trained, and all are asked the same."""
    asked, tiny = how.choose(*NUMBERS), how.scale == "tiny"
    seeds, updates = how.choose(*SEEDS), how.choose(*UPDATES)
    task = task_of(SETS[name], how.seed, tiny)
    episodes = asked_of(task, tiny)
    episode = jax.tree.map(lambda each: each[0], episodes)

    def of_memory(which: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        runs: dict[int, Trained] = {}
        for numbers in asked:
            if numbers <= MOST.get(which, numbers):
                memory = memory_of(which, numbers, task.n, tiny)
                learner = learner_of(which, memory, task, updates, tiny)
                what = f"{name}, {which}, {numbers:,} numbers"
                runs[numbers] = train(how, learner, seeds, 1, updates, what, quick=True)
        params = jax.tree.map(lambda leaf: leaf[0], runs[asked[0]].states.params)
        return (
            np.stack([-run.score[-1] for run in runs.values()]),
            np.array([[run.cpu / (updates * seeds)] for run in runs.values()]),
            np.asarray(answers(memory_of(which, asked[0], task.n, tiny), params, episode)),
        )

    told = how.of_each(NAMES, of_memory, FEW)
    error, cpu, answered = ({which: of[i] for which, of in told.items()} for i in range(3))
    return OfSet(error | formula_errors(episodes, asked), cpu, answered, episode)


def claims_of(
    name: str, error: dict[str, np.ndarray], asked: tuple[int, ...], how: Measuring
) -> list[Claim]:
    """Return the claims about a set, given the errors of each memory, [number, seed]."""
    cost = f"{how.choose(*SEEDS)} seeds, {how.choose(*UPDATES):,} updates{how.weak()}"

    def interval(values: np.ndarray) -> Interval:
        return bootstrap_interval(values, seed=how.seed)

    def row(which: str, places: list[int]) -> str:
        return f"{which} " + " / ".join(str(interval(error[which][i])) for i in places)

    everywhere = list(range(len(asked)))
    few = [i for i in everywhere if asked[i] <= COMPRESSIVE]
    many = [i for i in everywhere if asked[i] >= AMPLE]
    at = " / ".join(f"{asked[i]:,}" for i in few)
    steps = [(0, few[-1]), (few[-1], len(asked) - 1)]
    claims: list[Claim] = []
    for own in ENERGIES:
        around = interval(error[ALONE][0])
        ratio = interval(error["slots"][few[-1]] / error[own][few[-1]])
        claims += [
            Claim.above(
                f"{name}: {own} errs less than memory networks (slots) and MANN where few numbers "
                "are stored",
                "2.6 times less than memory networks at 3,000 to 4,000 numbers (natural images)",
                f"squared error at {at} numbers: "
                + "; ".join(row(which, few) for which in (own, *PEERS))
                + f"; slots' over its own at {asked[few[-1]]:,}: {ratio}; slots of {ALONE} err "
                f"{around}; {cost}",
                *(interval(error[peer][i] - error[own][i]) for peer in PEERS for i in few),
                threshold="each of both minus it, at each size: the interval above 0",
            ),
            Claim.above(
                f"{name}: the error of {own} falls with the numbers stored",
                "it falls at every size",
                f"{row(own, everywhere)}; {cost}",
                *(interval(error[own][i] - error[own][j]) for i, j in steps),
                threshold=f"from {asked[0]:,} to {asked[few[-1]]:,} numbers, and from there to "
                f"{asked[-1]:,}: the interval of what it falls by above 0",
            ),
        ]
        if name == "characters":
            ratios = [interval(np.log(error[own][i] / error["slots"][i])) for i in many]
            told = " / ".join(f"{np.exp(r.value):.3g}" for r in ratios)
            claims.append(
                Claim(
                    f"{name}: {own} is on a par with memory networks (slots) above 8,000 numbers",
                    "parity on Omniglot above 8,000 numbers",
                    f"{row(own, many)}; {row('slots', many)}; its own over slots' {told}; {cost}",
                    f"the interval of the ratio within 1/{PARITY} to {PARITY}",
                    all(-np.log(PARITY) < r.low and r.high < np.log(PARITY) for r in ratios),
                )
            )
    return claims
