"""One member's state as a file: what a worker writes after a round, and an heir's worker reads.

An array state is written as its arrays; what they are nested in is said beside them and checked
against what the learner makes. A host learner's state may also hold plain values, and, if the
learner says `pickle=True`, anything: then the file holds a pickle and is read only by a learner
that says so.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ontogeny.core.array_file import read_array_file, write_array_file
from ontogeny.core.errors import StoreError, StructureError
from ontogeny.core.files import decoding
from ontogeny.core.host import HostLearner

Arrays = dict[str, np.ndarray]


def write_state(path: Path, state: Any) -> int:
    """Write a pytree of arrays; return the bytes."""
    from ontogeny.core.trees import named_leaves

    arrays = {name: np.asarray(leaf) for name, leaf in named_leaves(state)}
    return write_array_file(path, arrays, {"kind": "arrays"})


def read_state(path: Path, like: Any) -> Any:
    """Return the pytree in the file, with the structure, shapes and dtypes of `like`.

    Raises `StoreError` for a file that is not whole, `StructureError` for one that does not fit.
    """
    import jax

    from ontogeny.core.trees import check_same, named_leaves

    arrays, _ = read_array_file(path)
    wanted = dict(named_leaves(like))
    hint = "read it with the recipe and the version that wrote it"
    check_same(wanted, arrays, where=str(path), hint=hint)
    return jax.tree.unflatten(jax.tree.structure(like), [arrays[name] for name in wanted])


def write_host_state(path: Path, state: Any, learner: HostLearner[Any]) -> tuple[int, bool]:
    """Write a host learner's state; return the bytes, and whether its arrays are finite (of a
    pickled state the score alone says).

    Raises `StructureError` when it holds what can't be written without a pickle.
    """
    if learner.pickle:
        import cloudpickle

        data = np.frombuffer(cloudpickle.dumps(state), np.uint8)
        return write_array_file(path, {"pickle": data}, {"kind": "pickle"}), True
    arrays: Arrays = {}
    nest = _nest(state, "state", arrays)
    finite = all(np.isfinite(x).all() for x in arrays.values() if x.dtype.kind in "fc")
    return write_array_file(path, arrays, {"kind": "nest", "nest": nest}), finite


def read_host_state(path: Path, learner: HostLearner[Any]) -> Any:
    """Return a host learner's state. Raises `StoreError` for a file that is not whole, or for a
    pickle that the learner does not allow.
    """
    arrays, about = read_array_file(path)
    with decoding(str(path)):
        if about["kind"] != "pickle":
            return _unnest(about["nest"], arrays)
        if not learner.pickle:
            raise StoreError(
                "it holds a pickle, which can run any code as it is read",
                where=str(path),
                hint="if you wrote it yourself, say HostLearner(…, pickle=True)",
            )
        import pickle

        return pickle.loads(arrays["pickle"].tobytes())


def _nest(value: Any, path: str, arrays: Arrays) -> dict[str, Any]:
    """Return what the value is nested in, in JSON's terms, its arrays put into `arrays`."""
    if value is None or type(value) in (bool, int, float, str):
        return {"value": value}
    if type(value) is dict and all(type(key) in (str, int) for key in value):
        return {"dict": [[k, _nest(v, f"{path}.{k}", arrays)] for k, v in value.items()]}
    if type(value) in (list, tuple):
        parts = [_nest(v, f"{path}.{i}", arrays) for i, v in enumerate(value)]
        return {type(value).__name__: parts}
    tensor = type(value).__module__ == "torch" and type(value).__name__ in ("Tensor", "Parameter")
    if tensor or isinstance(value, np.ndarray | np.generic):
        array: np.ndarray = value.detach().numpy() if tensor else np.asarray(value)  # pyright: ignore
        if array.dtype.kind != "O" and path not in arrays:
            arrays[path] = array
            return {"tensor" if tensor else "array": path}
    raise StructureError(
        f"a {type(value).__module__}.{type(value).__qualname__} can't be written as arrays",
        where=f"host learner, {path}",
        hint="keep NumPy arrays, tensors and plain values in dictionaries, lists and tuples; or "
        "allow pickles of your own with HostLearner(…, pickle=True)",
    )


def _unnest(nest: dict[str, Any], arrays: Arrays) -> Any:
    ((kind, inside),) = nest.items()
    match kind:
        case "value":
            return inside
        case "dict":
            return {key: _unnest(part, arrays) for key, part in inside}
        case "list":
            return [_unnest(part, arrays) for part in inside]
        case "tuple":
            return tuple(_unnest(part, arrays) for part in inside)
        case "tensor":
            import torch  # pyright: ignore[reportMissingImports]

            return torch.from_numpy(arrays[inside])
        case _:
            return arrays[inside]
