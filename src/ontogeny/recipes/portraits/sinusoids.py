"""How well a start adapts to curves, beside the ideal learner: the error by step, and some fits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ontogeny.learners.maml.adapter import Adapter, headed
from ontogeny.learners.maml.config import MAMLConfig, NetworkConfig
from ontogeny.learners.maml.maml import Start, adapt, losses_by_step
from ontogeny.learners.maml.problems import squared_error
from ontogeny.recipes.portraits.curve_figures import error_by_step_figure, fits_figure
from ontogeny.views.figure import Figure
from ontogeny.worlds.sinusoids import INPUT, CurveSource

TESTED = 600  # fresh curves
STEPS = 10
SHOWN = (0, 1, STEPS)
PLACES = 101


class Learned(NamedTuple):
    """A start and how it adapts."""

    config: MAMLConfig
    network: NetworkConfig
    start: Start
    rate: Any


def errors_by_step(
    source: CurveSource, learned: Learned, seed: int, seeds: bool = False, tested: int = TESTED
) -> np.ndarray:
    """Return the mean squared error on fresh curves after 0 … STEPS steps, [step]; with `seeds` the
    start and its rate have a leading axis, and so has the answer.
    """
    network = headed(learned.network, (1,), 1)
    tasks = jax.random.split(_test_key(seed), tested)

    def one(start: Start, rate: Any) -> Any:
        def of_task(key: Any) -> Any:
            task = source.draw(key)[1]
            return losses_by_step(squared_error, network, learned.config, start, rate, task, STEPS)

        return jnp.mean(jax.vmap(of_task)(tasks), axis=0)

    measure = jax.vmap(one) if seeds else one
    return np.asarray(jax.jit(measure)(learned.start, learned.rate), np.float64)


def exact_errors(source: CurveSource, seed: int, tested: int = TESTED) -> tuple[float, float]:
    """Return the mean squared error of the best prediction before and after the support, on the
    curves that `errors_by_step` draws from this seed.
    """

    def one(key: Any) -> Any:
        task = source.draw(key)[1]
        before = source.innate(task.query.inputs)
        after = source.ideal(task.support, task.query.inputs)
        targets = task.query.targets
        return squared_error(before, targets), squared_error(after, targets)

    keys = jax.random.split(_test_key(seed), tested)
    before, after = jax.jit(lambda keys: jax.lax.map(one, keys, batch_size=min(20, tested)))(keys)
    return float(jnp.mean(before)), float(jnp.mean(after))


def step_figure(
    curves: Mapping[str, np.ndarray], exact: tuple[float, float], what: str, tested: int = TESTED
) -> Figure:
    """Return the figure of errors by step, [seed, step] for each name."""
    return Figure(
        "steps",
        f"Squared error on {tested} fresh curves. {what} Dotted: what nothing can beat, before "
        f"the examples ({exact[0]:.3f}) and after them ({exact[1]:.2g}). "
        "A line ends where a seed diverges.",
        dict(curves) | {"exact": np.array(exact)},
        {"names": list(curves)},
        lambda figure: error_by_step_figure(
            {str(name): np.asarray(figure.data[str(name)]) for name in figure.labels["names"]},
            *map(float, figure.data["exact"]),
        ),
    )


def fitted_figure(
    source: CurveSource, learners: Mapping[str, Learned], seed: int, count: int = 3
) -> Figure:
    """Return the figure of what each learner says of a few fresh curves."""
    x = jnp.linspace(*INPUT, PLACES)[:, None]
    keys = jax.random.split(jax.random.fold_in(_test_key(seed), 1), count)
    supports = jax.vmap(lambda key: source.draw(key)[1].support)(keys)
    said: dict[str, np.ndarray] = {}
    for name, learned in learners.items():

        def one(support: Any, start: Start, rate: Any, learned: Learned = learned) -> Any:
            network = headed(learned.network, (1,), 1)

            def look(arrays: Any) -> Any:
                return jax.vmap(network.whole(arrays))(x)[:, 0]

            way = adapt(squared_error, network, learned.config, start, rate, support, STEPS, look)
            return way.seen[np.array(SHOWN)]

        each = jax.jit(jax.vmap(one, in_axes=(0, None, None)))
        said[name] = np.asarray(each(supports, learned.start, learned.rate))
    points = np.concatenate([np.asarray(supports.inputs), np.asarray(supports.targets)], axis=-1)
    ideal = np.asarray(jax.vmap(lambda support: source.ideal(support, x)[:, 0])(supports))
    return Figure(
        "fits",
        "Fresh curves (a column each), their examples (crosses), and what is said before and after "
        "gradient steps on them.",
        {"x": np.asarray(x[:, 0]), "ideal": ideal, "support": points, **said},
        {"learners": list(said), "steps": list(SHOWN)},
        lambda figure: fits_figure(
            figure.data["x"],
            figure.data["ideal"],
            figure.data["support"],
            {str(name): np.asarray(figure.data[str(name)]) for name in figure.labels["learners"]},
            [int(step) for step in figure.labels["steps"]],
        ),
    )


def portrait(source: CurveSource, product: Adapter, seed: int) -> list[Figure]:
    """Return the figures of a grown adapter, its test curves drawn from the seed."""
    learned = Learned(product.config, product.network, product.start, product.rate)
    errors = errors_by_step(source, learned, seed)
    what = f"The winner: {errors[0]:.3f} before, {errors[1]:.3f} after one step."
    return [
        step_figure({"winner": errors[None]}, exact_errors(source, seed), what),
        fitted_figure(source, {"winner": learned}, seed),
    ]


def _test_key(seed: int) -> Any:
    return jax.random.fold_in(jax.random.key(seed), 1)
