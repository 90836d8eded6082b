"""A network's exported tick, run by onnxruntime: it carries the state from frame to frame."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ontogeny.core.errors import DataError, MissingExtra
from ontogeny.core.files import decoding, read_regular
from ontogeny.runtime.machine import cores


class OnnxStream:
    """What `VideoModel.to_onnx` wrote, on a stream. The state stays with onnxruntime: nothing but
    frames and outputs is copied.

    `threads` share each operation, all cores by default. Raises `StoreError` for a folder that
    holds something else, and `MissingExtra` without onnxruntime.
    """

    def __init__(self, folder: Path | str, threads: int | None = None):
        try:
            import onnxruntime
        except ImportError as error:
            raise MissingExtra(
                f"running ONNX needs onnxruntime ({error})",
                where="OnnxStream",
                hint="pip install 'ontogeny[onnx]'",
            ) from error
        folder = Path(folder)
        with decoding(str(folder), "it holds no tick that was exported"):
            about = json.loads(read_regular(folder / "tick.json"))
            self.frame_shape: tuple[int, ...] = tuple(about["frame"])
            self.labels: tuple[str, ...] = tuple(about["labels"])
            self._begin = {
                name: np.zeros(leaf["shape"], leaf["dtype"])
                for name, leaf in about["state"].items()
            }
            options: Any = onnxruntime.SessionOptions()
            options.intra_op_num_threads = threads or cores()
            options.log_severity_level = 3  # it warns of each constant that is not used
            self._session: Any = onnxruntime.InferenceSession(
                read_regular(folder / "tick.onnx"), options, providers=["CPUExecutionProvider"]
            )
        self._value: Any = onnxruntime.OrtValue.ortvalue_from_numpy
        self._outputs = ["output", *(f"{name}_after" for name in self._begin)]
        self.reset()

    def reset(self) -> None:
        """Forget all frames, as after a cut."""
        self._state = {name: self._value(zeros) for name, zeros in self._begin.items()}

    def tick(self, frame: np.ndarray) -> np.ndarray:
        """Return what the network says at the next frame, bytes [height, width, chan]. Raises
        `DataError` for a frame of another shape or type.
        """
        if frame.shape != self.frame_shape or frame.dtype != np.uint8:
            raise DataError(
                f"a frame is {frame.dtype}{list(frame.shape)}",
                where="OnnxStream",
                hint=f"give uint8{list(self.frame_shape)}",
            )
        given = {"frame": self._value(np.ascontiguousarray(frame)), **self._state}
        said, *state = self._session.run_with_ort_values(self._outputs, given)
        self._state = dict(zip(self._begin, state, strict=True))
        return said.numpy()

    def seconds(self, frames: Sequence[np.ndarray]) -> np.ndarray:
        """Return what each tick took on these frames, from a fresh state."""
        self.reset()
        taken = np.empty(len(frames))
        for number, frame in enumerate(frames):
            start = time.perf_counter()
            self.tick(frame)
            taken[number] = time.perf_counter() - start
        return taken
