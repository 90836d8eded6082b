"""What a script hands on to its heirs, as arrays and plain values; and back.

- What has `state_dict` and `load_state_dict` (modules, optimisers and schedulers of PyTorch) hands
  on the first, copied to the host, and is filled by the second.
- A tree with JAX's arrays hands on its leaves; who inherits them has the structure.
- Arrays, tensors and plain values in dictionaries, lists and tuples are handed on as they are.
- The files of a folder are their bytes, by their paths in it.
"""

from __future__ import annotations

import sys
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np

from ontogeny.core.errors import StructureError
from ontogeny.core.files import inside, open_regular


def handed_on(value: Any) -> Any:
    """Return a value of the script's as arrays and plain values, which share no memory with it."""
    if hasattr(value, "state_dict") and hasattr(value, "load_state_dict"):
        return _copied(value.state_dict())
    leaves = _leaves(value)
    return _copied(value) if leaves is None else [_numbers(leaf) for leaf in leaves]


def taken(name: str, value: Any, left: Any, where: str) -> Any:
    """Return what was handed on in place of `value`, which a script has made anew: itself, filled,
    where it can be. Raises `StructureError` when the one does not fit the other.
    """
    if hasattr(value, "state_dict") and hasattr(value, "load_state_dict"):
        value.load_state_dict(left)
        return value
    leaves = _leaves(value)
    if leaves is None:
        return left
    import jax

    if not isinstance(left, list) or len(left) != len(leaves):
        raise _misfit(name, f"{len(leaves)} leaves are given for what was handed on", where)
    made = [_filled(name, one, found, where) for one, found in zip(leaves, left, strict=True)]
    return jax.tree.structure(value).unflatten(made)


def read_files(folder: Path) -> dict[str, np.ndarray]:
    """Return the bytes of every file in the folder, by its path there. Raises `OSError` for what is
    no regular file.
    """
    found: dict[str, np.ndarray] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not path.is_dir():
            with open_regular(path) as file:
                found[path.relative_to(folder).as_posix()] = np.fromfile(file, np.uint8)
    return found


def write_files(folder: Path, files: dict[str, np.ndarray]) -> None:
    """Write the files into the folder. Raises `StoreError` for a path that would leave it."""
    for name, data in files.items():
        path = inside(folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(np.asarray(data, np.uint8).tobytes())


def _leaves(value: Any) -> list[Any] | None:
    """Return the leaves of a tree with JAX's arrays; None for what is none."""
    jax: Any = sys.modules.get("jax")
    if jax is None:
        return None
    leaves = jax.tree.leaves(value)
    return leaves if any(isinstance(leaf, jax.Array) for leaf in leaves) else None


def _numbers(leaf: Any) -> Any:
    import jax

    from ontogeny.core.trees import keyless

    if isinstance(leaf, jax.Array):
        return np.array(keyless(leaf))
    if isinstance(leaf, np.ndarray | np.generic):
        return np.array(leaf)
    return leaf if isinstance(leaf, bool | int | float | str) else None  # a function, say


def _filled(name: str, leaf: Any, left: Any, where: str) -> Any:
    import jax

    from ontogeny.core.trees import keyed, keyless

    if left is None:
        return leaf
    if not isinstance(leaf, jax.Array):
        return left
    like = keyless(leaf)
    if (np.shape(left), np.dtype(left.dtype)) != (like.shape, np.dtype(like.dtype)):
        told = f"a leaf is {left.dtype}{list(left.shape)}, and {like.dtype}{list(like.shape)} given"
        raise _misfit(name, told, where)
    return keyed(jax.numpy.asarray(left), leaf)


def _copied(value: Any) -> Any:
    if isinstance(value, OrderedDict):
        made: Any = OrderedDict((key, _copied(part)) for key, part in value.items())
        vars(made).update(vars(value))
        return made
    if type(value) is dict:
        return {key: _copied(part) for key, part in value.items()}
    if type(value) in (list, tuple):
        return type(value)(_copied(part) for part in value)
    if isinstance(value, np.ndarray):
        return value.copy()
    if hasattr(value, "detach"):
        return value.detach().cpu().clone()
    return value


def _misfit(name: str, what: str, where: str) -> StructureError:
    hint = "make it as it was made before: hypers may not decide its shapes"
    return StructureError(f"member.state({name}=…): {what}", where=where, hint=hint)
