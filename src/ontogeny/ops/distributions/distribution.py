"""What a policy's output is: one distribution over the actions of one observation.

Every distribution is a pytree of arrays, unbatched; the caller vmaps. Probabilities of continuous
actions are densities, and all logarithms are natural.
"""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from jaxtyping import Array, Float, Key


@runtime_checkable
class Distribution(Protocol):
    """A distribution over actions: whole numbers, vectors of them, or vectors of numbers."""

    def sample(self, key: Key[Array, ""]) -> Array:
        """Return an action drawn from it."""
        ...

    def log_probability(self, action: Array) -> Float[Array, ""]:
        """Return log p(action); -inf for an action that it never takes."""
        ...

    def entropy(self) -> Float[Array, ""]:
        """Return -E[log p(action)], in nats."""
        ...

    def kl(self, other: Any) -> Float[Array, ""]:
        """Return KL(self || other), in nats. Raises `StructureError` for one of another space."""
        ...

    def mode(self) -> Array:
        """Return its likeliest action; for continuous ones, the likeliest before squashing."""
        ...
