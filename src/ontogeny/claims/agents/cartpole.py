"""The claim about CartPole: agents balance the pole for nearly all of the 500 steps.

475 of 500 is what its makers call solved (Brockman et al. 2016, arXiv 1606.01540).
"""

from __future__ import annotations

from ontogeny.claims.agents.training import TINY, Budget, curves, reaches, trained
from ontogeny.claims.measuring import Found, Measuring
from ontogeny.learners.agents.config import ActorCriticConfig
from ontogeny.worlds.by_name import world_named

AGENT = ActorCriticConfig(
    learning_rate=2e-3, entropy_cost=0.005, discount=0.98, unroll=64, minibatches=8
)
FULL, QUICK = Budget(6, 20, 20), Budget(4, 16, 20)
SOLVED = 475


def measure(how: Measuring) -> Found:
    """Return the claim, and the curve of the returns."""
    budget = how.choose(FULL, QUICK, TINY)
    run, frames = trained(world_named("CartPole-v1"), AGENT, budget, how, "cartpole")
    claim = "PPO balances the pole"
    paper = "solved at 475 of 500"
    caption = f"Mean return of the {AGENT.window} last episodes; the band is the seeds' range."
    return [reaches(claim, paper, run.score, frames, SOLVED, how)], [
        curves("cartpole", "CartPole", caption, {"": {"PPO": run.score}}, frames, [SOLVED])
    ]
