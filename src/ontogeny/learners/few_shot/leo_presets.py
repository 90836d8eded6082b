"""The published hyperparameters of LEO, by data set and shot: the paper's table, and its code's.

The two tables belong to two conventions (sums and means): don't mix them. Both are for 5 ways, 640
features, 64 codes and latents, 5 steps of either descent, 12 tasks an update, gradients clipped to
0.1 twice.

Sources: Rusu et al. 2019 (arXiv 1807.05960), table of hyperparameters found by random search; the
README of the code that its authors published.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from ontogeny.core.errors import ConfigError
from ontogeny.learners.few_shot.config import MetaConfig
from ontogeny.learners.few_shot.leo_config import CODE, PAPER, Conventions, LEOConfig


class Published(NamedTuple):
    """A column of a table."""

    learning_rate: float
    encoder_penalty: float
    kl_weight: float
    l2_penalty: float
    orthogonality_penalty: float
    dropout: float


IN_THE_PAPER = {
    ("miniImageNet", 1): Published(
        4.3653954e-4, 1.33365371e-9, 0.124171967, 1.08982953e-4, 303.216647, 1 - 0.711524088
    ),
    ("miniImageNet", 5): Published(
        1.17573555e-3, 5.39245830e-6, 0.0440372182, 3.75922509e-6, 8.44225971e-3, 1 - 0.755402644
    ),
    ("tieredImageNet", 1): Published(
        4.0645397e-4, 1.24305386e-8, 7.10800960e-6, 3.10725285e-8, 5180.09554, 1 - 0.644395979
    ),
    ("tieredImageNet", 5): Published(
        7.3469522e-4, 3.05077069e-6, 1.88644980e-3, 4.90658551e-8, 8.1711619e-3, 1 - 0.628325359
    ),
}
IN_THE_CODE = {
    ("miniImageNet", 1): Published(
        2.739071e-4, 5.756821e-6, 0.756143, 3.623413e-10, 0.188103, 0.307651
    ),
    ("miniImageNet", 5): Published(
        4.102361e-4, 2.661608e-7, 0.466387, 8.540338e-9, 1.523998e-3, 0.300299
    ),
    ("tieredImageNet", 1): Published(
        8.659053e-4, 8.302962e-5, 2.034189e-3, 4.148858e-10, 5.451078e-3, 0.475126
    ),
    ("tieredImageNet", 5): Published(
        6.110314e-4, 2.672450e-5, 1.622811, 1.690399e-10, 2.481216e-2, 0.415158
    ),
}
TABLES: dict[str, tuple[dict[tuple[str, int], Published], Conventions]] = {
    "paper": (IN_THE_PAPER, PAPER),
    "code": (IN_THE_CODE, CODE),
}


def published(table: str, data: str, shots: int) -> tuple[LEOConfig, MetaConfig]:
    """Return the settings of a column of the "paper" or of the "code", under its own conventions.

    Raises `ConfigError` for a table, a data set or a number of shots that was not published.
    """
    if table not in TABLES or (data, shots) not in TABLES[table][0]:
        raise ConfigError(
            f"nothing was published as {table!r} for {data!r} with {shots} shots",
            where="published",
            hint="use paper or code, miniImageNet or tieredImageNet, 1 or 5 shots",
        )
    columns, conventions = TABLES[table]
    column = columns[data, shots]
    weights = {name: value for name, value in column._asdict().items() if name != "learning_rate"}
    config = replace(LEOConfig(conventions=conventions), **weights)
    return config, MetaConfig(shots=shots, queries=15, learning_rate=column.learning_rate)
