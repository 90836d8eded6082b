"""Kickstarted agents: `kickstart` is any agents' recipe with a teacher whose weight falls, or is
tuned by the population, generation after generation.

Run `ontogeny grow kickstart --teacher RUN`.
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, ClassVar

import tyro

from ontogeny.core.config import at_least, positive
from ontogeny.core.errors import ConfigError
from ontogeny.evolution.pbt import IMPALA
from ontogeny.evolution.strategy import StrategyConfig
from ontogeny.learners.teaching.kickstarting import NAME, RULE
from ontogeny.learners.teaching.weight import Decay
from ontogeny.recipes.agents import PAPERS
from ontogeny.recipes.distillation import Distillation


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
    """How many generations are grown, each a run: the best student of one teaches the next."""
    widen: float = 1.0
    """How many times wider each generation's layers are than those of the last."""

    def __post_init__(self) -> None:
        at_least(self, 1, "generations", where="recipe field ")
        positive(self, "widen", where="recipe field ")
        if self.widen != 1 and self.generations == 1:
            raise ConfigError(
                f"widen is {self.widen}, and there is one generation",
                where="recipe field widen",
                hint="say how many: --generations 3; one alone is as wide as --agent.hidden says",
            )
        super().__post_init__()

    def successor(self, folder: Path) -> tuple[Kickstart, Path] | None:
        if self.generations == 1:
            return None
        agent = self.agent
        wider = {
            name: max(1, round(self.widen * getattr(agent, name)))
            for name in ("filters", "core_units")
        }
        hidden = tuple(max(1, round(self.widen * width)) for width in agent.hidden)
        left = self.generations - 1
        heir = dataclasses.replace(
            self,
            agent=dataclasses.replace(agent, hidden=hidden, **wider),
            teacher=(str(folder),),
            actions=(),  # the student's are the teacher's by now
            transfer=False,
            several="average",
            generations=left,
            widen=self.widen if left > 1 else 1.0,
        )
        return heir, next_generation(folder)


def next_generation(folder: Path) -> Path:
    """Return where the generation after the one in `folder` lies: beside it.

    >>> next_generation(Path("runs/mine")).name, next_generation(Path("mine-generation-2")).name
    ('mine-generation-2', 'mine-generation-3')
    """
    found = re.fullmatch(r"(.+)-generation-([0-9]+)", folder.name)
    first, number = (found[1], int(found[2])) if found else (folder.name, 1)
    return folder.with_name(f"{first}-generation-{number + 1}")
