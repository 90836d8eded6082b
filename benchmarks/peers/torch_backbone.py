# pyright: reportMissingImports=false, reportAttributeAccessIssue=false
# pyright: reportPrivateImportUsage=false
"""EfficientNet-Lite0 in PyTorch, eager, with packaged weights: what it sees of photographs. Runs
under an interpreter that has torch, NumPy and Pillow.

    python torch_backbone.py SECONDS WEIGHTS photos.npy [--batch N] [--last] [--out features.npy]
    python torch_backbone.py SECONDS WEIGHTS photos.npy --export model.onnx
    python torch_backbone.py SECONDS WEIGHTS FOLDER [--batch N] [--workers N] [--last]

Photographs are bytes [n, 224, 224, 3], or a folder of files that worker processes of a `DataLoader`
decode (then all are seen once, and SECONDS is left out of account). `--last` keeps channels last.
Prints one JSON object.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

STAGES = (  # expansion, kernel, stride, width, blocks
    *((1, 3, 1, 16, 1), (6, 3, 2, 24, 2), (6, 5, 2, 40, 2), (6, 3, 2, 80, 3)),
    *((6, 5, 1, 112, 3), (6, 5, 2, 192, 4), (6, 3, 1, 320, 1)),
)


class Same(nn.Conv2d):
    """A convolution padded as TensorFlow does."""

    def forward(self, input: Any) -> Any:
        """Return the convolution."""
        rows, columns = (
            max((-(-n // self.stride[0]) - 1) * self.stride[0] + self.kernel_size[0] - n, 0)
            for n in input.shape[2:]
        )
        sides = (columns // 2, columns - columns // 2, rows // 2, rows - rows // 2)
        return super().forward(nn.functional.pad(input, sides))


def same(n_in: int, n_out: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Conv2d:
    """Return a convolution without a bias."""
    kind = nn.Conv2d if kernel == 1 else Same
    return kind(n_in, n_out, kernel, stride, groups=groups, bias=False)


class Block(nn.Module):
    """An inverted residual, by the names of the checkpoint."""

    def __init__(self, n_in: int, n_out: int, expansion: int, kernel: int, stride: int):
        super().__init__()
        wide = n_in * expansion
        self.adds = stride == 1 and n_in == n_out
        if expansion > 1:
            self._expand_conv = same(n_in, wide, 1)
            self._bn0 = nn.BatchNorm2d(wide, eps=1e-3)
        self.widens = expansion > 1
        self._depthwise_conv = same(wide, wide, kernel, stride, wide)
        self._bn1 = nn.BatchNorm2d(wide, eps=1e-3)
        self._project_conv = same(wide, n_out, 1)
        self._bn2 = nn.BatchNorm2d(n_out, eps=1e-3)

    def forward(self, x: Any) -> Any:
        """Return what the block makes of x."""
        y = nn.functional.relu6(self._bn0(self._expand_conv(x))) if self.widens else x
        y = nn.functional.relu6(self._bn1(self._depthwise_conv(y)))
        y = self._bn2(self._project_conv(y))
        return x + y if self.adds else y


class Backbone(nn.Module):
    """Photographs in, means and spreads of the last maps out."""

    def __init__(self) -> None:
        super().__init__()
        self._conv_stem, self._bn0 = same(3, 32, 3, 2), nn.BatchNorm2d(32, eps=1e-3)
        blocks, width = [], 32
        for expansion, kernel, stride, n_out, count in STAGES:
            for place in range(count):
                blocks.append(Block(width, n_out, expansion, kernel, stride if not place else 1))
                width = n_out
        self._blocks = nn.ModuleList(blocks)
        self._conv_head, self._bn1 = same(width, 1280, 1), nn.BatchNorm2d(1280, eps=1e-3)

    def forward(self, photos: Any) -> Any:
        """Return features [n, 2560] of bytes [n, height, width, 3]."""
        x = (photos.permute(0, 3, 1, 2).float() - 127) / 128
        x = nn.functional.relu6(self._bn0(self._conv_stem(x)))
        for block in self._blocks:
            x = block(x)
        maps = nn.functional.relu6(self._bn1(self._conv_head(x)))
        return torch.cat([maps.mean((2, 3)), maps.std((2, 3), unbiased=False)], 1)


class Files(torch.utils.data.Dataset[Any]):
    """The photographs of a folder, decoded as ours are: no larger than is needed."""

    def __init__(self, folder: Path):
        self.files = sorted(folder.glob("*.jpg"))

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, at: int) -> Any:
        from PIL import Image

        with Image.open(self.files[at]) as image:
            image.draft("RGB", (512, 512))
            kept = min(image.size) * 7 / 8
            left, top = ((n - kept) / 2 for n in image.size)
            box = (left, top, left + kept, top + kept)
            small = image.convert("RGB").resize((224, 224), Image.Resampling.BICUBIC, box, 2)
        return torch.from_numpy(np.array(small))


def main() -> None:
    """Run the network for so many seconds and print how many photographs it saw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seconds", type=float)
    parser.add_argument("weights")
    parser.add_argument("photos", type=Path)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--last", action="store_true")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--export", type=Path)
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    network: Any = Backbone().eval()
    wanting = network.load_state_dict(torch.load(chosen.weights, weights_only=True), strict=False)
    assert not wanting.missing_keys, wanting.missing_keys
    if chosen.last:
        network = network.to(memory_format=torch.channels_last)
    with torch.inference_mode():
        count, seconds = _run(network, chosen)
    print(json.dumps({"torch": torch.__version__, "photos": count, "seconds": seconds}))


def _run(network: Any, chosen: Any) -> tuple[int, float]:
    if chosen.photos.is_dir():
        files = Files(chosen.photos)
        loader = torch.utils.data.DataLoader(files, chosen.batch, num_workers=chosen.workers)
        begun = time.perf_counter()
        for batch in loader:
            network(batch)
        return len(files), time.perf_counter() - begun
    photos = torch.from_numpy(np.load(chosen.photos))
    if chosen.export:
        torch.onnx.export(
            network,
            (photos[:2],),
            str(chosen.export),
            input_names=["photos"],
            output_names=["features"],
            dynamic_axes={"photos": {0: "n"}, "features": {0: "n"}},
            dynamo=False,
        )
    if chosen.out:
        np.save(chosen.out, network(photos).numpy())
    network(photos[: chosen.batch])
    begun, count = time.perf_counter(), 0
    while time.perf_counter() - begun < chosen.seconds or not count:
        at = count % (len(photos) - chosen.batch + 1)
        network(photos[at : at + chosen.batch])
        count += chosen.batch
    return count, time.perf_counter() - begun


if __name__ == "__main__":
    main()
