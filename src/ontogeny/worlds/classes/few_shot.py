"""Classes with a few items each, and the N-way K-shot episodes that are drawn from them.

All items lie behind one another in one device array; a class is where its items begin and how many
there are, so that classes of different sizes cost nothing, and a population shares one copy:
close over `Classes`, or pass it with `in_axes=None`, and vmap over keys alone.

    episode = draw_episode(key, classes, ways=5, shots=1, queries=15)
    episode.support [way, shot, …], episode.query [way, query, …]

The label of an item is its way: an episode carries no other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import Array, Float, Int, Key, Shaped

from ontogeny.core.errors import ConfigError, DataError
from ontogeny.ops.statistics import Interval, standard_error


class Classes(NamedTuple):
    """Items of classes, held once: class c is items[first[c] : first[c] + size[c]].

    `turn` says by how many quarter turns a class's pictures are turned when drawn; None is not.
    """

    items: Shaped[Array, "item ..."]
    first: Int[Array, " class"]
    size: Int[Array, " class"]
    turn: Int[Array, " class"] | None = None


class Episode(NamedTuple):
    """A task of a few classes: what is learned from, and what is asked. Row w is class w."""

    support: Shaped[Array, "way shot ..."]
    query: Shaped[Array, "way query ..."]


@dataclass(frozen=True)
class Splits:
    """The classes to learn from, to choose by, and to test on. No class is in two of them."""

    name: str
    train: Classes
    validation: Classes
    test: Classes
    names: Mapping[str, tuple[str, ...]]
    """The names of the classes of "train", "validation" and "test", in their order."""


def gather(groups: Mapping[str, Shaped[np.ndarray, "item ..."]], where: str = "gather") -> Classes:
    """Return the classes in the mapping's order, each from its items [item, …].

    Raises `DataError` for no classes, a class without items, items of different shapes or types,
    and for items that are not finite; `where` says in the error whose data it is.
    """
    if not groups:
        raise DataError("there are no classes", where=where)
    arrays = list(groups.values())
    kind = (arrays[0].shape[1:], arrays[0].dtype)
    for name, array in groups.items():
        if len(array) == 0:
            raise DataError(f"class {name!r} has no items", where=where, hint="leave the class out")
        if (array.shape[1:], array.dtype) != kind:
            raise DataError(
                f"the items of class {name!r} are {array.dtype}{list(array.shape[1:])}, "
                f"and those of class {next(iter(groups))!r} are {kind[1]}{list(kind[0])}",
                where=where,
                hint="bring all items to one size and type first",
            )
        if np.issubdtype(array.dtype, np.floating) and not np.isfinite(array).all():
            bad = int(np.flatnonzero(~np.isfinite(array).reshape(len(array), -1).all(axis=1))[0])
            raise DataError(
                f"item {bad} of class {name!r} is not finite",
                where=where,
                hint="leave the item out, or repair what made it",
            )
    sizes = np.array([len(array) for array in arrays], np.int32)
    first = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int32)
    return Classes(jnp.asarray(np.concatenate(arrays)), jnp.asarray(first), jnp.asarray(sizes))


def turned(classes: Classes) -> Classes:
    """Return four times as many classes: each also turned by 90, 180 and 270 degrees, as a class
    of its own. The items stay where they are and are turned when they are drawn.

    It is how Omniglot's classes are usually multiplied (Santoro et al. 2016, arXiv 1605.06065).
    Raises `ConfigError` unless items are square pictures.
    """
    shape = classes.items.shape[1:]
    if len(shape) < 2 or shape[0] != shape[1]:
        raise ConfigError(
            f"items of shape {list(shape)} are not square pictures [height, width, …]",
            where="turned",
        )
    n = classes.first.shape[0]
    turn = jnp.repeat(jnp.arange(4, dtype=jnp.int32), n)
    return Classes(classes.items, jnp.tile(classes.first, 4), jnp.tile(classes.size, 4), turn)


def split_at_random(
    name: str,
    groups: Mapping[str, Shaped[np.ndarray, "item ..."]],
    sizes: tuple[int, int, int],
    seed: int = 0,
) -> Splits:
    """Return the first classes of a random order as train, validation and test, `sizes` of each.

    Raises `ConfigError` when there are not so many, and `DataError` as `gather` does.
    """
    if sum(sizes) > len(groups) or min(sizes) < 1:
        raise ConfigError(
            f"{len(groups)} classes can't be split into {sizes}",
            where=name,
            hint=f"ask for at least 1 of each part and at most {len(groups)} together",
        )
    order = np.random.default_rng(seed).permutation(len(groups))
    names = np.array(list(groups))[order]
    ends = np.cumsum(sizes)
    return split_by(
        name, groups, *(list(map(str, part)) for part in np.split(names[: ends[2]], ends[:2]))
    )


def split_by(
    name: str,
    groups: Mapping[str, Shaped[np.ndarray, "item ..."]],
    train: Sequence[str],
    validation: Sequence[str],
    test: Sequence[str],
) -> Splits:
    """Return the named classes as the three parts. Raises `DataError` for a class that is in two
    parts or that does not exist, and as `gather` does.
    """
    parts = {"train": train, "validation": validation, "test": test}
    seen: dict[str, str] = {}
    for part, members in parts.items():
        for member in members:
            if member in seen or member not in groups:
                raise DataError(
                    f"class {member!r} of the part {part} "
                    + (f"is in {seen[member]} too" if member in seen else "does not exist"),
                    where=name,
                    hint="a class belongs to one part",
                )
            seen[member] = part
    built = {
        part: gather({member: groups[member] for member in members}, f"{name}, {part}")
        for part, members in parts.items()
    }
    names = {part: tuple(members) for part, members in parts.items()}
    return Splits(name, **built, names=names)


def check_episodes(classes: Classes, ways: int, shots: int, queries: int) -> None:
    """Raise `ConfigError` unless such episodes can be drawn: fewer classes than ways, a class with
    fewer items than shots and queries together, or a number below 1.

    Traced sizes can't be read: whoever builds a learner asks once, before it is compiled.
    """
    for word, number in (("ways", ways), ("shots", shots), ("queries", queries)):
        if number < 1:
            raise ConfigError(
                f"{word} is {number}", where="few-shot episodes", hint="use 1 or more"
            )
    n = classes.first.shape[0]
    if n < ways:
        raise ConfigError(
            f"{ways} ways are asked for and there are {n} classes",
            where="few-shot episodes",
            hint=f"use at most {n} ways, or more classes",
        )
    if isinstance(classes.size, Tracer):
        return
    least = int(np.min(np.asarray(classes.size)))
    if least < shots + queries:
        raise ConfigError(
            f"{shots} shots and {queries} queries need {shots + queries} items of every class, "
            f"and the smallest class has {least}",
            where="few-shot episodes",
            hint=f"ask for {least} together, or leave out the small classes",
        )


def remaining(classes: Classes, shots: int) -> int:
    """Return how many queries the smallest class has left beside the shots: the paper's protocol
    asks about all of them. Raises `ConfigError` when none is left.
    """
    least = int(np.min(np.asarray(classes.size)))
    check_episodes(classes, 1, shots, max(least - shots, 1))
    return least - shots


def draw_episode(
    key: Key[Array, ""], classes: Classes, ways: int, shots: int, queries: int
) -> Episode:
    """Return an episode: `ways` classes without replacement, then of each `shots` + `queries` items
    without replacement, all equally likely. Pure: jit it with the three numbers static, vmap it
    over keys. Raises `ConfigError` as `check_episodes` does.

    >>> from ontogeny.worlds.classes.few_shot import gather
    >>> classes = gather({"a": np.zeros((5, 8)), "b": np.ones((9, 8)), "c": np.full((7, 8), 2.0)})
    >>> draw = lambda key: og.draw_episode(key, classes, ways=2, shots=1, queries=3)
    >>> episode = jax.eval_shape(draw, jax.random.key(0))  # or jax.jit(draw), or a vmap over keys
    >>> episode.support.shape, episode.query.shape
    ((2, 1, 8), (2, 3, 8))
    """
    check_episodes(classes, ways, shots, queries)
    class_key, item_key = jax.random.split(key)
    lots = jax.random.uniform(class_key, classes.first.shape)
    chosen = jax.lax.top_k(lots, ways)[1]

    def of_class(key: Array, one: Array) -> Array:
        which = draw_distinct(key, classes.size[one], shots + queries)
        items = classes.items[classes.first[one] + which]
        return items if classes.turn is None else _turn(items, classes.turn[one])

    items = jax.vmap(of_class)(jax.random.split(item_key, ways), chosen)
    return Episode(items[:, :shots], items[:, shots:])


def draw_distinct(key: Key[Array, ""], total: Int[Array, ""], n: int) -> Int[Array, " draw"]:
    """Return `n` different numbers below `total`, which may be traced, in a random order.

    Floyd's algorithm: for j = total - n … total - 1, draw t from 0 … j, and take t, or j if t is
    taken. Every subset is equally likely; a permutation then makes every order so. (Bentley and
    Floyd 1987, "A sample of brilliance".)
    """
    draw_key, order_key = jax.random.split(key)
    tops = total - n + jnp.arange(n, dtype=jnp.int32)
    lots = jax.random.randint(draw_key, (n,), 0, tops + 1, dtype=jnp.int32)

    def take(taken: Array, turn: tuple[Array, Array, Array]) -> tuple[Array, None]:
        place, lot, top = turn
        return taken.at[place].set(jnp.where(jnp.any(taken == lot), top, lot)), None

    nobody = jnp.full(n, -1, jnp.int32)
    taken, _ = jax.lax.scan(take, nobody, (jnp.arange(n), lots, tops.astype(jnp.int32)))
    return jax.random.permutation(order_key, taken)


def along_episodes(
    accuracy: Callable[[Array, Episode], Array],
    key: Key[Array, ""],
    classes: Classes,
    ways: int,
    shots: int,
    queries: int,
    episodes: int,
    together: int = 50,
) -> Float[Array, " episode"]:
    """Return accuracy(key, episode) of so many fresh episodes, `together` at a time. Pure."""

    def one(key: Array) -> Array:
        draw_key, learn_key = jax.random.split(key)
        return accuracy(learn_key, draw_episode(draw_key, classes, ways, shots, queries))

    keys = jax.random.split(key, episodes)
    return jax.lax.map(one, keys, batch_size=min(together, episodes))


def mean_interval(accuracies: Shaped[np.ndarray, " episode"]) -> Interval:
    """Return the mean over episodes with its 95 % interval, mean ± 1.96 standard errors: how
    few-shot accuracies are reported. It covers the choice of test episodes, not of the training.
    """
    mean = float(np.mean(np.asarray(accuracies, np.float64)))
    half = 1.96 * standard_error(accuracies)
    return Interval(mean, mean - half, mean + half)


def _turn(
    pictures: Shaped[Array, "item ..."], quarters: Int[Array, ""]
) -> Shaped[Array, "item ..."]:
    """Return square pictures [item, height, width, …] turned counterclockwise by quarters."""
    turns = [lambda p, k=k: jnp.rot90(p, k, axes=(1, 2)) for k in range(4)]
    return jax.lax.switch(quarters, turns, pictures)
