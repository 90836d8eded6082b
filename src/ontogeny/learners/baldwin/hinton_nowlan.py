"""Hinton and Nowlan's needle in a haystack: how learning can guide evolution.

A genome has 20 places. Each is right, wrong, or left open for learning; the organism is worth
something only when all are right. A lifetime is 1,000 guesses of the open places, and ends early at
the first that is right throughout:

    fitness = 1 + 19 n / 1000,    n the guesses that are left (0: never right)

With q places open and none wrong, a guess succeeds with probability 2^-q, so the guesses until
success are geometric, and are drawn as such. Without learning the fitness is a needle: 1 everywhere
but at one genome of 4^20. With learning there is a slope around it.

Source: Hinton and Nowlan 1987, "How Learning Can Guide Evolution", Complex Systems 1, 495-502.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, Key

from ontogeny.core.archive import read_about, read_archive, read_shape, write_archive
from ontogeny.core.errors import ConfigError
from ontogeny.core.learner import Hypers, Learner, Metrics, settled
from ontogeny.core.space import Integer, Space

WRONG, RIGHT, OPEN = 0, 1, 2
LOCI, TRIALS = 20, 1000
BONUS = 19.0

Inheritance = Literal["darwin", "baldwin", "lamarck"]


class Organism(NamedTuple):
    """Its genes, the guesses that it had left, and whether it ever was right throughout."""

    alleles: Int[Array, " locus"]
    left: Float[Array, ""]
    solved: Bool[Array, ""]


def alleles(loci: int = LOCI) -> Space:
    """Return the space of genomes: right and wrong with probability 1/4 each, open with 1/2."""

    def prior(key: Key[Array, ""]) -> Int[Array, " locus"]:
        weights = jnp.array([0.25, 0.25, 0.5])
        return jax.random.choice(key, jnp.array([WRONG, RIGHT, OPEN]), (loci,), p=weights)

    return Space({"alleles": Integer(WRONG, OPEN, prior=prior, shape=(loci,))})


def hinton_nowlan(inheritance: Inheritance = "baldwin", trials: int = TRIALS) -> Learner[Organism]:
    """Return the learner, of which one step is a lifetime.

    `darwin`: nothing is learned, and an open place is never right. `lamarck`: what was found is
    written into the genes. The metrics are the shares of right, wrong and open places. Raises
    `ConfigError` for no trials, or another inheritance.
    """
    if trials < 1 or inheritance not in ("darwin", "baldwin", "lamarck"):
        raise ConfigError(
            f"{trials} trials, inheritance {inheritance!r}",
            where="hinton_nowlan",
            hint="use 1 trial or more, and darwin, baldwin or lamarck",
        )

    def init(key: Array, hypers: Hypers) -> Organism:
        del key
        return Organism(settled(hypers, "alleles")["alleles"], jnp.float32(0), jnp.array(False))

    def step(key: Array, state: Organism, hypers: Hypers) -> tuple[Organism, Metrics]:
        genes = hypers["alleles"]
        shares = {
            name: jnp.mean((genes == allele).astype(jnp.float32))
            for name, allele in (("right", RIGHT), ("wrong", WRONG), ("open", OPEN))
        }
        able = jnp.all(genes != WRONG) if inheritance != "darwin" else jnp.all(genes == RIGHT)
        needed = guesses(key, jnp.sum(genes == OPEN))
        left = jnp.where(able, jnp.maximum(trials - needed, 0.0), 0.0)
        solved = able & (needed <= trials)
        metrics = shares | {"solved": solved.astype(jnp.float32)}
        return Organism(genes, left.astype(jnp.float32), solved), metrics

    def score(key: Array, state: Organism, hypers: Hypers) -> Float[Array, ""]:
        del key, hypers
        return 1 + BONUS * state.left / trials

    def bequeath(state: Organism, hypers: Hypers) -> Hypers:
        genes = hypers["alleles"]
        return {**hypers, "alleles": jnp.where(state.solved, jnp.full_like(genes, RIGHT), genes)}

    return Learner(init, step, score, bequeath if inheritance == "lamarck" else None)


def guesses(key: Key[Array, ""], n_open: Int[Array, ""]) -> Float[Array, ""]:
    """Return how many guesses it takes until all open places are right: Geometric(2^-q), from 1.

    By inversion: the smallest k with 1 - (1 - p)^k >= u.
    """
    failing = jnp.log1p(-(2.0 ** -n_open.astype(jnp.float32)))  # -inf: the first guess is right
    drawn = jnp.log1p(-jax.random.uniform(key)) / failing
    return jnp.maximum(jnp.ceil(drawn), 1.0)


@dataclass(frozen=True)
class Genome:
    """A genome: 0 is wrong, 1 right, 2 open. Called, it returns the chance that a lifetime of
    learning makes it right throughout.
    """

    kind: ClassVar[str] = "hinton-nowlan genome"

    alleles: Int[np.ndarray, " locus"]
    trials: int

    def __call__(self) -> float:
        if (self.alleles == WRONG).any():
            return 0.0
        return 1 - (1 - 2.0 ** -int((self.alleles == OPEN).sum())) ** self.trials

    def save(self, folder: Path) -> None:
        """Write it as an archive. Raises `StoreError` when it can't be written."""
        about = {"kind": self.kind, "trials": self.trials}
        write_archive(Path(folder), {"alleles": self.alleles}, about)


def load_genome(folder: Path) -> Genome:
    """Return the genome that `Genome.save` wrote. An archive that doesn't say how many guesses a
    lifetime has, as an earlier version wrote it, is taken to mean the original's 1,000.

    Raises `StoreError` when the folder holds something else or is damaged.
    """
    folder = Path(folder)
    about = read_about(folder, Genome.kind, "hinton-nowlan.Genome")
    loci = math.prod(read_shape(folder, "alleles"))
    read = read_archive(folder, {"alleles": jax.ShapeDtypeStruct((loci,), jnp.int32)})
    return Genome(read["alleles"], about.get("trials", TRIALS))
