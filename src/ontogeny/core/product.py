"""What a person wants of a grown member: a policy, a predictor, a memory, a scorer.

A product is callable and can be saved: as an archive (`core.archive`) whose `about` says what
builds it again. Whoever uses a member takes its product, and never looks inside its state.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol, runtime_checkable


@runtime_checkable
class Product(Protocol):
    """Callable; `save(folder)` writes it, and a function of its own module reads it back."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any: ...

    def save(self, folder: Path) -> None:
        """Write the product as an archive."""
        ...
