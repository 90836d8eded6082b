"""Where hypers live, and on what scale.

A space is a pytree whose leaves are dimensions; hypers are the same pytree with arrays for leaves.
A dimension knows its bounds, its prior and its scale. A factor f moves a value *on its scale*: a
log or logit scale adds log f, a linear or integer scale adds (f - 1) of the width between the
bounds (an integer at least one), a choice moves to a neighbour. So a value never leaves its bounds,
and one factor means the same everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key, PyTree, Shaped

from ontogeny.core.errors import ConfigError
from ontogeny.core.learner import Hypers
from ontogeny.core.promotion import own_rules
from ontogeny.core.trees import named_leaves


class Dimension:
    """A number, or an array of them, and the scale on which it is drawn and moved.

    What is not `shown` is left out of reports: it tells nothing of a member.
    """

    shape: tuple[int, ...]
    shown: bool
    dtype: ClassVar[Any] = jnp.float32

    def ends(self) -> tuple[float, float]:
        """Return the lowest and the highest value."""
        raise NotImplementedError

    def sample(self, key: Key[Array, ""]) -> Shaped[Array, "..."]:
        """Return a draw from the prior."""
        raise NotImplementedError

    def clip(self, value: Array) -> Array:
        """Return the nearest value that is allowed."""
        return jnp.clip(value, *self.ends()).astype(self.dtype)

    def forward(self, value: Array) -> Array:
        """Return the value's position on the scale."""
        return value

    def inverse(self, position: Array) -> Array:
        """Return the value at a position on the scale."""
        return position

    def offset(self, factor: Array) -> Array:
        """Return how far a factor moves a value along the scale."""
        return jnp.log(factor)

    def shift(self, value: Array, offset: Array) -> Array:
        """Return the value moved along its scale, within its bounds."""
        return self.clip(self.inverse(self.forward(value) + offset))

    def unit(self, value: Array) -> Float[Array, "..."]:
        """Return where the value lies on the scale: 0 at the lowest, 1 at the highest."""
        low, high = self.forward(jnp.array(self.ends(), jnp.float32))
        return (self.forward(jnp.asarray(value, jnp.float32)) - low) / jnp.maximum(
            high - low, 1e-30
        )

    def place(self, unit: Float[Array, "..."]) -> Shaped[Array, "..."]:
        """Return the allowed value that is nearest to this place on the scale, 0 being the lowest
        and 1 the highest.
        """
        low, high = self.forward(jnp.array(self.ends(), jnp.float32))
        return self.clip(self.inverse(low + unit * (high - low)))


@dataclass(frozen=True)
class Bounded(Dimension):
    """A number between two bounds, drawn uniformly on its scale from `prior`.

    `prior` is a pair inside (low, high), which it is when not given; or a function of a key, for
    values that begin with another distribution (weights as genes), clipped to the bounds.
    """

    low: float
    high: float
    prior: tuple[float, float] | Callable[[Key[Array, ""]], Array] | None = None
    shape: tuple[int, ...] = field(default=(), kw_only=True)
    shown: bool = field(default=True, kw_only=True)

    def __post_init__(self) -> None:
        name = type(self).__name__
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise ConfigError(
                f"bounds ({self.low}, {self.high}) are not finite and increasing",
                where=name,
                hint=f"write {name}(low, high) with low < high",
            )
        if isinstance(self.prior, tuple) and not (
            self.low <= self.prior[0] <= self.prior[1] <= self.high
        ):
            raise ConfigError(
                f"prior {self.prior} is not an increasing pair inside "
                f"the bounds ({self.low}, {self.high})",
                where=name,
                hint="a prior says where members begin; the bounds say where they may go",
            )

    def ends(self) -> tuple[float, float]:
        return self.low, self.high

    def sample(self, key: Key[Array, ""]) -> Shaped[Array, "..."]:
        if callable(self.prior):
            return self.clip(jnp.broadcast_to(self.prior(key), self.shape))
        low, high = self.forward(jnp.array(self.prior or self.ends(), jnp.float32))
        return self.clip(self.inverse(jax.random.uniform(key, self.shape, minval=low, maxval=high)))


@dataclass(frozen=True)
class Linear(Bounded):
    """A number whose differences matter: a dropout rate, a mixing weight, a gene.

    >>> dropout = og.Linear(0.0, 0.5)
    >>> dropout.place(jnp.float32(0.5)).item()  # halfway along the scale
    0.25
    """

    def offset(self, factor: Array) -> Array:
        return (factor - 1) * (self.high - self.low)


@dataclass(frozen=True)
class Log(Bounded):
    """A positive number whose ratios matter: a learning rate, a cost.

    >>> rate = og.Log(1e-5, 1e-1, prior=(1e-4, 1e-2))
    >>> round(rate.place(jnp.float32(0.5)).item(), 6)  # halfway along the scale
    0.001
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.low <= 0:
            raise ConfigError(
                f"the low bound {self.low} is not positive",
                where="Log",
                hint="a log scale has no zero: give a small floor such as 1e-5, or use Linear",
            )

    def forward(self, value: Array) -> Array:
        return jnp.log(value)

    def inverse(self, position: Array) -> Array:
        return jnp.exp(position)


@dataclass(frozen=True)
class Logit(Bounded):
    """A number between 0 and 1 whose distance to both ends matters: a discount, a decay.

    >>> discount = og.Logit(0.9, 0.999)
    >>> round(discount.place(jnp.float32(0.5)).item(), 3)  # halfway along the scale
    0.99
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (self.low > 0 and self.high < 1):
            raise ConfigError(
                f"bounds ({self.low}, {self.high}) are not inside (0, 1)",
                where="Logit",
                hint="give bounds such as (0.9, 0.999)",
            )

    def forward(self, value: Array) -> Array:
        return jnp.log(value) - jnp.log1p(-value)

    def inverse(self, position: Array) -> Array:
        return jax.nn.sigmoid(position)


@dataclass(frozen=True)
class Integer(Bounded):
    """A whole number between two bounds, both included. It is traced: it never decides a shape.

    >>> layers = og.Integer(1, 8, prior=(2, 4))
    >>> layers.clip(jnp.float32(9.6)).item()
    8
    """

    dtype: ClassVar[Any] = jnp.int32

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, ends in (("bounds", self.ends()), ("prior", self.prior)):
            if isinstance(ends, tuple) and any(end != int(end) for end in ends):
                raise ConfigError(f"{name} {ends} are not whole numbers", where="Integer")

    def offset(self, factor: Array) -> Array:
        shift = (factor - 1) * (self.high - self.low)
        return jnp.sign(shift) * jnp.maximum(jnp.abs(jnp.round(shift)), 1)

    def sample(self, key: Key[Array, ""]) -> Array:
        if callable(self.prior):
            return super().sample(key)
        low, high = self.prior or self.ends()
        return jax.random.randint(key, self.shape, int(low), int(high) + 1, self.dtype)

    def clip(self, value: Array) -> Array:
        return jnp.clip(jnp.round(value), self.low, self.high).astype(self.dtype)


@dataclass(frozen=True)
class Choice(Dimension):
    """One of a few increasing numbers; a perturbation moves to a neighbour. Hypers hold the number
    itself.

    >>> batch = og.Choice((16, 32, 64))
    >>> batch.clip(jnp.float32(40)).item()
    32.0
    """

    options: tuple[float, ...]
    shape: tuple[int, ...] = field(default=(), kw_only=True)
    shown: bool = field(default=True, kw_only=True)

    def __post_init__(self) -> None:
        options = tuple(float(o) for o in self.options)
        if (
            not options
            or list(options) != sorted(set(options))
            or not all(map(math.isfinite, options))
        ):
            raise ConfigError(
                f"options {tuple(self.options)} are not finite, distinct and increasing",
                where="Choice",
                hint="list the numbers in increasing order",
            )
        object.__setattr__(self, "options", options)

    def ends(self) -> tuple[float, float]:
        return self.options[0], self.options[-1]

    def sample(self, key: Key[Array, ""]) -> Shaped[Array, "..."]:
        return jax.random.choice(key, jnp.array(self.options, self.dtype), self.shape)

    def clip(self, value: Array) -> Array:
        return self.inverse(self.forward(value))

    def forward(self, value: Array) -> Array:
        distance = jnp.abs(jnp.array(self.options, self.dtype) - jnp.asarray(value)[..., None])
        return jnp.argmin(distance, axis=-1).astype(self.dtype)

    def inverse(self, position: Array) -> Array:
        rank = jnp.clip(jnp.round(position), 0, len(self.options) - 1).astype(jnp.int32)
        return jnp.array(self.options, self.dtype)[rank]

    def offset(self, factor: Array) -> Array:
        return jnp.sign(factor - 1)


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

    def __post_init__(self) -> None:
        for path, leaf in jax.tree_util.tree_flatten_with_path(self.dimensions)[0]:
            if not isinstance(leaf, Dimension):
                raise ConfigError(
                    f"{leaf!r} is not a dimension",
                    where=f"space{jax.tree_util.keystr(path)}",
                    hint="use Linear, Log, Logit, Integer or Choice; close over what is fixed",
                )
            for key in path:  # names are joined by dots, in records and wherever one is asked for
                name = getattr(key, "key", None)
                if isinstance(name, str) and (not name.strip() or {".", "/"} & set(name)):
                    raise ConfigError(
                        f"a hyper is called {name!r}",
                        where=f"space{jax.tree_util.keystr(path)}",
                        hint="use a name without a dot or a slash; nest dictionaries for groups",
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

    def describe(self) -> dict[str, dict[str, Any]]:
        """Return, by path, each dimension's kind, lowest and highest value, shape, and whether it
        is shown, as JSON values.
        """
        return {
            path: {
                "kind": type(d).__name__,
                "low": d.ends()[0],
                "high": d.ends()[1],
                "shape": list(d.shape),
                "shown": d.shown,
            }
            for path, d in named_leaves(self.dimensions)
        }
