"""Three small tables of a platform, for tests of what is made of them."""

from __future__ import annotations

import numpy as np

BEGIN = np.datetime64("2015-01-01", "us").astype(np.int64)
DAYS = 90


def small_platform(users: int = 40, seed: int = 0) -> dict[str, dict[str, np.ndarray]]:
    """Return photos, follows and events over 90 days; user 7 is seen nowhere."""
    rng = np.random.default_rng(seed)
    n_photos, n_follows, n_events = 12 * users, 6 * users, 20 * users

    def times(n):
        found = BEGIN + rng.integers(0, DAYS * 24, n) * 3_600_000_000
        found[:2] = BEGIN, BEGIN + (DAYS * 24 - 1) * 3_600_000_000
        return np.sort(found).astype("datetime64[us]")

    def who(n):
        return rng.choice(np.delete(np.arange(users), 7), n)

    photo = np.where(rng.random(n_events) < 0.6, rng.integers(0, n_photos, n_events), np.nan)
    score = np.where(rng.random(n_photos) < 0.1, np.nan, rng.random(n_photos))
    return {
        "photos": {
            "id": np.arange(n_photos),
            "user": who(n_photos),
            "time": times(n_photos),
            "score": score,
        },
        "follows": {"source": who(n_follows), "target": who(n_follows), "time": times(n_follows)},
        "events": {
            "user": who(n_events),
            "time": times(n_events),
            "kind": np.where(np.isnan(photo), "login", "favourite"),
            "photo": photo,
        },
    }
