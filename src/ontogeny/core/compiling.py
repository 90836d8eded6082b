"""What to tell the compiler of programs that compile longer than they run."""

from __future__ import annotations

import os
from typing import Any

import jax


def quick_to_compile() -> dict[str, Any]:
    """Return the compiler's options for a program that does not run long: on a CPU an agent's round
    is compiled in a third of the time, and runs about as fast. What `XLA_FLAGS` sets is left so.
    """
    quick = {"xla_backend_optimization_level": 1, "xla_cpu_use_fusion_emitters": False}
    given = os.environ.get("XLA_FLAGS", "")
    on_cpu = jax.default_backend() == "cpu"
    return {name: value for name, value in quick.items() if on_cpu and name not in given}
