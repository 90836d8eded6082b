# pyright: reportMissingImports=false, reportAttributeAccessIssue=false
# pyright: reportUntypedBaseClass=false
"""A PyTorch language model that learns bytes, compiled and timed. Runs under an interpreter that
has torch.

    python torch_tokens.py UPDATES [--threads N] [--width N] [--layers N] [--heads N] [--time N]
                           [--batch N] [--eager]

The same model as `ontogeny.nn.language_model`: RMS norms before attention and two dense layers of
twice the width, distances as penalties, and Adam on the clipped gradient. Attention is PyTorch's
own fused one. Prints one JSON object; the first 3 updates are not timed.
"""

from __future__ import annotations

import argparse
import json
import os
import time

import torch
from torch import nn
from torch.nn import functional


class Norm(nn.Module):
    """Root-mean-square normalisation."""

    def __init__(self, width: int):
        super().__init__()
        self.gain = nn.Parameter(torch.ones(width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * torch.rsqrt((x * x).mean(-1, keepdim=True) + 1e-6) * self.gain


class Block(nn.Module):
    """Attention and two dense layers, each added to what came in."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.first, self.second = Norm(width), Norm(width)
        self.project, self.merge = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.widen, self.narrow = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)

    def forward(self, x: torch.Tensor, penalty: torch.Tensor) -> torch.Tensor:
        batch, time_, width = x.shape
        split = self.project(self.first(x)).view(batch, time_, 3, self.heads, -1)
        query, key, value = split.permute(2, 0, 3, 1, 4)
        read = functional.scaled_dot_product_attention(query, key, value, attn_mask=penalty)
        x = x + self.merge(read.transpose(1, 2).reshape(batch, time_, width))
        hidden = functional.gelu(self.widen(self.second(x)), approximate="tanh")
        return x + self.narrow(hidden)


class Model(nn.Module):
    """Logits of the next byte after every one."""

    def __init__(self, width: int, layers: int, heads: int, time_: int):
        super().__init__()
        self.enter = nn.Embedding(256, width)
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(layers))
        self.leave, self.head = Norm(width), nn.Linear(width, 256)
        ago = torch.arange(time_)[:, None] - torch.arange(time_)
        slope = 2.0 ** (-8 * torch.arange(1, heads + 1) / heads)
        seen = torch.where(ago >= 0, -slope[:, None, None] * ago, -torch.inf)
        self.register_buffer("penalty", seen)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        x = self.enter(tokens)
        for block in self.blocks:
            x = block(x, self.penalty)
        return self.head(self.leave(x))


def main() -> None:
    """Learn, and print how fast."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("updates", type=int)
    parser.add_argument("--threads", type=int, help="torch's own choice when not given")
    for name, size in (("width", 128), ("layers", 4), ("heads", 4), ("time", 128), ("batch", 16)):
        parser.add_argument(f"--{name}", type=int, default=size)
    parser.add_argument("--eager", action="store_true", help="not compiled")
    chosen = parser.parse_args()
    if chosen.threads:
        torch.set_num_threads(chosen.threads)
    torch.manual_seed(0)
    model = Model(chosen.width, chosen.layers, chosen.heads, chosen.time)
    if not chosen.eager:
        model.compile()
    optimiser = torch.optim.Adam(model.parameters(), lr=3e-3, fused=True)
    text = torch.randint(0, 256, (1_000_000,))
    along = torch.arange(chosen.time + 1)

    def update() -> torch.Tensor:
        begins = torch.randint(0, len(text) - chosen.time, (chosen.batch, 1))
        rows = text[begins + along]
        logits = model(rows[:, :-1])
        loss = functional.cross_entropy(logits.reshape(-1, 256), rows[:, 1:].reshape(-1))
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        return loss

    loss = update()
    for _ in range(2):
        update()
    begun, busy = time.perf_counter(), sum(os.times()[:2])
    for _ in range(chosen.updates):
        loss = update()
    said = {
        "tokens": chosen.updates * chosen.batch * chosen.time,
        "seconds": time.perf_counter() - begun,
        "cpu_seconds": sum(os.times()[:2]) - busy,
        "loss": loss.item(),
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
    }
    print(json.dumps(said))


if __name__ == "__main__":
    main()
