"""A stretch of days on a simulated platform, and what of it would be otherwise without effects."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from ontogeny.worlds.platform.acts import Acts, acts, favourites
from ontogeny.worlds.platform.config import PlatformConfig
from ontogeny.worlds.platform.people import People

WAVE, NOISE = 0.5, 1.0  # deviations of what is a user's in a stretch, and a photo's; skill has 1
STEEP = 0.6  # scores are the logistic function of this times the level
GROWTH, FATIGUE = 1.6, 1.6  # what the hidden cause does in all days: to levels, to log rates
LEFT = 0.15  # of the activity of who declines


class Stretch(NamedTuple):
    """What was done in some days. Photos are in the order of users."""

    photos: Acts
    score: Float[np.ndarray, " photo"]
    plain: Float[np.ndarray, " photo"]
    """What the score would be without exposure."""
    logins: Acts
    favours: Acts
    favoured: Int[np.ndarray, " favour"]
    """Rows of photos."""
    whole: Float[np.ndarray, " user"]
    """How much everybody does when they do not decline, and when they do."""
    declined: Float[np.ndarray, " user"]


def lived(
    people: People,
    config: PlatformConfig,
    begin: float,
    end: float,
    rng: np.random.Generator,
    boost: Float[np.ndarray, " user"] | None = None,
    falls: Bool[np.ndarray, " user"] | None = None,
) -> Stretch:
    """Return what is done from day `begin` to day `end`; `boost` is added to the level of photos,
    and of those who fall all but a small part of what they do is left out.
    """
    n = people.follows.users
    falls = np.zeros(n, bool) if falls is None else falls
    passed = ((begin + end) / 2 / config.days) ** 0.5  # what is hidden works from the first day on
    tired = np.exp(-FATIGUE * people.hidden * (passed - 0.4))
    level = people.skill + WAVE * rng.normal(size=n) + GROWTH * people.hidden * (passed - 0.4)
    if boost is not None:
        level = level + people.shared
    counts = np.zeros((2, n))

    def kept(some: Acts) -> Bool[np.ndarray, " row"]:
        """Return which rows stay, and count them with and without the decline."""
        stays = rng.random(len(some.user)) < LEFT
        counts[0] += np.bincount(some.user, minlength=n)
        counts[1] += np.bincount(some.user[stays], minlength=n)
        return stays | ~falls[some.user]

    photos, logins, given = (
        acts(rate * tired, people.joined, begin, end, rng) for rate in people.rates
    )
    photos, logins = photos.of(kept(photos)), logins.of(kept(logins))
    favours, favoured = favourites(given, people.feed, photos, end, rng)
    stay = kept(favours)
    plain = level[photos.user] + NOISE * rng.normal(size=len(photos.user))
    plain[rng.random(len(plain)) < config.unscored] = np.nan
    score = plain if boost is None else plain + boost[photos.user]
    return Stretch(
        photos,
        _score(score),
        _score(plain),
        logins,
        favours.of(stay),
        favoured[stay],
        counts[0],
        counts[1],
    )


def _score(level: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-STEEP * level))
