"""What a strategy is: a pair of pure functions that decides moves, as an optimiser decides
updates.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, NamedTuple, TypeVar

from jaxtyping import Array, Bool, Key

from ontogeny.core.population import Move, Population

S = TypeVar("S")


class Strategy(NamedTuple, Generic[S]):
    """`init(key, population)` returns the strategy's memory; `move(key, memory, population, ready)`
    returns the memory and a `Move`.

    The mask says who is ready: all True is synchronous, one True is asynchronous, and one function
    serves both. A slot that is not ready keeps its state and its hypers. A ready member whose score
    is -inf is dead, and is replaced whenever there is someone to replace it.
    """

    init: Callable[[Key[Array, ""], Population[Any]], S]
    move: Callable[[Key[Array, ""], S, Population[Any], Bool[Array, " pop"]], tuple[S, Move]]
