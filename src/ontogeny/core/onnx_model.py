"""A JAX function as an ONNX model, which other programs run without JAX.

jax2onnx converts it. It is imported when it is needed: that takes seconds.
"""

from __future__ import annotations

import importlib
import logging
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.extend.core
import numpy as np

from ontogeny.core.errors import MissingExtra, StoreError

OPSET = 18  # old enough for runtimes of 2023; what our networks need is older still


def onnx_model(
    function: Callable[..., Sequence[jax.Array]],
    inputs: Mapping[str, jax.ShapeDtypeStruct],
    outputs: Sequence[str],
) -> bytes:
    """Return the model of `function(*inputs) -> outputs`, whose inputs and outputs have these
    names, and the arrays that it closes over inside.

    Raises `MissingExtra` without jax2onnx, `StoreError` where it can't convert the function.
    """
    convert = _module("jax2onnx").to_onnx
    # Traced before: while jax2onnx traces, functions of jax.numpy return other things.
    traced = jax.extend.core.jaxpr_as_fun(jax.make_jaxpr(function)(*inputs.values()))
    quiet = logging.getLogger("onnx_ir")  # it warns of shapes of intermediate values
    level = quiet.level
    quiet.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what it imports is deprecated in part
            model = convert(
                traced,
                list(inputs.values()),
                opset=OPSET,
                input_names=list(inputs),
                output_names=list(outputs),
            )
    except Exception as error:  # of any kind: it says which operation it doesn't know
        raise StoreError(
            f"jax2onnx can't convert it ({error!r:.300})",
            where="onnx",
            hint="safetensors holds the same arrays: ontogeny export RUN --to safetensors",
        ) from error
    finally:
        quiet.setLevel(level)
    return model.SerializeToString()


def onnx_runner(model: bytes) -> Callable[[Mapping[str, np.ndarray]], dict[str, np.ndarray]]:
    """Return what runs the model on named inputs and returns its named outputs. Raises
    `MissingExtra` without onnxruntime.
    """
    runtime = _module("onnxruntime")
    options: Any = runtime.SessionOptions()
    options.log_severity_level = 3  # it warns of each constant that is not used
    session: Any = runtime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return lambda inputs: dict(zip(names, session.run(None, dict(inputs)), strict=True))


def _module(name: str) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return importlib.import_module(name)
    except ImportError as error:
        raise MissingExtra(
            f"ONNX needs {name} ({error})", where="onnx", hint="pip install 'ontogeny[onnx]'"
        ) from error
