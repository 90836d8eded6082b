# pyright: reportMissingImports=false, reportAttributeAccessIssue=false
# pyright: reportPrivateImportUsage=false
"""A convolutional network of frames in PyTorch, run one frame at a time. Runs under an interpreter
that has torch.

    python torch_frames.py SECONDS SIDE WIDTH DEPTH HALVES [--threads N] [--compiled]

The same layers as `NetworkConfig("plain", "logits", ...)`: 3 x 3 convolutions and ReLU, of which
those named by HALVES (0,5,10) have stride 2 and all but the first of these double the width; means
of what is left, and one dense layer. Weights are random: only the time is asked. Prints one JSON
object.
"""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

import torch
from torch import nn


def main() -> None:
    """Run the network for so many seconds and print how many frames it saw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seconds", type=float)
    for name in ("side", "width", "depth"):
        parser.add_argument(name, type=int)
    parser.add_argument("halves")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--compiled", action="store_true")
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    halves = [int(place) for place in chosen.halves.split(",")]
    model: Any = network(chosen.width, chosen.depth, halves)
    model = model.eval().to(memory_format=torch.channels_last)
    if chosen.compiled:
        model = torch.compile(model)
    frames = torch.rand(8, 1, 3, chosen.side, chosen.side).unbind(0)
    frames = [frame.contiguous(memory_format=torch.channels_last) for frame in frames]
    with torch.inference_mode():
        for frame in frames:
            model(frame)
        begun, count = time.perf_counter(), 0
        while time.perf_counter() - begun < chosen.seconds or not count:
            model(frames[count % len(frames)])
            count += 1
        seconds = time.perf_counter() - begun
    print(json.dumps({"torch": torch.__version__, "frames": count, "seconds": seconds}))


def network(width: int, depth: int, halves: list[int]) -> nn.Module:
    """Return the layers."""
    layers: list[nn.Module] = []
    seen, before = 0, 3
    for place in range(depth + 1):
        seen += place in halves
        wide = width * 2 ** max(seen - 1, 0)
        layers += [nn.Conv2d(before, wide, 3, 2 if place in halves else 1, 1), nn.ReLU()]
        before = wide
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(before, 10))


if __name__ == "__main__":
    main()
