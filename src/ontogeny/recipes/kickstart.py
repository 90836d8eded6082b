"""Kickstarted agents: `kickstart` is any agents' recipe with a teacher whose weight falls, or is
tuned by the population, generation after generation.

Run `ontogeny grow kickstart --teacher RUN`.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, ClassVar

import tyro

from ontogeny.core.config import as_field, at_least, positive
from ontogeny.core.errors import ConfigError, unknown
from ontogeny.evolution.pbt import IMPALA
from ontogeny.evolution.strategy import StrategyConfig
from ontogeny.learners.agents.config import ActorCriticConfig
from ontogeny.learners.teaching.kickstarting import NAME, RULE
from ontogeny.learners.teaching.weight import Decay
from ontogeny.recipes.agents import PAPERS
from ontogeny.recipes.distillation import Distillation
from ontogeny.runtime.storage.folders import next_generation


@dataclass(frozen=True)
class Kickstart(Distillation):
    """Agents that learn from the task's reward, and at first from a teacher too: how much it counts
    falls to nothing by hand, or is tuned (--weights 0.001 10 --decay none)."""

    papers: ClassVar[tuple[str, ...]] = (
        "Schmitt et al. 2018, Kickstarting Deep Reinforcement Learning, arXiv 1803.03835",
        *PAPERS,
    )
    lesson: ClassVar[str] = NAME
    own: ClassVar[tuple[str, ...]] = ("population", "strategy")

    population: int = 8
    strategy: Annotated[StrategyConfig, tyro.conf.arg(name="")] = field(
        default_factory=lambda: IMPALA
    )
    rule: str = RULE
    decay: Decay = "linear"
    generations: int = 1
    """How many generations are grown, in one run's folder: the best student of one teaches the
    next."""
    widen: float = 1.0
    """How many times wider each generation's layers are than those of the last."""
    heirs: tuple[str, ...] = ()
    """What the agents of each next generation have otherwise than the last's, a text a generation:
    "torso=conv hidden=128,128"."""

    def __post_init__(self) -> None:
        at_least(self, 1, "generations", where="recipe field ")
        positive(self, "widen", where="recipe field ")
        if self.widen != 1 and self.generations == 1:
            raise ConfigError(
                f"widen is {self.widen}, and there is one generation",
                where="recipe field widen",
                hint="say how many: --generations 3; one alone is as wide as --agent.hidden says",
            )
        if len(self.heirs) >= self.generations:
            raise ConfigError(
                f"heirs tells of {len(self.heirs)} generations after the first, of "
                f"{self.generations} in all",
                where="recipe field heirs",
                hint=f"say how many there are: --generations {len(self.heirs) + 1}",
            )
        agent = self.agent
        for changes in self.heirs:
            agent = altered(agent, changes)
        super().__post_init__()

    def successor(self, folder: Path) -> tuple[Kickstart, Path] | None:
        if self.generations == 1:
            return None
        agent = self.agent
        widths = ("filters", "core_units")
        wider: dict[str, Any] = {
            name: max(1, round(self.widen * getattr(agent, name))) for name in widths
        }
        wider["hidden"] = tuple(max(1, round(self.widen * width)) for width in agent.hidden)
        agent = dataclasses.replace(agent, **wider)
        left = self.generations - 1
        heir = dataclasses.replace(
            self,
            agent=altered(agent, self.heirs[0]) if self.heirs else agent,
            teacher=(str(folder),),
            actions=(),  # the student's are the teacher's by now
            transfer=False,
            several="average",
            generations=left,
            widen=self.widen if left > 1 else 1.0,
            heirs=self.heirs[1:],
        )
        return heir, next_generation(folder)


def altered(agent: ActorCriticConfig, changes: str) -> ActorCriticConfig:
    """Return an agent's settings with some changed. Raises `ConfigError` for what is none.

    >>> altered(ActorCriticConfig(), "torso=conv hidden=128,128").hidden
    (128, 128)
    """
    where, names = "recipe field heirs", [field.name for field in dataclasses.fields(agent)]
    values: dict[str, Any] = {}
    for change in changes.split():
        name, _, text = change.partition("=")
        if name not in names:
            raise unknown("setting of agents", name, names, where)
        if not text:
            raise ConfigError(
                f"{change!r} gives no value", where=where, hint=f"write it as {name}=VALUE"
            )
        read = [_value(part) for part in text.split(",")]
        value = read if isinstance(getattr(agent, name), tuple) else _value(text)
        values[name] = as_field(type(agent), name, value, "agent.")
    if not values:
        raise ConfigError(
            f"{changes!r} changes nothing",
            where=where,
            hint="say what is another in the next generation: --heirs torso=conv",
        )
    return dataclasses.replace(agent, **values)


def _value(text: str) -> Any:
    """Return what JSON makes of a word, or the word itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text
