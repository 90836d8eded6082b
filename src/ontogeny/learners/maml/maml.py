"""MAML and its family: a start from which a few steps of gradient descent learn a new task.

    adapt(start, support):  point <- point - rates ⊙ grad L(point; support),   a few steps
    minimise over start (and rates)   E_task  L(adapt(start, support); query)

- **MAML** differentiates through the steps: Finn, Abbeel and Levine 2017 (arXiv 1703.03400), which
  has **first-order MAML** too: the gradients along the way are taken as constants.
- **ANIL** adapts the head alone: Raghu et al. 2020 (arXiv 1909.09157).
- **Meta-SGD** learns a rate for every parameter: Li et al. 2017 (arXiv 1707.09835). Rates for every
  leaf and step are those of MAML++: Antoniou, Edwards and Storkey 2019 (arXiv 1810.09502).
- **Reptile** moves the start towards where it was led: Nichol, Achiam and Schulman 2018 (arXiv
  1803.02999). It needs no query, so all examples are learned from; here Adam makes the move.
- **Implicit MAML** differentiates what holds at the end of a descent that is pulled to the start:
  Rajeswaran et al. 2019 (arXiv 1909.04630).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int, Key, PyTree

from ontogeny.core.learner import Hypers, Learner, Metrics, settled
from ontogeny.learners.maml.config import MAMLConfig
from ontogeny.learners.maml.problems import Judge, Problem
from ontogeny.nn.parting import Parted
from ontogeny.ops.adam import clipped_adam, decayed, descend
from ontogeny.ops.descent import Descent, descend_inner, proximal_descent
from ontogeny.ops.once import once
from ontogeny.worlds.sources.sinusoids import Examples, Split

VALIDATION = 20_170_309  # the tasks that every score is measured on are drawn from it


class Start(NamedTuple):
    """What is meta-learned: where adaptation starts, and its rates where they are learned."""

    arrays: PyTree[Array]
    rates: PyTree[Array]  # None for one rate, which is a hyper


class MAMLState(NamedTuple):
    """The start, the inner rate that was used last, Adam's moments, and how many updates there
    were.
    """

    start: Start
    rate: Float[Array, ""]
    optimiser: optax.OptState
    updates: Int[Array, ""]


def maml(
    problem: Problem, network: Parted[Any], config: MAMLConfig | None = None
) -> Learner[MAMLState]:
    """Return the learner. Its hypers are a dict that may have "learning_rate" and "inner_rate".

    `network` maps one input to `problem.n_out` numbers; with `adapts="head"` its module has a
    `head`. The score is minus the loss on the query after adaptation, the mean over tasks that are
    the same for every score.

    >>> from ontogeny.learners.maml.adapter import headed
    >>> from ontogeny.learners.maml.config import NetworkConfig
    >>> from ontogeny.learners.maml.problems import regression
    >>> from ontogeny.worlds.sources.sinusoids import sinusoids
    >>> network = headed(NetworkConfig((8,)), shape=(1,), n_out=1)
    >>> learner = og.maml(regression(sinusoids(shots=5)), network, og.MAMLConfig(batch=2))
    >>> key, hypers = jax.random.key(0), {"inner_rate": jnp.float32(0.01)}
    >>> state = jax.eval_shape(learner.init, key, hypers)
    >>> sorted(jax.eval_shape(learner.step, key, state, hypers)[1])
    ['gradient_norm', 'loss_after', 'loss_before', 'support_loss']
    """
    c = config or MAMLConfig()
    direction = clipped_adam(c.max_gradient_norm)

    def after(start: Start, rate: Any, task: Split) -> tuple[Array, Metrics]:
        """Return the loss on a task's query after adaptation to its support, and metrics."""
        descent = adapt(problem.loss, network, c, start, rate, task.support)
        outputs = _outputs(network, descent.end, task.query)
        loss = problem.loss(outputs, task.query.targets)
        before = problem.loss(_outputs(network, start.arrays, task.query), task.query.targets)
        seen = {"loss_before": before, "loss_after": loss, "support_loss": descent.losses[0]}
        return loss, seen

    def objective(start: Start, rate: Any, batch: Split) -> tuple[Array, Metrics]:
        losses, seen = jax.vmap(lambda task: after(start, rate, task))(batch)
        return jnp.mean(losses), jax.tree.map(jnp.mean, seen)

    def way(start: Start, rate: Any, batch: Split) -> Start:
        """Return Reptile's direction: the mean way back from where all examples lead."""

        def one(task: Split) -> PyTree[Array]:
            every = jax.tree.map(lambda *parts: jnp.concatenate(parts), *task)
            end = adapt(problem.loss, network, c, start, rate, every).end
            return jax.tree.map(jnp.subtract, start.arrays, end)

        mean = jax.tree.map(lambda x: jnp.mean(x, axis=0), jax.vmap(one)(batch))
        return Start(mean, None)

    def settle(hypers: Hypers) -> dict[str, Any]:
        return settled(hypers, inner_rate=c.inner_rate, learning_rate=c.learning_rate)

    def init(key: Array, hypers: Hypers) -> MAMLState:
        rate = jnp.float32(settle(hypers)["inner_rate"])
        start = initial(network, c, key, rate)
        return MAMLState(start, rate, direction.init(start), jnp.int32(0))

    def step(key: Array, state: MAMLState, hypers: Hypers) -> tuple[MAMLState, Metrics]:
        batch = once(lambda: jax.vmap(problem.draw)(jax.random.split(key, c.batch)), state.updates)
        h = settle(hypers)
        rate = jnp.float32(h["inner_rate"])
        if c.outer == "reptile":
            seen = objective(state.start, rate, batch)[1]
            gradient = way(state.start, rate, batch)
        else:
            descend_on = jax.value_and_grad(objective, has_aux=True)
            (_, seen), gradient = descend_on(state.start, rate, batch)
        outer = decayed(h["learning_rate"], c.final, state.updates / c.updates)
        start, moments = descend(direction, outer, state.start, state.optimiser, gradient)
        metrics = seen | {"gradient_norm": optax.tree.norm(gradient)}
        return MAMLState(start, rate, moments, state.updates + 1), metrics

    def score(key: Array, state: MAMLState, hypers: Hypers) -> Float[Array, ""]:
        del key  # always the same tasks, so that scores differ by the members alone
        rate = settle(hypers)["inner_rate"]
        tasks = jax.random.split(jax.random.key(VALIDATION), c.test_batch)
        losses = jax.vmap(lambda key: after(state.start, rate, problem.validate(key))[0])(tasks)
        return -jnp.mean(losses)

    return Learner(init, step, score)


def initial(
    network: Parted[Any], config: MAMLConfig, key: Key[Array, ""], rate: Float[Array, ""] | float
) -> Start:
    """Return a start that has learned nothing, its learned rates, if there are, all `rate`."""
    arrays = network.init(key)
    if config.rates == "one":
        return Start(arrays, None)
    rows = (config.inner_steps,) if config.rates_by_step else ()

    def one(leaf: Array) -> Array:
        shape = rows + (leaf.shape if config.rates == "parameter" else ())
        return jnp.full(shape, rate, jnp.float32)

    return Start(arrays, jax.tree.map(one, _adapted(config, arrays)))


def adapt(
    judge: Judge,
    network: Parted[Any],
    config: MAMLConfig,
    start: Start,
    rate: Float[Array, ""] | float,
    support: Examples,
    steps: int | None = None,
    watch: Callable[[PyTree[Array]], Any] | None = None,
) -> Descent:
    """Return the descent of the network's arrays on one task's support: all of them, of which only
    the adapted ones move.

    `rate` counts where no rates are learned, `steps` is the config's unless given, and `watch` is
    given the whole arrays on the way (`ops.descent`).
    """
    c, steps = config, config.inner_steps if steps is None else steps

    def whole(point: PyTree[Array]) -> PyTree[Array]:
        if c.adapts == "all":
            return point
        return eqx.tree_at(lambda module: module.head, start.arrays, point)

    def loss(point: PyTree[Array]) -> Array:
        return judge(_outputs(network, whole(point), support), support.targets)

    first = _adapted(c, start.arrays)
    watched = None if watch is None else lambda point: watch(whole(point))
    if c.pull > 0:
        descent = proximal_descent(loss, first, rate, steps, strength=c.pull, watch=watched)
        return descent._replace(end=whole(descent.end))
    rates = rate if c.rates == "one" else start.rates
    if c.rates_by_step:
        used = jnp.minimum(jnp.arange(steps), c.inner_steps - 1)
        rates = jax.tree.map(lambda r: r[used], rates)
    descent = descend_inner(
        loss,
        first,
        rates,
        steps,
        order=c.order,
        rates_by_step=c.rates_by_step,
        remat=c.remat,
        watch=watched,
    )
    return descent._replace(end=whole(descent.end))


def losses_by_step(
    judge: Judge,
    network: Parted[Any],
    config: MAMLConfig,
    start: Start,
    rate: Float[Array, ""] | float,
    task: Split,
    steps: int,
) -> Float[Array, " steps_and_one"]:
    """Return the loss on one task's query after 0 … steps steps of adaptation."""

    def loss(arrays: PyTree[Array]) -> Array:
        return judge(_outputs(network, arrays, task.query), task.query.targets)

    return adapt(judge, network, config, start, rate, task.support, steps, loss).seen


def _outputs(network: Parted[Any], arrays: PyTree[Array], examples: Examples) -> Array:
    return jax.vmap(network.whole(arrays))(examples.inputs)


def _adapted(config: MAMLConfig, arrays: PyTree[Array]) -> PyTree[Array]:
    """Return the arrays that adaptation moves."""
    return arrays if config.adapts == "all" else arrays.head
