"""A network's tick as an ONNX model: a frame and the state in, the output and the state out.

The state's leaves are inputs by their paths, and outputs by the same with "_after": who runs the
model hands each back at the next frame. `runtime.video.onnx_stream` does.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from ontogeny.core.errors import StoreError
from ontogeny.core.files import absolute, replace_folder, sync
from ontogeny.core.onnx_model import onnx_model, onnx_runner
from ontogeny.core.product import Exported
from ontogeny.core.trees import named_leaves
from ontogeny.learners.streaming.tick import tick
from ontogeny.nn.filter import in_groups

if TYPE_CHECKING:
    from ontogeny.learners.streaming.product import VideoModel

CHECKED = 16  # ticks along which the model is held against the network
TOLERANCE = 1e-4  # of a number's size, or of 1 where it is smaller: sums have another order there


def write_onnx(model: VideoModel, folder: Path) -> Exported:
    """Write `folder`: `tick.onnx`, and `tick.json`, which says what goes in and comes out. Frames
    are bytes of the size that the network was trained on; the state begins with zeros.

    Before that it is held against the network along `CHECKED` random frames. Raises `StoreError`
    where they differ by more than `TOLERANCE`, where the tick can't be converted or the files can't
    be written, and `MissingExtra` without the extra `onnx`; then nothing is written.
    """
    folder, begun = absolute(folder), model.begin()
    state = {path: np.asarray(leaf) for path, leaf in named_leaves(begun)}
    structure = jax.tree.structure(begun)

    def one(frame: Array, *leaves: Array) -> tuple[Array, ...]:
        before = jax.tree.unflatten(structure, leaves)
        after, said = tick(model.graph, model.params, before, frame)
        # copies: a value that stays, or is kept twice, can't have two names
        return (said, *map(jnp.copy, jax.tree.leaves(after)))

    shapes = {path: jax.ShapeDtypeStruct(x.shape, x.dtype) for path, x in state.items()}
    inputs = {"frame": jax.ShapeDtypeStruct(model.frame, np.dtype(np.uint8)), **shapes}
    with in_groups():
        written = onnx_model(one, inputs, ["output", *(f"{path}_after" for path in state)])
    difference = _difference(model, written, state)
    if not difference <= TOLERANCE:  # nor is NaN
        raise StoreError(
            f"the model is {difference:.2g} from the network, and {TOLERANCE:g} is allowed",
            where=str(folder),
            hint="nothing is written; safetensors holds the arrays as they are",
        )
    about = {
        "frame": list(model.frame),
        "state": {p: {"dtype": str(x.dtype), "shape": list(x.shape)} for p, x in state.items()},
        "labels": list(model.labels),
        "prediction_latency": model.prediction_latency,
        "checked": {"ticks": CHECKED, "difference": difference, "allowed": TOLERANCE},
    }
    with replace_folder(folder, "write the model") as part:
        (part / "tick.onnx").write_bytes(written)
        (part / "tick.json").write_text(json.dumps(about, indent=1), encoding="utf-8")
        for file in part.iterdir():
            sync(file)
    return Exported(difference, CHECKED, TOLERANCE)


def _difference(model: VideoModel, written: bytes, state: dict[str, np.ndarray]) -> float:
    """Return the largest difference along a stream, each with its own state."""
    run, own, apart = onnx_runner(written), model.begin(), 0.0
    frames = np.random.default_rng(0).integers(0, 256, (CHECKED, *model.frame), np.uint8)
    for frame in frames:
        own, expected = model.tick(own, frame)
        told = run({"frame": frame, **state})
        state = {path: told[f"{path}_after"] for path in state}
        scale = np.maximum(np.abs(expected), 1.0)
        apart = max(apart, float(np.max(np.abs(told["output"] - expected) / scale)))
    return apart
