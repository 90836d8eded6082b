"""The claims about two games of MinAtar (Young and Tian 2019, arXiv 1903.03176): what agents earn
within a budget of frames. The bounds are this project's own.
"""

from __future__ import annotations

from ontogeny.claims.agents.training import TINY, Budget, curves, reaches, trained
from ontogeny.claims.measuring import Found, Measuring
from ontogeny.claims.trainings import Trained
from ontogeny.learners.agents.config import ActorCriticConfig
from ontogeny.worlds.by_name import world_named

AGENT = ActorCriticConfig(
    activation="relu", learning_rate=3e-3, environments=64, unroll=128, minibatches=8
)
GAMES = {"Breakout": 10, "SpaceInvaders": 30}  # and the return to reach
FULL, QUICK = Budget(6, 16, 5), Budget(2, 8, 5)


def measure(how: Measuring) -> Found:
    """Return a claim and a figure for each game."""

    def play(game: str) -> tuple[Trained, float]:
        world = world_named(f"{game}-MinAtar")
        return trained(world, AGENT, how.choose(FULL, QUICK, TINY), how, game)

    claims, figures = [], []
    for game, (run, frames) in how.of_each(GAMES, play, ["Breakout"]).items():
        least = GAMES[game]
        claim = f"PPO plays {game}"
        paper = f"{least} a game is this project's own bound"
        claims.append(reaches(claim, paper, run.score, frames, least, how))
        caption = f"Mean return of the {AGENT.window} last games; the band is the seeds' range."
        panels = {"": {"PPO": run.score}}
        figures.append(curves(game.lower(), game, caption, panels, frames, [least]))
    return claims, figures
