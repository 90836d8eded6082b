# pyright: reportMissingImports=false, reportAttributeAccessIssue=false
# pyright: reportUntypedBaseClass=false
"""A PyTorch LSTM that learns to predict coins, timed. Runs under an interpreter that has torch.

    python torch_lstm.py UPDATES [--threads N] [--units N] [--batch N] [--length N]

An update draws Beta(1, 1) coins and their tosses, and is Adam on the clipped gradient of the mean
log-loss. Prints one JSON object. The first 20 updates are not timed.
"""

from __future__ import annotations

import argparse
import json
import time

import torch


class Predictor(torch.nn.Module):
    """nn.LSTM and a linear head: logits of every toss, given those before it."""

    def __init__(self, n_units: int):
        super().__init__()
        self.lstm = torch.nn.LSTM(2, n_units, batch_first=True)
        self.head = torch.nn.Linear(n_units, 2)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        return self.head(self.lstm(inputs)[0])


def main() -> None:
    """Learn, and print how fast."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("updates", type=int)
    parser.add_argument("--threads", type=int, help="torch's own choice when not given")
    parser.add_argument("--units", type=int, default=32)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--length", type=int, default=20)
    chosen = parser.parse_args()
    if chosen.threads:
        torch.set_num_threads(chosen.threads)
    torch.manual_seed(0)
    predictor = Predictor(chosen.units)
    optimiser = torch.optim.Adam(predictor.parameters(), lr=3e-3)
    prior = torch.distributions.Beta(1.0, 1.0)

    def update() -> float:
        chance = prior.sample((chosen.batch, 1))
        tosses = (torch.rand(chosen.batch, chosen.length) < chance).long()
        seen = torch.nn.functional.one_hot(tosses[:, :-1], 2).float()
        inputs = torch.cat([torch.zeros(chosen.batch, 1, 2), seen], dim=1)
        loss = torch.nn.functional.cross_entropy(
            predictor(inputs).reshape(-1, 2), tosses.reshape(-1)
        )
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(predictor.parameters(), 1.0)
        optimiser.step()
        return loss.item()

    for _ in range(20):
        update()
    begun = time.perf_counter()
    losses = [update() for _ in range(chosen.updates)]
    seconds = time.perf_counter() - begun
    said = {
        "sequences": chosen.updates * chosen.batch,
        "seconds": seconds,
        "log_loss": chosen.length * losses[-1],
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
    }
    print(json.dumps(said))


if __name__ == "__main__":
    main()
