"""How one member lives a round in a worker: of a JAX learner, and of a host learner."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np

from ontogeny.core.config import LARGEST
from ontogeny.core.host import HostLearner, fresh_host, live_host
from ontogeny.core.noted import Noted, known_to, paths
from ontogeny.runtime.apart.messages import Setup
from ontogeny.runtime.apart.states import (
    Packed,
    check_host_state,
    pack_host_state,
    pack_state,
    unpack_host_state,
    unpack_state,
)


class Round(NamedTuple):
    """What a round came to."""

    state: Any
    score: float
    metrics: dict[str, float]
    hypers: Any  # what the member bequeaths; None: the hypers it lived with


class Living(Protocol):
    """The learner's functions, and its states as their files have them."""

    temporary: int
    notes: tuple[tuple[str, str], ...]
    """What befell the member in its last round: kinds of events, and what there is to say."""
    spoiled: bool
    """Whether the process can't go on, and is to be replaced."""

    @property
    def unread(self) -> tuple[str, ...] | None:
        """The hypers that no function has read here so far; None: not known."""
        ...

    def plainly(self) -> bool:
        """Note no more what is read, if it was noted; return whether it was."""
        ...

    def fresh(self, slot: int, lived: int, hypers: Any) -> Any: ...

    def live(self, slot: int, lived: int, state: Any, hypers: Any) -> Round: ...

    def pack(self, round_: Round) -> tuple[Packed, Round]:
        """Return the state as its file has it, and the round, its score -inf when the state is not
        finite.
        """
        ...

    def unpack(self, packed: Packed, where: str) -> Any:
        """Return the state. What cannot be written to was copied if the learner may do so."""
        ...

    def check(self, path: Path, state: Any) -> None:
        """Raise `StructureError` for a first state that does not come back as it went."""
        ...


class HostLiving:
    """Plain Python."""

    temporary = 0
    notes: tuple[tuple[str, str], ...] = ()
    spoiled = False

    def __init__(self, learner: HostLearner[Any], setup: Setup):
        self.learner, self.seed, self.steps = learner, setup.seed, setup.steps
        self._checked = False
        self._paths, self._read = paths(setup.hypers), set[str]()
        self._noting = True

    @property
    def unread(self) -> tuple[str, ...] | None:
        return tuple(p for p in self._paths if p not in self._read) if self._noting else None

    def plainly(self) -> bool:
        was, self._noting = self._noting, False
        return was

    def _given(self, hypers: Any) -> Any:
        given = plain(hypers)
        if not self._noting or type(given) is not dict:
            return given
        if jax := sys.modules.get("jax"):
            known_to(jax)
        return Noted(given, self._read)

    def fresh(self, slot: int, lived: int, hypers: Any) -> Any:
        state = fresh_host(self.learner, self.seed, slot, lived, self._given(hypers))
        return dict(state) if type(state) is Noted else state

    def live(self, slot: int, lived: int, state: Any, hypers: Any) -> Round:
        numbers = (self.seed, self.steps, slot, lived)
        state, score, metrics = live_host(self.learner, *numbers, state, self._given(hypers))
        return Round(state, score if abs(score) <= LARGEST else -math.inf, metrics, None)

    def pack(self, round_: Round) -> tuple[Packed, Round]:
        packed, finite = pack_host_state(round_.state, self.learner)
        return packed, round_ if finite else round_._replace(score=-math.inf)

    def unpack(self, packed: Packed, where: str) -> Any:
        arrays = {n: a if a.flags.writeable else a.copy() for n, a in packed.arrays.items()}
        return unpack_host_state(packed._replace(arrays=arrays), self.learner, where)

    def check(self, path: Path, state: Any) -> None:
        if not self._checked:
            check_host_state(path, state, self.learner)
        self._checked = True


class JaxLiving:
    """Two compiled programs: to begin, and to live a round."""

    unread = None  # it was refused before there was a worker
    notes: tuple[tuple[str, str], ...] = ()
    spoiled = False

    def plainly(self) -> bool:
        return False

    def __init__(self, learner: Any, setup: Setup):
        import jax
        import jax.numpy as jnp

        from ontogeny.core.closures import compiled, opened
        from ontogeny.core.population import Population, fresh, live

        def begin(slot: Any, lived: Any, hypers: Any) -> Any:
            return fresh(learner, setup.seed, slot, lived, hypers)

        def round_(slot: Any, lived: Any, state: Any, hypers: Any) -> Any:
            member: Any = Population(state, hypers, jnp.float32(-jnp.inf), lived, lived)
            after, metrics = live(learner, setup.seed, setup.steps, slot, member)
            left = None if learner.bequeath is None else after.hypers
            return after.state, (after.score, metrics, left)

        number = jax.ShapeDtypeStruct((), jnp.int32)
        self.shapes = jax.eval_shape(begin, number, number, setup.hypers)
        self._begin, _ = compiled(begin, number, number, setup.hypers)
        arguments = number, number, self.shapes, setup.hypers
        with_data, data = opened(round_, *arguments)
        self._data = jax.device_put(data)
        self._round, self.temporary = compiled(with_data, self._data, *arguments)

    def fresh(self, slot: int, lived: int, hypers: Any) -> Any:
        return self._begin(np.int32(slot), np.int32(lived), hypers)

    def live(self, slot: int, lived: int, state: Any, hypers: Any) -> Round:
        import jax

        state, short = self._round(self._data, np.int32(slot), np.int32(lived), state, hypers)
        score, metrics, left = jax.device_get(short)
        return Round(state, float(score), {n: float(v) for n, v in metrics.items()}, left)

    def pack(self, round_: Round) -> tuple[Packed, Round]:
        return pack_state(round_.state), round_

    def unpack(self, packed: Packed, where: str) -> Any:
        return unpack_state(packed, self.shapes, where)

    def check(self, path: Path, state: Any) -> None:
        """Its shapes and dtypes were checked before there was a worker."""


def plain(hypers: Any) -> Any:
    """Return hypers for plain Python: scalar arrays as numbers, others as they are."""
    if isinstance(hypers, dict):
        return {name: plain(value) for name, value in hypers.items()}
    if isinstance(hypers, list | tuple):
        parts = [plain(value) for value in hypers]
        return parts if isinstance(hypers, list) else tuple(parts)
    return hypers.item() if np.ndim(hypers) == 0 else hypers
