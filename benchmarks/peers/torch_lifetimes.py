# pyright: reportMissingImports=false, reportAttributeAccessIssue=false
"""Lifetimes of learning in PyTorch, one after the other, timed. Needs an interpreter with torch.

    python torch_lifetimes.py LIVES [--threads N] [--steps N] [--shots N]

A life begins at one of the genomes of a population (the 1-40-40-1 network's initial weights, and a
learning rate a tensor), draws a sinusoid, takes gradient steps on its support, and is scored on its
query. The next population is mutated copies of the better halves of random pairs, as a user would
write it: it is timed too. Prints one JSON object. The first 20 lives are not timed.
"""

from __future__ import annotations

import argparse
import json
import math
import time

import torch

SHAPES = ((1, 40), (40,), (40, 40), (40,), (40, 1), (1,))


def draw(count: int, amplitude: float, phase: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Return inputs and targets of a sinusoid."""
    x = 10 * torch.rand(count, 1) - 5
    return x, amplitude * torch.sin(x - phase)


def loss(weights: list[torch.Tensor], x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Return the network's mean squared error."""
    for layer in range(0, 4, 2):
        x = torch.relu(x @ weights[layer] + weights[layer + 1])
    return torch.mean((x @ weights[4] + weights[5] - y) ** 2)


def main() -> None:
    """Live, and print how fast."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lives", type=int)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--shots", type=int, default=10)
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    torch.manual_seed(0)
    genomes = [
        [torch.randn(shape) / math.sqrt(max(shape[0], 1)) for shape in SHAPES]
        for _ in range(chosen.lives)
    ]
    rates = [[0.01] * len(SHAPES) for _ in range(chosen.lives)]

    def live(member: int) -> float:
        amplitude, phase = 0.1 + 4.9 * torch.rand(()).item(), math.pi * torch.rand(()).item()
        weights = [w.clone().requires_grad_() for w in genomes[member]]
        x, y = draw(chosen.shots, amplitude, phase)
        for _ in range(chosen.steps):
            gradients = torch.autograd.grad(loss(weights, x, y), weights)
            with torch.no_grad():
                weights = [
                    (w - rate * g).requires_grad_()
                    for w, rate, g in zip(weights, rates[member], gradients, strict=True)
                ]
        with torch.no_grad():
            return -loss(weights, *draw(chosen.shots, amplitude, phase)).item()

    for member in range(min(20, chosen.lives)):
        live(member)
    begun = time.perf_counter()
    scores = [live(member) for member in range(chosen.lives)]
    order = torch.randperm(chosen.lives).tolist()
    for a, b in zip(order[::2], order[1::2], strict=False):
        winner, loser = (a, b) if scores[a] > scores[b] else (b, a)
        genomes[loser] = [w + 0.02 * torch.randn_like(w) for w in genomes[winner]]
        rates[loser] = [rate * math.exp(0.1 * torch.randn(()).item()) for rate in rates[winner]]
    seconds = time.perf_counter() - begun
    said = {"lives": chosen.lives, "seconds": seconds, "torch": torch.__version__}
    print(json.dumps(said))


if __name__ == "__main__":
    main()
