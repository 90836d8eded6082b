"""What a matching is asked for: which columns mean what, and by which rules pairs are made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from ontogeny.core.errors import ConfigError

Within: TypeAlias = Literal["score", "mahalanobis"]


@dataclass(frozen=True)
class Design:
    """Columns by their names, and the rules. Raises `ConfigError` for what cannot be meant."""

    treatment: str
    covariates: tuple[str, ...]
    outcome: str | None = None
    """What the treatment may have changed. Without one, only pairs and their balance are found."""
    before: str | None = None
    """The outcome as it was before the treatment, which cannot have changed it: a control. It is
    asked of the pairs in which both have one."""
    dose: str | None = None
    """How much of the treatment there was: the effect is shown along it."""
    exact: tuple[str, ...] = ()
    """Columns in which both of a pair must have the same value."""
    cluster: str | None = None
    """Rows that may share what is not seen: intervals are then over clusters."""
    identity: str | None = None
    """Who a row is: nobody may come twice."""
    ratio: int = 1
    """Controls for each treated row."""
    replace: bool = False
    """Whether a control may serve several treated rows."""
    caliper: float | None = 0.2
    """How far apart both of a pair may be, in standard deviations of the logit of the propensity;
    None for any distance."""
    within: Within = "mahalanobis"
    """What is nearest within the caliper: on the propensity, or on all covariates."""
    window: int = 64
    """Of the controls within the caliper, so many nearest on the propensity are looked at for the
    nearest on all covariates."""
    ridge: float = 1e-8
    """The penalty of the propensity's coefficients, a row."""
    confidence: float = 0.95
    resamples: int = 1000
    """Of the bootstrap over clusters."""
    placebos: int = 20
    """Times that the treatment is permuted, and all is done again."""
    seed: int = 0
    """Of ties, resamples and permutations."""

    def __post_init__(self) -> None:
        wrong = {
            "covariates": (not self.covariates, "name at least one"),
            "ratio": (self.ratio < 1, "use 1 or more"),
            "caliper": (self.caliper is not None and not self.caliper > 0, "use more than 0"),
            "window": (self.window < 2, "use 2 or more"),
            "ridge": (not self.ridge >= 0, "use 0 or more"),
            "confidence": (not 0 < self.confidence < 1, "use a number between 0 and 1"),
            "resamples": (self.resamples < 100, "use 100 or more"),
            "placebos": (self.placebos < 0, "use 0 or more"),
            "within": (self.within not in ("score", "mahalanobis"), "use score or mahalanobis"),
        }
        for name, (is_wrong, hint) in wrong.items():
            if is_wrong:
                raise ConfigError(f"{getattr(self, name)!r}", where=f"match {name}", hint=hint)
        taken: dict[str, str] = {}
        meant = {"treatment": self.treatment, "outcome": self.outcome, "before": self.before}
        meant |= {f"covariate {i}": name for i, name in enumerate(self.covariates, 1)}
        for meaning, name in meant.items():
            if name is not None and name in taken:
                raise ConfigError(
                    f"column {name!r} is both {taken[name]} and {meaning}",
                    where="match",
                    hint="what is balanced by design can be no outcome and no control",
                )
            if name is not None:
                taken[name] = meaning
        if self.dose is not None and self.dose in (self.treatment, self.outcome):
            raise ConfigError(f"the dose is the column {self.dose!r}", where="match dose")
        for name in (self.treatment, self.outcome):
            if name is not None and name in self.exact:
                raise ConfigError(f"{name!r} cannot be matched exactly", where="match exact")
        if self.outcome is None and (self.before or self.dose):
            raise ConfigError(
                "a control or a dose without an outcome", where="match", hint="name the outcome"
            )

    @property
    def columns(self) -> list[str]:
        """All columns that are read, each once."""
        one = (self.treatment, self.outcome, self.before, self.dose, self.cluster, self.identity)
        return list(dict.fromkeys(n for n in (*one, *self.covariates, *self.exact) if n))
