"""What a strategy is: a pair of pure functions that decides moves, as an optimiser decides
updates. And its settings: what a recipe, a command line and a run store hold of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

from jaxtyping import Array, Bool, Key

from ontogeny.core.config import as_declared, check_float32
from ontogeny.core.errors import ConfigError
from ontogeny.core.population import Move, Population
from ontogeny.core.space import Dimension, Space

S = TypeVar("S")


class Strategy(NamedTuple, Generic[S]):
    """`init(key, population)` returns the strategy's state; `move(key, state, population, ready)`
    returns the state and a `Move`.

    The mask says who is ready: all True is synchronous, one True is asynchronous, and one function
    serves both. A slot that is not ready keeps its state and its hypers. A ready member whose score
    is -inf is dead, and is replaced whenever there is someone to replace it.

    A strategy decides on scores, hypers, ages and steps. It never looks into `population.state`,
    which is `()` where members live in other processes.

    >>> def copy_the_best(key, memory, population, ready):
    ...     parent = jnp.where(ready, jnp.argmax(population.score), jnp.arange(population.size))
    ...     hypers = jax.tree.map(lambda leaf: leaf[parent], population.hypers)
    ...     return memory, og.Move(parent, jnp.full(population.size, True), hypers)
    >>> strategy = og.Strategy(init=lambda key, population: (), move=copy_the_best)
    >>> score, steps = jnp.array([3.0, 1.0, 4.0, 2.0]), jnp.full(4, 100)
    >>> members = og.Population((), {"rate": score / 10}, score, steps, steps)
    >>> strategy.move(None, (), members, score < 3)[1].parent.tolist()  # two are ready
    [0, 2, 2, 2]
    """

    init: Callable[[Key[Array, ""], Population[Any]], S]
    move: Callable[[Key[Array, ""], S, Population[Any], Bool[Array, " pop"]], tuple[S, Move]]


def check_parts(where: str, space: Any, **functions: Any) -> None:
    """Raise `ConfigError` unless a strategy is given a space, and for each of its parts None or a
    function: that which a factory such as `truncation` returns.
    """
    if not isinstance(space, Space):
        raise ConfigError(
            f"{space!r:.60} is a {type(space).__name__}, not a space",
            where=where,
            hint='write og.Space({"rate": og.Log(1e-4, 1.0)})',
        )
    for name, part in functions.items():
        factory = getattr(part, "__module__", "") in FACTORIES and "<" not in part.__qualname__
        if part is not None and (factory or not callable(part)):
            said = f"the factory {part.__name__}" if factory else repr(part)
            example = f"{part.__name__}()" if factory else f"what is in og.{EXAMPLES[name]}"
            raise ConfigError(f"{name} is {said}", where=where, hint=f"use {example}")


FACTORIES = tuple(f"ontogeny.evolution.{name}" for name in ("selection", "explore", "breeding"))
EXAMPLES = {
    "select": "selection, as og.selection.truncation()",
    "explore": "explore, as og.explore.perturb()",
    "vary": "explore, as og.explore.mutate(0.1)",
    "parents": "breeding, as og.breeding.best()",
}


@dataclass(frozen=True)
class StrategyConfig:
    """Which strategy moves a population, and how: a strategy's settings, of plain values. Each
    strategy has a subclass, whose fields are options of the command line.
    """

    name: ClassVar[str]
    """What the command line and the run store call the strategy."""
    anew: ClassVar[bool] = False
    """Whether everybody begins each round anew from its genes."""

    def __post_init__(self) -> None:
        as_declared(self)
        for name, value in vars(self).items():
            for number in value if isinstance(value, tuple) else (value,):
                if isinstance(number, float):
                    check_float32(number, name, f"{type(self).__name__}.{name}")

    def genes(self) -> dict[str, Dimension]:
        """Return genes of its own, which the space of a lifetime is to have."""
        return {}

    def build(self, space: Space) -> Strategy[Any]:
        """Return the strategy over the space. Raises `ConfigError` for settings that make no
        sense.
        """
        raise NotImplementedError
