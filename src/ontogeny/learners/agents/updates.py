"""How a rollout becomes better parameters: some epochs of minibatch descent on a loss.

    `epochs` times, for each of `minibatches` groups of environments:
        gradient of  policy loss + value_cost value loss - entropy_cost entropy  (`losses`)
        gradient <- its norm clipped; parameters <- parameters - learning_rate Adam(gradient)

A minibatch is all steps of some of the environments. Which ones is fixed: environments are
exchangeable, so shuffling them would only cost time (a gather over a population is slow on a CPU).
PPO learns from single steps, so its minibatches are laid out once as plain rows [group, row, ...];
V-trace learns from whole trajectories.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, PyTree

from ontogeny.core.learner import Metrics
from ontogeny.learners.agents import losses
from ontogeny.learners.agents.config import ActorCriticConfig
from ontogeny.learners.agents.network import ActorCriticNetwork
from ontogeny.learners.agents.rollout import Decision, Trajectory, trajectory_axes
from ontogeny.nn.parting import Parted
from ontogeny.ops.adam import clipped_adam, descend

Objective: TypeAlias = Callable[[PyTree[Array], Any], losses.Terms]


class Samples(NamedTuple):
    """Steps that PPO learns from, each with what was estimated once, before the first update."""

    observation: Float[Array, "group row *shape"]
    decision: Decision
    advantage: Float[Array, "group row"]
    target: Float[Array, "group row"]


def improve(
    config: ActorCriticConfig,
    network: Parted[ActorCriticNetwork],
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
    prepare = _vtrace if config.loss == "vtrace" else _ppo
    groups, terms_of = prepare(config, network, arrays, trajectory, hypers)

    def objective(arrays: PyTree[Array], group: Any) -> tuple[Array, losses.Terms]:
        terms = terms_of(arrays, group)
        return losses.total(terms, config.value_cost, hypers["entropy_cost"]), terms

    def update(carry: tuple[Any, Any], group: Any) -> tuple[Any, Metrics]:
        arrays, moments = carry
        (_, terms), gradient = jax.value_and_grad(objective, has_aux=True)(arrays, group)
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

    def epoch(carry: tuple[Any, Any], _: None) -> tuple[Any, Metrics]:
        return jax.lax.scan(update, carry, groups)

    (arrays, moments), metrics = jax.lax.scan(epoch, (arrays, moments), None, config.epochs)
    return arrays, moments, jax.tree.map(jnp.mean, metrics)


def _ppo(
    config: ActorCriticConfig,
    network: Parted[ActorCriticNetwork],
    arrays: PyTree[Array],
    trajectory: Trajectory,
    hypers: dict[str, Any],
) -> tuple[Samples, Objective]:
    """Return the minibatches, with advantages estimated once under the values that the acting
    network had, and the mean terms of one of them.
    """

    def estimate(one: Trajectory) -> Array:
        _, last_value = network.whole(arrays)(one.last)
        _, cut_value = jax.vmap(lambda o: network.whole(arrays)(o))(one.cut)
        return losses.advantages(one, last_value, cut_value, hypers["discount"], hypers["lambda"])

    advantage = jax.vmap(estimate, in_axes=(trajectory_axes(),), out_axes=1)(trajectory)
    decision = trajectory.decision
    samples = Samples(trajectory.observation, decision, advantage, advantage + decision.value)

    def rows(leaf: Array) -> Array:
        groups = _parted(1, leaf, config.minibatches)
        return groups.reshape(config.minibatches, -1, *leaf.shape[2:])

    def terms_of(arrays: PyTree[Array], group: Samples) -> losses.Terms:
        advantage = group.advantage
        if config.normalise_advantages:
            advantage = (advantage - jnp.mean(advantage)) / (jnp.std(advantage) + 1e-8)

        def at(one: Samples) -> losses.Terms:
            logits, value = network.whole(arrays)(one.observation)
            clip, clip_value = hypers["clip"], config.clip_value
            return losses.ppo_loss(
                logits, value, one.decision, one.advantage, one.target, clip, clip_value
            )

        return jax.tree.map(jnp.mean, jax.vmap(at)(group._replace(advantage=advantage)))

    return jax.tree.map(rows, samples), terms_of


def _vtrace(
    config: ActorCriticConfig,
    network: Parted[ActorCriticNetwork],
    arrays: PyTree[Array],
    trajectory: Trajectory,
    hypers: dict[str, Any],
) -> tuple[Trajectory, Objective]:
    """Return the trajectories of each minibatch, and the mean terms of one: V-trace estimates anew
    at every update.
    """
    del arrays

    def along(arrays: PyTree[Array], one: Trajectory) -> losses.Terms:
        apply = jax.vmap(network.whole(arrays))
        logits, value = apply(one.observation)
        _, last_value = network.whole(arrays)(one.last)
        _, cut_value = apply(one.cut)
        return losses.vtrace_loss(
            logits, value, last_value, cut_value, one, hypers["discount"], hypers["lambda"]
        )

    def terms_of(arrays: PyTree[Array], group: Trajectory) -> losses.Terms:
        terms = jax.vmap(along, in_axes=(None, trajectory_axes()))(arrays, group)
        return jax.tree.map(jnp.mean, terms)

    groups = jax.tree.map(
        lambda axis, leaf: _parted(axis, leaf, config.minibatches), trajectory_axes(), trajectory
    )
    return groups, terms_of


def _parted(axis: int, leaf: Array, n_groups: int) -> Array:
    """Return the leaf with its environment axis parted, [group, ..., env, ...]."""
    shape = leaf.shape
    parts = leaf.reshape(*shape[:axis], n_groups, shape[axis] // n_groups, *shape[axis + 1 :])
    return jnp.moveaxis(parts, axis, 0)
