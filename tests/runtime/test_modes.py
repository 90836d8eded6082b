"""JAX's strict and other modes: a tiny growth on every executor in each of them."""

from __future__ import annotations

from contextlib import ExitStack

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import hosts
from hermits import Hermitage
from ontogeny.core.host import HostLearner
from ontogeny.core.learner import Learner
from ontogeny.core.space import Choice, Integer, Log, Space
from ontogeny.evolution.baldwin import baldwin
from ontogeny.evolution.evolve import begin, shift
from ontogeny.evolution.mf_pbt import mf_pbt
from ontogeny.evolution.pb2 import pb2
from ontogeny.evolution.pbt import PBT, pbt
from ontogeny.evolution.successive_halving import successive_halving
from ontogeny.growth import grow
from ontogeny.recipes.toy import Toy
from ontogeny.runtime.apart.processes import Processes
from ontogeny.runtime.machine import settings
from ontogeny.runtime.vectorised import Vectorised

MODES = {
    "x64": {"jax_enable_x64": True},
    "debug-nans": {"jax_debug_nans": True},
    "strict": {"jax_numpy_dtype_promotion": "strict", "jax_numpy_rank_promotion": "raise"},
    "no-jit": {"jax_disable_jit": True},
    "rbg": {"jax_default_prng_impl": "rbg"},
}
RATE = Space({"rate": Log(1e-4, 1.0)})
SPACE = Space({"rate": Log(1e-4, 1.0), "size": Integer(1, 8), "batch": Choice((1, 2, 4))})
DESCENT = Learner(
    lambda key, hypers: jnp.full(3, 3.0),
    lambda key, x, hypers: (
        x * (1 - hypers["rate"].astype(x.dtype)) + jax.random.normal(key, x.shape) / 10,
        {"first": x[0]},
    ),
    lambda key, x, hypers: -jnp.sum(x**2),
)


@pytest.fixture(scope="module", autouse=True)
def _begun_once():
    """None serves another: a mode changes what is computed."""


@pytest.fixture
def mode():
    """Return a function that sets JAX to a mode until the test is over."""
    with ExitStack() as kept:

        def enter(name):
            for setting, value in MODES[name].items():
                kept.callback(jax.config.update, setting, jax.config.values[setting])
                jax.config.update(setting, value)

        yield enter


@pytest.mark.parametrize("name", MODES)
def test_a_tiny_growth_in_every_mode(name, mode, tmp_path):
    """Vectorised and in a worker the numbers agree, but for generators whose draws depend, as JAX
    says of them, on what is drawn side by side.
    """
    mode(name)
    whole = {"space": RATE, "population": 4, "rounds": 2, "steps": 1, "progress": False}
    if name != "debug-nans":  # where PBT's numbers are looked at; all strategies' dtypes are below
        whole["strategy"] = "random-search"
    alone = Hermitage(synchronous=True)
    runs = {
        where: grow(what, executor=executor, folder=tmp_path / where, **whole)
        for where, what, executor in (
            ("vectorised", DESCENT, Vectorised()),
            ("worker", DESCENT, alone),
            ("host", hosts.DESCENT, alone),
        )
    }
    scores = {where: run.metrics()["score"] for where, run in runs.items()}
    assert all(np.isfinite(score).all() for score in scores.values())
    np.testing.assert_allclose(
        scores["worker"][:1, :1], scores["vectorised"][:1, :1], rtol=1e-5
    )  # the first slot's first round: the same draws whatever stands beside it
    if name != "rbg":
        np.testing.assert_allclose(scores["worker"], scores["vectorised"], rtol=1e-5)
        assert np.isfinite(runs["vectorised"].best.state).all()


def test_a_worker_has_jax_as_the_driver_has_it(mode, tmp_path):
    """Those settings are told that were made in Python: the worker's environment says nothing."""

    def look(key, state, hypers):
        bits = int(jax.random.key_data(jax.random.key(0)).size)
        return state, {"bits": float(bits), "x64": float(jnp.zeros(0).dtype == jnp.float64)}

    mode("rbg")
    mode("x64")
    assert settings()["jax_default_prng_impl"] == "rbg"
    assert "jax_platforms" not in settings()
    looking = HostLearner(lambda key, hypers: {}, look, lambda key, state, h: 0 * h["rate"])
    run = grow(
        looking,
        space=RATE,
        population=1,
        rounds=1,
        steps=1,
        progress=False,
        executor=Processes(workers=1),
        folder=tmp_path / "run",
    )
    assert (run.metrics()["bits"][0, 0], run.metrics()["x64"][0, 0]) == (4.0, 1.0)


STRATEGIES = {
    "welch": PBT(selection="welch", mutate_always=True).build,
    "tournament": PBT(selection="tournament", explore="jitter").build,
    "pb2": pb2,
    "mf-pbt": mf_pbt,
    "successive-halving": successive_halving,
    "baldwin": baldwin,
}


@pytest.mark.parametrize("name", ["x64", "strict"])
def test_every_strategy_keeps_its_dtypes_in_every_mode(name, mode):
    mode(name)
    for called, build in STRATEGIES.items():
        strategy = build(SPACE)
        first = jax.eval_shape(lambda s=strategy: begin(DESCENT, SPACE, s, 0, 4))
        number = jax.ShapeDtypeStruct((), jnp.uint32)
        after, _ = jax.eval_shape(
            lambda n, g, s=strategy: shift(DESCENT, s, 0, n, g), number, first
        )
        assert jax.tree.map(lambda x: x.dtype, after) == jax.tree.map(lambda x: x.dtype, first), (
            called
        )


def test_a_recipe_is_not_held_to_the_strictness_of_the_users_functions(mode):
    mode("strict")
    job = Toy(population=2).job()
    assert job.shapes().population.score.dtype == jnp.float32
    assert job.source is not None
    with pytest.raises(Exception, match="promotion path"):  # and those are held to it
        jnp.int32(1) + jnp.float32(1)


def test_the_memory_of_pbt_holds_no_nan():
    """So that `jax_debug_nans` finds the user's; the t-test leaves out what is not finite."""
    first = jax.eval_shape(lambda: begin(DESCENT, SPACE, pbt(SPACE), 0, 4)).population
    population = jax.tree.map(lambda x: jnp.zeros(x.shape, x.dtype), first)
    assert not np.isnan(pbt(SPACE).init(jax.random.key(0), population).recent).any()


def test_a_platform_that_is_not_there_is_an_error_that_says_so(forks, tmp_path):
    program = """
import jax, sys
from ontogeny import cli

jax.config.update("jax_platforms", "cuda")  # as JAX does where JAX_PLATFORMS says so
sys.exit(cli.run(["grow", "quadratic"]))
"""
    process = forks.start(program, tmp_path)
    _, said = process.communicate()
    assert process.returncode == 2
    assert said.startswith(b"ontogeny: JAX_PLATFORMS=cuda: ")
    assert b"JAX_PLATFORMS=cpu" in said
    assert b"Traceback" not in said
