"""The host learner: the same three functions in plain Python, for any framework.

- `init(key, hypers)` returns a fresh state;
- `step(key, state, hypers)` returns the state after one update, and metrics (numbers by name);
- `score(key, state, hypers)` returns how good the state is. Bigger is better, always.

A key is an integer below 2^32, computed from (seed, purpose, slot, the slot's own step) as the keys
of `core.keys` are, and good as a seed for NumPy, PyTorch, scikit-learn or Python's `random`. Hypers
come as Python numbers (arrays stay NumPy's), a choice as the option that was written. A state may
be changed in place and returned: nobody else holds it. Nothing here imports JAX, so a worker that
needs none starts without it.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar

import numpy as np

from ontogeny.core.errors import StructureError
from ontogeny.core.metrics import check_metrics
from ontogeny.core.noted import Noted
from ontogeny.core.purpose import Purpose
from ontogeny.core.script import Script

State = TypeVar("State")

HostKey: TypeAlias = int
HostMetrics: TypeAlias = dict[str, float]


class HostLearner(NamedTuple, Generic[State]):
    """Three functions of one member; see the module's text.

    A state is arrays and plain values in dictionaries, lists and tuples, which is written without
    pickling anything. Any other state needs `pickle=True`, which says that the files of this run
    may be unpickled: a pickle can run any code as it is read, so read only those that you wrote.

    >>> learner = og.HostLearner(
    ...     init=lambda key, hypers: {"x": 1.0},
    ...     step=lambda key, state, hypers: ({"x": state["x"] * (1 - hypers["rate"])}, {}),
    ...     score=lambda key, state, hypers: -(state["x"] ** 2),
    ... )
    >>> og.testing.check_host_learner(learner, og.Space({"rate": og.Log(1e-3, 1e-1)}))
    """

    init: Callable[[HostKey, Any], State]
    step: Callable[[HostKey, State, Any], tuple[State, HostMetrics]]
    score: Callable[[HostKey, State, Any], float]
    pickle: bool = False


def host_key(seed: int, purpose: Purpose, *numbers: int) -> HostKey:
    """Return the key of `purpose` and `numbers` (non-negative; slot, then step) under `seed`: the
    first four bytes of BLAKE2b over them.
    """
    folded = struct.pack(f"<{2 + len(numbers)}Q", seed, int(purpose), *numbers)
    return int.from_bytes(hashlib.blake2b(folded, digest_size=4).digest(), "little")


def fresh_host(learner: HostLearner[State], seed: int, slot: int, steps: int, hypers: Any) -> State:
    """Return the state of a member that begins in `slot` after the slot has lived `steps`."""
    return learner.init(host_key(seed, Purpose.INIT, slot, steps), hypers)


def live_host(
    learner: HostLearner[State],
    seed: int,
    steps: int,
    slot: int,
    lived: int,
    state: State,
    hypers: Any,
) -> tuple[State, float, HostMetrics]:
    """Return a member's state `steps` updates later, its score, and each metric's mean over them.

    `lived` is how many steps the slot has lived. Raises `StructureError` when `step` does not
    return a state and a dictionary of numbers of the same names each time, or when a name is taken
    (`core.metrics`).
    """
    sums: HostMetrics | None = None
    for step in range(lived, lived + steps):
        made: Any = learner.step(host_key(seed, Purpose.STEP, slot, step), state, hypers)
        if not (isinstance(made, tuple) and len(made) == 2):
            raise StructureError(
                f"it returned {type(made).__name__}",
                where="host learner, step",
                hint="return the state and a dictionary of numbers: return state, {}",
            )
        state, metrics = made
        check_metrics(metrics, "host learner, step")
        if sums is None:
            sums = dict.fromkeys(metrics, 0.0)
        if sums.keys() != metrics.keys():
            raise StructureError(
                f"its metrics were {sorted(sums)} and became {sorted(metrics)}",
                where="host learner, step",
                hint="return numbers of the same names at every step (NaN where there is none)",
            )
        for name, value in metrics.items():
            sums[name] += _number(value, f"step, metric {name!r}")
    key = host_key(seed, Purpose.SCORE, slot, lived + steps)
    score = _number(learner.score(key, state, hypers), "score")
    return state, score, {name: total / steps for name, total in (sums or {}).items()}


def _number(value: Any, where: str) -> float:
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise StructureError(
            f"{value!r:.60} is not one number",
            where=f"host learner, {where}",
            hint="return one number; of an array take its mean, or .item()",
        ) from error


def with_own_choices(
    learner: HostLearner[State], choices: Mapping[str, Mapping[float, Any]]
) -> HostLearner[State]:
    """Return the learner, given the options of choices (by path, each by its number) as they were
    written.
    """
    if not choices:
        return learner
    if isinstance(learner, Script):
        return learner._replace(choices=choices)
    functions = ("init", "step", "score")
    given = {name: partial(_with_own, getattr(learner, name), choices) for name in functions}
    return learner._replace(**given)


def own_choices(hypers: Any, choices: Mapping[str, Mapping[float, Any]], path: str = "") -> Any:
    """Return the hypers of one member with the options of choices in place of their numbers."""
    if isinstance(hypers, dict):
        named = {f"{path}.{key}" if path else str(key): value for key, value in dict.items(hypers)}
        values = [own_choices(value, choices, name) for name, value in named.items()]
        made = dict(zip(dict.keys(hypers), values, strict=True))
        return Noted(made, hypers.read, hypers.path) if isinstance(hypers, Noted) else made
    if type(hypers) in (list, tuple):
        parts = (
            own_choices(value, choices, f"{path}.{i}" if path else str(i))
            for i, value in enumerate(hypers)
        )
        return type(hypers)(parts)
    options = choices.get(path or "value")
    if options is None:
        return hypers
    if getattr(hypers, "shape", ()):
        own = [options.get(float(x), x) for x in hypers.reshape(-1)]
        return np.array(own).reshape(hypers.shape)
    return options.get(float(hypers), hypers)


def _with_own(function: Callable[..., Any], choices: Any, *arguments: Any) -> Any:
    *before, hypers = arguments
    return function(*before, own_choices(hypers, choices))
