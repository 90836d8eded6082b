"""What a hyper is: a number with bounds, a prior, and a scale.

A factor f moves a value *on its scale*: a log or logit scale adds log f, a linear or integer scale
adds (f - 1) of the width between the bounds (an integer at least one), a choice moves to a
neighbour. So a value never leaves its bounds, and one factor means the same everywhere. Hypers are
computed in float32, so a dimension refuses what that can't hold or tell apart.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key, Shaped

from ontogeny.core.config import check_float32, pair, real, whole
from ontogeny.core.errors import ConfigError
from ontogeny.core.fingerprint import traced


class Dimension:
    """A number, or an array of them, and the scale on which it is drawn and moved.

    What is not `shown` is left out of reports: it tells nothing of a member.
    """

    shape: tuple[int, ...]
    shown: bool
    dtype: ClassVar[Any] = jnp.float32
    __no_type_check__: ClassVar[bool] = True  # what is given is checked here

    def ends(self) -> tuple[float, float]:
        """Return the lowest and the highest value."""
        raise NotImplementedError

    def rest(self) -> dict[str, Any]:
        """Return what it has besides its ends and shape, as JSON values."""
        return {}

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
        settle(self, **{end: real(getattr(self, end), end, name) for end in ("low", "high")})
        low, high = self.ends()
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            raise ConfigError(
                f"bounds ({low}, {high}) are not finite and increasing",
                where=name,
                hint=f"write {name}(low, high) with low < high",
            )
        prior = self.prior
        if not callable(prior) and prior is not None:
            prior = pair(prior, "prior", name, ", or a function of a key")
            if not low <= prior[0] <= prior[1] <= high:
                raise ConfigError(
                    f"prior {prior} is not an increasing pair inside the bounds ({low}, {high})",
                    where=name,
                    hint="a prior says where members begin; the bounds say where they may go",
                )
        settle(self, prior=prior, shape=shape_of(self.shape, name))
        self.check_scale()
        self.check_positions()

    def check_scale(self) -> None:
        """Raise `ConfigError` for numbers that the scale does not have."""

    def positions(self) -> np.ndarray:
        """Return where float32 has the bounds on the scale, computed without JAX."""
        return np.array(self.ends(), np.float32)

    def check_positions(self) -> None:
        """Raise `ConfigError` unless float32 tells the bounds apart, there and on the scale."""
        low, high = self.ends()
        name = type(self).__name__
        for end, value in (("low", low), ("high", high)):
            check_float32(value, end, name)
        with np.errstate(all="ignore"):
            width = np.diff(self.positions())
            apart = np.diff(np.array(self.ends(), np.float32))
        if not (np.isfinite(width) & (width > 0) & np.isfinite(apart) & (apart > 0)).all():
            raise ConfigError(
                f"bounds ({low}, {high}) are the same number, or too far apart, in float32",
                where=name,
                hint="hypers are computed in float32, which has seven digits: use other bounds, or "
                "a number that the learner adds to or multiplies with",
            )

    def ends(self) -> tuple[float, float]:
        return self.low, self.high

    def rest(self) -> dict[str, Any]:
        if callable(self.prior):
            key = jax.eval_shape(lambda: jax.random.key(0))
            return {"prior": traced(self.prior, key=key).fingerprint()}
        return {"prior": list(self.prior)} if self.prior else {}

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

    With a `step`, every factor above 1 adds that much and every one below 1 takes it off.
    """

    step: float | None = field(default=None, kw_only=True)

    def check_scale(self) -> None:
        if self.step is None:
            return
        settle(self, step=real(self.step, "step", "Linear"))
        if not 0 < self.step <= self.high - self.low:
            raise ConfigError(
                f"a step of {self.step} between {self.low} and {self.high}",
                where="Linear",
                hint="a step is above 0, and no wider than the bounds are apart",
            )

    def offset(self, factor: Array) -> Array:
        if self.step is not None:
            return self.step * jnp.sign(factor - 1)
        return (factor - 1) * (self.high - self.low)

    def rest(self) -> dict[str, Any]:
        return super().rest() | ({} if self.step is None else {"step": self.step})


@dataclass(frozen=True)
class Log(Bounded):
    """A positive number whose ratios matter: a learning rate, a cost.

    >>> rate = og.Log(1e-5, 1e-1, prior=(1e-4, 1e-2))
    >>> round(rate.place(jnp.float32(0.5)).item(), 6)  # halfway along the scale
    0.001
    """

    def check_scale(self) -> None:
        if self.low <= 0:
            raise ConfigError(
                f"the low bound {self.low} is not positive",
                where="Log",
                hint="a log scale has no zero: give a small floor such as 1e-5, or use Linear",
            )

    def positions(self) -> np.ndarray:
        return np.log(super().positions())

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

    def check_scale(self) -> None:
        if not (self.low > 0 and self.high < 1):
            raise ConfigError(
                f"bounds ({self.low}, {self.high}) are not inside (0, 1)",
                where="Logit",
                hint="give bounds such as (0.9, 0.999)",
            )

    def positions(self) -> np.ndarray:
        ends = super().positions()
        return np.log(ends) - np.log1p(-ends)

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

    def check_scale(self) -> None:
        for name, ends in (("bounds", self.ends()), ("prior", self.prior)):
            if isinstance(ends, tuple) and any(end != int(end) for end in ends):
                raise ConfigError(f"{name} {ends} are not whole numbers", where="Integer")
            if isinstance(ends, tuple) and not all(-(2**31) <= end < 2**31 for end in ends):
                raise ConfigError(
                    f"{name} {ends} do not fit 32 bits",
                    where="Integer",
                    hint="use numbers from -2147483648 to 2147483647",
                )

    def offset(self, factor: Array) -> Array:
        shift = (factor - 1) * (self.high - self.low)
        return jnp.sign(shift) * jnp.maximum(jnp.abs(jnp.round(shift)), 1)

    def sample(self, key: Key[Array, ""]) -> Array:
        if callable(self.prior):
            return super().sample(key)
        low, high = self.prior or self.ends()
        return jax.random.randint(key, self.shape, int(low), int(high) + 1, self.dtype)

    def clip(self, value: Array) -> Array:
        low, high = self.ends()
        if jnp.issubdtype(jnp.result_type(value), jnp.floating):  # float32 has no 2147483647
            low, high = _inside(low, math.inf), _inside(high, -math.inf)
        return jnp.clip(jnp.round(value), low, high).astype(self.dtype)


@dataclass(frozen=True)
class Choice(Dimension):
    """One of a few increasing numbers; a perturbation moves to a neighbour. Hypers hold the number
    itself, in float32; a host learner is given the option as it was written, which may be a word.
    Words stand for their places in the list.

    >>> batch = og.Choice((16, 32, 64))
    >>> batch.clip(jnp.float32(40)).item()
    32.0
    >>> og.Choice(("adam", "sgd")).numbers  # for host learners alone
    (0.0, 1.0)
    """

    options: tuple[Any, ...]
    shape: tuple[int, ...] = field(default=(), kw_only=True)
    shown: bool = field(default=True, kw_only=True)

    def __post_init__(self) -> None:
        given: Any = self.options
        if isinstance(given, str | bytes) or not isinstance(given, Sequence | np.ndarray):
            raise ConfigError(
                f"options are {given!r}",
                where="Choice",
                hint=f"list them: Choice(({given!r}, …))",
            )
        options = tuple(o.item() if hasattr(o, "item") else o for o in given)
        settle(self, options=options, shape=shape_of(self.shape, "Choice"))
        with np.errstate(over="ignore"):
            numbers = np.array(self.numbers, np.float32)
        if not len(options) or not np.isfinite(numbers).all() or (np.diff(numbers) <= 0).any():
            raise ConfigError(
                f"options {options} are not finite, distinct and increasing in float32",
                where="Choice",
                hint="list the numbers in increasing order",
            )
        if len({(type(o), o) for o in options}) < len(options) or not all(
            isinstance(o, str | int | float | None) for o in options
        ):
            raise ConfigError(
                f"options {options} are not distinct words and numbers",
                where="Choice",
                hint="list each option once, as a number or as text",
            )
        for option in options:
            if not self.words:
                check_float32(option, "an option", "Choice")
                if int(option) == option and float(np.float32(option)) != option:
                    raise ConfigError(
                        f"float32 has no {option}", where="Choice", hint="use a rounder number"
                    )

    @property
    def words(self) -> bool:
        """Whether some options are no numbers."""
        return not all(isinstance(option, int | float) for option in self.options)

    @property
    def numbers(self) -> tuple[float, ...]:
        """The number that stands for each option: itself, or a word's place."""
        return tuple(map(float, range(len(self.options)) if self.words else self.options))

    def ends(self) -> tuple[float, float]:
        return self.numbers[0], self.numbers[-1]

    def rest(self) -> dict[str, Any]:
        return {"options": list(self.options)}

    def sample(self, key: Key[Array, ""]) -> Shaped[Array, "..."]:
        return jax.random.choice(key, jnp.array(self.numbers, self.dtype), self.shape)

    def clip(self, value: Array) -> Array:
        return self.inverse(self.forward(value))

    def forward(self, value: Array) -> Array:
        distance = jnp.abs(jnp.array(self.numbers, self.dtype) - jnp.asarray(value)[..., None])
        return jnp.argmin(distance, axis=-1).astype(self.dtype)

    def inverse(self, position: Array) -> Array:
        rank = jnp.clip(jnp.round(position), 0, len(self.numbers) - 1).astype(jnp.int32)
        return jnp.array(self.numbers, self.dtype)[rank]

    def offset(self, factor: Array) -> Array:
        return jnp.sign(factor - 1)


def _inside(end: float, to: float) -> float:
    """Return the nearest number of float32 that is the end, or lies in this direction of it."""
    nearest = np.float32(end)
    beyond = float(nearest) > end if to < 0 else float(nearest) < end
    return float(np.nextafter(nearest, np.float32(to)) if beyond else nearest)


def settle(dimension: Dimension, **fields: Any) -> None:
    """Set fields of a frozen dimension as it is made."""
    for name, value in fields.items():
        object.__setattr__(dimension, name, value)


def shape_of(value: Any, where: str) -> tuple[int, ...]:
    """Return a shape as a tuple of Python's numbers. Raises `ConfigError` for what is none."""
    if not isinstance(value, tuple | list):
        raise ConfigError(
            f"shape is {value!r}", where=where, hint=f"write a tuple: shape=({value},)"
        )
    return tuple(whole(size, "shape", where, least=1) for size in value)
