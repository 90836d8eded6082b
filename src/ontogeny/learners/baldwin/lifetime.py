"""Lifetimes of learning: what a genome is worth is how well it has learned when its life is over.

    birth:    weights <- genes                            the initial weights
    a step:   weights <- weights - rates ⊙ grad loss      on a task of its own, at evolved rates
    the end:  score, the mean over the member's tasks

A round's steps are a lifetime, and no gradient goes through it: any number of steps will do. Of its
hypers, `weights` are all initial weights in one vector, `rates` the learning rates, one a leaf, and
`season` says which tasks are met: members of one season have the same tasks and the same luck.

- `darwin`: nothing is learned;
- `baldwin`: what was learned dies with the member;
- `lamarck`: the weights that the first of its tasks led to are bequeathed.

Source: Fernando et al. 2018, "Meta-Learning by the Baldwin Effect" (arXiv 1806.07917); the reading
is this project's own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float, Int, Key, PyTree

from ontogeny.core import trees
from ontogeny.core.config import at_least
from ontogeny.core.errors import ConfigError
from ontogeny.core.learner import Hypers, Learner, Metrics
from ontogeny.core.metrics import BIRTH
from ontogeny.core.space import Dimension, Integer, Linear, Log, Space
from ontogeny.core.trees import named_leaves
from ontogeny.ops.descent import descend_inner

LAST_SEASON = 2**31 - 1
WEIGHT = 10.0  # the bound of every initial weight


class Subject(NamedTuple):
    """What there is to learn in a life, for one task at a time."""

    name: str
    init: Callable[[Key[Array, ""]], PyTree[Array]]
    """A draw from the first generation's initial weights."""
    draw: Callable[[Key[Array, ""]], Any]
    """A task: any pytree of arrays."""
    loss: Callable[[Key[Array, ""], PyTree[Array], Any, Hypers], Float[Array, ""]]
    """`loss(key, weights, task, hypers)`, whose gradient a step of learning follows."""
    score: Callable[[Key[Array, ""], PyTree[Array], Any, Hypers], Float[Array, ""]]
    """How well the weights do on the task, bigger is better."""
    traits: Mapping[str, Dimension] = {}
    """More genes that `loss` and `score` read."""
    mirror: Callable[[Any], Any] | None = None
    """A task's opposite, which is as likely. Every second task of a life is the last one's."""


@dataclass(frozen=True)
class LifetimeConfig:
    """How a life is lived."""

    tasks: int = 8
    """Tasks of a life, each learned from the genes anew; the score is the mean over them."""
    inheritance: Literal["darwin", "baldwin", "lamarck"] = "baldwin"
    """No learning; learning that is not inherited; learning that is."""
    rates: tuple[float, float] = (1e-4, 1.0)
    """Bounds of the learning rates."""
    first_rates: tuple[float, float] = (1e-3, 1e-1)
    """Between which the first generation's are drawn."""

    def __post_init__(self) -> None:
        at_least(self, 1, "tasks", where="lifetime.")
        if self.inheritance not in ("darwin", "baldwin", "lamarck"):
            raise ConfigError(
                f"inheritance={self.inheritance!r}",
                where="lifetime.inheritance",
                hint="use darwin, baldwin or lamarck",
            )


class Genes(NamedTuple):
    """What a life begins with."""

    weights: Float[Array, " gene"]
    rates: Float[Array, " layer"]
    traits: dict[str, Array]

    def hypers(self) -> Hypers:
        """Return them as `genes_space` names them, without a season."""
        return {"weights": self.weights, "rates": self.rates, **self.traits}


class Life(NamedTuple):
    """A member's genes, and what it has made of them on each of its tasks."""

    genes: Genes
    weights: Float[Array, "task gene"]
    tasks: Any  # leading axis: task
    before: Float[Array, ""]  # the score before it learned anything
    lived: Int[Array, ""]  # steps


def genes_space(
    subject: Subject,
    config: LifetimeConfig | None = None,
    more: Mapping[str, Dimension] | None = None,
) -> Space:
    """Return the space of genomes. Initial weights are drawn as the subject says; `more` are genes
    that a strategy wants for itself.

    >>> from ontogeny.learners.baldwin.lifetime import Subject
    >>> subject = Subject(
    ...     "a bowl that lies elsewhere in each task",
    ...     init=lambda key: {"point": jax.random.normal(key, (3,))},
    ...     draw=lambda key: jax.random.uniform(key, (3,)),
    ...     loss=lambda key, weights, task, hypers: jnp.sum((weights["point"] - task) ** 2),
    ...     score=lambda key, weights, task, hypers: -jnp.sum((weights["point"] - task) ** 2),
    ... )
    >>> list(og.genes_space(subject).describe())
    ['rates', 'season', 'weights']
    """
    c = config or LifetimeConfig()
    leaves = jax.tree.leaves(weight_shapes(subject))
    return Space(
        {
            "weights": Linear(
                -WEIGHT,
                WEIGHT,
                prior=lambda key: ravel_pytree(subject.init(key))[0],
                shape=(sum(leaf.size for leaf in leaves),),
            ),
            "rates": Log(*c.rates, prior=c.first_rates, shape=(len(leaves),)),
            "season": Integer(0, LAST_SEASON, prior=(0, 0), shown=False),
            **subject.traits,
            **(more or {}),
        }
    )


def lifetime(subject: Subject, config: LifetimeConfig | None = None) -> Learner[Life]:
    """Return the learner. Its hypers are those of `genes_space`; without a `season` every member
    draws tasks of its own.

    Metrics: the loss that was learned from, and the score before learning (`BIRTH`), so that
    plasticity is the score less it.

    >>> from ontogeny.learners.baldwin.lifetime import Subject
    >>> subject = Subject(
    ...     "a bowl that lies elsewhere in each task",
    ...     init=lambda key: {"point": jax.random.normal(key, (3,))},
    ...     draw=lambda key: jax.random.uniform(key, (3,)),
    ...     loss=lambda key, weights, task, hypers: jnp.sum((weights["point"] - task) ** 2),
    ...     score=lambda key, weights, task, hypers: -jnp.sum((weights["point"] - task) ** 2),
    ... )
    >>> learner, space, key = og.lifetime(subject), og.genes_space(subject), jax.random.key(0)
    >>> life = jax.eval_shape(lambda: learner.init(key, space.sample(key)))
    >>> life.weights.shape  # of eight tasks, each learned from the same genes
    (8, 3)
    """
    c = config or LifetimeConfig()
    whole = unravel(subject)

    def luck(key: Array, hypers: Hypers, *numbers: Any) -> Array:
        """Return a key for each task: the season's, where there is one."""
        if "season" in hypers:
            key = jax.random.key(hypers["season"].astype(jnp.uint32))
            for number in numbers:
                key = jax.random.fold_in(key, number)
        return jax.random.split(key, c.tasks)

    def judge(keys: Array, weights: Array, tasks: Any, hypers: Hypers) -> Float[Array, ""]:
        def one(key: Array, weights: Array, task: Any) -> Array:
            return subject.score(key, whole(weights), task, hypers)

        return jnp.mean(jax.vmap(one)(keys, weights, tasks))

    def init(key: Array, hypers: Hypers) -> Life:
        draw_key, score_key = jax.random.split(key)
        tasks = draw_tasks(subject, luck(draw_key, hypers, 0))
        weights = jnp.broadcast_to(hypers["weights"], (c.tasks, *hypers["weights"].shape))
        before = judge(luck(score_key, hypers, 1), weights, tasks, hypers)
        traits = {name: hypers[name] for name in subject.traits}
        genes = Genes(hypers["weights"], hypers["rates"], traits)
        return Life(genes, weights, tasks, before, jnp.int32(0))

    def step(key: Array, state: Life, hypers: Hypers) -> tuple[Life, Metrics]:
        def one(key: Array, weights: Array, task: Any) -> tuple[Array, Array]:
            return learn(subject, key, weights, task, hypers)

        keys = luck(key, hypers, 2, state.lived)
        weights, losses = jax.vmap(one)(keys, state.weights, state.tasks)
        if c.inheritance == "darwin":
            weights = state.weights
        metrics = {"loss": jnp.mean(losses), BIRTH: state.before}
        return state._replace(weights=weights, lived=state.lived + 1), metrics

    def score(key: Array, state: Life, hypers: Hypers) -> Float[Array, ""]:
        return judge(luck(key, hypers, 1), state.weights, state.tasks, hypers)

    def bequeath(state: Life, hypers: Hypers) -> Hypers:
        return {**hypers, "weights": jnp.clip(state.weights[0], -WEIGHT, WEIGHT)}

    return Learner(init, step, score, bequeath if c.inheritance == "lamarck" else None)


def draw_tasks(subject: Subject, keys: Key[Array, " task"]) -> Any:
    """Return a task for each key, leading axis: task.

    Where tasks have opposites, they come in pairs (antithetic draws): each is as likely as before,
    and a life that suits one of a pair alone is not taken for a good one.
    """
    tasks = jax.vmap(subject.draw)(keys)
    if subject.mirror is None:
        return tasks
    second = jnp.arange(keys.shape[0]) % 2 == 1
    opposites = jax.tree.map(lambda x: jnp.roll(x, 1, axis=0), jax.vmap(subject.mirror)(tasks))
    return trees.where(second, opposites, tasks)


def learn(
    subject: Subject,
    key: Key[Array, ""],
    weights: Float[Array, " gene"],
    task: Any,
    hypers: Hypers,
) -> tuple[Float[Array, " gene"], Float[Array, ""]]:
    """Return the weights after one step of learning on a task, and the loss before it."""
    arrays = unravel(subject)(weights)
    structure = jax.tree.structure(arrays)
    rates = structure.unflatten([hypers["rates"][i] for i in range(structure.num_leaves)])
    descent = descend_inner(
        lambda point: subject.loss(key, point, task, hypers), arrays, rates, 1, order=1
    )
    return ravel_pytree(descent.end)[0], descent.losses[0]


def scores_by_step(
    subject: Subject, hypers: Hypers, key: Key[Array, ""], steps: int, task: Any = None
) -> Float[Array, " steps_and_one"]:
    """Return the score on one task (a fresh one when not given) after 0 … steps steps of a life of
    these genes.
    """
    draw_key, score_key, life_key = jax.random.split(key, 3)
    task = subject.draw(draw_key) if task is None else task
    whole = unravel(subject)

    def one(weights: Array, key: Array) -> tuple[Array, Array]:
        return learn(subject, key, weights, task, hypers)[0], weights

    keys = jax.random.split(life_key, steps)
    end, met = jax.lax.scan(one, hypers["weights"], keys)
    return jax.vmap(lambda weights: subject.score(score_key, whole(weights), task, hypers))(
        jnp.concatenate([met, end[None]])
    )


def unravel(subject: Subject) -> Callable[[Float[Array, " gene"]], PyTree[Array]]:
    """Return what gives a vector of weights the subject's structure."""
    shapes = weight_shapes(subject)
    return ravel_pytree(jax.tree.map(lambda s: jnp.zeros(s.shape, s.dtype), shapes))[1]


def layer_names(subject: Subject) -> list[str]:
    """Return the path of each leaf of the weights, in the order of the rates."""
    return [path for path, _ in named_leaves(weight_shapes(subject))]


def weight_shapes(subject: Subject) -> PyTree[jax.ShapeDtypeStruct]:
    """Return the shapes of the weights, with nothing computed: see `runtime.machine.prepare`."""
    return jax.eval_shape(lambda: subject.init(jax.random.key(0)))
