"""What a person wants of a grown mixture: who acts, and the last component alone."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import jax
import jax.numpy as jnp

from ontogeny.core.archive import read_about, read_archive, write_archive
from ontogeny.core.config import from_json
from ontogeny.core.product import Exported
from ontogeny.learners.agents.actor_critic import AgentState
from ontogeny.learners.agents.config import ActorCriticConfig
from ontogeny.learners.agents.network import PolicyNetwork
from ontogeny.learners.agents.policy import Policy, world_of
from ontogeny.learners.teaching.mixed_network import Component, Layer, components_of
from ontogeny.ops.moments import no_moments
from ontogeny.worlds.world import World


@dataclass(frozen=True)
class MixedPolicy(Policy):
    """A mixture in its world; `last` is the component that remains."""

    kind: ClassVar[str] = "mixed policy"

    components: tuple[Component, ...] = ()
    shared: tuple[Layer, ...] = ()
    mixed_values: bool = False
    by_task: bool = False
    weights: tuple[float, ...] = ()
    """What each component weighs: of tasks, that of the task's own and that of all."""

    @classmethod
    def mixed(
        cls,
        world: World,
        components: Sequence[Component],
        state: AgentState,
        weights: Sequence[float],
        **how: Any,
    ) -> MixedPolicy:
        """Return the policy of one member's state; `how` are `shared`, `mixed_values` and
        `by_task`.
        """
        network, moments = jax.tree.map(jnp.asarray, (state.network, state.moments))
        config = components[-1].config
        parts, shares = tuple(components), tuple(map(float, weights))
        return cls(world, config, network, moments, parts, weights=shares, **how)

    @property
    def last(self) -> Policy:
        """The last component alone, an ordinary policy."""
        return Policy(self.world, self.config, self.network[-1], self.moments)

    @property
    def _net(self) -> PolicyNetwork:
        given = self.components, self.shared, self.mixed_values, self.by_task
        return components_of(self.world, *given).at(jnp.array(self.weights))

    def save(self, folder: Path) -> None:
        about = {
            "kind": self.kind,
            "world": self.world.name,
            "config": dataclasses.asdict(self.config),
            "normalised": self.moments is not None,
            "components": [
                {"config": dataclasses.asdict(one.config), "actions": one.actions}
                for one in self.components
            ],
            **{name: getattr(self, name) for name in SAID},
        }
        write_archive(Path(folder), (self.network, self.moments), about)

    def to_onnx(self, folder: Path) -> Exported:
        """Write the last component as an ONNX model: it is what the curriculum leads to."""
        return self.last.to_onnx(folder)


SAID = ("shared", "mixed_values", "by_task", "weights")


def load_mixed_policy(folder: Path, world: World | None = None) -> MixedPolicy:
    """Return the policy that `MixedPolicy.save` wrote. `world` is needed only where no name asks
    for it. Raises what `load_policy` raises.
    """
    folder = Path(folder)
    about = read_about(folder, MixedPolicy.kind)
    world = world or world_of(about, folder, "learners.teaching.mixed_policy.load_mixed_policy")
    components = tuple(
        Component(from_json(ActorCriticConfig, one["config"]), _frozen(one["actions"]))
        for one in about["components"]
    )
    how: Any = {name: _frozen(about[name]) for name in SAID}
    several = components_of(world, components, how["shared"], how["mixed_values"], how["by_task"])
    moments = no_moments(world.observation_shape) if about["normalised"] else None
    like = jax.eval_shape(lambda: (several.init(jax.random.key(0)), moments))
    network, moments = jax.tree.map(jnp.asarray, read_archive(folder, like))
    return MixedPolicy(world, components[-1].config, network, moments, components, **how)


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value
