"""What was grown is used by other programs, which need neither Ontogeny nor JAX."""

from __future__ import annotations

import ast
import json
import runpy
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.learners.agents.config import ActorCriticConfig
from ontogeny.learners.agents.network import policy_network
from ontogeny.learners.agents.policy import Policy
from ontogeny.worlds.by_name import world_named

PROGRAMS = Path(__file__).parents[3] / "examples" / "elsewhere"
ALONE = """import runpy, sys
sys.modules |= {"jax": None, "ontogeny": None}
runpy.run_path(sys.argv.pop(1), run_name="__main__")"""


@pytest.fixture(scope="module")
def balancing():
    """Return a policy that balances the pole: it pushes to where the pole leans and falls."""
    world, config = world_named("CartPole-v1"), ActorCriticConfig(hidden=(4, 4))
    like = jax.eval_shape(policy_network(world, config).init, jax.random.key(0))
    rng = np.random.default_rng(0)
    network = jax.tree.map(lambda x: rng.normal(0, 1e-3, x.shape).astype(np.float32), like)
    layers = network.torso.layers
    layers[0].weight[:, 0] = [0.02, 0.1, 1.0, 0.5]  # of position, speed, angle and its speed
    layers[1].weight[0, 0] = 1.0
    network.policy.weight[0] = [-9.0, 9.0]
    return Policy(world, config, jax.tree.map(jnp.asarray, network))


def test_an_exported_policy_acts_in_gymnasium(balancing, tmp_path):
    balancing.to_onnx(tmp_path / "onnx")
    program = [sys.executable, "-c", ALONE, str(PROGRAMS / "act_in_gymnasium.py")]
    done = subprocess.run(
        [*program, str(tmp_path / "onnx")], capture_output=True, text=True, timeout=120, check=True
    )
    assert json.loads(done.stdout) == [500.0] * 8


def test_weights_load_in_pytorch(balancing, tmp_path, monkeypatch, capsys):
    balancing.save(tmp_path / "export")
    program = str(PROGRAMS / "load_in_pytorch.py")
    monkeypatch.setattr(sys, "argv", [program, str(tmp_path / "export")])
    runpy.run_path(program, run_name="__main__")
    said = ast.literal_eval(capsys.readouterr().out.splitlines()[-1])
    seen = jnp.asarray(np.linspace(-0.1, 0.1, 4, dtype=np.float32))
    distribution, _, _ = balancing.step(seen, balancing.begin())
    np.testing.assert_allclose(said, distribution.logits, atol=1e-5)
