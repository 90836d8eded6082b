"""How a rollout becomes better parameters: some epochs of minibatch descent on a loss.

    `epochs` times, for each of `minibatches` groups of environments:
        gradient of  policy loss + value_cost value loss - entropy_cost entropy  (`losses`)
        gradient <- its norm clipped; parameters <- parameters - learning_rate Adam(gradient)

A minibatch is whole trajectories of some of the environments. Which ones is fixed: environments are
exchangeable, so shuffling them would only cost time (a gather over a population is slow on a CPU).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, PyTree

from ontogeny.agents import losses
from ontogeny.agents.network import Network
from ontogeny.agents.rollout import Choice, Trajectory, trajectory_axes
from ontogeny.agents.settings import ActorCriticConfig
from ontogeny.core.learner import Metrics
from ontogeny.ops.adam import clipped_adam, descend


class Batch(NamedTuple):
    """Trajectories of some environments, [time, env, ...], and PPO's estimates for each step."""

    trajectory: Trajectory
    advantage: Float[Array, "time env"] | None
    target: Float[Array, "time env"] | None


def improve(
    config: ActorCriticConfig,
    network: Network,
    arrays: PyTree[Array],
    moments: optax.OptState,
    trajectory: Trajectory,
    hypers: dict[str, Any],
) -> tuple[PyTree[Array], optax.OptState, Metrics]:
    """Return the network's arrays and the optimiser's moments after all epochs, and means over the
    updates.

    `trajectory` has the axes that `trajectory_axes` names; `hypers` are all five.
    """
    direction = clipped_adam(config.max_gradient_norm)
    groups = _part(_prepare(config, network, arrays, trajectory, hypers), config.minibatches)

    def objective(arrays: PyTree[Array], batch: Batch) -> tuple[Array, losses.Terms]:
        terms = _terms(config, network, arrays, batch, hypers)
        return losses.total(terms, config.value_cost, hypers["entropy_cost"]), terms

    def update(carry: tuple[Any, Any], number: Array) -> tuple[Any, Metrics]:
        arrays, moments = carry
        batch = _group(groups, number % config.minibatches)
        (_, terms), gradient = jax.value_and_grad(objective, has_aux=True)(arrays, batch)
        rate = hypers["learning_rate"]
        arrays, moments = descend(direction, rate, arrays, moments, gradient)
        metrics = {
            "policy_loss": terms.policy,
            "value_loss": terms.value,
            "entropy": terms.entropy,
            "kl": terms.kl,
            "gradient_norm": optax.tree.norm(gradient),
        }
        return (arrays, moments), metrics

    numbers = jnp.arange(config.epochs * config.minibatches)
    (arrays, moments), metrics = jax.lax.scan(update, (arrays, moments), numbers)
    return arrays, moments, jax.tree.map(jnp.mean, metrics)


def _prepare(
    config: ActorCriticConfig,
    network: Network,
    arrays: PyTree[Array],
    trajectory: Trajectory,
    hypers: dict[str, Any],
) -> Batch:
    """Return the batch; PPO's advantages are estimated once, under the values that the acting
    network had.
    """
    if config.loss == "vtrace":
        return Batch(trajectory, None, None)

    def estimate(one: Trajectory) -> Array:
        _, last_value = network.apply(arrays, one.last)
        _, cut_value = jax.vmap(lambda o: network.apply(arrays, o))(one.cut)
        return losses.advantages(one, last_value, cut_value, hypers["discount"], hypers["lambda"])

    advantage = jax.vmap(estimate, in_axes=(trajectory_axes(),), out_axes=1)(trajectory)
    return Batch(trajectory, advantage, advantage + trajectory.choice.value)


def _terms(
    config: ActorCriticConfig,
    network: Network,
    arrays: PyTree[Array],
    batch: Batch,
    hypers: dict[str, Any],
) -> losses.Terms:
    """Return the terms of the loss, each the mean over the batch."""
    apply = jax.vmap(lambda observation: network.apply(arrays, observation))
    one = batch.trajectory
    if config.loss == "vtrace":

        def along(one: Trajectory) -> losses.Terms:
            logits, value = apply(one.observation)
            _, last_value = network.apply(arrays, one.last)
            _, cut_value = apply(one.cut)
            return losses.vtrace_loss(
                logits, value, last_value, cut_value, one, hypers["discount"], hypers["lambda"]
            )

        terms = jax.vmap(along, in_axes=(trajectory_axes(),))(one)
    else:
        advantage, target = batch.advantage, batch.target
        assert advantage is not None  # `_prepare` gave them
        assert target is not None
        if config.normalise_advantages:
            advantage = (advantage - jnp.mean(advantage)) / (jnp.std(advantage) + 1e-8)
        logits, value = jax.vmap(apply)(one.observation)

        def at(
            logits: Array, value: Array, choice: Choice, advantage: Array, target: Array
        ) -> losses.Terms:
            clip, clip_value = hypers["clip"], config.clip_value
            return losses.ppo_loss(logits, value, choice, advantage, target, clip, clip_value)

        terms = jax.vmap(jax.vmap(at))(logits, value, one.choice, advantage, target)
    return jax.tree.map(jnp.mean, terms)


def _part(batch: Batch, n_groups: int) -> Batch:
    """Return the batch with its environment axis parted into [group, env]."""

    def part(axis: int, leaf: Array) -> Array:
        shape = leaf.shape
        return leaf.reshape(*shape[:axis], n_groups, shape[axis] // n_groups, *shape[axis + 1 :])

    return _over_axes(part, batch)


def _group(groups: Batch, number: Array) -> Batch:
    """Return one group of a parted batch. The number is the same for a whole population, so this is
    a plain slice.
    """
    return _over_axes(
        lambda axis, leaf: jax.lax.dynamic_index_in_dim(leaf, number, axis, keepdims=False), groups
    )


def _over_axes(function: Any, batch: Batch) -> Batch:
    """Return function(environment axis, leaf) for every leaf of the batch."""
    trajectory = jax.tree.map(function, trajectory_axes(), batch.trajectory)
    advantage = None if batch.advantage is None else function(1, batch.advantage)
    target = None if batch.target is None else function(1, batch.target)
    return Batch(trajectory, advantage, target)
