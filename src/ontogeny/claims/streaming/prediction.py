"""The claims about prediction: a pipeline whose layers work on different frames says where joints
are now, though what its deepest layer sees is eight frames old.

A figure of three joints moves over moving crops of real videos, in test over one that nothing was
learned from. The same convolutions are trained in stage maps, with skips from all lower layers and
without, for the joints of the frame that comes in now. Beside them: the sequential network, and
what it says when it is run as a pipeline without foreseeing, eight frames late.

Source: Carreira et al. 2018 (arXiv 1806.03863). The task is this project's own; a pilot's numbers,
of other figures and other videos, are beside.
"""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np

from ontogeny.claims.claim import Claim
from ontogeny.claims.measuring import Found, Measuring
from ontogeny.claims.streaming.figures import bars_figure
from ontogeny.claims.streaming.learned import (
    CHAIN,
    SKIPS,
    Judgement,
    at_scale,
    cost,
    first,
    judged,
    trained,
)
from ontogeny.learners.streaming.networks import network
from ontogeny.learners.streaming.streaming import VideoTeacher
from ontogeny.ops.statistics import Interval, bootstrap_interval

SEMI = 3  # stages
SEQUENTIAL, DELAYED, SEMI_SKIPS, FULL, TAUGHT = (
    "sequential",
    "its pipeline, late",
    "semi-parallel",
    "fully parallel",
    "fully parallel, distilled",
)
SEMI_CHAIN, FULL_CHAIN = "semi-parallel, no skips", "fully parallel, no skips"
PILOT = {
    SEQUENTIAL: 0.97,
    DELAYED: 0.24,
    SEMI_SKIPS: 0.94,
    FULL: 0.87,
    TAUGHT: 0.87,
    SEMI_CHAIN: 0.68,
    FULL_CHAIN: 0.16,
}
ARMS = {
    SEQUENTIAL: SKIPS,
    SEMI_SKIPS: dataclasses.replace(SKIPS, stages=SEMI),
    FULL: dataclasses.replace(SKIPS, stages=0),
    SEMI_CHAIN: dataclasses.replace(CHAIN, stages=SEMI),
    FULL_CHAIN: dataclasses.replace(CHAIN, stages=0),
}
NEAR = 0.05
LEFT_OUT = ("", (SEMI_CHAIN,), "")  # of a quick look


def measure(how: Measuring) -> Found:
    """Return the claims about prediction, and the figure of all arms."""

    def of_arm(name: str) -> Judgement:
        graph = network(at_scale(ARMS[name], how))
        return judged(graph, trained(ARMS[name], how, name).states.params, how)

    arms = [name for name in ARMS if name not in how.choose(*LEFT_OUT)]
    found = how.of_each(arms, of_arm, (SEQUENTIAL,))
    alone = trained(SKIPS, how, SEQUENTIAL).states.params
    whole = network(at_scale(SKIPS, how))
    found[DELAYED] = judged(whole.parallel(aligned=True), alone, how)
    if how.scale == "tiny":
        found[TAUGHT] = found[FULL]
    else:
        teacher = VideoTeacher(whole, first(alone))
        pupils = trained(ARMS[FULL], how, TAUGHT, teacher=teacher)
        found[TAUGHT] = judged(network(ARMS[FULL]), pupils.states.params, how)
    rows = {name: found[name] for name in PILOT if name in found}
    return claims_of(rows, how), [
        bars_figure("arms", "Joints found", {n: j.pck for n, j in rows.items()}, PILOT),
        bars_figure("errors", "Error, pixels of a map", {n: j.error for n, j in rows.items()}, {}),
    ]


def claims_of(found: dict[str, Judgement], how: Measuring) -> list[Claim]:
    """Return the claims, given how good each arm is."""

    def interval(values: np.ndarray) -> Interval:
        return bootstrap_interval(values, seed=how.seed)

    pck = {name: one.pck for name, one in found.items()}
    each = {name: interval(values) for name, values in pck.items()}
    told = ", ".join(f"{name} {each[name]}" for name in each)
    spent = cost(how)
    order = (SEQUENTIAL, SEMI_SKIPS, FULL, DELAYED)
    steps = [interval(pck[a] - pck[b]) for a, b in itertools.pairwise(order)]
    gap = np.maximum(pck[SEQUENTIAL] - pck[DELAYED], 1e-3)  # where there is none, nothing is won
    recovered = interval((pck[FULL] - pck[DELAYED]) / gap)
    skips = interval(pck[FULL] - pck[FULL_CHAIN])
    gained = interval(pck[TAUGHT] - pck[FULL])
    far = {name: abs(each[name].value - PILOT[name]) for name in found}
    return [
        Claim.above(
            "joints found: sequential, then semi-parallel, fully parallel, and the sequential "
            "network's late pipeline last",
            "the more parallel, the harder; prediction pays",
            f"{told}; {spent}",
            *steps,
            threshold="each minus the next: the interval above 0",
        ),
        Claim(
            "a fully parallel network that foresees wins back most of what a late one loses",
            "little loss (a pilot here: .85)",
            f"{recovered} of the gap between sequential and late; {spent}",
            "the interval above .5",
            bool(recovered.low > 0.5),
        ),
        Claim(
            "without skips a fully parallel network does not see motion",
            "skips help prediction most where all is parallel",
            f"{each[FULL]} with skips, {each[FULL_CHAIN]} without: {skips}; {spent}",
            "with minus without: the interval above .3",
            bool(skips.low > 0.3),
        ),
        Claim.above(
            "features distilled from the sequential network help",
            "distillation helps (a pilot here: no gain beyond noise)",
            f"{each[TAUGHT]} with a teacher, {each[FULL]} without: {gained}; {spent}",
            gained,
        ),
        Claim(
            "the shares are near the pilot's",
            "(another implementation, other figures and videos) "
            + ", ".join(f"{name} {PILOT[name]:.2f}" for name in found),
            ", ".join(f"{name} {each[name].value:.3f}" for name in found) + f"; {spent}",
            f"each mean within {NEAR}",
            max(far.values()) <= NEAR,
        ),
    ]
