"""A life that is spent on finding out by acting which way to go, or how fast: a body with a hidden
goal (`worlds.bodies.goals`) as the subject of REINFORCE, from settings that JSON can hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ontogeny.learners.baldwin.lifetime import Subject
from ontogeny.learners.baldwin.reinforce import reinforce
from ontogeny.worlds.bodies.goals import GoalWorld, directions, point_mass, velocities


@dataclass(frozen=True)
class PursuitConfig:
    """Who goes, where to, and how it learns that."""

    body: Literal["point-mass", "halfcheetah", "ant"] = "point-mass"
    """What moves; the last two need `ontogeny[brax]`."""
    goal: Literal["direction", "velocity"] = "direction"
    """What each task hides: forward or backward, or how fast."""
    highest: float = 1.0
    """Velocity: the highest goal."""
    horizon: int = 20
    """Steps of an episode."""
    effort: float = 0.02
    """What an action costs, times its square."""
    episodes: int = 20
    """Episodes a step of learning."""
    scored: int = 1
    """Episodes that a score is the mean of."""
    discount: float = 1.0
    """Of later rewards, while it learns; a score counts them all alike."""
    widths: tuple[int, ...] = ()
    """Of the policy's hidden layers; none is a linear policy."""


def pursuit(config: PursuitConfig) -> Subject:
    """Return what such a life is spent on. Raises `ConfigError` as `reinforce` does."""
    world = pursuit_world(config)
    return reinforce(world, config.episodes, config.widths, config.scored, discount=config.discount)


def pursuit_world(config: PursuitConfig) -> GoalWorld:
    """Return the body and its goal. A body of brax's is read when it first moves."""
    if config.body == "point-mass":
        body = point_mass()
    else:
        from ontogeny.worlds.bodies.brax_bodies import brax_body

        body = brax_body(config.body)
    if config.goal == "direction":
        return directions(body, config.horizon, config.effort)
    return velocities(body, config.highest, config.horizon, config.effort)
