"""Every public name says in its docstring how it is used, and what it says there is so."""

from __future__ import annotations

import doctest

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import ontogeny as og

SHARED = ("one_device", "compiled_once", "begun_once", "kept_nurseries")
pytestmark = pytest.mark.usefixtures(*SHARED)
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
GLOBALS = {"og": og, "jax": jax, "jnp": jnp, "np": np}
NAMES = [name for name in og.__all__ if name != "__version__"]


@pytest.mark.parametrize("name", NAMES)
def test_the_example_of_a_public_name_holds(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ONTOGENY_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("ONTOGENY_CACHE", str(tmp_path / "cache"))
    text = getattr(og, name).__doc__
    example = doctest.DocTestParser().get_doctest(text, dict(GLOBALS), f"og.{name}", None, None)
    assert example.examples, f"the docstring of og.{name} has no example: add a line with >>>"
    said: list[str] = []
    doctest.DocTestRunner(optionflags=FLAGS).run(example, out=said.append)
    assert not said, "".join(said)
