# pyright: reportMissingImports=false, reportAttributeAccessIssue=false
"""A member in PyTorch: a network of 0.1 million weights that learns what another one says, with
Adam. A megabyte is written when it is saved.

A population tunes its learning rate and its decay of weights.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import torch
from torch import nn

from ontogeny.core.host import HostLearner

INPUTS, UNITS, CLASSES = 64, 256, 10
ROWS, BATCH = 4096, 128


def network() -> nn.Module:
    """Return a network with fresh weights."""
    return nn.Sequential(
        nn.Linear(INPUTS, UNITS), nn.ReLU(), nn.Linear(UNITS, UNITS), nn.ReLU(),
        nn.Linear(UNITS, CLASSES),
    )  # fmt: skip


@cache
def data() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return rows and classes to learn from, and others to be scored on."""
    torch.manual_seed(0)
    teacher = network()
    x = torch.randn(2 * ROWS, INPUTS)
    with torch.no_grad():
        y = teacher(x).argmax(1)
    return x[:ROWS], y[:ROWS], x[ROWS:], y[ROWS:]


def init(key: int, hypers: dict[str, float]) -> dict[str, Any]:
    """Return a fresh network and its optimiser."""
    torch.set_num_threads(1)
    torch.manual_seed(key)
    made = network()
    return {"network": made, "optimiser": torch.optim.Adam(made.parameters(), 1e-3)}


def step(
    key: int, state: dict[str, Any], hypers: dict[str, float]
) -> tuple[dict[str, Any], dict[str, float]]:
    """Learn from a batch."""
    x, y, _, _ = data()
    rows = torch.randint(ROWS, (BATCH,), generator=torch.Generator().manual_seed(key))
    for group in state["optimiser"].param_groups:
        group["lr"], group["weight_decay"] = hypers["learning_rate"], hypers["decay"]
    loss = nn.functional.cross_entropy(state["network"](x[rows]), y[rows])
    state["optimiser"].zero_grad()
    loss.backward()
    state["optimiser"].step()
    return state, {"loss": loss.item()}


def score(key: int, state: dict[str, Any], hypers: dict[str, float]) -> float:
    """Return the fraction of other rows that it has right."""
    _, _, x, y = data()
    with torch.no_grad():
        return float((state["network"](x).argmax(1) == y).float().mean())


LEARNER = HostLearner(init, step, score, pickle=True)
