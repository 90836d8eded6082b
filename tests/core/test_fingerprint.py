"""A function's fingerprint tells what it computes, and nothing else."""

from __future__ import annotations

import functools
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.core.fingerprint import code_fingerprint, traced

X = jax.ShapeDtypeStruct((3,), jnp.float32)
H = {"a": jax.ShapeDtypeStruct((), jnp.float32), "b": jax.ShapeDtypeStruct((), jnp.float32)}
DATA = np.arange(3.0, dtype=np.float32)


def told(function, **more) -> str:
    return traced(function, x=X, h={**H, **more}).fingerprint()


def scanned(x, h, data=DATA):
    return jax.lax.scan(lambda c, row: (c * h["a"] + row.sum() * data[0], None), x, x[:, None])[0]


def test_the_same_program_has_one_whatever_its_variables_are_called():
    assert told(lambda x, h: jnp.sum(h["a"] * x)) == told(lambda y, g: jnp.sum(g["a"] * y))
    assert told(lambda x, h: x * h["a"], c=X) == told(lambda x, h: x * h["a"])  # c is not read


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (lambda x, h: x * h["a"], lambda x, h: x * h["b"]),
        (lambda x, h: x * 0.1, lambda x, h: x * 0.2),
        (lambda x, h: x + DATA, lambda x, h: x + (DATA + 1)),
        (scanned, lambda x, h: scanned(x, h, DATA + 1)),
        (lambda x, h: jax.jit(jnp.sum)(x), lambda x, h: jax.jit(jnp.prod)(x)),
        (jax.jit(lambda x, h: x + DATA), jax.jit(lambda x, h: x + DATA * 2)),
    ],
)
def test_another_program_or_other_data_have_another(one, other):
    assert told(one) == told(one)
    assert told(one) != told(other)


def test_it_is_known_what_a_function_reads():
    def step(x, h):
        unused = jax.jit(lambda one, other: one)(h["a"], h["b"])
        return x * unused, {}

    assert traced(step, x=X, h=H).read() == {"x.value", "h.a"}


class Settings:
    def __init__(self, rate):
        self.rate, self.seen = rate, []

    def score(self, state):
        return state * self.rate


def scaled(x, by=2):
    return x * by + (lambda: DATA.sum())()


def test_plain_python_is_told_by_its_code_and_what_it_holds():
    one, other = 1, 2
    different = [
        lambda x: x + 1,
        lambda x: x + 2,
        lambda x: x + one,
        lambda x: x + other,
        lambda x: x - one,
        lambda x: np.sum(x),
        lambda x: np.mean(x),
        functools.partial(scaled, by=3),
        scaled,
        Settings(1.0).score,
        Settings(2.0).score,
        [1, {"a": DATA}],
        [1, {"a": DATA + 1}],
    ]
    assert len({code_fingerprint(value) for value in different}) == len(different)
    settings = Settings(1.0)
    before = code_fingerprint(settings.score)
    settings.seen.append("a call")  # what changes as it is used says nothing
    assert code_fingerprint(settings.score) == before == code_fingerprint(Settings(1.0).score)


def test_a_global_that_is_named_counts(monkeypatch):
    before = code_fingerprint(scaled)
    monkeypatch.setitem(globals(), "DATA", DATA + 1)
    assert code_fingerprint(scaled) != before


def test_a_cycle_ends():
    value: list = [1]
    value.append(value)
    assert code_fingerprint(value)


def test_every_process_says_the_same():
    program = (
        "import sys; from test_fingerprint import scanned, scaled, told, code_fingerprint as code;"
        "print(told(scanned), code(scaled))"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            check=True,
            text=True,
            cwd=__file__.rpartition("/")[0],
            env={"PYTHONPATH": ":".join(sys.path), "PYTHONHASHSEED": str(seed)},
        ).stdout
        for seed in (1,)
    }
    assert said == {f"{told(scanned)} {code_fingerprint(scaled)}\n"}
