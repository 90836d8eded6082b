"""Where hypers live.

A space is a pytree whose leaves are dimensions; hypers are the same pytree with arrays for leaves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key, PyTree

from ontogeny.core.dimensions import Bounded, Choice, Dimension, Integer, Linear, Log, Logit
from ontogeny.core.errors import ConfigError
from ontogeny.core.learner import Hypers
from ontogeny.core.metrics import is_name
from ontogeny.core.promotion import own_rules
from ontogeny.core.trees import named_leaves

__all__ = ["Bounded", "Choice", "Dimension", "Integer", "Linear", "Log", "Logit", "Space"]


@dataclass(frozen=True)
class Space:
    """A pytree of dimensions. `Space({"learning_rate": Log(1e-5, 1e-2)})`; nest as deep as you
    like. Names hold no dot and no slash: a nested hyper is recorded as `agent.learning_rate`.

    >>> space = og.Space({"rate": og.Log(1e-4, 1.0), "critic": {"dropout": og.Linear(0.0, 0.5)}})
    >>> list(space.describe())
    ['critic.dropout', 'rate']
    >>> hypers = space.clip({"rate": jnp.float32(3.0), "critic": {"dropout": jnp.float32(0.25)}})
    >>> hypers["rate"].item()
    1.0
    """

    dimensions: PyTree[Dimension]
    __no_type_check__: ClassVar[bool] = True  # what is given is checked here

    def __post_init__(self) -> None:
        try:
            leaves = jax.tree_util.tree_flatten_with_path(self.dimensions)[0]
        except (TypeError, ValueError) as error:  # keys that can't be sorted
            raise ConfigError(
                f"its names are no text ({error})", where="space", hint="use text for all names"
            ) from error
        for path, leaf in leaves:
            if not isinstance(leaf, Dimension):
                raise ConfigError(
                    f"{leaf!r} is not a dimension",
                    where=f"space{jax.tree_util.keystr(path)}",
                    hint="use Linear, Log, Logit, Integer or Choice; close over what is fixed",
                )
            for key in path:  # names are joined by dots, in records and wherever one is asked for
                name = key.key if isinstance(key, jax.tree_util.DictKey) else None
                if name is not None and (not is_name(str(name)) or {".", "/"} & set(str(name))):
                    raise ConfigError(
                        f"a hyper is called {name!r}",
                        where=f"space{jax.tree_util.keystr(path)}",
                        hint="use text without a dot or a slash; nest dictionaries for groups",
                    )

    @own_rules()
    def _map(
        self, function: Callable[..., Array], *trees: PyTree, key: Array | None = None
    ) -> PyTree:
        leaves, structure = jax.tree.flatten(self.dimensions)
        columns = [structure.flatten_up_to(tree) for tree in trees]
        keys = (
            [()] * len(leaves)
            if key is None
            else [(k,) for k in jax.random.split(key, max(len(leaves), 1))]
        )
        return structure.unflatten(
            [function(d, *k, *row) for d, k, *row in zip(leaves, keys, *columns, strict=False)]
        )

    def sample(self, key: Key[Array, ""]) -> Hypers:
        """Return one member's hypers, drawn from the prior."""
        return self._map(lambda d, k: d.sample(k), key=key)

    def clip(self, hypers: Hypers) -> Hypers:
        """Return the hypers, each within its bounds and of its dtype."""
        return self._map(lambda d, h: d.clip(h), hypers)

    def perturb(
        self, key: Key[Array, ""], hypers: Hypers, factors: tuple[float, float] = (0.8, 1.2)
    ) -> Hypers:
        """Return the hypers, each number moved on its scale by one of the two factors, tossed
        independently.
        """

        def move(d: Dimension, k: Array, h: Array) -> Array:
            factor = jnp.where(jax.random.bernoulli(k, shape=jnp.shape(h)), *factors)
            return d.shift(h, d.offset(factor))

        return self._map(move, hypers, key=key)

    def resample(self, key: Key[Array, ""], hypers: Hypers, probability: float = 0.25) -> Hypers:
        """Return the hypers, each dimension drawn anew from its prior with the given
        probability.
        """

        def move(d: Dimension, k: Array, h: Array) -> Array:
            toss, draw = jax.random.split(k)
            return jnp.where(jax.random.bernoulli(toss, probability), d.sample(draw), h)

        return self._map(move, hypers, key=key)

    def jitter(self, key: Key[Array, ""], hypers: Hypers, deviation: float) -> Hypers:
        """Return the hypers, each number moved by normal noise of this standard deviation on its
        scale.
        """

        def move(d: Dimension, k: Array, h: Array) -> Array:
            return d.shift(h, deviation * jax.random.normal(k, jnp.shape(h)))

        return self._map(move, hypers, key=key)

    def each(
        self,
        function: Callable[[str, Dimension, Array, Array], Array],
        key: Key[Array, ""],
        hypers: Hypers,
    ) -> Hypers:
        """Return the hypers with `function(path, dimension, key, value)` for each of them, every
        one with a key of its own: how a change that this class doesn't know is made.
        """
        paths = [path for path, _ in named_leaves(self.dimensions)]
        names = jax.tree.structure(self.dimensions).unflatten(paths)
        return self._map(lambda d, k, n, h: function(n, d, k, h), names, hypers, key=key)

    def forward(self, hypers: Hypers) -> PyTree[Array]:
        """Return where each number lies on its own scale, in the scale's units."""
        return self._map(lambda d, h: d.forward(h), hypers)

    def inverse(self, positions: PyTree[Array]) -> Hypers:
        """Return the hypers at places on the scales, each within its bounds and of its dtype."""
        return self._map(lambda d, p: d.clip(d.inverse(p)), positions)

    def unit(self, hypers: Hypers) -> PyTree[Float[Array, "..."]]:
        """Return where each number lies between its bounds on its scale, from 0 to 1."""
        return self._map(lambda d, h: d.unit(h), hypers)

    def place(self, units: PyTree[Float[Array, "..."]]) -> Hypers:
        """Return the allowed hypers at these places between their bounds: the inverse of `unit`."""
        return self._map(lambda d, u: d.place(u), units)

    def choices(self) -> dict[str, dict[float, Any]]:
        """Return, by path, what is chosen from: each option by its number in float32."""
        return {
            path: {float(np.float32(n)): o for n, o in zip(d.numbers, d.options, strict=True)}
            for path, d in named_leaves(self.dimensions)
            if isinstance(d, Choice)
        }

    def describe(self) -> dict[str, dict[str, Any]]:
        """Return, by path, all of each dimension as JSON values: its kind, lowest and highest
        value, shape, whether it is shown, and the prior (a function by its fingerprint), or the
        options.
        """
        return {
            path: {
                "kind": type(d).__name__,
                "low": d.ends()[0],
                "high": d.ends()[1],
                "shape": list(d.shape),
                "shown": d.shown,
                **d.rest(),
            }
            for path, d in named_leaves(self.dimensions)
        }
