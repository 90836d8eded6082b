"""The contexts that JAX lowers programs in. It makes one for each program, with all its dialects,
which takes several times as long as to lower a small one; and the tests lower thousands of those.
"""

from __future__ import annotations

import itertools
import threading
from typing import Any

AT_ONCE = 8  # programs that a thread lowers, of which none shares its context with another
SERVES = 400  # programs, before another is made in its place: it keeps the constants of all


class Contexts(threading.local):
    """Those of a thread, in turns: programs that are lowered one after the other, and then compiled
    side by side, have each their own.
    """

    def __init__(self, make: Any):
        self.make, self.turn = make, itertools.count()
        self.there: dict[int, Any] = {}

    def __call__(self) -> Any:
        turn = next(self.turn)
        if turn % AT_ONCE not in self.there or turn % (AT_ONCE * SERVES) < AT_ONCE:
            self.there[turn % AT_ONCE] = self.make()
        return self.there[turn % AT_ONCE]


def share_contexts() -> None:
    """Have JAX take a context that is there."""
    from jax._src.interpreters import mlir

    if hasattr(mlir, "make_ir_context"):  # JAX's own, which it may call otherwise one day
        mlir.make_ir_context = Contexts(mlir.make_ir_context)
