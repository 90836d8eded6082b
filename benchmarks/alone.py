"""A member's own arithmetic: rounds lived as a worker lives them, with nothing around them.

    python -m benchmarks.alone (jax | torch) UPDATES ROUNDS

Prints the updates a second, after a first round.
"""

from __future__ import annotations

import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from ontogeny.runtime.apart.living import HostLiving, JaxLiving, Living
from ontogeny.runtime.apart.messages import Setup


def living(member: str, updates: int) -> tuple[Living, dict[str, Any]]:
    """Return what lives such members, and the hypers of one."""
    rate = {"learning_rate": np.float32(1e-3)}
    if member == "torch":
        sys.path.append(str(Path(__file__).parent / "peers"))
        hypers = rate | {"decay": np.float32(1e-3)}
        setup = Setup(b"", True, 0, updates, hypers, Path(), {})
        return HostLiving(import_module("torch_member").LEARNER, setup), hypers
    from ontogeny.recipes import recipe_class
    from ontogeny.runtime.machine import prepare

    prepare(1)
    recipe: Any = recipe_class("cartpole")()
    hypers = rate | {"entropy_cost": np.float32(1e-3)}
    return JaxLiving(recipe.learner(), Setup(b"", False, 0, updates, hypers, Path(), {})), hypers


def main() -> None:
    """Live, and print the rate."""
    member, updates, rounds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    how, hypers = living(member, updates)
    state, begun = how.fresh(0, 0, hypers), 0.0
    for number in range(rounds + 1):
        if number == 1:
            begun = time.perf_counter()
        state = how.live(0, number * updates, state, hypers).state
    print(updates * rounds / (time.perf_counter() - begun))


if __name__ == "__main__":
    main()
