"""Hypers that note which of them are read: one that no function reads is tuned for nothing, and in
plain Python nobody can tell before it has lived.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any


class Noted(dict[Any, Any]):
    """A dictionary that notes in `read` the paths of what is asked of it; who goes over it reads
    all. It is pickled, copied and mapped over by JAX as a plain one.
    """

    def __init__(self, hypers: dict[Any, Any], read: set[str], path: str = ""):
        self.read, self.path = read, path
        super().__init__(
            {
                key: Noted(value, read, f"{path}{key}.") if type(value) is dict else value
                for key, value in hypers.items()
            }
        )

    def note(self, keys: Iterable[Any]) -> None:
        """Note these as read; of a dictionary in it, what is read of that."""
        self.read.update(
            f"{self.path}{key}" for key in keys if not isinstance(dict.get(self, key), Noted)
        )

    def __reduce_ex__(self, protocol: Any) -> Any:
        return dict, (dict(self),)


def _noting(name: str, whole: bool) -> Any:
    method = getattr(dict, name)

    def noting(self: Noted, *arguments: Any) -> Any:
        self.note(dict.keys(self) if whole else arguments[:1])
        return method(self, *arguments)

    return noting


for _name in ("__getitem__", "__contains__", "get", "pop", "setdefault"):
    setattr(Noted, _name, _noting(_name, whole=False))
for _name in ("__iter__", "__reversed__", "__or__", "__ror__", "keys", "values", "items", "copy"):
    setattr(Noted, _name, _noting(_name, whole=True))


def known_to(jax: Any) -> None:
    """Let JAX, where it was imported, take one for the dictionary that it is."""

    def parted(noted: Noted) -> Any:
        keys = sorted(noted)
        return [(jax.tree_util.DictKey(key), noted[key]) for key in keys], tuple(keys)

    with suppress(ValueError):  # it knows already
        jax.tree_util.register_pytree_with_keys(
            Noted, parted, lambda keys, values: dict(zip(keys, values, strict=True))
        )


def paths(hypers: Any, path: str = "") -> list[str]:
    """Return the paths of what dictionaries hold, as they are noted; none where there is none."""
    if type(hypers) is not dict:
        return []
    return [
        found
        for key, value in hypers.items()
        for found in (paths(value, f"{path}{key}.") if type(value) is dict else [f"{path}{key}"])
    ]
