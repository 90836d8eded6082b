"""A host learner's state as JSON and arrays, and back: to the same types, dtypes and flags, and
what was one object in several places is one again.
"""

from __future__ import annotations

import itertools
from collections import OrderedDict
from typing import Any, NamedTuple

import numpy as np

from ontogeny.core.errors import StructureError
from ontogeny.core.noted import Noted

HINT = (
    "keep NumPy arrays, tensors and plain values in dictionaries, lists and tuples; or allow "
    "pickles of your own with HostLearner(…, pickle=True)"
)
TENSORS = ("torch.Tensor", "torch.nn.parameter.Parameter")
OWN = "give each its own memory (.copy(), .clone()), or put one and the same in both places"


class Nested(NamedTuple):
    """What a state is nested in, in JSON's terms, and its arrays, by their paths in it."""

    nest: dict[str, Any]
    arrays: dict[str, np.ndarray]


def nested(state: Any) -> Nested:
    """Return the state as JSON and arrays. Raises `StructureError` for what has no place there."""
    writer = _Writer()
    nest = writer.nest(state, "state")
    spans = sorted((*np.lib.array_utils.byte_bounds(x), path) for path, x in writer.arrays.items())
    for (_, end, path), (begin, _, other) in itertools.pairwise(spans):
        if begin < end and np.shares_memory(writer.arrays[path], writer.arrays[other]):
            raise _refused(f"it shares memory with {path}, and would not when read", other, OWN)
    return Nested(nest, writer.arrays)


def unnested(written: Nested) -> Any:
    """Return the state that was nested."""
    return _Reader(written.arrays).value(written.nest, "state")


class _Writer:
    def __init__(self) -> None:
        self.arrays: dict[str, np.ndarray] = {}
        self.seen: dict[int, str] = {}  # where each object that can be changed was met first
        self.kept: list[Any] = []  # alive, so that no number is given twice

    def nest(self, value: Any, path: str) -> dict[str, Any]:
        if value is None or type(value) in (bool, int, float, str):
            return {"value": value}
        if id(value) in self.seen:
            return {"same": self.seen[id(value)]}
        self.kept.append(value)
        if type(value) is tuple:
            return {"tuple": [self.nest(v, f"{path}.{i}") for i, v in enumerate(value)]}
        self.seen[id(value)] = path
        keyed = type(value) in (dict, Noted, OrderedDict)
        if keyed and all(type(key) in (str, int) for key in value):
            pairs = [[k, self.nest(v, f"{path}.{k}")] for k, v in value.items()]
            if type(value) is OrderedDict:
                return {"ordered": pairs, "with": self.nest(vars(value), f"{path} with")}
            return {"dict": pairs}
        if type(value) is list:
            return {"list": [self.nest(v, f"{path}.{i}") for i, v in enumerate(value)]}
        kind = f"{type(value).__module__}.{type(value).__qualname__}"
        if kind in TENSORS:
            return self.tensor(value, path)
        if type(value) is np.ndarray:
            flags: dict[str, Any] = {} if value.flags.writeable else {"fixed": True}
            if value.flags.f_contiguous and not value.flags.c_contiguous:
                flags["order"] = "F"
            return {"array": self.put(value, path), **flags}
        if isinstance(value, np.generic):
            return {"scalar": self.put(np.asarray(value), path)}
        raise _refused(f"a {kind} can't be written as arrays", path, HINT)

    def tensor(self, value: Any, path: str) -> dict[str, Any]:
        if value.grad_fn is not None:
            hint = "keep .detach() of it; a state is numbers, and not how they came about"
            raise _refused("the tensor hangs on the graph that made it", path, hint)
        try:
            array = value.detach().numpy()
        except (TypeError, RuntimeError) as error:
            raise _refused(f"the tensor can't be written ({error})", path, HINT) from error
        flags: dict[str, Any] = {"grad": True} if value.requires_grad else {}
        if type(value).__name__ == "Parameter":
            flags["parameter"] = True
        if value.grad is not None:
            flags["gradient"] = self.nest(value.grad, f"{path} gradient")
        return {"tensor": self.put(array, path), **flags}

    def put(self, array: np.ndarray, path: str) -> str:
        if array.dtype.kind == "O":
            raise _refused("an array of objects can't be written as arrays", path, HINT)
        while path in self.arrays:  # 1 and "1" are two keys
            path += "'"
        self.arrays[path] = array
        return path


class _Reader:
    def __init__(self, arrays: dict[str, np.ndarray]):
        self.arrays = arrays
        self.made: dict[str, Any] = {}

    def value(self, nest: dict[str, Any], path: str) -> Any:
        kind, inside = next(iter(nest.items()))
        match kind:
            case "value":
                return inside
            case "same":
                return self.made[inside]
            case "tuple":
                return tuple(self.value(part, f"{path}.{i}") for i, part in enumerate(inside))
            case "dict" | "ordered":
                mapping = self.made[path] = {} if kind == "dict" else OrderedDict()
                for key, part in inside:
                    mapping[key] = self.value(part, f"{path}.{key}")
                if kind == "ordered":
                    vars(mapping).update(self.value(nest["with"], f"{path} with"))
                return mapping
            case "list":
                listed: list[Any] = []
                self.made[path] = listed
                listed += [self.value(part, f"{path}.{i}") for i, part in enumerate(inside)]
                return listed
            case "tensor":
                made = self.made[path] = self.tensor(nest)
                if "gradient" in nest:
                    made.grad = self.value(nest["gradient"], f"{path} gradient")
                return made
            case "scalar":
                return self.arrays[inside][()]
            case _:
                array = np.asarray(self.arrays[inside], order=nest.get("order", "C"))
                array.flags.writeable = not nest.get("fixed", False)
                self.made[path] = array
                return array

    def tensor(self, nest: dict[str, Any]) -> Any:
        import torch  # pyright: ignore[reportMissingImports]

        made: Any = torch.from_numpy(self.arrays[nest["tensor"]])
        wanted = nest.get("grad", False)
        if nest.get("parameter"):
            return torch.nn.Parameter(made, requires_grad=wanted)
        return made.requires_grad_(wanted)


def _refused(what: str, path: str, hint: str) -> StructureError:
    return StructureError(what, where=f"host learner, {path}", hint=hint)
