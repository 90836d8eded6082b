# pyright: reportMissingImports=false, reportAttributeAccessIssue=false
# pyright: reportPrivateImportUsage=false
"""An energy-based memory of pictures in PyTorch, by torch.func: written, read and meta-trained, and
timed. Runs under an interpreter that has torch.

    python torch_ebmm.py FILE.npz use|train REPEATS [--threads N]

The same model as `ontogeny.learners.memory`, kind "dense", from the arrays that the file holds, so
that what it reads can be held against what we read. Prints one JSON object; the first two repeats
are not timed.
"""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

import numpy as np
import torch
from torch.func import grad, vmap
from torch.nn import functional


def main() -> None:
    """Use or train the memories of the file, and print how fast."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file")
    parser.add_argument("what", choices=["use", "train"])
    parser.add_argument("repeats", type=int)
    parser.add_argument("--threads", type=int, default=1)
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    held = {name: torch.tensor(array) for name, array in np.load(chosen.file).items()}
    patterns, queries = held.pop("patterns"), held.pop("queries")
    work = (
        _Use(held, patterns, queries) if chosen.what == "use" else _Train(held, patterns, queries)
    )
    told = work.once()
    work.once()
    begun = time.perf_counter()
    for _ in range(chosen.repeats):
        work.once()
    seconds = time.perf_counter() - begun
    print(
        json.dumps(
            {"torch": torch.__version__, "times": chosen.repeats, "seconds": seconds, "told": told}
        )
    )


def energy(p: dict[str, Any], w: torch.Tensor, b: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """Return the energies of pictures [picture, height, width] under written weights."""
    x = 2 * x[:, None] - 1
    block = 0
    while f"first{block}" in p:
        y = functional.conv2d(functional.silu(x), p[f"first{block}"], p[f"first_b{block}"], 2, 1)
        y = functional.conv2d(functional.silu(y), p[f"second{block}"], p[f"second_b{block}"], 1, 1)
        n = x.shape
        means = x.reshape(n[0], n[1], n[2] // 2, 2, n[3] // 2, 2).mean((3, 5))
        short = torch.einsum("nchw,cd->ndhw", means, p[f"short{block}"])
        x = short + p[f"short_b{block}"][:, None, None] + y
        block += 1
    flat = x.permute(0, 2, 3, 1).flatten(1)
    f = functional.layer_norm(
        flat @ p["dense"] + p["dense_b"], (p["dense_b"].shape[0],), p["norm_w"], p["norm_b"]
    )
    x = torch.tanh(torch.cat([f @ w + b, f @ p["stays"] + p["stays_b"]], 1))
    h = torch.zeros_like(x)
    for _ in range(int(p["hops"])):
        z = torch.cat([x, h], 1)
        said = torch.tanh(z @ p["candidate"] + p["candidate_b"])
        c = functional.layer_norm(said, (said.shape[1],), p["hop_w"], p["hop_b"])
        u = torch.sigmoid(z @ p["gate"] + p["gate_b"])
        h = u * c + (1 - u) * h
    return (torch.tanh(h @ p["head"] + p["head_b"]) @ p["out"] + p["out_b"])[:, 0]


def recall(p: dict[str, Any], patterns: torch.Tensor, queries: torch.Tensor) -> torch.Tensor:
    """Return every read [read, picture, height, width] of one memory."""
    w, b = p["start_w"], p["start_b"]

    def mean_energy(w: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        return energy(p, w, b, patterns).mean()

    for rate_w, rate_b in zip(p["rates_w"], p["rates_b"], strict=True):
        down_w, down_b = grad(mean_energy, argnums=(0, 1))(w, b)
        w, b = w - rate_w * down_w, b - rate_b * down_b

    def total(x: torch.Tensor) -> torch.Tensor:
        return energy(p, w, b, x).sum()

    x, v, reads = queries, torch.zeros_like(queries), []
    for rate, momentum in zip(p["read_rates"], p["momenta"], strict=True):
        v = momentum * v - rate * grad(total)((x + momentum * v).clamp(0, 1))
        x = (x + v).clamp(0, 1)
        reads.append(x)
    return torch.stack(reads)


class _Use:
    def __init__(self, held: dict[str, Any], patterns: torch.Tensor, queries: torch.Tensor):
        self.given = held, patterns, queries

    def once(self) -> float:
        held, patterns, queries = self.given
        with torch.no_grad():
            reads = vmap(lambda x, q: recall(held, x, q))(patterns, queries)
        return float(((reads[:, -1] - patterns) ** 2).sum((2, 3)).mean())


class _Train:
    def __init__(self, held: dict[str, Any], patterns: torch.Tensor, queries: torch.Tensor):
        self.held = {
            name: value if name == "hops" else value.requires_grad_()
            for name, value in held.items()
        }
        self.given = patterns, queries
        self.adam = torch.optim.AdamW(
            [value for name, value in held.items() if name != "hops"], 1e-4, weight_decay=1e-6
        )

    def once(self) -> float:
        patterns, queries = self.given
        self.adam.zero_grad()
        reads = vmap(lambda x, q: recall(self.held, x, q))(patterns, queries)
        loss = ((reads - patterns[:, None]) ** 2).sum((1, 3, 4)).mean()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.adam.param_groups[0]["params"], 0.5)
        self.adam.step()
        return float(loss)


if __name__ == "__main__":
    main()
