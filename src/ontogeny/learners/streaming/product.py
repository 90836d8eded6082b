"""What a person wants of a network that watches video: ask it of a clip, or frame after frame.

model = run.product()
state = model.begin()
state, said = model.tick(state, frame)
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Shaped

from ontogeny.core.archive import read_about, read_archive, write_archive
from ontogeny.core.errors import DataError
from ontogeny.core.files import decoding
from ontogeny.core.product import Exported
from ontogeny.learners.streaming.clip import clip
from ontogeny.learners.streaming.graph import Graph, graph_from_json
from ontogeny.learners.streaming.tick import Params, StreamState, begin, init_params, tick

Frames = Shaped[Array | np.ndarray, "..."]
"""Checked where they come in, with an error of ours."""


@dataclass(frozen=True)
class VideoModel:
    """A trained network. Frames are bytes, or numbers from 0 to 1, of the size that it was trained
    on or of another that its strides divide.
    """

    kind: ClassVar[str] = "video model"

    graph: Graph
    params: Params
    frame: tuple[int, int, int]
    """Height, width and channels of the frames that it was trained on."""
    labels: tuple[str, ...] = ()
    """What its outputs are, class after class or map after map; may be left out."""
    prediction_latency: int = 0
    """What it says of a tick is of so many frames before."""
    is_logits: bool = True
    """Whether a vector that it says is of logits; else of numbers, each for itself."""

    def __call__(self, frames: Frames) -> Float[Array, "time ..."]:
        """Return what it says at every frame of a clip, from a fresh state: [time, class] or
        [time, rows, columns, map]. Raises `DataError` for what are no frames.
        """
        return _clip(self.graph, self.params, self._checked(frames, 4))

    def begin(self, frame_shape: tuple[int, ...] | None = None) -> StreamState:
        """Return the state before a stream's first frame; after a cut, begin again. Frames are of
        the size that it was trained on, or of the one that is given. Raises `DataError` for one
        that it can't see.
        """
        return begin(self.graph, self.frame if frame_shape is None else frame_shape)

    reset = begin

    def tick(self, state: StreamState, frame: Frames) -> tuple[StreamState, Float[Array, "..."]]:
        """Return the state after a frame, and what it says then. Raises `DataError` for what is no
        frame.
        """
        return _tick(self.graph, self.params, state, self._checked(frame, 3))

    def _checked(self, frames: Any, axes: int) -> Array:
        given = jnp.asarray(frames)
        if given.ndim != axes or given.shape[-1] != self.graph.channels:
            names = "time, height, width"[(4 - axes) * 6 :]
            raise DataError(
                f"frames of shape {list(given.shape)}",
                where="VideoModel",
                hint=f"give [{names}, {self.graph.channels}]",
            )
        if given.dtype not in (jnp.uint8, jnp.float32):
            raise DataError(
                f"frames of type {given.dtype}",
                where="VideoModel",
                hint="give bytes (uint8), or float32 from 0 to 1",
            )
        return given

    def save(self, folder: Path) -> None:
        """Write it as an archive. Raises `StoreError` when it can't be written."""
        fields = dataclasses.asdict(self)
        names = ("graph", "frame", "labels", "prediction_latency", "is_logits")
        about = {name: fields[name] for name in names}
        write_archive(Path(folder), self.params, {"kind": self.kind, **about})

    def to_onnx(self, folder: Path) -> Exported:
        """Write its tick as an ONNX model with named states; see `exporting.write_onnx`."""
        from ontogeny.learners.streaming.exporting import write_onnx

        return write_onnx(self, folder)


def load_video_model(folder: Path) -> VideoModel:
    """Return what `VideoModel.save` wrote. Raises `StoreError` when the folder holds something else
    or is damaged.
    """
    about = read_about(Path(folder), VideoModel.kind)
    with decoding(str(folder), "what it says of itself is not readable"):
        graph, frame = graph_from_json(about["graph"]), tuple(about["frame"])
        labels, late = tuple(about["labels"]), about["prediction_latency"]
        is_logits = bool(about.get("is_logits", True))  # older ones all were
    like = jax.eval_shape(lambda: init_params(graph, jax.random.key(0)))
    params = jax.tree.map(jnp.asarray, read_archive(Path(folder), like))
    return VideoModel(graph, params, frame, labels, late, is_logits)


@partial(jax.jit, static_argnums=0)
def _tick(graph: Graph, params: Params, state: StreamState, frame: Array) -> Any:
    return tick(graph, params, state, frame)


@partial(jax.jit, static_argnums=0)
def _clip(graph: Graph, params: Params, frames: Array) -> Array:
    return clip(graph, params, frames)
