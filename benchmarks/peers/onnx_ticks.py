"""A tick that was exported, run by onnxruntime: by our runner, or by onnxruntime's own session.

    python onnx_ticks.py SECONDS FOLDER ours|session|parallel [--threads N]

One session a process: several live ones spin against each other. `session` hands NumPy arrays in
and takes them out, as its documentation does; `parallel` lets it run operations side by side.
Prints one JSON object.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from ontogeny.runtime.video.onnx_stream import OnnxStream


def main() -> None:
    """Tick for so many seconds and print how many ticks there were."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seconds", type=float)
    parser.add_argument("folder", type=Path)
    parser.add_argument("how", choices=["ours", "session", "parallel"])
    parser.add_argument("--threads", type=int, default=1)
    chosen = parser.parse_args()
    about = json.loads((chosen.folder / "tick.json").read_text())
    frames = np.random.default_rng(0).integers(0, 256, (8, *about["frame"]), np.uint8)
    if chosen.how == "ours":
        tick: Callable[[Any], Any] = OnnxStream(chosen.folder, chosen.threads).tick
    else:
        tick = _session(chosen.folder, about, chosen.threads, chosen.how == "parallel")
    for frame in frames:
        tick(frame)
    begun, count = time.perf_counter(), 0
    while time.perf_counter() - begun < chosen.seconds or not count:
        tick(frames[count % len(frames)])
        count += 1
    seconds = time.perf_counter() - begun
    print(json.dumps({"torch": onnxruntime.__version__, "frames": count, "seconds": seconds}))


def _session(folder: Path, about: Any, threads: int, parallel: bool) -> Callable[[Any], Any]:
    options: Any = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1 if parallel else threads
    if parallel:
        options.execution_mode = onnxruntime.ExecutionMode.ORT_PARALLEL
        options.inter_op_num_threads = threads
    session: Any = onnxruntime.InferenceSession(
        str(folder / "tick.onnx"), options, providers=["CPUExecutionProvider"]
    )
    state = {n: np.zeros(leaf["shape"], leaf["dtype"]) for n, leaf in about["state"].items()}
    names = ["output", *(f"{name}_after" for name in state)]

    def tick(frame: np.ndarray) -> Any:
        said = session.run(names, {"frame": frame, **state})
        state.update(zip(list(state), said[1:], strict=True))
        return said[0]

    return tick


if __name__ == "__main__":
    main()
