"""A function compiled, its data apart from it.

A function under `jax.jit` that closes over arrays has them written into its program as constants:
compiled with it, and copied with it. A learner's data set is such an array, so whoever compiles a
learner opens it first.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
from jax.core import eval_jaxpr
from jax.extend.core import ClosedJaxpr, Jaxpr, Literal

from ontogeny.core.compiling import side_by_side


def debugging() -> bool:
    """Return whether JAX is told to compute step by step, or to find where a NaN comes from: then a
    function stays as it was written, so that JAX can look into it.
    """
    return bool(jax.config.values["jax_disable_jit"] or jax.config.values["jax_debug_nans"])


def compiled(function: Callable[..., Any], *arguments: Any, **how: Any) -> tuple[Any, int]:
    """Return the function compiled for `arguments` (arrays or their shapes), `how` being what
    `jax.jit` takes, and the bytes that it holds while it runs, as far as the compiler knows.
    """
    return side_by_side(lowered(function, *arguments, **how))[0]


def lowered(
    function: Callable[..., Any], *arguments: Any, **how: Any
) -> Callable[[], tuple[Any, int]]:
    """Return what compiles the function and returns what `compiled` does, the function traced."""
    if debugging():
        plain = jax.jit(function)
        return lambda: (lambda *given: plain(*jax.tree.map(jax.numpy.asarray, given)), 0)
    program = jax.jit(function, **how).lower(*arguments)

    def compile_() -> tuple[Any, int]:
        made: Any = program.compile()
        analysis = made.memory_analysis()
        return made, int(analysis.temp_size_in_bytes) if analysis else 0

    return compile_


def opened(function: Callable[..., Any], *arguments: Any) -> tuple[Callable[..., Any], list[Any]]:
    """Return the function with one argument more, before the others: the arrays that it closed
    over; and those arrays.

    It is traced once, for `arguments` (arrays or their shapes), and serves arguments of these
    shapes alone. While `debugging`, it keeps them, and nothing is beside it.
    """
    if debugging():
        return lambda _, *arguments: function(*arguments), []
    traced, returned = jax.make_jaxpr(function, return_shape=True)(*arguments)
    into, out = jax.tree.structure(arguments), jax.tree.structure(returned)

    def with_data(data: list[Any], *arguments: Any) -> Any:
        return out.unflatten(eval_jaxpr(traced.jaxpr, data, *into.flatten_up_to(arguments)))

    return with_data, list(traced.consts)


def traced_once(
    function: Callable[..., Any], look: Callable[[Jaxpr], None] | None = None
) -> Callable[..., Any]:
    """Return the function, which is traced at its first call with arguments of some structure,
    shapes and types, and thereafter does again what it did then; while `debugging`, as it is.
    `look` is shown each program that is traced.

    Of use for one that is asked for its shapes first, and compiled within others later.
    """
    if debugging():
        return function
    try:
        hash(function)
    except TypeError:  # JAX asks for it
        function = partial(function)
    once = jax.jit(function)
    known: dict[Any, tuple[ClosedJaxpr, Any]] = {}

    def call(*arguments: Any) -> Any:
        leaves, structure = jax.tree.flatten(arguments)
        kinds = [jax.typeof(leaf) for leaf in leaves]
        kind = structure, tuple((x.shape, x.dtype, x.weak_type) for x in kinds)
        if kind not in known:
            shapes = [jax.ShapeDtypeStruct(*one[:2], weak_type=one[2]) for one in kind[1]]
            made, returned = jax.make_jaxpr(once, return_shape=True)(*structure.unflatten(shapes))
            if look is not None:
                look(made.jaxpr)
            known[kind] = made, jax.tree.structure(returned)
        made, out = known[kind]
        (line,) = made.eqns  # a call of what was traced, with the arrays that it closes over
        # inside another program, it is also given what it closes over there
        named = [*made.jaxpr.constvars, *made.jaxpr.invars]
        values: dict[Any, Any] = dict(zip(named, [*made.consts, *leaves], strict=True))
        given = [x.val if isinstance(x, Literal) else values[x] for x in line.invars]
        # who calls has the lines copied, where they were traced again if each were evaluated
        return out.unflatten(line.primitive.bind(*given, **line.params | {"inline": True}))

    return call
