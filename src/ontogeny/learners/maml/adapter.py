"""What a person wants of a meta-learned start: give it a few examples, and get a predictor."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree, Shaped

from ontogeny.core.archive import read_about, read_archive, write_archive
from ontogeny.core.config import from_json
from ontogeny.core.errors import DataError, StoreError
from ontogeny.learners.maml.config import MAMLConfig, NetworkConfig
from ontogeny.learners.maml.maml import Start, adapt, initial
from ontogeny.learners.maml.problems import squared_error
from ontogeny.nn.headed import Headed
from ontogeny.nn.parting import Parted, part
from ontogeny.worlds.sources.sinusoids import Examples


@dataclass(frozen=True)
class Adapter:
    """A start from which a few steps on a few examples give a predictor of a new task.

    Call `adapt(inputs, targets)` for the predictor, or the adapter itself with the inputs to
    predict as a third argument.
    """

    kind: ClassVar[str] = "meta-learned start"

    config: MAMLConfig
    network: NetworkConfig
    shape: tuple[int, ...]
    """Of one input."""
    n_out: int
    """Numbers that are predicted."""
    start: Start
    rate: float
    """Of the steps, where rates are not learned."""

    def __call__(
        self,
        inputs: Shaped[Array | np.ndarray, "example ..."],
        targets: Shaped[Array | np.ndarray, "example ..."],
        asked: Shaped[Array | np.ndarray, "query ..."],
        steps: int | None = None,
    ) -> Float[Array, "query n_out"]:
        """Return what is predicted for the inputs `asked` after learning from the examples."""
        return self.adapt(inputs, targets, steps)(asked)

    def adapt(
        self,
        inputs: Shaped[Array | np.ndarray, "example ..."],
        targets: Shaped[Array | np.ndarray, "example ..."],
        steps: int | None = None,
    ) -> Adapted:
        """Return the predictor after so many steps on the examples (as in training unless said).

        Raises `DataError` for shapes that don't fit, for what is not finite, and where adaptation
        itself diverges.
        """
        examples = self._checked(inputs, targets)
        steps = self.config.inner_steps if steps is None else steps
        arrays = _adapt(
            self.config,
            self.network,
            (self.shape, self.n_out, steps),
            self.start,
            jnp.float32(self.rate),
            examples,
        )
        if not all(bool(jnp.all(jnp.isfinite(leaf))) for leaf in jax.tree.leaves(arrays)):
            raise DataError(
                f"{steps} steps on {len(examples.inputs)} examples diverged",
                where="Adapter.adapt",
                hint="give inputs on the scale of training, or take fewer steps",
            )
        return Adapted(self.network, self.shape, self.n_out, arrays)

    def save(self, folder: Path) -> None:
        """Write it as an archive. Raises `StoreError` when it can't be written."""
        about = {
            "kind": self.kind,
            "config": dataclasses.asdict(self.config),
            "network": dataclasses.asdict(self.network),
            "shape": list(self.shape),
            "n_out": self.n_out,
            "rate": self.rate,
        }
        write_archive(Path(folder), self.start, about)

    def _checked(self, inputs: Any, targets: Any) -> Examples:
        inputs = jnp.asarray(inputs, jnp.float32)
        targets = jnp.asarray(targets, jnp.float32)
        n = inputs.shape[0] if inputs.ndim else 0
        if n == 0 or inputs.shape[1:] != self.shape or targets.shape != (n, self.n_out):
            raise DataError(
                f"inputs {list(inputs.shape)} with targets {list(targets.shape)}",
                where="Adapter",
                hint=f"give inputs [example, {', '.join(map(str, self.shape))}] and targets "
                f"[example, {self.n_out}]",
            )
        if not bool(jnp.all(jnp.isfinite(inputs)) & jnp.all(jnp.isfinite(targets))):
            raise DataError("an example is not finite", where="Adapter", hint="leave it out")
        return Examples(inputs, targets)


@dataclass(frozen=True)
class Adapted:
    """A network that has learned one task."""

    network: NetworkConfig
    shape: tuple[int, ...]
    n_out: int
    arrays: PyTree[Array]

    def __call__(
        self, asked: Shaped[Array | np.ndarray, "query ..."]
    ) -> Float[Array, "query n_out"]:
        """Return the predicted numbers. Raises `DataError` for inputs of
        another shape.
        """
        asked = jnp.asarray(asked, jnp.float32)
        if asked.ndim == 0 or asked.shape[1:] != self.shape:
            raise DataError(
                f"inputs {list(asked.shape)}",
                where="Adapted",
                hint=f"give [query, {', '.join(map(str, self.shape))}]",
            )
        return _predict(self.network, self.shape, self.n_out, self.arrays, asked)


def headed(network: NetworkConfig, shape: tuple[int, ...], n_out: int) -> Parted[Headed]:
    """Return how the network's arrays are made and applied."""
    return part(lambda key: Headed(shape, n_out, network.widths, network.activation, key=key))


def load_adapter(folder: Path) -> Adapter:
    """Return what `Adapter.save` wrote.

    Raises `StoreError` when the folder holds something else or is damaged.

    >>> from pathlib import Path
    >>> from ontogeny.learners.maml.adapter import Adapter, NetworkConfig, headed, initial
    >>> config, network = og.MAMLConfig(), NetworkConfig((8,))
    >>> start = initial(headed(network, (1,), 1), config, jax.random.key(0), 0.01)
    >>> Adapter(config, network, (1,), 1, start, rate=0.01).save(Path("curves"))
    >>> x = np.linspace(-1, 1, 5)[:, None]
    >>> og.load_adapter(Path("curves"))(x, np.sin(x), asked=np.zeros((2, 1))).shape
    (2, 1)
    """
    about: dict[str, Any] = read_about(Path(folder), Adapter.kind)
    if about.get("learns", "regression") != "regression":
        raise StoreError(
            f"it is a start for {about['learns']}, of an earlier version",
            where=str(folder),
            hint="grow a few-shot classifier: ontogeny grow maml",
        )
    config = from_json(MAMLConfig, about["config"])
    network = from_json(NetworkConfig, about["network"])
    shape, n_out = tuple(about["shape"]), about["n_out"]
    like = jax.eval_shape(
        lambda: initial(headed(network, shape, n_out), config, jax.random.key(0), 0.0)
    )
    start = jax.tree.map(jnp.asarray, read_archive(Path(folder), like))
    return Adapter(config, network, shape, n_out, start, about["rate"])


@partial(jax.jit, static_argnums=(0, 1, 2))
def _adapt(
    config: MAMLConfig,
    network: NetworkConfig,
    what: tuple[tuple[int, ...], int, int],
    start: Start,
    rate: Array,
    examples: Examples,
) -> PyTree[Array]:
    shape, n_out, steps = what
    whole = headed(network, shape, n_out)
    return adapt(squared_error, whole, config, start, rate, examples, steps).end


@partial(jax.jit, static_argnums=(0, 1, 2))
def _predict(
    network: NetworkConfig, shape: tuple[int, ...], n_out: int, arrays: PyTree[Array], asked: Array
) -> Array:
    return jax.vmap(headed(network, shape, n_out).whole(arrays))(asked)
