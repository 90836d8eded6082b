"""What a function computes, in a few letters: two runs whose learners have one fingerprint were
grown by one learner.

A function of JAX is told by its traced program and the arrays that it closes over, whatever its
variables are called and wherever it is written. Plain Python is told by its code and by what that
holds: closures, defaults, the globals that it names. Both are the same in every process; neither is
to be held against what another version of JAX or Python gave (`TOOLS`).
"""

from __future__ import annotations

import functools
import hashlib
import platform
import re
import sysconfig
import types
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
from jax.extend.core import ClosedJaxpr, Jaxpr, Literal
from jax.interpreters.partial_eval import dce_jaxpr

from ontogeny.core.trees import named_leaves

TOOLS = f"jax {jax.__version__}, python {'.'.join(platform.python_version_tuple()[:2])}"
ADDRESS = re.compile(r"0x[0-9a-f]+")
NAMES = ("name", "debug_info")  # of an inner function: they change nothing
EMPTY = types.CellType()
FIXED: Any = (str, bytes, int, float, complex, tuple, np.ndarray, np.generic, jax.Array, Callable)


class Traced(NamedTuple):
    """A function's program, and the paths of what it is given: `hypers.rate`."""

    program: ClosedJaxpr
    names: list[str]

    def read(self) -> set[str]:
        """Return the paths that something of what it returns depends on."""
        program = self.program.jaxpr
        _, used = dce_jaxpr(program, [True] * len(program.outvars))
        return {name for name, use in zip(self.names, used, strict=True) if use}

    def fingerprint(self) -> str:
        """Return what it computes in a few letters."""
        return _digest(_program(self.program.jaxpr, self.program.consts, self.names))


def traced(function: Callable[..., Any], **arguments: Any) -> Traced:
    """Return the function traced for its arguments (arrays or their shapes), in their order. Raises
    what the function raises.
    """
    with jax.disable_jit(False):  # which has loops and inner functions traced otherwise
        program = jax.make_jaxpr(function)(*arguments.values())
    paths = [(name, path) for name, tree in arguments.items() for path, _ in named_leaves(tree)]
    return Traced(program, [f"{name}.{path}" for name, path in paths])


def code_fingerprint(value: Any) -> str:
    """Return what a plain Python function, or any other value, is in a few letters."""
    return _digest(_held(value, {}))


def _digest(words: Iterator[str | bytes]) -> str:
    told = hashlib.blake2b(digest_size=8)
    for word in words:
        told.update(word.encode() if isinstance(word, str) else word)
        told.update(b"\0")
    return told.hexdigest()


def _program(program: Jaxpr, consts: Any, names: list[str]) -> Iterator[str | bytes]:
    """Tell a program by what each line does to which values. What it is given and doesn't read is
    not told, so that a function is the same whatever else there is.
    """
    known = {
        **dict(zip(program.invars, names, strict=True)),
        **{var: _digest(_array(x)) for var, x in zip(program.constvars, consts, strict=True)},
    }

    def told(atom: Any) -> str:
        name = _digest(_array(atom.val)) if isinstance(atom, Literal) else known[atom]
        return f"{name} {atom.aval}"

    for number, line in enumerate(program.eqns):
        yield " ".join([line.primitive.name, *map(told, line.invars)])
        for setting, value in sorted(line.params.items()):
            if setting not in NAMES:
                yield setting
                yield from _setting(value)
        known |= {var: f"{number}.{i}" for i, var in enumerate(line.outvars)}
    yield " ".join(map(told, program.outvars))


def _setting(value: Any) -> Iterator[str | bytes]:
    if isinstance(value, ClosedJaxpr | Jaxpr):
        inner = value if isinstance(value, Jaxpr) else value.jaxpr
        consts = [] if isinstance(value, Jaxpr) else value.consts
        yield from _program(inner, consts, [f"in {i}" for i in range(len(inner.invars))])
    elif type(value) in (tuple, list):
        for part in value:
            yield from _setting(part)
    elif isinstance(value, np.ndarray | jax.Array):
        yield from _array(value)
    else:
        yield ADDRESS.sub("", str(value))


def _array(value: Any) -> Iterator[str | bytes]:
    if isinstance(value, jax.Array) and jax.numpy.issubdtype(value.dtype, jax.dtypes.prng_key):
        yield str(value.dtype)
        value = jax.random.key_data(value)
    array = np.asarray(value)
    yield f"{array.dtype} {array.shape}"
    yield array.tobytes()


def _held(value: Any, seen: dict[int, Any]) -> Iterator[str | bytes]:
    """Tell a value by its parts, each object once; what can't be looked into by its kind."""
    yield type(value).__qualname__
    if isinstance(value, str | bytes | int | float | complex | None):
        yield repr(value)
        return
    if id(value) in seen:
        return
    seen[id(value)] = value  # kept, so that its id is nobody else's
    match value:
        case types.FunctionType():
            yield value.__qualname__
            if _users(value):
                cells = [cell.cell_contents for cell in value.__closure__ or () if cell != EMPTY]
                held = (value.__code__, value.__defaults__, value.__kwdefaults__, cells)
                yield from _held((*held, *_globals(value)), seen)
        case types.CodeType():
            yield value.co_code
            yield from _held((value.co_consts, value.co_names), seen)
        case types.MethodType():
            yield from _held((value.__func__, value.__self__), seen)
        case functools.partial():
            yield from _held((value.func, value.args, value.keywords), seen)
        case Mapping():
            for pair in value.items():
                yield from _held(pair, seen)
        case tuple() | list():
            for part in value:
                yield from _held(part, seen)
        case np.ndarray() | np.generic() | jax.Array():
            yield from _array(value)
        case type() | types.ModuleType():
            yield value.__name__
        case _:  # settings; what else an object holds may change as it is used
            settings = getattr(value, "__dict__", {}).items()
            yield from _held([pair for pair in settings if isinstance(pair[1], FIXED)], seen)


def _users(function: types.FunctionType) -> bool:
    """Return whether the function is the user's own, whose code may change under its name."""
    installed = (*sysconfig.get_paths().values(), str(Path(__file__).parents[1]))
    return not function.__code__.co_filename.startswith(installed)


def _globals(function: types.FunctionType) -> list[Any]:
    """Return what the function's code names outside of itself, but for what may change as it is
    used.
    """
    codes, names = [function.__code__], set[str]()
    for code in codes:
        names |= set(code.co_names)
        codes += [const for const in code.co_consts if isinstance(const, types.CodeType)]
    found = [function.__globals__[name] for name in sorted(names) if name in function.__globals__]
    return [value for value in found if isinstance(value, (*FIXED, type, types.ModuleType))]
