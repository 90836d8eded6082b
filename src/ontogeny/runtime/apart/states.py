"""One member's state as a file: what a worker writes after a round, and an heir's worker reads.

An array state is written as its arrays; what they are nested in is said beside them and checked
against what the learner makes. A host learner's state may also hold plain values, and what is one
object in several places stays one (`nests`); if the learner says `pickle=True`, it may hold
anything: then the file holds a pickle and is read only by a learner that says so.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ontogeny.core.array_file import read_array_file, write_array_file
from ontogeny.core.errors import StoreError, StructureError
from ontogeny.core.files import decoding
from ontogeny.core.host import HostLearner
from ontogeny.runtime.apart.nests import Nested, nested, unnested


class Packed(NamedTuple):
    """A state as its file has it."""

    arrays: dict[str, np.ndarray]
    about: Any  # JSON values

    def write(self, path: Path) -> int:
        """Write the file; return the bytes."""
        return write_array_file(path, *self)


def read_packed(path: Path) -> Packed:
    """Return what a file has. Raises `StoreError` for one that is not whole."""
    return Packed(*read_array_file(path))


def pack_state(state: Any) -> Packed:
    """Return a pytree of arrays as its file has it."""
    from ontogeny.core.trees import keyless, named_leaves

    arrays = {name: np.asarray(leaf) for name, leaf in named_leaves(keyless(state))}
    return Packed(arrays, {"kind": "arrays"})


def unpack_state(packed: Packed, like: Any, where: str) -> Any:
    """Return the pytree, with the structure, shapes and dtypes of `like`. Raises `StructureError`
    for one that does not fit.
    """
    from ontogeny.core.trees import fitted

    return fitted(packed.arrays, like, where)


def write_state(path: Path, state: Any) -> int:
    """Write a pytree of arrays; return the bytes."""
    return pack_state(state).write(path)


def read_state(path: Path, like: Any) -> Any:
    """Return the pytree in the file, with the structure, shapes and dtypes of `like`.

    Raises `StoreError` for a file that is not whole, `StructureError` for one that does not fit.
    """
    return unpack_state(read_packed(path), like, str(path))


def check_arrays(shapes: Any) -> None:
    """Raise `StructureError` when a state of these shapes and dtypes would not come back from a
    file as it went.
    """
    import jax

    from ontogeny.core.trees import keyless

    few = jax.tree.map(lambda x: np.zeros([min(n, 1) for n in x.shape], x.dtype), keyless(shapes))
    with tempfile.TemporaryDirectory() as folder:
        write_state(Path(folder) / "state", few)
        read_state(Path(folder) / "state", few)


def pack_host_state(state: Any, learner: HostLearner[Any]) -> tuple[Packed, bool]:
    """Return a host learner's state as its file has it, and whether its arrays are finite (of a
    pickled state the score alone says).

    Raises `StructureError` when it holds what can't be written without a pickle.
    """
    if learner.pickle:
        import cloudpickle

        data = np.frombuffer(cloudpickle.dumps(state), np.uint8)
        return Packed({"pickle": data}, {"kind": "pickle"}), True
    nest, arrays = nested(state)
    finite = all(np.isfinite(x).all() for x in arrays.values() if x.dtype.kind in "fc")
    return Packed(arrays, {"kind": "nest", "nest": nest}), bool(finite)


def write_host_state(path: Path, state: Any, learner: HostLearner[Any]) -> tuple[int, bool]:
    """Write a host learner's state; return the bytes, and whether its arrays are finite: see
    `pack_host_state`.
    """
    packed, finite = pack_host_state(state, learner)
    return packed.write(path), finite


def read_host_state(path: Path, learner: HostLearner[Any]) -> Any:
    """Return a host learner's state. Raises `StoreError` for a file that is not whole, or for a
    pickle that the learner does not allow.
    """
    return unpack_host_state(read_packed(path), learner, str(path))


def unpack_host_state(packed: Packed, learner: HostLearner[Any], where: str) -> Any:
    """Return a host learner's state, its arrays those that were packed. Raises `StoreError` for a
    pickle that the learner does not allow.
    """
    arrays, about = packed
    with decoding(where):
        if about["kind"] != "pickle":
            return unnested(Nested(about["nest"], arrays))
        if not learner.pickle:
            raise StoreError(
                "it holds a pickle, which can run any code as it is read",
                where=where,
                hint="if you wrote it yourself, say HostLearner(…, pickle=True)",
            )
        import pickle

        return pickle.loads(arrays["pickle"].tobytes())


def check_host_state(path: Path, state: Any, learner: HostLearner[Any]) -> None:
    """Raise `StructureError` when the state, written at `path` and read again, is not what it was:
    before it has lived, so that nothing is lost by it.
    """
    write_host_state(path, state, learner)
    try:
        again = read_host_state(path, learner)
        same, said = type(again) is type(state), ""
        same = same and (learner.pickle or nested(again).nest == nested(state).nest)
    except StoreError as error:  # pickles run the code of whatever is pickled
        same, said = False, f": {error.what}"
    if not same:
        raise StructureError(
            f"the first state does not come back from its file as it went{said}",
            where="host learner, state",
            hint="keep NumPy arrays, tensors and plain values in dictionaries, lists and tuples",
        )
