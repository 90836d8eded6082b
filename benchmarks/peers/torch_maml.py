# pyright: reportMissingImports=false, reportAttributeAccessIssue=false
"""MAML on sinusoids in PyTorch, timed. Runs under an interpreter that has torch.

    python torch_maml.py UPDATES [--threads N] [--tasks N] [--shots N] [--inner-steps N] [--compile]

An update draws sinusoids, adapts a network of 1-40-40-1 to each (`torch.func.grad` under
`torch.func.vmap`), differentiates the loss on the queries through the adaptation, and is Adam on
the clipped gradient. Prints one JSON object. The first 20 updates are not timed.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import time
from typing import Any

import torch
from torch.func import grad, vmap

SIZES = (1, 40, 40, 1)
RATE = 0.01


def outputs(parameters: list[Any], x: Any) -> Any:
    """Return the network's outputs for inputs [example, 1]."""
    for place in range(0, len(parameters), 2):
        x = torch.addmm(parameters[place + 1], x, parameters[place])
        if place + 2 < len(parameters):
            x = torch.relu(x)
    return x


def loss(parameters: list[Any], x: Any, y: Any) -> Any:
    """Return the mean squared error."""
    return torch.mean((outputs(parameters, x) - y) ** 2)


def main() -> None:
    """Learn, and print how fast."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("updates", type=int)
    parser.add_argument("--threads", type=int, help="torch's own choice when not given")
    parser.add_argument("--tasks", type=int, default=25)
    parser.add_argument("--shots", type=int, default=10)
    parser.add_argument("--inner-steps", type=int, default=1)
    parser.add_argument("--compile", action="store_true")
    chosen = parser.parse_args()
    if chosen.threads:
        torch.set_num_threads(chosen.threads)
    torch.manual_seed(0)
    parameters: list[Any] = []
    for n_in, n_out in itertools.pairwise(SIZES):
        weight = torch.nn.init.orthogonal_(torch.empty(n_in, n_out), math.sqrt(2))
        parameters += [weight.requires_grad_(), torch.zeros(n_out, requires_grad=True)]
    optimiser = torch.optim.Adam(parameters, lr=1e-3, eps=1e-5)
    slope = grad(loss)

    def after(parameters: list[Any], x: Any, y: Any, asked: Any, wanted: Any) -> Any:
        for _ in range(chosen.inner_steps):
            steps = slope(parameters, x, y)
            parameters = [p - RATE * g for p, g in zip(parameters, steps, strict=True)]
        return loss(parameters, asked, wanted)

    def objective(x: Any, y: Any, asked: Any, wanted: Any) -> Any:
        return vmap(after, in_dims=(None, 0, 0, 0, 0))(parameters, x, y, asked, wanted).mean()

    measured = torch.compile(objective) if chosen.compile else objective

    def update() -> Any:
        amplitude = 0.1 + 4.9 * torch.rand(chosen.tasks, 1, 1)
        phase = math.pi * torch.rand(chosen.tasks, 1, 1)
        x = 10 * torch.rand(chosen.tasks, 2 * chosen.shots, 1) - 5
        y = amplitude * torch.sin(x - phase)
        k = chosen.shots
        value = measured(x[:, :k], y[:, :k], x[:, k:], y[:, k:])
        optimiser.zero_grad(set_to_none=True)
        value.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 10.0)
        optimiser.step()
        return value.detach()

    for _ in range(20):
        update()
    begun = time.perf_counter()
    losses = [update() for _ in range(chosen.updates)]
    last = float(torch.stack(losses[-100:]).mean())
    seconds = time.perf_counter() - begun
    said = {
        "updates": chosen.updates,
        "seconds": seconds,
        "loss": last,
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
    }
    print(json.dumps(said))


if __name__ == "__main__":
    main()
