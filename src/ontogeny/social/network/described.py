"""What `describe` finds: numbers with intervals, curves, nodes, and the arrays they are of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from ontogeny.core.json_values import json_value
from ontogeny.ops.statistics import Interval
from ontogeny.social.network.ageing import Ageing
from ontogeny.social.network.assortativity import Assortativity
from ontogeny.social.network.classes import Classes
from ontogeny.social.network.cores import CoreProfile
from ontogeny.social.network.illusions import Illusion, Paradox
from ontogeny.social.network.quadrants import Quadrant


@dataclass(frozen=True, eq=False)
class Described:
    """A network described. Numbers are of users unless they say otherwise."""

    users: int
    follows: int
    loops: int
    """Follows of oneself that were left out."""
    repeats: int
    reciprocity: float
    """The share of follows that are answered."""
    rated: int
    """Users whose quality is known."""
    estimates: dict[str, Interval]
    """`gini of …` quality, popularity, followers; `correlation of quality and popularity`
    (Spearman's); `followees have more …`, the share of users for whom it is so; `majority
    illusion`, the share of users who have it; `unseen of the best …`, P(popularity low | quality
    high)."""
    curves: dict[str, Float[np.ndarray, "point 2"]]
    """Lorenz curves of popularity and quality, and of popularity along quality."""
    assortativity: dict[str, Assortativity]
    """Of quality and of popularity."""
    core: Int[np.ndarray, " n"]
    """Core numbers."""
    cores: CoreProfile
    """Means by core number."""
    paradoxes: dict[str, Paradox]
    illusion: Illusion
    quadrants: tuple[Quadrant, ...]
    """For the best 5, 10 and 20 %."""
    talents: Int[np.ndarray, " user"]
    """The best of the best tenth whom nobody sees."""
    classes: Classes | None
    ages: dict[str, Ageing]
    community: Int[np.ndarray, " n"]
    modularity: float
    notes: tuple[str, ...]
    """What could not be said, and why."""

    def to_dict(self) -> dict[str, Any]:
        """Return all but the arrays by user, for JSON; what is not a number is None."""
        sizes = np.bincount(self.community)
        classes = self.classes
        return json_value(
            {
                "users": self.users,
                "follows": self.follows,
                "follows_of_oneself": self.loops,
                "repeated_follows": self.repeats,
                "reciprocity": self.reciprocity,
                "users_with_quality": self.rated,
                "estimates": {k: v._asdict() for k, v in self.estimates.items()},
                "curves": self.curves,
                "assortativity": {
                    name: {
                        "value": one.value,
                        "z": one.z,
                        "p": one.p,
                        "rewirings": len(one.rewired),
                        "rewired_mean": one.rewired.mean() if len(one.rewired) else None,
                        "follows": one.follows,
                    }
                    for name, one in self.assortativity.items()
                },
                "cores": self.cores._asdict(),
                "paradoxes": {
                    name: {"share": one.share, "own": one.own, "met": one.met}
                    for name, one in self.paradoxes.items()
                },
                "illusion": {
                    "share": self.illusion.share,
                    "by_chance": self.illusion.by_chance,
                    "nodes": self.illusion.nodes,
                    "follows": self.illusion.follows,
                    "followers": self.illusion.followers,
                },
                "quadrants": [
                    {
                        "top": one.top,
                        "low": one.low,
                        "counts": one.counts,
                        "unseen": one.share,
                        "unseen_of_all": one.alike,
                    }
                    for one in self.quadrants
                ],
                "talents": self.talents,
                "classes": None
                if classes is None
                else {
                    "features": classes.names,
                    "sizes": classes.sizes,
                    "centres": classes.centres,
                    "stable": classes.stable,
                    "tried": classes.tried,
                    "silhouette": classes.silhouette,
                    "stability": classes.stability,
                },
                "ages": {name: one._asdict() for name, one in self.ages.items()},
                "communities": {
                    "number": len(sizes),
                    "largest": sizes[:10],
                    "modularity": self.modularity,
                },
                "notes": self.notes,
            }
        )
