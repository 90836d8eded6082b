"""Does a host learner keep the contract of `core.host`?"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import jax
import numpy as np

from ontogeny.core.errors import StructureError
from ontogeny.core.host import HostLearner, fresh_host, live_host, with_own_choices
from ontogeny.core.keys import Purpose, derive
from ontogeny.core.space import Space
from ontogeny.runtime.apart.living import plain
from ontogeny.runtime.apart.states import read_host_state, write_host_state

SEED, SLOT = 0, 0


def check_host_learner(
    learner: HostLearner[Any], space: Space, *, steps: int = 2, tolerance: float = 0.0
) -> None:
    """Check the contract of `core.host`, on one member of two rounds.

    Its functions return what they should; the same keys give the same score and metrics, to the
    relative tolerance; and a state that was written to its file and read again lives on as it would
    have, so that an heir, or a worker that replaces another, is none the worse. Raises
    `StructureError` saying which part does not hold.
    """
    drawn = jax.jit(lambda: space.sample(derive(SEED, Purpose.HYPERS, SLOT)))()
    hypers = plain(jax.device_get(drawn))
    learner = with_own_choices(learner, space.choices())

    def lived(state: Any, number: int) -> tuple[Any, dict[str, float]]:
        numbers = (SEED, steps, SLOT, number * steps)
        state, score, metrics = live_host(learner, *numbers, state, hypers)
        return state, {"score": score, **metrics}

    def begun() -> tuple[Any, dict[str, float]]:
        return lived(fresh_host(learner, SEED, SLOT, 0, hypers), 0)

    (state, first), (_, again) = begun(), begun()
    _check_same("the same keys and hypers gave other numbers", again, first, tolerance)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state.safetensors"
        write_host_state(path, state, learner)
        read = read_host_state(path, learner)
    _, went_on = lived(state, 1)
    _, came_back = lived(read, 1)
    _check_same("a state read from its file lived on differently", came_back, went_on, tolerance)


def _check_same(what: str, a: dict[str, float], b: dict[str, float], tolerance: float) -> None:
    for name, value in b.items():
        if not np.isclose(a.get(name, np.nan), value, rtol=tolerance, atol=0.0, equal_nan=True):
            raise StructureError(
                f"{what}: {a.get(name)} and {value}",
                where=name,
                hint="draw random numbers from the key alone, and keep in the state all that a "
                "step depends on",
            )
