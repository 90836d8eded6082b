"""EfficientNet-Lite0 as a graph: a strong image network on a stream, in any stage map.

Its batch normalisation is folded into the filters (`nn.efficientnet`), so that its weights are
those of any graph. Every inverted residual is a block.
"""

from __future__ import annotations

from typing import Literal

from ontogeny.learners.streaming.graph import Graph
from ontogeny.learners.streaming.layer import Layer
from ontogeny.learners.streaming.tick import Params
from ontogeny.nn.efficientnet import CLASSES, FEATURES, STAGES, EfficientNet
from ontogeny.nn.filter import Filter


def efficientnet_lite(head: Literal["logits", "features"] = "logits") -> Graph:
    """Return the network with one stage: a frame in, the logits of ImageNet's 1000 classes or the
    1280 features out. Frames of 32 x 32 and more; it was trained at 224 x 224.
    """
    layers = [Layer("stem", width=32, stride=2, activation="relu6")]
    last, n_in, place = "stem", 32, 0
    for stage in STAGES:
        for number in range(stage.blocks):
            at, stride = f"block{place}", stage.stride if number == 0 else 1
            wide, source = n_in * stage.expansion, last
            if stage.expansion > 1:
                source = f"{at}_widen"
                layers.append(Layer(source, (last,), wide, 1, activation="relu6", block=at))
            same = last if stride == 1 and n_in == stage.width else None
            names = f"{at}_apart", f"{at}_narrow"
            layers += [
                Layer(names[0], (source,), wide, stage.kernel, stride, "apart", "relu6", block=at),
                Layer(
                    names[1], names[:1], stage.width, 1, activation="none", residual=same, block=at
                ),
            ]
            last, n_in, place = names[1], stage.width, place + 1
    layers.append(Layer("top", (last,), FEATURES, 1, activation="relu6", block="head"))
    kind = "logits" if head == "logits" else "mean"
    answer = Layer("head", ("top",), CLASSES, 1, 1, kind, "none", block="head")
    return Graph((*layers, answer), mean=127 / 255, deviation=128 / 255)


def efficientnet_params(network: EfficientNet) -> Params:
    """Return the weights of `nn.efficientnet` by the names of the graph's layers."""
    params: Params = {"stem": network.stem, "top": network.head}
    params["head"] = Filter(network.classify[None, None], network.bias)
    for place, block in enumerate(network.blocks):
        if block.widen is not None:
            params[f"block{place}_widen"] = block.widen
        params[f"block{place}_apart"] = block.depthwise
        params[f"block{place}_narrow"] = block.narrow
    return params
