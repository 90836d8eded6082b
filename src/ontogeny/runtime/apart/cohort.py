"""How members that share a worker live their rounds side by side: one compiled program for a
cohort, as `vectorised` is for a population.

Slots that follow each other are a cohort, and a slot always has the same row of its program. Rows
do not meet, so a member's round comes to the same bits whoever lives beside it; where fewer are
told to live than there are rows, the others compute for nothing. A cohort's states stay stacked on
the device, and are put together anew, on the host, when a row begins from another's.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ontogeny.core.closures import compiled, opened
from ontogeny.core.population import Population, advance, fresh
from ontogeny.core.trees import keyed, keyless, size_bytes
from ontogeny.runtime.apart.messages import Done, Order, Setup
from ontogeny.runtime.apart.states import Packed, pack_state, read_packed, unpack_state
from ontogeny.runtime.vectorised import abreast


class Stack(NamedTuple):
    """The states of a cohort after its last round, a row each. Keys are their numbers."""

    files: list[str]  # that each row equals; "": none
    device: Any
    host: Any


class CohortLiving:
    """Two compiled programs for the cohorts of a worker: to begin, and to live a round."""

    def __init__(self, learner: Any, setup: Setup):
        self.folder, self.rows = setup.folder, setup.cohort
        self._stacks: dict[int, Stack] = {}
        number = jax.ShapeDtypeStruct((), jnp.int32)

        def one(slot: Any, lived: Any, hypers: Any) -> Any:
            return fresh(learner, setup.seed, slot, lived, hypers)

        member = jax.eval_shape(one, number, number, setup.hypers)
        self._like = keyless(member)
        cohort = abreast(self.rows, size_bytes(member))

        def begin(slots: Any, lived: Any, hypers: Any) -> Any:
            return keyless(jax.vmap(one)(slots, lived, hypers))

        def round_(slots: Any, lived: Any, state: Any, hypers: Any) -> Any:
            score = jnp.full(self.rows, -jnp.inf, jnp.float32)
            members: Any = Population(keyed(state, member), hypers, score, lived, lived)
            after, metrics = advance(learner, setup.seed, setup.steps, members, slots, cohort)
            left = None if learner.bequeath is None else after.hypers
            return keyless(after.state), (after.score, metrics, left)

        many = jax.tree.map(
            lambda x: jax.ShapeDtypeStruct((self.rows, *np.shape(x)), jnp.result_type(x)),
            (number, number, setup.hypers),
        )
        self._begin, _ = compiled(begin, *many)
        slots, lived, hypers = many
        arguments = slots, lived, jax.eval_shape(begin, *many), hypers
        with_data, data = opened(round_, *arguments)
        self._data = jax.device_put(data)
        self._round, self.temporary = compiled(with_data, self._data, *arguments)

    def forget(self) -> None:
        """Let go of what is in memory: another growth begins."""
        self._stacks.clear()

    def live(
        self, orders: Sequence[Order], handed: Sequence[Packed | None]
    ) -> list[tuple[Done, Packed]]:
        """Live the rounds of a cohort's slots; return what each came to, and its state, which is to
        be written. A state to begin from is in memory, was `handed` over, or is read.
        """
        begun = time.perf_counter()
        number = orders[0].slot // self.rows
        by_row = {order.slot % self.rows: order for order in orders}
        rows = [by_row.get(row, orders[0]) for row in range(self.rows)]
        slots = np.array([order.slot for order in rows], np.int32)
        lived = np.array([order.lived for order in rows], np.int32)
        hypers = jax.tree.map(lambda *each: np.stack(each), *[order.hypers for order in rows])
        given = {order.source: one for order, one in zip(orders, handed, strict=True)}
        own = self._stacks.get(number)
        files = [by_row[row].source if row in by_row else "" for row in range(self.rows)]
        if own is not None and all(own.files[row] == files[row] != "" for row in by_row):
            state = own.device
        else:
            state = self._stacked(rows, given, (slots, lived, hypers))
        state, short = self._round(self._data, slots, lived, state, hypers)
        score, metrics, left = jax.device_get(short)
        files = [by_row[row].target if row in by_row else "" for row in range(self.rows)]
        host = jax.tree.map(np.asarray, state)
        self._stacks[number] = Stack(files, state, host)
        seconds = time.perf_counter() - begun
        return [
            (
                Done(
                    *(order.epoch, order.slot, order.number, float(score[row])),
                    {name: float(values[row]) for name, values in metrics.items()},
                    None if left is None else _row(left, row),
                    seconds,
                ),
                pack_state(_row(host, row)),
            )
            for row, order in by_row.items()
        ]

    def _stacked(self, rows: list[Order], given: dict[str, Packed | None], numbers: Any) -> Any:
        """Return the states that a cohort's rows begin from, stacked on the host."""
        sources = [order.source for order in rows]
        new = self._begin(*numbers) if "" in sources else None
        if not any(sources):
            return new
        stacks = self._stacks.values()
        held = {file: (stack, row) for stack in stacks for row, file in enumerate(stack.files)}
        new = jax.tree.map(np.asarray, new)

        def begun_from(row: int, source: str) -> Any:
            if not source:
                return _row(new, row)
            if source in held:
                stack, there = held[source]
                return _row(stack.host, there)
            packed = given.get(source) or read_packed(self.folder / source)
            return unpack_state(packed, self._like, str(self.folder / source))

        each = [begun_from(row, source) for row, source in enumerate(sources)]
        return jax.tree.map(lambda *leaves: np.stack(leaves), *each)


def _row(tree: Any, row: int) -> Any:
    return jax.tree.map(lambda leaf: leaf[row], tree)
