"""The inner loop: gradient descent on a loss, as one differentiable function of where it starts.

    point_{t+1} = project(point_t - rates_t ⊙ grad loss(point_t)),    t = 0 … steps - 1

on any pytree. Whoever differentiates the end (or a loss there) differentiates through every step:
with respect to the start (MAML), the rates (Meta-SGD), or anything that the loss closes over. The
loop is a `lax.scan`: it compiles once, however many steps there are.

`proximal_descent` descends likewise, and is differentiated by what holds at its end and not through
its steps. Sources: Finn, Abbeel and Levine 2017 (MAML, arXiv 1703.03400); Li et al. 2017 (Meta-SGD,
arXiv 1707.09835); Chen et al. 2016 (recomputing in segments, arXiv 1604.06174); Shaban et al. 2019
(truncation, arXiv 1810.10667); Rajeswaran et al. 2019 (implicit gradients, arXiv 1909.04630).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias, cast

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

from ontogeny.core.errors import ConfigError, StructureError
from ontogeny.core.trees import named_leaves

Loss: TypeAlias = Callable[..., Float[Array, ""]]
Point: TypeAlias = PyTree[Array]
Rates: TypeAlias = PyTree[Array | float]


class Descent(NamedTuple):
    """Where a descent ended, and what it met on the way."""

    end: Point
    losses: Float[Array, " step"]  # at every point that a step was taken from: the end has none
    seen: Any  # what `watch` returned at every point and at the end, [steps + 1]; None without it


def descend_inner(
    loss: Loss | Sequence[Loss],
    start: Point,
    rates: Rates | Sequence[Rates],
    steps: int,
    *,
    order: int = 2,
    each: PyTree[Array] = None,
    rates_by_step: bool = False,
    project: Callable[[Point], Point] | None = None,
    truncate: int | None = None,
    remat: bool = False,
    watch: Callable[[Point], Any] | None = None,
) -> Descent:
    """Return the descent from `start`.

    - `loss`: of the point; or several, which are descended together, each at the rates in its place
      of `rates`. Their sum is what is recorded.
    - `rates`: one number, or a tree of them of the structure of `start` or of its upper part: one
      for every leaf, or an array that broadcasts against the leaf, one for every parameter. With
      `rates_by_step` each has a leading axis, one row a step.
    - `order`: 1 takes the gradients along the way as constants (first-order MAML): the start's
      derivative is then the projections' alone, and the rates still have one.
    - `each`: what a step needs of its own (keys, minibatches), one row a step; the loss is then
      called with the point and the row.
    - `truncate`: only the last so many steps are differentiated. Those before count as if they had
      moved the start by a constant.
    - `remat`: when differentiated, keep about sqrt(steps) points and compute what lies between
      them again: memory grows with sqrt(steps), for one more evaluation of every step.
    - `watch`: a function of the point, to look at the way: `lambda point: point` is the trajectory.

    Raises `ConfigError` for steps or a truncation below 0 and an order that is not 1 or 2,
    `StructureError` for rates or rows that do not fit.

    >>> way = og.descend_inner(lambda x: x**2, start=jnp.float32(1.0), rates=0.25, steps=3)
    >>> way.end.item(), way.losses.tolist()
    (0.125, [1.0, 0.25, 0.0625])
    """
    if steps < 0 or order not in (1, 2) or (truncate is not None and truncate < 0):
        raise ConfigError(
            f"{steps} steps of order {order}, truncated to {truncate}",
            where="descend_inner",
            hint="use 0 steps or more, order 1 or 2, and truncate=None to differentiate all",
        )
    terms: tuple[Loss, ...] = (loss,) if callable(loss) else tuple(loss)
    several = (rates,) if callable(loss) else tuple(cast(Sequence[Rates], rates))
    if not terms or len(several) != len(terms):
        raise StructureError(
            f"{len(several)} rates for {len(terms)} losses",
            where="descend_inner, rates",
            hint="give each loss a tree of rates of its own",
        )
    spread = tuple(_spread(each_, start, steps if rates_by_step else None) for each_ in several)
    for path, leaf in named_leaves(each):
        if jnp.shape(leaf)[:1] != (steps,):
            raise StructureError(
                f"its shape is {list(jnp.shape(leaf))} for {steps} steps",
                where=f"descend_inner, each, leaf {path}",
                hint="give one row a step",
            )

    def step(point: Point, row: tuple[Any, Any, Any]) -> tuple[Point, tuple[Array, Any]]:
        _, rates_t, each_t = row
        given = () if each is None else (each_t,)
        value, after = jnp.zeros(()), point
        for term, used in zip(terms, rates_t if rates_by_step else spread, strict=True):
            part, gradient = jax.value_and_grad(term)(point, *given)
            if order == 1:
                gradient = jax.lax.stop_gradient(gradient)
            after = jax.tree.map(lambda p, r, g: (p - r * g).astype(p.dtype), after, used, gradient)
            value = part if len(terms) == 1 else value + part
        seen = None if watch is None else watch(point)
        return (after if project is None else project(after)), (value, seen)

    rows = (jnp.arange(steps), spread if rates_by_step else None, each)
    first = 0 if truncate is None else max(steps - truncate, 0)
    point, parts = jax.tree.map(jnp.asarray, start), []
    if first > 0:
        begun, met = _run(step, jax.lax.stop_gradient(point), _cut(rows, 0, first), first, False)
        moved = jax.lax.stop_gradient(jax.tree.map(jnp.subtract, begun, point))
        point = jax.tree.map(jnp.add, point, moved)
        parts.append(jax.lax.stop_gradient(met))
    point, met = _run(step, point, _cut(rows, first, steps), steps - first, remat)
    losses, seen = _join([*parts, met])
    if watch is not None:
        seen = jax.tree.map(lambda a, b: jnp.concatenate([a, b[None]]), seen, watch(point))
    return Descent(point, losses, seen)


def nesterov_descent(
    loss: Callable[[Point], Float[Array, ""]],
    start: Point,
    rates: Float[Array, " step"],
    momenta: Float[Array, " step"],
    project: Callable[[Point], Point] = lambda point: point,
) -> Point:
    """Return every point of a descent with Nesterov's momentum, the start first: [steps + 1, ...].

        ahead = project(point + momentum velocity)
        velocity <- momentum velocity - rate grad loss(ahead);  point <- project(point + velocity)

    Source: Nesterov 1983; projected as Bartunov et al. 2020 (arXiv 1910.02720, appendix) do.
    """

    def step(carry: tuple[Point, Point], row: tuple[Array, Array]) -> tuple[Any, Point]:
        (point, velocity), (rate, momentum) = carry, row
        ahead = project(jax.tree.map(lambda p, v: p + momentum * v, point, velocity))
        slope = jax.grad(loss)(ahead)
        velocity = jax.tree.map(lambda v, g: momentum * v - rate * g, velocity, slope)
        point = project(jax.tree.map(jnp.add, point, velocity))
        return (point, velocity), point

    still = jax.tree.map(jnp.zeros_like, start)
    _, points = jax.lax.scan(step, (start, still), (rates, momenta))
    return jax.tree.map(lambda first, rest: jnp.concatenate([first[None], rest]), start, points)


def proximal_descent(
    loss: Callable[[Point], Float[Array, ""]],
    start: Point,
    rates: Rates,
    steps: int,
    *,
    strength: Float[Array, ""] | float,
    solver_steps: int = 20,
    watch: Callable[[Point], Any] | None = None,
) -> Descent:
    """Return the descent on loss(point) + strength/2 |point - start|², differentiated implicitly.

    At a minimum the gradient of that sum is zero, which ties the end to the start and to all that
    the loss closes over: d end / d start = (I + H / strength)^-1 with H the loss's Hessian at the
    end. The system is solved by at most `solver_steps` conjugate gradients, so memory does not grow
    with `steps` and no Hessian is formed. It holds as far as the descent has converged and the sum
    is convex there; the rates have no derivative, and neither have the losses, which are those of
    the sum, nor what is watched.

    Raises as `descend_inner` does.
    """

    def pulled(point: Point) -> Float[Array, ""]:
        apart = jax.tree.map(lambda p, s: jnp.sum((p - s) ** 2), point, start)
        return loss(point) + 0.5 * strength * sum(jax.tree.leaves(apart))

    descent = jax.lax.stop_gradient(descend_inner(pulled, start, rates, steps, watch=watch))
    slope, held = jax.closure_convert(jax.grad(pulled), descent.end)
    residual = slope(descent.end, *held)  # zero at a minimum, but for what it depends on
    constants = jax.lax.stop_gradient(held)

    def curve(direction: Point) -> Point:
        return jax.jvp(lambda p: slope(p, *constants), (descent.end,), (direction,))[1]

    change = jax.tree.map(lambda r: r - jax.lax.stop_gradient(r), residual)
    begin = jax.tree.map(jnp.zeros_like, descent.end)
    moved = jax.scipy.sparse.linalg.cg(curve, change, begin, maxiter=solver_steps)[0]
    return descent._replace(end=jax.tree.map(jnp.subtract, descent.end, moved))


def _spread(rates: Rates, start: Point, steps: int | None) -> Rates:
    """Return the rates as a tree of the structure of `start`, every leaf checked to broadcast."""
    try:
        spread = jax.tree.map(lambda r, part: jax.tree.map(lambda _: r, part), rates, start)
        jax.tree.map(lambda r, s: None, spread, start)
    except ValueError as error:
        raise StructureError(
            f"the rates are not of the start's structure ({error})",
            where="descend_inner, rates",
            hint="give one number, or a tree of the start's structure or of its upper part",
        ) from error
    for (path, rate), leaf in zip(named_leaves(spread), jax.tree.leaves(start), strict=True):
        shape = jnp.shape(rate)
        if steps is not None and shape[:1] != (steps,):
            raise StructureError(
                f"its shape is {list(shape)} for {steps} steps",
                where=f"descend_inner, rates, leaf {path}",
                hint="with rates_by_step give one row a step",
            )
        own = shape if steps is None else shape[1:]
        if len(own) > jnp.ndim(leaf) or any(
            n not in (1, m) for n, m in zip(own[::-1], jnp.shape(leaf)[::-1], strict=False)
        ):
            raise StructureError(
                f"rates {list(own)} do not broadcast against {list(jnp.shape(leaf))}",
                where=f"descend_inner, rates, leaf {path}",
                hint="give one number a leaf, or one a parameter; see rates_by_step",
            )
    return spread


def _run(step: Any, point: Point, rows: Any, count: int, remat: bool) -> tuple[Point, Any]:
    """Return the last point and what the steps met, rematerialised in segments when asked."""
    if count == 1:  # under vmap a scan would copy a start that the tasks share to each of them
        point, met = step(point, jax.tree.map(lambda x: x[0], rows))
        return point, jax.tree.map(lambda x: x[None], met)
    length = math.isqrt(count)
    if not remat or length < 2:
        return jax.lax.scan(step, point, rows, length=count)
    segments = count // length

    def segment(point: Point, rows: Any) -> tuple[Point, Any]:
        return jax.lax.scan(step, point, rows)

    whole = segments * length
    folded = jax.tree.map(lambda x: x.reshape(segments, length, *x.shape[1:]), _cut(rows, 0, whole))
    again = jax.checkpoint(segment, prevent_cse=False)  # in a scan nothing is merged anyway
    point, met = jax.lax.scan(again, point, folded)
    parts = [jax.tree.map(lambda x: x.reshape(whole, *x.shape[2:]), met)]
    if whole < count:
        point, met = jax.checkpoint(segment)(point, _cut(rows, whole, count))
        parts.append(met)
    return point, _join(parts)


def _cut(rows: Any, begin: int, end: int) -> Any:
    return jax.tree.map(lambda x: x[begin:end], rows)


def _join(parts: list[Any]) -> Any:
    return parts[0] if len(parts) == 1 else jax.tree.map(lambda *x: jnp.concatenate(x), *parts)
