"""What a core with memory is: one interface for recurrence, attention and state spaces.

A core reads one input at a time and carries what it knows in its memory; the same function of a
whole sequence, `along`, may be computed in any order that gives the same numbers.
"""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from jaxtyping import Array, Float


@runtime_checkable
class MemoryCore(Protocol):
    """Reads inputs [n_in] and gives features [n_out], one sequence at a time: the caller vmaps."""

    @property
    def n_out(self) -> int:
        """How many features come out."""
        ...

    def begin(self) -> Any:
        """Return the memory before the first input: a pytree of arrays."""
        ...

    def step(self, memory: Any, x: Float[Array, " n_in"]) -> tuple[Any, Float[Array, " n_out"]]:
        """Return the memory after one more input, and its features."""
        ...

    def along(self, xs: Float[Array, "time n_in"]) -> Float[Array, "time n_out"]:
        """Return the features after every input of a sequence that begins with no memory."""
        ...
