"""The backbone as an ONNX model, written operation by operation, and run by onnxruntime.

Converting the JAX function takes half a minute and gives a model of transposes. What is written
here has one convolution a layer, in the order of axes that onnxruntime computes quickly.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8

from ontogeny.core.errors import MissingExtra
from ontogeny.core.onnx_model import OPSET
from ontogeny.nn.efficientnet import FEATURES, STAGES, EfficientNet
from ontogeny.nn.filter import Filter

INSTALL = "pip install 'ontogeny[beauty]'"


class _Graph:
    """The operations so far. Every method returns the name of what its operation gives."""

    def __init__(self, onnx: Any):
        self.onnx = onnx
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, number: Any) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(self.onnx.numpy_helper.from_array(np.array(number, order="C"), name))
        return name

    def apply(self, kind: str, *inputs: str, **how: Any) -> str:
        name = f"v{len(self.nodes)}"
        self.nodes.append(self.onnx.helper.make_node(kind, list(inputs), [name], **how))
        return name

    def convolved(self, f: Filter, x: str, stride: int = 1, apart: bool = False) -> str:
        weight = np.asarray(f.weight).transpose(3, 2, 0, 1)  # out, in, height, width
        kernel, groups = weight.shape[2], len(weight) if apart else 1
        pads = {"auto_pad": "SAME_UPPER"} if kernel > 1 else {}
        names = self.constant(weight), self.constant(np.asarray(f.bias))
        return self.apply("Conv", x, *names, group=groups, strides=[stride, stride], **pads)

    def clipped(self, x: str) -> str:
        low, high = (self.constant(np.float32(bound)) for bound in (0, 6))
        return self.apply("Clip", x, low, high)


def write_backbone(network: EfficientNet, side: int, without: int = 0) -> bytes:
    """Return the model: photographs as bytes [n, side, side, 3] in, features [n, 2560] out, the
    means over the places of the last feature maps and then their standard deviations; or, `without`
    the last so many blocks, what those are given, maps by maps. Raises `MissingExtra` without onnx.
    """
    try:
        import onnx
    except ImportError as error:
        raise MissingExtra(
            f"writing the backbone needs onnx ({error})", where="onnx", hint=INSTALL
        ) from error
    g = _Graph(onnx)
    x = g.apply("Cast", "photos", to=onnx.TensorProto.FLOAT)
    x = g.apply("Transpose", x, perm=[0, 3, 1, 2])
    x = g.apply("Sub", x, g.constant(np.float32(127)))
    x = g.apply("Mul", x, g.constant(np.float32(1 / 128)))
    x = g.clipped(g.convolved(network.stem, x, 2))
    kept = len(network.blocks) - without
    width, blocks = 32, iter(network.blocks[:kept])
    for stage in STAGES:
        for place in range(stage.blocks):
            stride = stage.stride if place == 0 else 1
            if (block := next(blocks, None)) is None:
                break
            y = x if block.widen is None else g.clipped(g.convolved(block.widen, x))
            y = g.clipped(g.convolved(block.depthwise, y, stride, apart=True))
            y = g.convolved(block.narrow, y)
            x = g.apply("Add", x, y) if stride == 1 and width == stage.width else y
            width = stage.width
    if without:
        said, numbers = g.apply("Transpose", x, perm=[0, 2, 3, 1]), -1
    else:
        maps = g.clipped(g.convolved(network.head, x))
        mean = g.apply("GlobalAveragePool", maps)
        off = g.apply("Sub", maps, mean)
        spread = g.apply("Sqrt", g.apply("GlobalAveragePool", g.apply("Mul", off, off)))
        said, numbers = g.apply("Concat", mean, spread, axis=1), 2 * FEATURES
    shape = g.constant(np.array([0, numbers], np.int64))
    g.nodes.append(onnx.helper.make_node("Reshape", [said, shape], ["features"]))
    described = onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph(
        g.nodes,
        "backbone",
        [described("photos", onnx.TensorProto.UINT8, ["n", side, side, 3])],
        [described("features", onnx.TensorProto.FLOAT, ["n", "number" if without else numbers])],
        g.constants,
    )
    opset = onnx.helper.make_opsetid("", OPSET)
    model = onnx.helper.make_model(graph, opset_imports=[opset], ir_version=8)
    onnx.checker.check_model(model)
    return model.SerializeToString()


def backbone_runner(
    model: bytes, threads: int | None = None
) -> Callable[[UInt8[np.ndarray, "photo side side 3"]], Float[np.ndarray, "photo number"]]:
    """Return what runs the model on a batch of photographs, on so many threads (by
    default all cores that this process may use). Raises `MissingExtra` without onnxruntime.
    """
    try:
        import onnxruntime
    except ImportError as error:
        raise MissingExtra(
            f"running ONNX needs onnxruntime ({error})", where="onnx", hint=INSTALL
        ) from error
    options: Any = onnxruntime.SessionOptions()
    here = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0
    options.intra_op_num_threads = threads or here
    options.log_severity_level = 3
    # who waits for work does not spin: the decoding processes need the cores
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session: Any = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    def run(photos: np.ndarray) -> np.ndarray:
        said: Sequence[np.ndarray] = session.run(["features"], {"photos": photos})
        return said[0]

    return run
