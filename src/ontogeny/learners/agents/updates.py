"""How a rollout becomes better parameters: some epochs of minibatch descent on a loss.

    `epochs` times, for each of `minibatches` groups of environments:
        gradient of  policy loss + value_cost value loss - entropy_cost entropy  (`losses`)
        gradient <- its norm clipped; parameters <- parameters - learning_rate Adam(gradient)

A minibatch is all steps of some of the environments. Which ones is fixed: environments are
exchangeable, so shuffling them would only cost time (a gather over a population is slow on a CPU).
PPO learns from single steps, so its minibatches are laid out once as plain rows [group, row, ...];
V-trace and a policy with memory learn from whole trajectories, and losses that plug in (`terms`)
see them. A memory is read along the trajectory from what it was when the rollout began.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, PyTree

from ontogeny.core import trees
from ontogeny.core.learner import Metrics
from ontogeny.learners.agents import losses
from ontogeny.learners.agents.config import ActorCriticConfig
from ontogeny.learners.agents.network import Outputs, PolicyNetwork
from ontogeny.learners.agents.rollout import Decision, Trajectory, after, trajectory_axes
from ontogeny.learners.agents.terms import Term
from ontogeny.ops.adam import clipped_adam, descend

Objective: TypeAlias = Callable[
    [PyTree[Array], Any], tuple[losses.Terms, Float[Array, ""] | None, Metrics]
]


class Lived(NamedTuple):
    """A trajectory, the rewards that are learned from, and what the terms noted of it."""

    trajectory: Trajectory
    reward: Float[Array, " time"]
    notes: tuple[Any, ...] = ()


def lived_axes() -> Any:
    """Return where the environment axis of each leaf is; see `trajectory_axes`."""
    return Lived._make([trajectory_axes(), 1, 1])


class Samples(NamedTuple):
    """Steps that PPO learns from, each with what was estimated once, before the first update."""

    observation: Float[Array, "group row *shape"]
    decision: Decision
    advantage: Float[Array, "group row"]
    target: Float[Array, "group row"]


def improve(
    config: ActorCriticConfig,
    network: PolicyNetwork,
    terms: Sequence[Term],
    arrays: PyTree[Array],
    moments: optax.OptState,
    lived: Lived,
    hypers: dict[str, Any],
) -> tuple[PyTree[Array], optax.OptState, Metrics]:
    """Return the network's arrays and the optimiser's moments after all epochs, and means over the
    updates.

    `lived` has the axes that `lived_axes` names; `hypers` are all that `settings` returns.
    """
    direction = clipped_adam(config.max_gradient_norm)
    by_reward = all(term.by_reward for term in terms)
    if any(term.one_step for term in terms):
        hypers = hypers | {"discount": 0.0}
    ppo = _ppo_along if network.has_memory else _ppo
    prepare = ppo if config.loss == "ppo" else _vtrace
    groups, terms_of = prepare(config, network, terms, arrays, lived, hypers)

    def objective(arrays: PyTree[Array], group: Any) -> tuple[Array, tuple[losses.Terms, Metrics]]:
        own, added, metrics = terms_of(arrays, group)
        whole = (
            losses.total(own, config.value_cost, hypers["entropy_cost"])
            if by_reward
            else config.value_cost * own.value
        )
        return (whole if added is None else whole + added), (own, metrics)

    def update(carry: tuple[Any, Any], group: Any) -> tuple[Any, Metrics]:
        arrays, moments = carry
        (_, (own, metrics)), gradient = jax.value_and_grad(objective, has_aux=True)(arrays, group)
        rate = hypers["learning_rate"]
        arrays, moments = descend(direction, rate, arrays, moments, gradient)
        metrics = metrics | {
            "policy_loss": own.policy,
            "value_loss": own.value,
            "entropy": own.entropy,
            "kl": own.kl,
            "gradient_norm": optax.tree.norm(gradient),
        }
        return (arrays, moments), metrics

    def epoch(carry: tuple[Any, Any], _: None) -> tuple[Any, Metrics]:
        return jax.lax.scan(update, carry, groups)

    (arrays, moments), metrics = jax.lax.scan(epoch, (arrays, moments), None, config.epochs)
    return arrays, moments, jax.tree.map(jnp.mean, metrics)


def _ppo(
    config: ActorCriticConfig,
    network: PolicyNetwork,
    terms: Sequence[Term],
    arrays: PyTree[Array],
    lived: Lived,
    hypers: dict[str, Any],
) -> tuple[Any, Objective]:
    """Return the minibatches as rows, with advantages estimated once under the values that the
    acting network had, and the mean terms of one of them. What is said of the rows is laid out as
    trajectories again for losses that plug in.
    """
    advantage = _advantages(network, arrays, lived, hypers)
    decision = lived.trajectory.decision
    samples = Samples(lived.trajectory.observation, decision, advantage, advantage + decision.value)
    n_steps = advantage.shape[0]

    def rows(leaf: Array) -> Array:
        groups = _parted(1, leaf, config.minibatches)
        return groups.reshape(config.minibatches, -1, *leaf.shape[2:])

    def terms_of(arrays: PyTree[Array], group: tuple[Samples, Lived | None]) -> Any:
        def at(one: Samples) -> tuple[losses.Terms, Outputs]:
            outputs, _ = network.step(arrays, one.observation, ())
            clip, clip_value = hypers["clip"], config.clip_value
            return losses.ppo_loss(
                outputs, one.decision, one.advantage, one.target, clip, clip_value
            ), outputs

        samples, lived = group
        samples = samples._replace(advantage=_normalised(config, samples.advantage))
        own, outputs = jax.vmap(at)(samples)
        if not terms:
            return jax.tree.map(jnp.mean, own), None, {}
        said = jax.tree.map(lambda x: x.reshape(n_steps, -1, *x.shape[1:]), outputs)
        add = jax.vmap(lambda o, one: _added(terms, o, one, 0, hypers), (1, lived_axes()))
        return jax.tree.map(jnp.mean, (own, *add(said, lived)))

    along = _grouped(lived_axes(), lived, config.minibatches) if terms else None
    return (jax.tree.map(rows, samples), along), terms_of


def _ppo_along(
    config: ActorCriticConfig,
    network: PolicyNetwork,
    terms: Sequence[Term],
    arrays: PyTree[Array],
    lived: Lived,
    hypers: dict[str, Any],
) -> tuple[Any, Objective]:
    """Return the minibatches as whole trajectories, which a memory needs, and the mean terms of one
    of them.
    """
    advantage = _advantages(network, arrays, lived, hypers)
    warm = config.burn_in

    def along(arrays: PyTree[Array], one: Lived, advantage: Array, target: Array) -> Any:
        outputs, _ = _outputs(network, arrays, one.trajectory, warm)
        decision = jax.tree.map(lambda x: x[warm:], one.trajectory.decision)
        own = jax.vmap(
            lambda o, d, a, t: losses.ppo_loss(o, d, a, t, hypers["clip"], config.clip_value)
        )(outputs, decision, advantage[warm:], target[warm:])
        return own, *_added(terms, outputs, one, warm, hypers)

    def terms_of(arrays: PyTree[Array], group: Any) -> Any:
        one, advantage, target = group
        axes = None, lived_axes(), 1, 1
        each = jax.vmap(along, in_axes=axes)(arrays, one, _normalised(config, advantage), target)
        return jax.tree.map(jnp.mean, each)

    target = advantage + lived.trajectory.decision.value
    axes = lived_axes(), 1, 1
    groups = _grouped(axes, (lived, advantage, target), config.minibatches)
    return groups, terms_of


def _vtrace(
    config: ActorCriticConfig,
    network: PolicyNetwork,
    terms: Sequence[Term],
    arrays: PyTree[Array],
    lived: Lived,
    hypers: dict[str, Any],
) -> tuple[Lived, Objective]:
    """Return the trajectories of each minibatch, and the mean terms of one: V-trace estimates anew
    at every update.
    """
    del arrays
    warm, corrected = config.burn_in, config.loss == "vtrace"

    def along(arrays: PyTree[Array], one: Lived) -> Any:
        outputs, memory = _outputs(network, arrays, one.trajectory, warm)
        trajectory = after(one.trajectory, warm)
        last, cut = _ends(network, arrays, trajectory._replace(last_memory=memory))
        reward, discount = one.reward[warm:], hypers["discount"]
        own = losses.vtrace_loss(
            outputs, last, cut, trajectory, reward, discount, hypers["lambda"], corrected
        )
        return own, *_added(terms, outputs, one, warm, hypers)

    def terms_of(arrays: PyTree[Array], group: Lived) -> Any:
        return jax.tree.map(jnp.mean, jax.vmap(along, in_axes=(None, lived_axes()))(arrays, group))

    return _grouped(lived_axes(), lived, config.minibatches), terms_of


def _outputs(
    network: PolicyNetwork, arrays: PyTree[Array], trajectory: Trajectory, warm: int
) -> tuple[Outputs, Any]:
    """Return what the network says from step `warm` on, and the memory after the last step."""
    seen, begins, memory = trajectory.observation, trajectory.begins, trajectory.memory
    if warm:
        _, memory = network.along(arrays, seen[:warm], begins[:warm], memory)
        memory = jax.lax.stop_gradient(memory)
    outputs, memory = network.along(arrays, seen[warm:], begins[warm:], memory)
    done = trajectory.terminated[-1] | trajectory.truncated[-1]
    return outputs, trees.where(done, network.begin(arrays), memory)


def _ends(
    network: PolicyNetwork, arrays: PyTree[Array], trajectory: Trajectory
) -> tuple[Float[Array, ""], Float[Array, " cut"]]:
    """Return the values of the last observation and of those that time limits cut off."""
    last, _ = network.step(arrays, trajectory.last, trajectory.last_memory)
    cut, _ = jax.vmap(lambda o, m: network.step(arrays, o, m))(
        trajectory.cut, trajectory.cut_memory
    )
    return last.value, cut.value


def _advantages(
    network: PolicyNetwork, arrays: PyTree[Array], lived: Lived, hypers: dict[str, Any]
) -> Float[Array, "time env"]:
    def estimate(one: Lived) -> Array:
        ends = _ends(network, arrays, one.trajectory)
        discount, lambda_ = hypers["discount"], hypers["lambda"]
        return losses.advantages(one.trajectory, one.reward, *ends, discount, lambda_)

    return jax.vmap(estimate, in_axes=(lived_axes(),), out_axes=1)(lived)


def _normalised(config: ActorCriticConfig, advantage: Array) -> Array:
    if not config.normalise_advantages:
        return advantage
    return (advantage - jnp.mean(advantage)) / (jnp.std(advantage) + 1e-8)


def _added(
    terms: Sequence[Term], outputs: Outputs, one: Lived, warm: int, hypers: dict[str, Any]
) -> tuple[Float[Array, ""] | None, Metrics]:
    """Return the sum of what the terms add to the loss (None without any), and their metrics."""
    if not terms:
        return None, {}
    added, metrics = jnp.float32(0), {}
    trajectory, notes = after(one.trajectory, warm), jax.tree.map(lambda x: x[warm:], one.notes)
    for term, noted in zip(terms, notes, strict=True):
        if term.loss is None:
            continue
        loss, said = term.loss(outputs, trajectory, noted, hypers)
        added += loss
        metrics |= {f"{term.name}_loss": loss}
        metrics |= {f"{term.name}_{name}": value for name, value in said.items()}
    return added, metrics


def _grouped(axes: Any, tree: Any, n_groups: int) -> Any:
    """Return the tree with its environments parted into groups, a new leading axis."""

    def part(axis: int, leaves: Any) -> Any:
        return jax.tree.map(lambda leaf: _parted(axis, leaf, n_groups), leaves)

    return jax.tree.map(part, axes, tree)


def _parted(axis: int, leaf: Array, n_groups: int) -> Array:
    """Return the leaf with its environment axis parted, [group, ..., env, ...]."""
    shape = leaf.shape
    parts = leaf.reshape(*shape[:axis], n_groups, shape[axis] // n_groups, *shape[axis + 1 :])
    return jnp.moveaxis(parts, axis, 0)
