"""The learner: three pure functions. Everything that learns is one of these.

- `init(key, hypers)` returns a fresh state;
- `step(key, state, hypers)` returns the state after one update, and metrics;
- `score(key, state, hypers)` returns how good the state is. Bigger is better, always.

A fourth may be given, and seldom is: `bequeath(state, hypers)` returns the hypers that the member
leaves to its heirs when a round is over. Hypers can be genes (initial weights, say), and then this
is Lamarck's inheritance: what was learned is written into what is inherited. Without it, hypers
stay as they were born.

A state is any pytree of arrays, and only arrays: what is static (layer sizes, an activation, a
world) is closed over by the three functions. Hypers are numbers that a strategy may change while
the learner learns; they are traced, so they never decide a shape and never cause a recompilation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar

import jax
from jaxtyping import Array, Float, Key, PyTree

from ontogeny.core.closures import traced_once
from ontogeny.core.errors import ConfigError, StructureError, unknown
from ontogeny.core.metrics import check_metrics
from ontogeny.core.trees import check_same, named_leaves

State = TypeVar("State")

NO_ARRAY = re.compile("not a valid JAX type|'tuple' object has no attribute 'removeprefix'")
"""What JAX says of what is no array; the second where it fails to say the first."""
UNTRACED = re.compile("Shapes must be|Only integer scalar arrays")
"""What JAX says of a traced size or count, beside errors of classes of their own."""

Hypers: TypeAlias = PyTree[Array]
Metrics: TypeAlias = dict[str, Array]

STRATEGY_HYPERS = ("season", "sigma")
"""Hypers that a strategy sets or reads itself: a space may have them whatever learns."""


class Learner(NamedTuple, Generic[State]):
    """Three pure functions of one member, or four; see the module's text.

    >>> learner = og.Learner(
    ...     init=lambda key, hypers: jnp.ones(3),
    ...     step=lambda key, x, hypers: (x * (1 - hypers["rate"]), {}),
    ...     score=lambda key, x, hypers: -jnp.sum(x**2),
    ... )
    >>> x, metrics = learner.step(None, jnp.ones(3), {"rate": 0.5})
    >>> learner.score(None, x, {"rate": 0.5}).item()
    -0.75
    """

    init: Callable[[Key[Array, ""], Hypers], State]
    step: Callable[[Key[Array, ""], State, Hypers], tuple[State, Metrics]]
    score: Callable[[Key[Array, ""], State, Hypers], Float[Array, ""]]
    bequeath: Callable[[State, Hypers], Hypers] | None = None


def traced(learner: Learner[State]) -> Learner[State]:
    """Return the learner, each of its functions traced once (`closures.traced_once`): for who asks
    for its shapes and then makes a program of it.
    """
    parts: Any = [each and traced_once(each) for each in learner]
    return Learner(*parts)


def settled(hypers: Hypers, *needed: str, **fixed: Any) -> dict[str, Any]:
    """Return, by name, what a learner is to go by: its hypers, and what is fixed where the space
    leaves a hyper out.

    Raises `ConfigError` for a hyper that the learner does not read (but for those that a strategy
    reads, `STRATEGY_HYPERS`), so that nobody tunes a misspelt name, and for one that is needed and
    not there.
    """
    if not isinstance(hypers, Mapping):
        raise ConfigError(
            f"the hypers are a {type(hypers).__name__}",
            where="space",
            hint="this learner reads them by name: make the space of a dictionary",
        )
    names = (*needed, *fixed)
    for name in hypers:
        if name not in names and name not in STRATEGY_HYPERS:
            raise unknown("hyper of this learner", str(name), names, "space")
    for name in needed:
        if name not in hypers:
            raise ConfigError(
                f"the learner needs a hyper called {name!r}",
                where="space",
                hint=f'add it: Space({{"{name}": ...}})',
            )
    return {name: hypers[name] if name in hypers else fixed[name] for name in names}


def check_shapes(learner: Learner[Any], hypers: PyTree) -> Any:
    """Trace the learner once without computing; return the shapes and dtypes of its state.

    `hypers` is one member's (arrays or shapes). Raises `StructureError` naming the leaf: when the
    state holds something that is not an array, when `step` changes its structure, a shape or a
    dtype, when `bequeath` does so to the hypers, when a metric is not a scalar or has a name that
    is taken (`core.metrics`), or when the score is not one floating-point number.
    """
    key = jax.eval_shape(lambda: jax.random.key(0))
    state = shape_of(learner.init, "init", key, hypers)
    for path, leaf in named_leaves(state):
        if _is_narrow(leaf):
            raise StructureError(
                f"it is {leaf.dtype}, of which several share a byte",
                where=f"learner.init, state leaf {path}",
                hint="keep it as int8 or float16 between the steps, and narrow it inside of them",
            )
    made: Any = shape_of(learner.step, "step", key, state, hypers)
    if not (isinstance(made, tuple) and len(made) == 2):
        raise StructureError(
            f"it returned {'one array' if hasattr(made, 'dtype') else type(made).__name__}",
            where="learner.step",
            hint="return the state and a dictionary of scalars: return state, {}",
        )
    after, metrics = made
    check_same(
        state,
        after,
        where="learner.step, state",
        hint="return a state of the structure, shapes and dtypes that it was given: cast, reshape",
    )
    check_metrics(metrics, "learner.step")
    for name, value in metrics.items():
        if getattr(value, "shape", None) != () or not _is_real(value.dtype):
            said = " and ".join(f"{x.dtype}{list(x.shape)}" for x in jax.tree.leaves(value))
            raise StructureError(
                f"metric {name!r} is {said or 'nothing'}",
                where="learner.step",
                hint="return real scalars; reduce with a mean or give each part a name of its own",
            )
    if learner.bequeath is not None:
        left = shape_of(learner.bequeath, "bequeath", state, hypers)
        check_same(
            jax.eval_shape(lambda h: h, hypers),
            left,
            where="learner.bequeath, hypers",
            hint="leave hypers of the structure, shapes and dtypes that were given",
        )
    score = shape_of(learner.score, "score", key, state, hypers)
    leaves = jax.tree.leaves(score)
    if (
        len(leaves) != 1
        or leaves[0].shape != ()
        or not jax.numpy.issubdtype(leaves[0].dtype, jax.numpy.floating)
    ):
        raise StructureError(
            f"the score is {score}",
            where="learner.score",
            hint="return one floating-point number, bigger is better",
        )
    return state


def _is_narrow(leaf: Any) -> bool:
    """Return whether its numbers have fewer bits than a byte: JAX does not hand such arrays on from
    one program to another, and no file holds them.
    """
    if jax.numpy.issubdtype(leaf.dtype, jax.numpy.integer):
        return jax.numpy.iinfo(leaf.dtype).bits < 8
    real = jax.numpy.issubdtype(leaf.dtype, jax.numpy.floating)
    return real and jax.numpy.finfo(leaf.dtype).bits < 8


def shape_of(function: Callable[..., Any], name: str, *arguments: Any) -> Any:
    """Return the shapes and dtypes of what a learner's function returns, given its arguments'; the
    last are hypers. Raises `StructureError` for what JAX can't trace, `ConfigError` for a hyper
    that the space does not have; and what the function itself raises.
    """
    where, hypers = f"learner.{name}", arguments[-1]
    try:
        return jax.eval_shape(function, *arguments)
    except KeyError as error:
        wanted = error.args[0] if error.args else None
        if not isinstance(hypers, Mapping) or not isinstance(wanted, str) or wanted in hypers:
            raise
        raise ConfigError(
            f"it reads {wanted!r}, and the hypers are {', '.join(map(str, hypers)) or 'none'}",
            where=where,
            hint=f'add it to the space, as in og.Space({{"{wanted}": og.Log(1e-4, 1.0)}})',
        ) from error
    except (TypeError, AttributeError) as error:
        said = str(error)
        if NO_ARRAY.search(said):
            raise StructureError(
                f"the state or a metric holds something that is not an array ({said:.200})",
                where=where,
                hint="close over static parts; keep arrays in the state (equinox: eqx.partition "
                "once)",
            ) from error
        leak = isinstance(error, jax.errors.UnexpectedTracerError)
        if leak or not (isinstance(error, jax.errors.JAXTypeError) or UNTRACED.search(said)):
            raise
        raise StructureError(
            f"it needs the value of an array before there is one ({said.splitlines()[0]:.200})",
            where=where,
            hint="keys, states and hypers are traced: they decide no size, no branch and nothing "
            "of NumPy's. Close over sizes; use jnp.where and jnp; or grow a HostLearner",
        ) from error


def _is_real(dtype: Any) -> bool:
    """Return whether its values are whole, real or truth values."""
    return any(
        jax.numpy.issubdtype(dtype, kind)
        for kind in (jax.numpy.integer, jax.numpy.floating, jax.numpy.bool_)
    )
