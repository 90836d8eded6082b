"""How a start is meta-learned and adapted from: MAML's family, as what each member sets."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, Literal

from ontogeny.core.config import at_least, positive
from ontogeny.core.errors import ConfigError, unknown


@dataclass(frozen=True)
class NetworkConfig:
    """The network that is adapted: a torso of dense layers, and an affine head."""

    widths: tuple[int, ...] = (40, 40)
    """Of the layers."""
    activation: Literal["relu", "tanh"] = "relu"
    """After each layer but the head."""

    def __post_init__(self) -> None:
        if not self.widths or min(self.widths) < 1:
            raise ConfigError(
                f"widths are {self.widths}",
                where="network.widths",
                hint="give a layer or more, each of width 1 or more",
            )


@dataclass(frozen=True)
class MAMLConfig:
    """How it adapts, and how it learns to.

    >>> anil = og.MAMLConfig(adapts="head", inner_steps=5)
    >>> anil.order
    2
    """

    inner_steps: int = 1
    """Steps of adaptation while it is meta-trained."""
    inner_rate: float = 0.01
    """Of the steps of adaptation; where learned rates begin."""
    rates: Literal["one", "leaf", "parameter"] = "one"
    """One inner rate, a hyper; or learned ones, for every leaf or every parameter."""
    rates_by_step: bool = False
    """Learn the rates of each step apart; further steps use those of the last."""
    adapts: Literal["all", "head"] = "all"
    """What is adapted."""
    order: Literal[1, 2] = 2
    """2 differentiates through the steps, 1 takes their gradients as constants."""
    outer: Literal["query", "reptile"] = "query"
    """What the start is moved by: the loss on the query, or the way that adaptation went."""
    pull: float = 0.0
    """Above 0: adaptation is pulled to the start with this strength and differentiated
    implicitly."""
    remat: bool = False
    """Compute the inner loop again when differentiating it: memory ∝ sqrt(inner_steps)."""
    batch: int = 25
    """Tasks an update."""
    learning_rate: float = 1e-3
    """Of Adam, which moves the start."""
    final: float = 1.0
    """Where the learning rate ends, as a fraction of where it began."""
    updates: int = 2000
    """Over how many updates it decays. A recipe takes its own rounds times steps."""
    max_gradient_norm: float = 10.0
    """Longer gradients of the start are scaled down to it."""
    test_batch: int = 600
    """Tasks that a score is measured on."""

    def __post_init__(self) -> None:
        at_least(self, 1, "inner_steps", "batch", "updates", "test_batch", where="maml.")
        rates = ("inner_rate", "learning_rate", "final", "max_gradient_norm")
        positive(self, *rates, where="maml.")
        if self.rates == "one" and self.rates_by_step:
            raise ConfigError(
                "rates_by_step with one rate",
                where="maml.rates_by_step",
                hint="learn the rates: set rates to leaf or parameter",
            )
        if self.rates != "one" and (self.pull > 0 or self.outer == "reptile"):
            raise ConfigError(
                f"rates are learned by {self.rates}, and nothing differentiates them",
                where="maml.rates",
                hint="use rates=one with Reptile and with a pull",
            )
        if self.pull > 0 and self.outer == "reptile":
            raise ConfigError(
                "Reptile needs no gradient through adaptation", where="maml.pull", hint="use 0"
            )


METHODS: dict[str, dict[str, Any]] = {
    "maml": {},
    "first-order": {"order": 1},
    "anil": {"adapts": "head"},
    "meta-sgd": {"rates": "parameter"},
    "reptile": {"outer": "reptile", "inner_steps": 8},
    "implicit": {"pull": 1.0, "inner_steps": 16},
}
"""The family: what each member of it changes."""


def configured(method: str, config: MAMLConfig | None = None) -> MAMLConfig:
    """Return the config with what the method changes, where it leaves the default.

    Raises `ConfigError` for a method that there is not.
    """
    if method not in METHODS:
        raise unknown("method", method, METHODS, "maml")
    config = config or MAMLConfig()
    given = {f.name for f in fields(config) if getattr(config, f.name) != f.default}
    return replace(config, **{k: v for k, v in METHODS[method].items() if k not in given})
