"""A policy as an ONNX model: one observation and the memory in; the distribution's numbers, the
value and the memory out.

It takes one observation and no batch, as a policy does: who acts in many places at once runs it
for each, with each one's memory. Observations go in as the world gives them: where the policy
standardises them, the model does.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, PyTree

from ontogeny.core import trees
from ontogeny.core.errors import StoreError
from ontogeny.core.files import absolute, replace_folder, sync
from ontogeny.core.onnx_model import onnx_model, onnx_runner
from ontogeny.core.product import Exported
from ontogeny.worlds.episodes import autoreset

if TYPE_CHECKING:
    from ontogeny.learners.agents.policy import Policy

CHECKED = 300  # steps of the policy in its world, along which the model is held against it
TOLERANCE = 1e-4  # of a number's size, or of 1 where it is smaller: sums have another order there
SHOWN = 100  # observations of their first episode that are written beside the model, at the most

SCRIPT = """import json, pathlib, sys  # python act.py [observations.npy]: the policy in an episode
import numpy as np, onnxruntime

here = pathlib.Path(__file__).parent
about = json.loads((here / "policy.json").read_text())
session = onnxruntime.InferenceSession(str(here / "policy.onnx"))
outputs, actions = [output.name for output in session.get_outputs()], about["actions"]
memory = {name: np.float32(begin) for name, begin in about["memory"].items()}
for observation in np.load(sys.argv[1] if sys.argv[1:] else here / "observations.npy"):
    said = session.run(None, {"observation": np.float32(observation), **memory})
    said = dict(zip(outputs, said))
    memory = {name: said[f"{name}_after"] for name in memory}
    likeliest = LIKELIEST
    print(json.dumps({"action": np.array(likeliest).tolist(), "value": float(said["value"])}))
"""
# By the kind of action: what a distribution is told by, and its likeliest action in the script.
NUMBERS = {"Discrete": ("logits",), "Factored": ("logits",), "Box": ("mean", "log_deviation")}
LIKELIEST = {
    "Discrete": 'said["logits"].argmax()',
    "Factored": '[p.argmax() for p in np.split(said["logits"], np.cumsum(actions["sizes"])[:-1])]',
    "Box": """np.tanh(said["mean"]) / 2 + 0.5  # 0: lowest, 1: highest
    likeliest = (1 - likeliest) * actions["low"] + likeliest * actions["high"]""",
}


def write_onnx(policy: Policy, folder: Path, seed: int = 0) -> Exported:
    """Write `folder`: the model `policy.onnx`; `policy.json`, which says the world, its actions and
    how a memory begins; `act.py`, which runs the model without Ontogeny; and `observations.npy`, an
    episode's beginning to run it on.

    Before that the model is held against the policy along `CHECKED` steps in its world, each with
    its own memory. Raises `StoreError` when they differ by more than `TOLERANCE`, when the policy
    can't be converted or the files can't be written, and `MissingExtra` without the extra `onnx`;
    then nothing is written.
    """
    folder = absolute(folder)
    memory = policy.begin()
    begin = {name: np.asarray(leaf) for name, leaf in trees.named_leaves({"memory": memory})}

    space = policy.world.action_space
    kind = type(space).__name__
    outputs = [*NUMBERS[kind], "value", *(f"{name}_after" for name in begin)]

    def function(observation: Array, *leaves: Array) -> tuple[Array, ...]:
        before = jax.tree.unflatten(jax.tree.structure(memory), leaves)
        said = _said(policy, observation, before)[0]
        return tuple(said[name] for name in outputs)

    with jax.default_matmul_precision("highest"):  # an accelerator may round more
        seen, begins, said = jax.device_get(jax.jit(lambda: _lived(policy, seed))())
    inputs = {"observation": seen[0], **begin}
    shapes = {name: jax.ShapeDtypeStruct(x.shape, x.dtype) for name, x in inputs.items()}
    model = onnx_model(function, shapes, outputs)
    difference = _difference(model, begin, seen, begins, said)
    if not difference <= TOLERANCE:  # nor is NaN
        raise StoreError(
            f"the model is {difference:.2g} from the policy, and {TOLERANCE:g} is allowed",
            where=str(folder),
            hint="nothing is written; safetensors holds the arrays as they are",
        )
    about = {
        "world": policy.world.name,
        "observation": seen.shape[1:],
        "actions": {"kind": kind, **dataclasses.asdict(space)},
        "memory": {name: leaf.tolist() for name, leaf in begin.items()},
        "outputs": {name: said[name].shape[1:] for name in outputs},
        "checked": {"steps": CHECKED, "difference": difference, "allowed": TOLERANCE},
    }
    end = min([SHOWN, *np.flatnonzero(begins)[1:]])
    with replace_folder(folder, "write the model") as part:
        (part / "policy.onnx").write_bytes(model)
        (part / "policy.json").write_text(json.dumps(about, indent=1), encoding="utf-8")
        (part / "act.py").write_text(SCRIPT.replace("LIKELIEST", LIKELIEST[kind]), encoding="utf-8")
        np.save(part / "observations.npy", seen[:end])
        for written in part.iterdir():
            sync(written)
    return Exported(difference, CHECKED, TOLERANCE)


def _said(policy: Policy, observation: Array, memory: PyTree[Array]) -> tuple[Any, Any, Any]:
    """Return the model's outputs by their names, the distribution, and the memory after."""
    distribution, value, after = policy.step(observation, memory)
    numbers = NUMBERS[type(policy.world.action_space).__name__]
    said = {name: getattr(distribution, name) for name in numbers} | {"value": value}
    remembered = trees.named_leaves({"memory": after})
    return said | {f"{name}_after": leaf for name, leaf in remembered}, distribution, after


def _lived(policy: Policy, seed: int) -> tuple[Array, Array, dict[str, Array]]:
    """Return what the policy saw along its steps, where episodes began, and what it said."""
    onward = autoreset(policy.world)

    def one(now: tuple[Any, Array, Any, Array], key: Array) -> tuple[Any, Any]:
        state, observation, memory, begins = now
        memory = trees.where(begins, policy.begin(), memory)
        said, distribution, memory = _said(policy, observation, memory)
        action_key, world_key = jax.random.split(key)
        state, after, came = onward(world_key, state, distribution.sample(action_key))
        over = came.terminated | came.truncated
        return (state, after, memory, over), (observation, begins, said)

    reset_key, key = jax.random.split(jax.random.key(seed))
    begin = (*policy.world.reset(reset_key), policy.begin(), jnp.array(True))
    return jax.lax.scan(one, begin, jax.random.split(key, CHECKED))[1]


def _difference(
    model: bytes,
    begin: dict[str, np.ndarray],
    seen: np.ndarray,
    begins: np.ndarray,
    said: dict[str, np.ndarray],
) -> float:
    """Return how far the model's outputs are from what was said, at the most, each by the larger of
    its size and 1.
    """
    run, memory, worst = onnx_runner(model), begin, [0.0]
    for step, observation in enumerate(seen):
        memory = begin if begins[step] else memory
        found = run({"observation": observation, **memory})
        memory = {name: found[f"{name}_after"] for name in memory}
        for name, leaf in said.items():
            apart = np.abs(found[name] - leaf[step]) / np.maximum(np.abs(leaf[step]), 1)
            worst.append(float(np.max(apart)))
    return float(np.max(worst))  # NaN where one is
