"""Three small tables of a platform, for tests of what is made of them."""

from __future__ import annotations

import numpy as np

BEGIN = np.datetime64("2015-01-01", "us").astype(np.int64)
DAYS = 90


def with_odd_rows() -> dict[str, dict[str, np.ndarray]]:
    """Return the tables with rows that rules leave out: users 0 to 9 join on day 0 to 90."""
    three = small_platform(seed=1)
    rng = np.random.default_rng(1)
    for name, table in three.items():
        again = rng.integers(0, len(table["time"]), 20)
        three[name] = {column: np.append(v, v[again]) for column, v in table.items()}
    three["photos"]["user"][-5:] += 1
    three["photos"]["score"][:4] = np.inf
    three["photos"]["time"][4:7] = np.datetime64(0, "us")
    three["follows"]["target"][:3] = three["follows"]["source"][:3]
    events = three["events"]
    joins = {
        "user": np.arange(10),
        "time": (BEGIN + np.arange(10) * 9 * 86_400_000_000).astype("datetime64[us]"),
        "kind": np.full(10, "join"),
        "photo": np.full(10, np.nan),
    }
    three["events"] = {name: np.append(v, joins[name]) for name, v in events.items()}
    three["events"]["photo"][5:9] = 10**6
    return three


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
