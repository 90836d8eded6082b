"""The settings of LEO: the network, the descents, the weights of the objective, what is left out,
and where its paper and its code differ.

Sources: Rusu et al. 2019 (arXiv 1807.05960); the code that its authors published.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from ontogeny.core.config import at_least
from ontogeny.core.errors import ConfigError


@dataclass(frozen=True)
class Conventions:
    """Where the paper and its code differ, and where both leave something to be wished for."""

    reduce: Literal["mean", "sum"] = "mean"
    """The query loss, the KL and the encoder penalty: means over examples and numbers, or sums."""
    orthogonality: Literal["mean square", "sum"] = "mean square"
    """Of C - I: the mean of squares, or the sum of sizes."""
    l2_factor: float = 1.0
    """Before the sum of squares of the weights."""
    copies: bool = False
    """K latents for each class, each with its own noise and descent; logits are their means."""
    noise: Literal["fresh", "kept"] = "fresh"
    """At every decoding in training: drawn anew, or one draw for the whole of an episode."""
    kl: Literal["closed", "sampled"] = "closed"
    """The closed form, or one sample at the latent that was drawn."""
    deviations: Literal["smooth", "floored"] = "smooth"
    """See `leo_network.deviation`."""
    latent_deviation: float = 0.1
    """Of a latent when its parameter is 0."""


PAPER = Conventions(
    reduce="sum", orthogonality="sum", deviations="floored", latent_deviation=0.0, copies=False
)
CODE = Conventions(
    l2_factor=0.5, copies=True, kl="sampled", deviations="floored", latent_deviation=0.0
)


@dataclass(frozen=True)
class LEOConfig:
    """The network, the inner descents, the weights of the objective, and what is left out.

    >>> og.LEOConfig(n_latents=16, relate=False).latent_steps
    5
    """

    n_codes: int = 64
    """Numbers of an encoded example."""
    n_latents: int = 64
    """Numbers of a class's latent."""
    latent_steps: int = 5
    """Of descent in the latent space; 0 leaves it out."""
    weight_steps: int = 5
    """Of fine-tuning the generated weights; 0 leaves it out."""
    latent_rate: float = 1.0
    """Of the latent descent, at first; a vector is learned."""
    weight_rate: float = 1e-3
    """Of the fine-tuning, at first; a vector is learned."""
    relate: bool = True
    """Whether a class is encoded among its rivals, or by itself."""
    stochastic: bool = True
    """Whether latents and weights are drawn in training, or are the means."""
    prior: Literal["data", "random"] = "data"
    """Where the latent begins: encoded, or a draw from N(0, 1) that knows nothing of the task (0
    when it is tested)."""
    dropout: float = 0.3
    """Share of the inputs that is dropped in training, at the encoder and at every evaluation."""
    kl_weight: float = 0.1
    """beta."""
    encoder_penalty: float = 1e-6
    """gamma."""
    l2_penalty: float = 1e-8
    """lambda 1."""
    orthogonality_penalty: float = 0.1
    """lambda 2."""
    conventions: Conventions = field(default_factory=Conventions)

    def __post_init__(self) -> None:
        at_least(self, 1, "n_codes", "n_latents", where="leo.")
        at_least(self, 0, "latent_steps", "weight_steps", where="leo.")
        if not 0 <= self.dropout < 1:
            raise ConfigError(
                f"dropout is {self.dropout}",
                where="leo.dropout",
                hint="use 0 (nothing is dropped) to less than 1",
            )


HYPERS = ("kl_weight", "encoder_penalty", "l2_penalty", "orthogonality_penalty", "dropout")
"""The fields that may be hypers: they never decide a shape."""
