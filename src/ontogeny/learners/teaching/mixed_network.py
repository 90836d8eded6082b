"""The network of several policies that share what they may, and are one by their weights.

Each component is an actor-critic's network; of those before the last, what is shared is the last
one's. So the last component alone is an ordinary policy.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key, PyTree

from ontogeny.core import trees
from ontogeny.core.errors import ConfigError
from ontogeny.learners.agents.config import ActorCriticConfig
from ontogeny.learners.agents.heads import head_for
from ontogeny.learners.agents.network import (
    ActorCriticNetwork,
    Outputs,
    PolicyNetwork,
    policy_network,
)
from ontogeny.nn.parting import part
from ontogeny.ops.distributions.distribution import Distribution
from ontogeny.ops.distributions.listed import Listed
from ontogeny.ops.distributions.mixture import Mixture
from ontogeny.worlds.multi_task import task_of
from ontogeny.worlds.spaces import ActionSpace, Discrete, Factored
from ontogeny.worlds.world import World

Layer: TypeAlias = Literal["torso", "core", "policy", "value"]


class Component(NamedTuple):
    """One of the policies that are mixed."""

    config: ActorCriticConfig
    """Of which the network's settings count: torso, core, widths."""
    actions: tuple[Any, ...] | None = None
    """Of the world's actions, those that it takes, each as the world takes it; None: all."""


class Components(NamedTuple):
    """How several policies are made and applied, given what each weighs."""

    init: Any
    at: Any
    """Of the weights: the network as a `PolicyNetwork`, what it says a `Mixture`."""
    last: PolicyNetwork
    """The last component alone, which takes `alone(arrays)`."""

    @staticmethod
    def alone(arrays: PyTree[Array]) -> PyTree[Array]:
        """Return the arrays of the last component."""
        return arrays[-1]


def components_of(
    world: World,
    components: Sequence[Component],
    shared: Sequence[Layer] = (),
    mixed_values: bool = False,
    by_task: bool = False,
) -> Components:
    """Return the components as one. The value is the last one's, or mixed as the policies are.

    With `by_task` the k-th component is of the world's k-th task, and the last one of all: in each
    task its own and the last are mixed. Raises `ConfigError` where components can't share what they
    are said to, for actions that the world has not, and for another number of them than tasks ask.
    """
    check_components(world, components, shared, by_task)
    # values that are not mixed, and heads that are shared, are those of the last alone
    gone = [*shared, *([] if mixed_values else ["value"])]
    parted = [part(_making(world, one)) for one in components]
    head = head_for(world.action_space)
    n_last = len(components) - 1
    has_memory = any(one.config.remembers for one in components)

    def init(key: Key[Array, ""]) -> tuple[PyTree[Array], ...]:
        keys = [jax.random.fold_in(key, 100 + index) for index in range(n_last)]
        made: list[Any] = [p.init(k) for p, k in zip(parted, [*keys, key], strict=True)]
        for layer in gone:
            made[:-1] = [eqx.tree_at(_named(layer), one, None, is_leaf=_none) for one in made[:-1]]
        return tuple(made)

    def whole(arrays: Sequence[Any]) -> list[ActorCriticNetwork]:
        filled = list(arrays)
        for layer in gone:
            of = _named(layer)
            filled[:-1] = [
                eqx.tree_at(of, one, of(arrays[-1]), is_leaf=_none) for one in filled[:-1]
            ]
        return [p.whole(one) for p, one in zip(parted, filled, strict=True)]

    def own(layer: Layer, index: int) -> bool:
        return index == n_last or layer not in shared

    def begin(arrays: Any) -> Any:
        cores = [net.core for net in whole(arrays)]
        begun = [c.begin() if c is not None and own("core", i) else () for i, c in enumerate(cores)]
        return tuple(begun) if has_memory else ()

    def features(nets: list[ActorCriticNetwork], observation: Array) -> tuple[Array, ...]:
        last = nets[-1].features(observation)
        mine = [
            net.features(observation) if own("torso", i) else last
            for i, net in enumerate(nets[:-1])
        ]
        return (*mine, last)

    def remembered(
        nets: list[ActorCriticNetwork], memory: Any, seen: tuple[Array, ...]
    ) -> tuple[Any, tuple[Array, ...]]:
        before = memory if has_memory else ((),) * len(nets)
        after: list[Any] = list(before)
        said = list(seen)
        for i, net in enumerate(nets):
            if net.core is not None and own("core", i):
                core: Any = net.core
                after[i], said[i] = core.step(before[i], seen[i])
        if "core" in shared:
            said[:-1] = [said[-1]] * n_last
        return (tuple(after) if has_memory else ()), tuple(said)

    def policies(
        nets: list[ActorCriticNetwork], said: tuple[Array, ...]
    ) -> tuple[list[Distribution], list[Array]]:
        each: list[Distribution] = []
        for i, one in enumerate(components):
            numbers = nets[-1 if "policy" in shared else i].policy(said[i])
            if one.actions is None:
                each.append(head.distribution(numbers))
                continue
            sizes = _sizes(world.action_space)
            if "policy" in shared:
                whole_one = head.distribution(numbers)
                probe = Listed(jnp.zeros(len(one.actions)), one.actions, sizes)
                numbers = probe.of(whole_one)
            each.append(Listed(numbers, one.actions, sizes))
        values = [net.value(x)[0] for net, x in zip(nets, said, strict=True)]
        return each, values if mixed_values else values[-1:]

    def at(weights: Float[Array, " part"]) -> PolicyNetwork:
        def outputs(nets: list[ActorCriticNetwork], said: Any, observation: Array) -> Outputs:
            each, values = policies(nets, said)
            if by_task:
                which = jnp.argmax(task_of(observation, n_last))
                each = [jax.tree.map(lambda *x: jnp.stack(x)[which], *each[:-1]), each[-1]]
                if mixed_values:
                    values = [jnp.stack(values[:-1])[which], values[-1]]
            value = values[-1]
            if mixed_values:
                value = jnp.sum(weights * jnp.stack(values))
            return Outputs(Mixture(weights, tuple(each)), value)

        def step(arrays: Any, observation: Array, memory: Any) -> tuple[Outputs, Any]:
            nets = whole(arrays)
            memory, said = remembered(nets, memory, features(nets, observation))
            return outputs(nets, said, observation), memory

        def along(arrays: Any, observations: Array, begins: Array, memory: Any) -> Any:
            nets = whole(arrays)
            seen = jax.vmap(lambda x: features(nets, x))(observations)
            if has_memory:
                begun = begin(arrays)

                def read(memory: Any, now: Any) -> Any:
                    return remembered(nets, trees.where(now[0], begun, memory), now[1])

                memory, said = jax.lax.scan(read, memory, (begins, seen))
            else:
                said = jax.vmap(lambda x: remembered(nets, (), x)[1])(seen)
            return jax.vmap(lambda x, o: outputs(nets, x, o))(said, observations), memory

        return PolicyNetwork(init, begin, step, along, has_memory)

    return Components(init, at, policy_network(world, components[-1].config))


def alone(world: World, component: Component) -> PolicyNetwork:
    """Return one component as a policy of the world: of fewer actions, where it takes fewer."""
    if component.actions is None:
        return policy_network(world, component.config)
    actions, sizes = component.actions, _sizes(world.action_space)
    own = policy_network(_of_fewer(world, component), component.config)

    def named(said: Outputs) -> Outputs:
        chosen: Any = said.distribution
        return Outputs(Listed(chosen.logits, actions, sizes), said.value)

    def step(arrays: Any, observation: Array, memory: Any) -> tuple[Outputs, Any]:
        said, memory = own.step(arrays, observation, memory)
        return named(said), memory

    def along(arrays: Any, observations: Array, begins: Array, memory: Any) -> Any:
        said, memory = own.along(arrays, observations, begins, memory)
        return jax.vmap(named)(said), memory

    return own._replace(step=step, along=along)


def check_components(
    world: World, components: Sequence[Component], shared: Sequence[Layer], by_task: bool
) -> None:
    """Raise what `components_of` raises."""
    where = "og.mix"
    if by_task and len(components) != len(world.tasks) + 1:
        raise ConfigError(
            f"{len(components)} components for {len(world.tasks)} tasks of {world.name}",
            where=where,
            hint="give one for each task, in the world's order, and the one of all tasks last",
        )
    if len(components) < 2:
        raise ConfigError(
            f"{len(components)} components", where=where, hint="two or more can be mixed"
        )
    last = components[-1]
    if last.actions is not None:
        raise ConfigError(
            "the last component takes only some of the world's actions",
            where=where,
            hint="it is what remains in the end: leave its actions out",
        )
    for one in components:
        if one.actions is not None:
            _check_actions(one.actions, world.action_space, where)
        c, d = one.config, last.config
        for layer, (mine, its) in {
            "torso": [(x.torso, x.hidden, x.filters, x.activation) for x in (c, d)],
            "core": [(x.core, x.core_units) for x in (c, d)],
            "policy": [_n_heads_read(x) for x in (c, d)],
            "value": [_n_heads_read(x) for x in (c, d)],
        }.items():
            if layer in shared and mine != its:
                raise ConfigError(
                    f"a {layer} of {mine} can't be one of {its}",
                    where=f"{where}, shared",
                    hint=f"give both components one {layer}, or leave it out of what is shared",
                )
    if "core" in shared and "torso" not in shared:
        raise ConfigError(
            "the core is shared, and the torso that it reads is not",
            where=f"{where}, shared",
            hint="share the torso too",
        )


def _check_actions(actions: Sequence[Any], space: ActionSpace, where: str) -> None:
    said = None
    if not isinstance(space, Discrete | Factored):
        said = f"actions of {space} can't be listed"
    elif not actions:
        said = "a component takes no action at all"
    elif len(set(actions)) < len(actions):
        said = "a component has an action twice"
    else:
        sizes = _sizes(space)
        rows = [(a,) if isinstance(a, int) else tuple(a) for a in actions]
        bad = [
            a
            for a, row in zip(actions, rows, strict=True)
            if len(row) != len(sizes)
            or not all(0 <= x < n for x, n in zip(row, sizes, strict=True))
        ]
        if bad:
            said = f"{bad[0]} is no action of {space}"
    if said:
        raise ConfigError(
            said,
            where=f"{where}, actions",
            hint="list some of the world's actions, each once: a number, or a tuple of one a part",
        )


def _making(world: World, component: Component) -> Any:
    shown = _of_fewer(world, component)
    return lambda key: ActorCriticNetwork(shown, component.config, key=key)


def _of_fewer(world: World, component: Component) -> World:
    if component.actions is None:
        return world
    return world._replace(n_actions=len(component.actions), actions=None)


def _sizes(space: Any) -> tuple[int, ...]:
    return (space.n,) if isinstance(space, Discrete) else space.sizes


def _n_heads_read(config: ActorCriticConfig) -> int:
    return config.hidden[-1] if config.core == "none" else config.core_units


def _named(layer: str) -> Any:
    return lambda network: getattr(network, layer)


def _none(node: Any) -> bool:
    return node is None
