"""Matched pairs: which controls stand for each treated row, and with what weight."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int


@dataclass(frozen=True, eq=False)
class Pairs:
    """One entry a pair: the places of both among the admitted rows, ordered by the treated one.

    A treated row with m controls comes m times, each with a weight of 1/m.
    """

    treated: Int[np.ndarray, " m"]
    control: Int[np.ndarray, " m"]

    @classmethod
    def ordered(cls, treated: Int[np.ndarray, " m"], control: Int[np.ndarray, " m"]) -> Pairs:
        """Return the pairs, given them in any order."""
        order = np.lexsort((control, treated))
        return cls(treated[order], control[order])

    @property
    def unique(self) -> Int[np.ndarray, " t"]:
        """The treated rows that have a control, each once."""
        return np.unique(self.treated)

    @property
    def weight(self) -> Float[np.ndarray, " m"]:
        """Of each pair; a treated row's sum to 1."""
        _, member, count = np.unique(self.treated, return_inverse=True, return_counts=True)
        return (1 / count)[member]

    def row_weights(self, n: int) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
        """Return the weights of `n` rows as treated ones (1 where matched), and as controls."""
        as_treated = np.zeros(n)
        as_treated[self.unique] = 1
        return as_treated, np.bincount(self.control, self.weight, n)

    def differences(self, values: Float[np.ndarray, " n"]) -> Float[np.ndarray, " t"]:
        """Return, for each matched treated row, its value less the mean of its controls'."""
        found, member = np.unique(self.treated, return_inverse=True)
        of_controls = np.bincount(member, self.weight * values[self.control], len(found))
        return values[found] - of_controls
