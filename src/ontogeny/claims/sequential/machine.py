"""The claims about memory: a trained predictor is a state machine of sufficient statistics.

Several predictors of a coin of unknown bias are trained from nothing, and each is taken apart.
Where a claim has an interval, it is over these predictors. All thresholds were set before the first
measurement; that of the automaton was set for clusters of the memory as it lies, which missed it in
two growths of two. Of five kinds of states that were then tried on four predictors, equal futures
were the best; the threshold stayed, and both numbers are told.

Sources: Ortega et al. 2019 (arXiv 1905.03030) for the view, Mikulik et al. 2020 (arXiv 2010.11223)
for simulation in both directions. The thresholds are this project's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np

from ontogeny.claims.claim import Claim
from ontogeny.claims.measuring import Found, Measuring
from ontogeny.claims.sequential.machine_pictures import pictures
from ontogeny.claims.sequential.machine_study import (
    BIASES,
    EPS,
    LENGTH,
    LONG,
    NODES,
    PRIOR,
    Extracted,
    Measured,
    drawn,
    fewest_predictions,
    frozen_excess,
    lattice_predictions,
    take_apart,
    toss,
)
from ontogeny.claims.sequential.prediction import at_scale, fit
from ontogeny.claims.sequential.simulation import Dissimilarity
from ontogeny.claims.sequential.state_machine import StateMachine, counts_before, state_machines
from ontogeny.claims.sequential.state_machine import posterior_mean as bayes
from ontogeny.nn.cores import sequence_network
from ontogeny.ops.calibration import Reliability, reliability
from ontogeny.ops.statistics import Interval, bootstrap_interval
from ontogeny.recipes.sequences import Coin

# For a full, a quick and a tiny look:
SEEDS = (4, 2, 2)
UPDATES = (3000, 1000, 4)
VIEW = "memory dynamics become a state machine of sufficient statistics"
SIMULATED = "trained and Bayes-optimal machines simulate each other (Mikulik et al. 2020)"
ASKED = "no number; a question of this project"


def measure(how: Measuring) -> Found:
    """Return the claims and five figures. A quick look does not count clusters."""
    measured: list[Measured] = []
    seed, machines = how.seed, _machines(how)
    for index, machine in enumerate(machines):
        how.progress(f"machine: predictor {index + 1} of {len(machines)} is taken apart")
        measured.append(take_apart(machine, seed + index, how))
    frozen = frozen_excess(LONG, seed)
    chance = bayes_reliability(how)
    claims = [
        _exchange(measured, how),
        _probe(measured, seed),
        _simulation(
            "a map from memory to belief", [m.simulation.to_belief for m in measured], seed
        ),
        _simulation(
            "a map from belief to memory", [m.simulation.to_memory for m in measured], seed
        ),
        *_clusters(measured, seed),
        _automaton(measured, seed),
        _calibration(measured, chance, how),
        _long(measured, frozen, seed),
        _biases(measured, seed),
    ]
    weak = how.weak(f"at {len(machines)} predictors, {how.choose(*UPDATES):,} updates")
    claims = [replace(claim, measured=claim.measured + weak) for claim in claims]
    return claims, pictures(machines[0], measured, frozen, chance, how)


def _machines(how: Measuring) -> list[StateMachine]:
    recipe, seeds = at_scale(Coin(length=LENGTH, prior=PRIOR), how), how.choose(*SEEDS)
    trained = fit(recipe, how.choose(*UPDATES), seeds, how, "machine")
    machine = state_machines(sequence_network(recipe.training.core, 2, 2), 2)
    networks = jax.tree.map(jnp.asarray, trained.states.network)
    return [machine(jax.tree.map(lambda x, i=i: x[i], networks)) for i in range(seeds)]


def bayes_reliability(how: Measuring) -> Reliability:
    """Return the reliability of exact Bayes: what chance leaves, on as many tosses."""
    tosses = toss(np.random.default_rng(how.seed), drawn(how, "calibrated"), LENGTH)
    return reliability(bayes(counts_before(tosses, 2), PRIOR)[..., 1], tosses)


def _over(values: Sequence[float], seed: int) -> Interval:
    return bootstrap_interval(np.array(values, np.float64), seed=seed)


def _exchange(measured: list[Measured], how: Measuring) -> Claim:
    moved = _over([m.exchange.mean for m in measured], how.seed)
    largest = max(m.exchange.largest for m in measured)
    state = _over([m.exchange.state for m in measured], how.seed)
    return Claim(
        claim="machine: shuffling a history leaves the last prediction where it was",
        paper="the symbols are exchangeable, so that their order is nothing to Bayes",
        measured=f"|dp| {moved} in the mean, {largest:.3f} at most over {drawn(how, 'shuffled'):,} "
        f"histories a seed; the memory moves by {state} of the squared distance between any two; "
        f"{len(measured)} seeds",
        threshold="the interval of the mean below 0.02",
        holds=moved.high < 0.02,
    )


def _probe(measured: list[Measured], seed: int) -> Claim:
    zeros, ones, mean = (_over([m.r2[i] for m in measured], seed) for i in range(3))
    return Claim(
        claim="machine: the counts can be read off the memory by a linear probe",
        paper=VIEW,
        measured=f"held-out R² {zeros} of the 0s, {ones} of the 1s, {mean} of the posterior mean",
        threshold="the intervals of both counts above 0.95",
        holds=min(zeros.low, ones.low) > 0.95,
    )


def _simulation(what: str, found: list[Dissimilarity], seed: int) -> Claim:
    state = _over([one.state for one in found], seed)
    output = _over([one.output for one in found], seed)
    return Claim(
        claim=f"machine: {what} makes one machine of the other",
        paper=SIMULATED,
        measured=f"state dissimilarity {state}, output dissimilarity {output} nats a step, on "
        "held-out histories; ridge on 512 random tanh features",
        threshold="the intervals below 0.05 and below 0.01",
        holds=state.high < 0.05 and output.high < 0.01,
    )


def _clusters(measured: list[Measured], seed: int) -> list[Claim]:
    counted = [m.clusters for m in measured if m.clusters is not None]
    if not counted:
        return []
    needed = _over(counted, seed)
    return [
        Claim(
            claim="machine: as many clusters of memory as there are counts predict as Bayes does",
            paper="the smallest machine of a coin is the lattice of counts",
            measured=f"{needed} clusters cost less than {EPS:g} nats a sequence over Bayes; there "
            f"are {NODES} counts to predict at ({NODES + LENGTH + 1} with the last), with "
            f"{len(lattice_predictions())} distinct exact predictions, of which "
            f"{fewest_predictions()} groups would do",
            threshold=f"the interval at or below {NODES}",
            holds=needed.high <= NODES,
        )
    ]


def _automaton(measured: list[Measured], seed: int) -> Claim:
    def told(found: list[Extracted]) -> tuple[Interval, str]:
        cost = _over([one.excess for one in found], seed)
        shares = (
            ("transitions that are determined", [one.machine.determinism for one in found]),
            ("visits at a state's own count", [one.agreement.purity for one in found]),
            ("edges that add one to it", [one.agreement.edges for one in found]),
        )
        words = ", ".join(f"{name} {np.mean(values):.2f}" for name, values in shares)
        return cost, f"{cost} nats a sequence ({words})"

    cost, futures = told([m.by_futures for m in measured])
    return Claim(
        claim=f"machine: an automaton of {NODES} states, memories of like futures, predicts alone",
        paper=VIEW,
        measured=f"run by itself it loses {futures} over Bayes; with clusters of the memory as it "
        f"lies for states, {told([m.by_memory for m in measured])[1]}",
        threshold="the interval of the first below 0.1 nats a sequence",
        holds=cost.high < 0.1,
    )


def _calibration(measured: list[Measured], chance: Reliability, how: Measuring) -> Claim:
    error = _over([m.reliability.error for m in measured], how.seed)
    exact = _over([m.reliability_exact.error for m in measured], how.seed)
    return Claim(
        claim="machine: what is said with probability p happens that often",
        paper="the minimiser of the log-loss is the Bayes mixture, which is calibrated",
        measured=f"expected calibration error {error} over {drawn(how, 'calibrated') * LENGTH:,} "
        f"tosses a seed (exact Bayes on as many: {chance.error:.2g}); against the tosses' exact "
        f"probabilities {exact}",
        threshold="the interval below 0.01",
        holds=error.high < 0.01,
    )


def _long(measured: list[Measured], frozen: np.ndarray, seed: int) -> Claim:
    beyond = _over([m.long[LENGTH:].mean() for m in measured], seed)
    last = _over([m.long[-10:].mean() for m in measured], seed)
    within = _over([m.long[:LENGTH].mean() for m in measured], seed)
    still = float(frozen[LENGTH:].mean())
    return Claim(
        claim=f"machine: trained on {LENGTH} symbols, it goes on learning up to {LONG}",
        paper=ASKED,
        measured=f"excess over Bayes {within} nats a step up to {LENGTH}, {beyond} beyond, {last} "
        f"in the last 10; Bayes that stops learning at {LENGTH}: {still:.4f}",
        threshold="the interval beyond below that of Bayes that stops learning",
        holds=beyond.high < still,
    )


def _biases(measured: list[Measured], seed: int) -> Claim:
    worst = int(np.argmax(np.mean([m.bias_excess for m in measured], axis=0)))
    most = _over([m.bias_excess.max() for m in measured], seed)
    odd = ", ".join(
        f"{name} {_over([m.orders[name] for m in measured], seed)}" for name in measured[0].orders
    )
    return Claim(
        claim="machine: out of its prior it stays the Bayes mixture that it was trained to be",
        paper=ASKED,
        measured=f"coins of one bias: at most {most} nats a sequence from Bayes (bias "
        f"{BIASES[worst]:g}); sequences that no coin makes: {odd}",
        threshold="the interval of the most, over coins of one bias, below 0.05 nats a sequence",
        holds=most.high < 0.05,
    )
