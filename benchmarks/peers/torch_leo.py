# pyright: reportMissingImports=false, reportAttributeAccessIssue=false
"""A PyTorch LEO that meta-trains, timed. Runs under an interpreter that has torch.

    python torch_leo.py UPDATES [--threads N] [--shots N] [--queries N] [--tasks N]

640 features, 64 codes and latents, 5 ways, 5 latent and 5 weight steps, dropout at every
evaluation, fresh noise at every decoding, second order. All tasks of an update are one batch of
tensors; what is adapted is differentiated by `torch.autograd.grad` with its graph kept. Prints one
JSON object. The first 5 updates are not timed.
"""

from __future__ import annotations

import argparse
import json
import math
import time

import torch
from torch.nn.functional import cross_entropy, dropout, relu, softplus

FEATURES, CODES, LATENTS, WAYS, STEPS = 640, 64, 64, 5, 5
CLASSES, ITEMS = 200, 40
DROPOUT, KL, ENCODER, L2, ORTHOGONAL, CLIP = 0.3, 0.1, 1e-6, 1e-8, 0.1, 0.1


def glorot(n_in: int, n_out: int) -> torch.Tensor:
    """Return a matrix of Glorot-uniform numbers that is learned."""
    return torch.nn.init.xavier_uniform_(torch.empty(n_in, n_out)).requires_grad_()


class LEO:
    """What is meta-learned, and the loss of a batch of episodes [task, way, item, feature]."""

    def __init__(self) -> None:
        self.encoder = glorot(FEATURES, CODES)
        self.relation = [glorot(2 * CODES, 2 * LATENTS)]
        self.relation += [glorot(2 * LATENTS, 2 * LATENTS) for _ in range(2)]
        self.decoder = glorot(LATENTS, 2 * FEATURES)
        self.latent_rate = torch.ones(LATENTS, requires_grad=True)
        self.weight_rate = torch.full((FEATURES,), 1e-3, requires_grad=True)

    @property
    def matrices(self) -> list[torch.Tensor]:
        """All but the rates."""
        return [self.encoder, *self.relation, self.decoder]

    @property
    def parameters(self) -> list[torch.Tensor]:
        """All of it."""
        return [*self.matrices, self.latent_rate, self.weight_rate]

    def encode(self, support: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        codes = dropout(support, DROPOUT) @ self.encoder
        tasks, ways, shots, _ = codes.shape
        rows = codes.reshape(tasks, 1, ways * shots, CODES)
        first = codes.reshape(tasks, ways * shots, 1, CODES)
        pairs = torch.cat(
            [first.expand(-1, -1, ways * shots, -1), rows.expand(-1, ways * shots, -1, -1)], -1
        )
        hidden = relu(relu(pairs @ self.relation[0]) @ self.relation[1]) @ self.relation[2]
        mean, u = hidden.mean(2).reshape(tasks, ways, shots, -1).mean(2).chunk(2, -1)
        return mean, 0.1 * softplus(u) / math.log(2)

    def decode(self, z: torch.Tensor) -> torch.Tensor:
        mean, u = (z @ self.decoder).chunk(2, -1)
        deviation = math.sqrt(2 / (WAYS + FEATURES)) * softplus(u) / math.log(2)
        return mean + deviation * torch.randn_like(mean)

    def evaluate(self, weights: torch.Tensor, inputs: torch.Tensor, reduction: str) -> torch.Tensor:
        logits = dropout(inputs, DROPOUT).flatten(1, 2) @ weights.transpose(1, 2)
        own = torch.arange(WAYS).repeat_interleave(inputs.shape[2]).repeat(inputs.shape[0])
        return cross_entropy(logits.flatten(0, 1), own, reduction=reduction)

    def loss(self, support: torch.Tensor, query: torch.Tensor) -> torch.Tensor:
        mean, deviation = self.encode(support)
        begun = z = mean + deviation * torch.randn_like(mean)
        for _ in range(STEPS):
            loss = self.evaluate(self.decode(z), support, "sum")
            (slope,) = torch.autograd.grad(loss, z, create_graph=True)
            z = z - self.latent_rate * slope
        weights = self.decode(z)
        for _ in range(STEPS):
            loss = self.evaluate(weights, support, "sum")
            (slope,) = torch.autograd.grad(loss, weights, create_graph=True)
            weights = weights - self.weight_rate * slope
        kl = ((mean**2 + deviation**2 - 1) / 2 - deviation.log()).mean()
        moved = ((z.detach() - begun) ** 2).mean()
        rows = self.decoder / self.decoder.norm(dim=1, keepdim=True)
        off = ((rows @ rows.T - torch.eye(LATENTS)) ** 2).mean()
        squares = sum((matrix**2).sum() for matrix in self.matrices)
        whole = self.evaluate(weights, query, "mean") + KL * kl + ENCODER * moved
        return whole + L2 * squares + ORTHOGONAL * off


def main() -> None:
    """Meta-train, and print how fast."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("updates", type=int)
    parser.add_argument("--threads", type=int, help="torch's own choice when not given")
    parser.add_argument("--shots", type=int, default=1)
    parser.add_argument("--queries", type=int, default=10)
    parser.add_argument("--tasks", type=int, default=12)
    chosen = parser.parse_args()
    if chosen.threads:
        torch.set_num_threads(chosen.threads)
    torch.manual_seed(0)
    centres = torch.rand(CLASSES, 1, FEATURES)
    data = torch.nn.functional.normalize(
        centres + 0.5 * torch.rand(CLASSES, ITEMS, FEATURES), dim=-1
    )
    leo = LEO()
    optimiser = torch.optim.Adam(leo.parameters, lr=2e-3)

    def update() -> float:
        size = (chosen.tasks, CLASSES)
        classes = torch.rand(size).topk(WAYS).indices[..., None]
        items = torch.rand(chosen.tasks, WAYS, ITEMS).topk(chosen.shots + chosen.queries).indices
        drawn = data[classes, items]
        loss = leo.loss(drawn[:, :, : chosen.shots], drawn[:, :, chosen.shots :])
        optimiser.zero_grad()
        loss.backward()
        for parameter in leo.parameters:
            assert parameter.grad is not None
            parameter.grad.clamp_(-CLIP, CLIP)
            torch.nn.utils.clip_grad_norm_([parameter], CLIP)
        optimiser.step()
        return loss.item()

    for _ in range(5):
        update()
    begun = time.perf_counter()
    losses = [update() for _ in range(chosen.updates)]
    seconds = time.perf_counter() - begun
    said = {
        "updates": chosen.updates,
        "seconds": seconds,
        "first loss": losses[0],
        "loss": losses[-1],
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
    }
    print(json.dumps(said))


if __name__ == "__main__":
    main()
