"""Tables of what was seen, in which who is treated is no matter of chance, and the effect is known.

People in communities have skills, wealth, age and a habit. These decide, not linearly, who is
treated and what comes of it, in opposite directions: so the plain difference misleads. What comes
of it also varies from community to community, as does how many are treated, each by itself. A
hidden cause, when there is one, goes into the treatment and into the outcome, before it and after.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Shaped

COVARIATES = ("skill", "wealth", "age", "habit")


@dataclass(frozen=True)
class ConfoundedConfig:
    """How many rows and communities there are, and what is planted."""

    rows: int = 3000
    communities: int = 60
    effect: float = 0.5
    """Of the treatment: on the outcome, or on its logit where it is 0 or 1."""
    hidden: float = 0.0
    """How strongly the hidden cause goes into treatment and outcomes."""
    binary: bool = False
    """Whether outcomes are 0 or 1."""
    double_edged: bool = False
    """Whether the effect falls with the dose, from `effect` to minus that: 0 at a dose of 1/2."""


@dataclass(frozen=True, eq=False)
class Confounded:
    """A table with columns `treated`, the covariates, `community`, `dose`, `before` and `outcome`,
    and what nobody sees: each row's effect, in the outcome's own units (of a probability where it
    is 0 or 1).
    """

    table: dict[str, Shaped[np.ndarray, " row"]]
    effect: Float[np.ndarray, " row"]


def confounded(config: ConfoundedConfig, seed: int) -> Confounded:
    """Return a table; the same seed gives the same one."""
    rng, n = np.random.default_rng([seed, 17]), config.rows
    community = rng.integers(config.communities, size=n)
    of_treatment, of_outcome = rng.normal(0, 0.3, (2, config.communities))[:, community]
    skill = rng.normal(size=n)
    wealth = np.exp(0.6 * rng.normal(size=n) + 0.3 * skill)
    age = rng.uniform(18, 70, n)
    habit = (rng.random(n) < 1 / (1 + np.exp(-skill))).astype(np.int64)
    unseen = rng.normal(size=n)
    youth = (44 - age) / 15
    leaning = -1.6 + 0.7 * skill + 0.15 * np.minimum(wealth, 6) - 0.4 * youth + 0.3 * habit
    leaning += 0.15 * skill * habit + of_treatment + config.hidden * unseen
    treated = rng.random(n) < _logistic(leaning)
    dose = rng.random(n)
    standing = -0.8 * skill - 0.1 * wealth + 0.5 * youth + 0.15 * youth**2 - 0.3 * habit
    standing += of_outcome + config.hidden * unseen
    planted = config.effect * ((1 - 2 * dose) if config.double_edged else np.ones(n))
    if config.binary:
        effect = _logistic(standing + planted) - _logistic(standing)
        outcome = (rng.random(n) < _logistic(standing + treated * planted)).astype(np.float64)
        before = (rng.random(n) < _logistic(standing)).astype(np.float64)
    else:
        effect = planted
        outcome = standing + treated * planted + rng.normal(size=n)
        before = standing + rng.normal(size=n)
    return Confounded(
        {
            "treated": treated,
            "skill": skill,
            "wealth": wealth,
            "age": age,
            "habit": habit,
            "community": community,
            "dose": dose,
            "before": before,
            "outcome": outcome,
        },
        effect,
    )


def _logistic(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))
