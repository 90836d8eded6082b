"""The board: where every slot of a population in processes stands. Weights are not on it.

For each slot it holds what its member has *published* after its last round (score, hypers, age,
steps, and the name of the file with its state), which is what strategies and other members see,
and, while a round is under way, what that round began from. So nobody inherits from a member that
was not scored under its own hypers.

What a round comes to depends on the board alone: its source, its hypers, and keys that follow from
the slot and its steps. So a round that was cut short is lived again to the same bits.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Int

from ontogeny.core.archive import write_archive
from ontogeny.core.array_file import pack, read_array_file, unpack
from ontogeny.core.errors import ConfigError, StoreError, StructureError
from ontogeny.core.files import decoding, link_or_copy, replace_file
from ontogeny.core.keys import Purpose, derive
from ontogeny.core.population import Population, first_hypers
from ontogeny.core.promotion import own_rules
from ontogeny.core.trees import check_same, keyed, keyless, named_leaves
from ontogeny.evolution.evolve import Grown
from ontogeny.runtime.apart.shipping import is_host
from ontogeny.runtime.apart.states import read_host_state, read_state
from ontogeny.runtime.executor import Job

MEMBERS = "members"  # the folder, in a run's, where the states lie
WORK = "work-"  # what folders there begin with that scripts keep their files in while they live
NAME = re.compile(r"slot-(\d+)-round-(\d+)\.safetensors")


def state_file(slot: int, number: int) -> str:
    """Return the name of the file that holds a slot's state after a round."""
    return f"slot-{slot:04d}-round-{number:06d}.safetensors"


@dataclass
class Board:
    """See the module's text. Every array is NumPy's, with a leading "pop" axis."""

    job: Job
    population: Any  # a Population without states, published: those are in `files`
    strategy_state: Any
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
        tree = jax.device_get(jax.jit(lambda: _arrays(job))())
        nothing = [""] * job.population
        return cls.of(job, tree, {"files": nothing, "sources": list(nothing)}, folder)

    @classmethod
    def of(cls, job: Job, tree: Any, about: Mapping[str, Any], folder: Path) -> Board:
        """Return the board of what `tree` and `about` gave; it may be written to. Raises
        `StoreError` for files that are not those of its slots and rounds.
        """
        arrays = {ARRAYS[stored]: array for stored, array in _writable(tree).items()}
        with decoding(f"{folder}, the board"):
            board = cls(
                job, **arrays, files=about["files"], sources=about["sources"], folder=folder
            )
            board.check_names()
        return board

    def rounds(self) -> Int[np.ndarray, " pop"]:
        """Return how many rounds each slot has lived."""
        return np.asarray(self.population.steps) // self.job.steps

    def member(self, slot: int) -> Any:
        """Return one member's published state. Raises `StoreError` when there is none yet."""
        if not self.files[slot]:
            raise StoreError(f"slot {slot} has lived no round yet", where=str(self.folder))
        path = self.folder / self.files[slot]
        if is_host(self.job):
            return read_host_state(path, self.job.learner)
        return read_state(path, self._state_shapes())

    def as_arrays(self) -> Grown[Any, Any]:
        """Return the population as arrays. Raises `ConfigError` for members at different rounds, or
        whose states are no arrays.
        """
        lived = self.rounds()
        if is_host(self.job):
            raise ConfigError(
                "the states of a host learner are no arrays that could be stacked",
                where=str(self.folder),
                hint="take them one by one: run.member(slot)",
            )
        if self.under_way.any() or len(set(lived.tolist())) > 1:
            raise ConfigError(
                f"the members have lived {lived.min()} to {lived.max()} rounds, each at its own "
                "pace",
                where=str(self.folder),
                hint="take them one by one, run.member(slot); grow on with executor=og.Processes()",
            )
        like = self._state_shapes()
        states = [read_state(self.folder / name, keyless(like)) for name in self.files]
        state = keyed(jax.tree.map(lambda *rows: np.stack(rows), *states), like)
        return Grown(self.population._replace(state=state), self.strategy_state)

    def write(self, folder: Path, number: int) -> int:
        """Write the arrays and the files as an archive; return the bytes. The board's own folder is
        removed: it was kept for this alone.
        """
        files = [self.folder / name for name in sorted(self.needed())]
        size = write_archive(folder, self.tree(), {"round": number, **self.about()}, files)
        shutil.rmtree(self.folder, ignore_errors=True)
        return size

    def check_names(self) -> None:
        """Raise `StoreError` unless every file is named after the slot and the round that it is
        of.
        """
        for slot, lived in enumerate(self.rounds()):
            own = [state_file(slot, int(lived) - 1)] if lived else []
            came = [""]
            if self.under_way[slot] and self.inherit[slot]:
                came = [state_file(int(self.parent[slot]), int(self.parent_round[slot])), *came]
            for what, names, known in (
                ("file", self.files, own or [""]),
                ("source", self.sources, came),
            ):
                if len(names) != len(self.rounds()) or names[slot] not in known:
                    raise StoreError(
                        f"slot {slot} has lived {lived} rounds, and its {what} is "
                        f"{names[slot] if slot < len(names) else 'missing'!r}",
                        where=f"{self.folder}, the board",
                        hint="it was changed after it was written",
                    )

    def check_files(self) -> None:
        """Read every file that is needed, to see that it is whole. Raises `StoreError`."""
        for name in sorted(self.needed()):
            read_array_file(self.folder / name)

    def _state_shapes(self) -> Any:
        """Return the shapes and dtypes of one member's state, of a JAX learner."""
        states = self.job.shapes().population.state
        return jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape[1:], x.dtype), states)

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
        """Return the arrays, by the names that they are stored under."""
        return {stored: getattr(self, name) for stored, name in ARRAYS.items()}

    def about(self) -> dict[str, list[str]]:
        """Return what is beside the arrays, as JSON values."""
        return {"files": self.files, "sources": self.sources}

    def to_bytes(self) -> bytes:
        """Return the board as the store keeps it."""
        return b"".join(pack(dict(named_leaves(self.tree())), self.about()))

    @classmethod
    def from_bytes(cls, data: bytes, job: Job, folder: Path) -> Board:
        """Return the board that `to_bytes` gave. Raises `StoreError` when it is not whole,
        `StructureError` when it does not fit the job.
        """
        arrays, about = unpack(np.frombuffer(data, np.uint8), f"{folder}, the board")
        like = tree_shapes(job)
        wanted = dict(named_leaves(like))
        hint = "go on with the settings that the run was begun with"
        check_same(wanted, arrays, where=f"{folder}, the board", hint=hint)
        tree = jax.tree.unflatten(jax.tree.structure(like), [arrays[name] for name in wanted])
        return cls.of(job, tree, about, folder)

    def as_board(self, folder: Path) -> Board:
        """Return a copy of the board whose files are (hard links) in `folder`: they stay there
        whatever is removed where these lie.
        """
        folder.mkdir(parents=True, exist_ok=True)
        for name in self.needed():
            if (self.folder / name) != (folder / name):
                link(self.folder / name, folder / name)
        lists = {name: list(names) for name, names in self.about().items()}
        return Board.of(self.job, self.tree(), lists, folder)


# The fields that are arrays, by the names that stores and checkpoints have always had for them.
ARRAYS = {
    "population": "population",
    "memory": "strategy_state",
    "lived_with": "lived_with",
    "under_way": "under_way",
    "parent": "parent",
    "parent_round": "parent_round",
    "inherit": "inherit",
}


def tree_shapes(job: Job) -> Any:
    """Return the shapes and dtypes of a board's arrays."""
    return jax.eval_shape(lambda: _arrays(job))


def link(source: Path, target: Path) -> None:
    """Give a file a second name, in place of what has that name. Raises `StoreError`."""
    hint = "free some space, then resume: what was recorded is intact"
    with replace_file(target, f"link or copy {source}", hint=hint) as part:
        link_or_copy(source, part)


@own_rules()
def _arrays(job: Job) -> dict[str, Any]:
    """Return a first board's arrays, computed with JAX."""
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
