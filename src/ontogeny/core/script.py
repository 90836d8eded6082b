"""A script that is a member: ordinary code with a loop of its own, in place of three functions.

What the code is given, and how it is suspended between rounds, is in `runtime.scripts`. Nothing
here imports JAX, so a worker that needs none starts without it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple


class Script(NamedTuple):
    """What `og.script` returns: something to grow, beside learners."""

    train: Callable[[Any], None]
    limit: float | None = None  # seconds that a round may take
    choices: Mapping[str, Mapping[float, Any]] = {}  # by path: each option by its number

    @property
    def pickle(self) -> bool:
        """Never: what is inherited is arrays and plain values, or files."""
        return False
