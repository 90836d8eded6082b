"""The board: where every slot of a population in processes stands. Weights are not on it.

For each slot it holds what its member has *published* after its last round (score, hypers, age,
steps, and the name of the file with its state), which is what strategies and other members see,
and, while a round is under way, what that round began from. So nobody inherits from a member that
was not scored under its own hypers.

What a round comes to depends on the board alone: its source, its hypers, and keys that follow from
the slot and its steps. So a round that was cut short is lived again to the same bits.
"""

from __future__ import annotations

import dataclasses
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jaxtyping import Bool, Int

from ontogeny.core.archive import link_or_copy
from ontogeny.core.array_file import pack, unpack
from ontogeny.core.errors import StoreError, StructureError
from ontogeny.core.keys import Purpose, derive
from ontogeny.core.population import Population, first_hypers
from ontogeny.core.trees import named_leaves
from ontogeny.runtime.executor import Job

NAME = re.compile(r"slot-(\d+)-round-(\d+)\.safetensors")


def state_file(slot: int, number: int) -> str:
    """Return the name of the file that holds a slot's state after a round."""
    return f"slot-{slot:04d}-round-{number:06d}.safetensors"


@dataclass
class Board:
    """See the module's text. Every array is NumPy's, with a leading "pop" axis."""

    population: Any  # a Population without states, published: those are in `files`
    memory: Any  # the strategy's
    lived_with: Any  # hypers of the round under way, or of the last
    under_way: Bool[np.ndarray, " pop"]
    parent: Int[np.ndarray, " pop"]  # of the round under way, or of the last
    parent_round: Int[np.ndarray, " pop"]
    inherit: Bool[np.ndarray, " pop"]
    files: list[str]  # the published states, "" where there is none yet
    sources: list[str]  # what the rounds under way began from, "" where they began anew
    folder: Path  # where the files lie

    @classmethod
    def begin(cls, job: Job, folder: Path) -> Board:
        """Return the board of a population that has not lived yet."""
        arrays = jax.device_get(jax.jit(lambda: _arrays(job))())
        files, sources = [""] * job.population, [""] * job.population
        return cls(**_writable(arrays), files=files, sources=sources, folder=folder)

    def rounds(self, steps: int) -> Int[np.ndarray, " pop"]:
        """Return how many rounds each slot has lived."""
        return np.asarray(self.population.steps) // steps

    def start(self, slot: int, number: int, parent: int, inherit: bool, hypers: Any) -> None:
        """Begin a slot's round; `hypers` are all slots', of which this one's row is taken. Raises
        `StructureError` for an heir of somebody who has no state yet.
        """
        self.parent[slot], self.inherit[slot] = parent, inherit
        came = NAME.fullmatch(self.files[parent])
        self.parent_round[slot] = int(came[2]) if came else number - 1
        if inherit and number > 0 and not self.files[parent]:
            raise StructureError(
                f"slot {slot} is to inherit from slot {parent}, which has no state yet",
                where=f"strategy.move, round {number}",
                hint="choose parents whose score is finite",
            )
        self.sources[slot] = self.files[parent] if inherit else ""
        self.under_way[slot] = True
        _put(self.lived_with, slot, hypers, slot)

    def publish(self, slot: int, number: int, score: float, hypers: Any, steps: int) -> None:
        """Take in a round that a slot has lived; `hypers` are its own (None: those lived with)."""
        seen = self.population
        stayed = self.inherit[slot] and self.parent[slot] == slot
        self.files[slot], self.sources[slot] = state_file(slot, number), ""
        self.under_way[slot] = False
        seen.score[slot] = score
        seen.age[slot] = (seen.age[slot] if stayed else 0) + steps
        seen.steps[slot] += steps
        if hypers is None:
            _put(seen.hypers, slot, self.lived_with, slot)
        else:
            _put(seen.hypers, slot, jax.tree.map(lambda x: x[None], hypers), 0)

    def needed(self) -> set[str]:
        """Return the files that somebody may still read."""
        return {name for name in (*self.files, *self.sources) if name}

    def tree(self) -> dict[str, Any]:
        """Return the arrays."""
        return {name: getattr(self, name) for name in ARRAYS}

    def about(self) -> dict[str, list[str]]:
        """Return what is beside the arrays, as JSON values."""
        return {"files": self.files, "sources": self.sources}

    def to_bytes(self) -> bytes:
        """Return the board as the store keeps it."""
        return b"".join(pack(dict(named_leaves(self.tree())), self.about()))

    @classmethod
    def from_bytes(cls, data: bytes, job: Job, folder: Path) -> Board:
        """Return the board that `to_bytes` gave. Raises `StoreError` when it does not fit the
        job.
        """
        arrays, about = unpack(np.frombuffer(data, np.uint8), f"{folder}, the board")
        like = tree_shapes(job)
        named = named_leaves(like)
        kinds = {name: (x.shape, x.dtype) for name, x in arrays.items()}
        if kinds != {name: (tuple(x.shape), x.dtype) for name, x in named}:
            raise StoreError(
                "the board is of another population",
                where=str(folder),
                hint="go on with the settings that the run was begun with",
            )
        tree = jax.tree.unflatten(jax.tree.structure(like), [arrays[name] for name, _ in named])
        return cls(**_writable(tree), **about, folder=folder)

    def linked(self, folder: Path) -> Board:
        """Return a copy of the board whose files are (hard links) in `folder`: they stay there
        whatever is removed where these lie.
        """
        folder.mkdir(parents=True, exist_ok=True)
        for name in self.needed():
            if (self.folder / name) != (folder / name):
                link(self.folder / name, folder / name)
        copied = _writable(self.tree())
        lists = {name: list(names) for name, names in self.about().items()}
        return dataclasses.replace(self, **copied, **lists, folder=folder)


ARRAYS = ("population", "memory", "lived_with", "under_way", "parent", "parent_round", "inherit")


def tree_shapes(job: Job) -> Any:
    """Return the shapes and dtypes of a board's arrays."""
    return jax.eval_shape(lambda: _arrays(job))


def link(source: Path, target: Path) -> None:
    """Give a file a second name, in place of what has that name. Raises `StoreError`."""
    part = target.with_name(f"{target.name}.{os.getpid()}.part")
    try:
        part.unlink(missing_ok=True)
        link_or_copy(source, part)
        part.rename(target)
        part.unlink(missing_ok=True)  # two names of one file: the renaming did nothing
    except OSError as error:
        raise StoreError(
            f"can't link or copy {source} ({error.strerror})",
            where=str(target),
            hint="free some space, then resume: what was recorded is intact",
        ) from error


def _arrays(job: Job) -> dict[str, Any]:
    """Return a first board's arrays, computed with JAX."""
    import jax.numpy as jnp

    pop = job.population
    hypers = job.hypers
    hypers = first_hypers(job.space, job.seed, pop) if hypers is None else hypers
    hypers = jax.tree.map(jnp.asarray, hypers)
    zero, slots = jnp.zeros(pop, jnp.int32), jnp.arange(pop, dtype=jnp.int32)
    population: Population[tuple[()]] = Population(
        (), hypers, jnp.full(pop, -jnp.inf, jnp.float32), zero, zero
    )
    return {
        "population": population,
        "memory": job.strategy.init(derive(job.seed, Purpose.STRATEGY), population),
        "lived_with": hypers,
        "under_way": jnp.zeros(pop, bool),
        "parent": slots,
        "parent_round": zero - 1,
        "inherit": jnp.ones(pop, bool),
    }


def _writable(tree: Any) -> Any:
    return jax.tree.map(lambda x: np.array(x), tree)


def _put(tree: Any, slot: int, source: Any, row: int) -> None:
    """Set a slot's row of every leaf to a row of the source's."""
    for leaf, other in zip(jax.tree.leaves(tree), jax.tree.leaves(source), strict=True):
        leaf[slot] = other[row]
