"""What a predictor has become, beside exact Bayes: what it loses step by step, and one sequence."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from ontogeny.learners.sequential.forecaster import Forecaster
from ontogeny.learners.sequential.predictor import excess_along
from ontogeny.learners.sequential.tasks import Task
from ontogeny.recipes.portraits.prediction_figures import excess_by_step_figure, forecast_figure
from ontogeny.views.figure import Figure

TESTED = 2048  # fresh sequences


def portrait(task: Task, product: Forecaster, seed: int) -> list[Figure]:
    """Return the figures of a task's predictor, its test sequences drawn from the seed."""
    key = jax.random.key(seed)
    measure = jax.jit(
        lambda arrays: jnp.mean(excess_along(task, product.core, arrays, key, TESTED), axis=0)
    )
    excess = np.asarray(measure(product.arrays), np.float64)
    figures = [
        Figure(
            "excess",
            f"Over {TESTED:,} fresh sequences the winner loses {excess.sum():.4f} nats a sequence "
            "over exact Bayes, the zero line.",
            {task.name: excess[None]},
            {"sources": [task.name]},
            lambda figure: excess_by_step_figure([task.name], figure.data),
        )
    ]
    if task.symbolic:
        sequence = task.draw(jax.random.fold_in(key, 1))
        figures.append(
            Figure(
                "forecast",
                "One fresh sequence (dots), and the probability of the last symbol before each "
                "step.",
                {
                    "sequence": np.asarray(sequence),
                    "said": np.asarray(product(sequence))[:-1, -1],
                    "exact": np.asarray(task.exact(sequence))[:, -1],
                },
                {},
                lambda figure: forecast_figure(
                    figure.data["sequence"] == task.n_out - 1,
                    figure.data["said"],
                    figure.data["exact"],
                ),
            )
        )
    return figures
