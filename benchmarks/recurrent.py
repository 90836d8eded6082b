"""One agent with a GRU beside a trainer of one in PureJaxRL's style (`peers/one_jit_recurrent`).

As `single` does for agents without memory: same world, torso, GRU, number of environments, unroll,
epochs, minibatches of environments and optimiser. MemoryChain asks for a memory: chance earns 0,
and who remembers the first of six observations earns 1.
"""

from __future__ import annotations

from benchmarks.peers.one_jit_recurrent import trainer
from benchmarks.result import Figure, Result
from benchmarks.single import compare, learn
from ontogeny.learners.agents.config import ActorCriticConfig
from ontogeny.recipes.agents import Agents

AGENT = ActorCriticConfig(core="gru")
RECIPES = {
    name: Agents(world=world, agent=AGENT, population=1, steps=24)
    for name, world in (("memory chain", "MemoryChain-bsuite"), ("breakout", "Breakout-MinAtar"))
}
LONG = {"memory chain": 240, "breakout": 480}  # updates to learn


def measure(quick: bool) -> Result:
    """Return throughput and returns of both sides."""
    figures: list[Figure] = []
    for name, recipe in RECIPES.items():
        figures += compare(name, recipe, trainer, 2 if quick else 15, (1,))
        if not quick:
            figures += learn(name, recipe, trainer, LONG[name])
    told = "core", "core_units", "environments", "unroll", "epochs", "minibatches"
    return Result({name: getattr(AGENT, name) for name in told}, figures)
