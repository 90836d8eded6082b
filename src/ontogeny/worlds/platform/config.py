"""Settings of a simulated platform."""

from __future__ import annotations

from dataclasses import dataclass

from ontogeny.core.config import at_least, positive
from ontogeny.core.errors import ConfigError, unknown
from ontogeny.worlds.platform.effects import PLANTED


@dataclass(frozen=True)
class PlatformConfig:
    """Who is there, for how long, and what is planted."""

    users: int = 2000
    """People, of a generated graph."""
    days: int = 360
    """Of the three windows together."""
    planted: str = "one-sided"
    """Effects: nothing, one-sided, double-edged; or what misleads: hidden, leak."""
    followees: float = 10.0
    """Of a person, on average, when the first window ends; of a generated graph."""
    degree_exponent: float = 2.5
    """Degrees have a tail of k^-this; of a generated graph."""
    mixing: float = 0.2
    """The share of follows beyond the own community; of a generated graph."""
    homophily: float = 0.35
    """How much of its neighbours' mean a person's skill takes on, in each of two rounds."""
    uploads: float = 10.0
    """Photos of a person, on average, in all days."""
    logins: float = 12.0
    """Logins, likewise."""
    favours: float = 10.0
    """Favourites given, likewise."""
    exposure: float = 0.3
    """What following the best adds to the level of photos, in deviations of skill."""
    imbalance: float = 0.9
    """What a large gap adds to the logit of declining."""
    hidden: float = 1.0
    """How strong the hidden cause is, where it is planted."""
    unscored: float = 0.01
    """The share of photos without a score."""

    def __post_init__(self) -> None:
        at_least(self, 50, "users", where="platform.")
        at_least(self, 12, "days", where="platform.")
        positive(self, "followees", "uploads", "logins", "favours", where="platform.")
        at_least(self, 0, "homophily", "exposure", "imbalance", "hidden", where="platform.")
        if self.planted not in PLANTED:
            raise unknown("planted effect", self.planted, PLANTED, where="platform")
        if self.degree_exponent <= 2:
            raise ConfigError(
                f"degree_exponent={self.degree_exponent}",
                where="platform.",
                hint="use more than 2: of 2 or less there is no mean degree",
            )
        for name in ("mixing", "unscored"):
            at_least(self, 0, name, where="platform.")
            if getattr(self, name) > 1:
                raise ConfigError(
                    f"{name}={getattr(self, name)}", where="platform.", hint="use a share, 0 to 1"
                )
