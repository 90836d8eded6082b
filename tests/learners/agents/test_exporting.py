"""A policy is the same outside: as an ONNX model, whatever its torso, core and actions."""

from __future__ import annotations

import json
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.core.errors import MissingExtra, StoreError
from ontogeny.core.onnx_model import onnx_model
from ontogeny.learners.agents import exporting
from ontogeny.learners.agents.config import ActorCriticConfig
from ontogeny.learners.agents.network import policy_network
from ontogeny.learners.agents.policy import Policy
from ontogeny.ops.moments import Moments
from ontogeny.worlds.spaces import Box, Factored
from ontogeny.worlds.world import Step, World

SHAPE, LENGTH = (20, 20, 2), 7  # the smallest image that IMPALA's small torso takes
FACTORED, BOX = Factored((2, 3)), Box((-2.0, 0.0), (2.0, 1.0))
# The script with only these to import: neither JAX nor Ontogeny.
ALONE = """import runpy, sys
sys.modules |= {"jax": None, "ontogeny": None}
runpy.run_path(sys.argv.pop(1), run_name="__main__")"""


def glimpses(actions=None) -> World:
    """Return a world of random cells, 0, 1 or 2, whose episodes last seven steps."""

    def see(key):
        return jax.random.randint(key, SHAPE, 0, 3).astype(jnp.float32)

    def step(key, time, action):
        over = time + 1 >= LENGTH
        return time + 1, Step(see(key), jnp.float32(1), over, jnp.array(False))

    n = 2 if actions is None else len(getattr(actions, "sizes", getattr(actions, "low", ())))
    return World(
        "glimpses", SHAPE, n, lambda k: (jnp.int32(0), see(k)), step, actions=actions, tokens=(3, 3)
    )


def policy(actions=None, *, moments=None, **fields) -> Policy:
    """Return a policy whose numbers are not near zero, as a new one's are."""
    config = ActorCriticConfig(**{"hidden": (5,), "filters": 4, "core_units": 4, **fields})
    world, draw = glimpses(actions), np.random.default_rng(0)
    like = jax.eval_shape(policy_network(world, config).init, jax.random.key(0))
    network = jax.tree.map(lambda x: jnp.float32(draw.normal(0, x.shape[0] ** -0.5, x.shape)), like)
    return Policy(world, config, network, moments)


MOMENTS = Moments(jnp.float32(9), jnp.ones(SHAPE), jnp.full(SHAPE, 4.0))


@pytest.mark.parametrize(
    ("torso", "core", "actions"),
    [
        ("mlp", "none", None),
        ("conv", "gru", FACTORED),
        ("impala-small", "lstm", BOX),
        ("impala-large", "none", None),
        ("tokens", "lstm", None),
    ],
)
def test_the_model_says_what_the_policy_says_and_acts_without_ontogeny(
    torso, core, actions, tmp_path
):
    made = policy(actions, torso=torso, core=core, moments=MOMENTS if torso == "mlp" else None)
    exported = made.to_onnx(tmp_path / "made")
    assert exported.difference < exported.allowed == 1e-4
    about = json.loads((tmp_path / "made" / "policy.json").read_text())
    assert (about["world"], about["observation"]) == ("glimpses", list(SHAPE))
    leaves = {"none": [], "gru": ["memory"], "lstm": ["memory.cell", "memory.output"]}[core]
    assert about["memory"] == {name: [0.0] * 4 for name in leaves}
    numbers = ["mean", "log_deviation"] if actions is BOX else ["logits"]
    assert list(about["outputs"]) == [*numbers, "value", *(f"{name}_after" for name in leaves)]
    if torso in ("impala-large", "tokens"):
        return  # the script is tried with each kind of action once

    program = [sys.executable, "-c", ALONE, str(tmp_path / "made" / "act.py")]
    done = subprocess.run(program, capture_output=True, text=True, check=True)
    told = [json.loads(line) for line in done.stdout.splitlines()]
    seen = np.load(tmp_path / "made" / "observations.npy")
    assert len(told) == len(seen) == LENGTH

    @jax.jit
    def along(seen):
        def one(memory, observation):
            distribution, value, memory = made.step(observation, memory)
            return memory, (distribution.mode(), value)

        return jax.lax.scan(one, made.begin(), seen)[1]

    actions, values = along(seen)
    np.testing.assert_allclose([one["action"] for one in told], actions, atol=1e-5)
    np.testing.assert_allclose([one["value"] for one in told], values, atol=1e-5)


def test_a_model_that_says_something_else_is_not_written(tmp_path, monkeypatch):
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "before").touch()
    monkeypatch.setattr(
        exporting,
        "onnx_model",
        lambda function, *names: onnx_model(lambda x: [y + 2e-4 for y in function(x)], *names),
    )
    with pytest.raises(StoreError, match=r"0\.0002 from the policy, and 0\.0001 is allowed"):
        policy().to_onnx(tmp_path / "made")
    assert [path.name for path in tmp_path.rglob("*")] == ["made", "before"]


def test_what_is_not_a_number_is_the_largest_difference(monkeypatch):
    monkeypatch.setattr(
        exporting, "onnx_runner", lambda model: lambda inputs: {"value": inputs["observation"]}
    )
    seen, said = np.array([2.0, 3.0, 5.0]), {"value": np.array([2.0, np.nan, 4.0])}
    begins = np.array([True, False, False])
    assert np.isnan(exporting._difference(b"", {}, seen, begins, said))
    said["value"][1] = 3
    assert exporting._difference(b"", {}, seen, begins, said) == 0.25


def test_without_the_extra_it_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "jax2onnx", None)
    with pytest.raises(MissingExtra, match=r"pip install 'ontogeny\[onnx\]'"):
        onnx_model(jnp.sin, {}, ["y"])
