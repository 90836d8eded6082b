"""The memories that are meta-trained beside an energy, by name, each of a wanted size."""

from __future__ import annotations

import math
from collections.abc import Callable

from ontogeny.core.errors import ConfigError, unknown
from ontogeny.learners.memory.autoencoder import AutoencoderConfig, autoencoder_memory, n_in
from ontogeny.learners.memory.coder import CoderConfig
from ontogeny.learners.memory.kanerva import KanervaConfig, kanerva_memory
from ontogeny.learners.memory.lstm import LSTMConfig, lstm_memory
from ontogeny.learners.memory.mann import MANNConfig, mann_memory
from ontogeny.learners.memory.memory import AssociativeMemory
from ontogeny.learners.memory.plasticity import PlasticityConfig, plastic_memory
from ontogeny.learners.memory.slots import SlotsConfig, slot_memory
from ontogeny.nn.picture_coder import image_shape

Sized = Callable[[tuple[int, ...], int, int, CoderConfig], AssociativeMemory]


def _slots(shape: tuple[int, ...], numbers: int, n: int, coder: CoderConfig) -> AssociativeMemory:
    return slot_memory(SlotsConfig(n, numbers // n, coder), shape)


def _mann(shape: tuple[int, ...], numbers: int, n: int, coder: CoderConfig) -> AssociativeMemory:
    return mann_memory(MANNConfig(n, numbers // n, coder=coder), shape)


def _plastic(shape: tuple[int, ...], numbers: int, n: int, coder: CoderConfig) -> AssociativeMemory:
    return plastic_memory(PlasticityConfig(math.isqrt(numbers), coder=coder), shape)


def _kanerva(shape: tuple[int, ...], numbers: int, n: int, coder: CoderConfig) -> AssociativeMemory:
    """A row a pattern, while the rows are no fewer numbers than their covariance."""
    rows = min(n, math.isqrt(numbers // 2))
    return kanerva_memory(KanervaConfig(rows, numbers // max(rows, 1) - rows, coder), shape)


def _autoencoder(
    shape: tuple[int, ...], numbers: int, n: int, coder: CoderConfig
) -> AssociativeMemory:
    units = numbers // (n_in(coder, shape) + 1)
    return autoencoder_memory(AutoencoderConfig(units, coder=coder), shape)


def _lstm(shape: tuple[int, ...], numbers: int, n: int, coder: CoderConfig) -> AssociativeMemory:
    return lstm_memory(LSTMConfig(numbers // 2, coder), shape)


BASELINES: dict[str, Sized] = {
    "slots": _slots,
    "mann": _mann,
    "plasticity": _plastic,
    "kanerva": _kanerva,
    "autoencoder": _autoencoder,
    "lstm": _lstm,
}


def baseline(
    name: str,
    shape: tuple[int, ...],
    numbers: int,
    n: int,
    coder: CoderConfig | None = None,
) -> AssociativeMemory:
    """Return the memory of that name which stores at most so many numbers of n patterns of a shape:
    as many as go; `n_numbers` says how many. Slots and rows are one a pattern.

    Raises `ConfigError` for a name that there is not, no pattern, a shape of neither a vector nor a
    picture, and fewer numbers than it needs.

    >>> from ontogeny.learners.memory.baselines import baseline
    >>> from ontogeny.learners.memory.memory import n_numbers
    >>> n_numbers(baseline("kanerva", (24,), 276, n=8), 8, (24,))
    272
    """
    if name not in BASELINES:
        raise unknown("baseline", name, BASELINES, "baseline")
    if n < 1:
        raise ConfigError(
            f"{n} patterns are to be stored", where="baseline", hint="write one or more"
        )
    if len(shape) != 1:
        image_shape(shape, "baseline")
    try:
        return BASELINES[name](shape, numbers, n, coder or CoderConfig())
    except ConfigError as error:
        raise ConfigError(
            f"{numbers} numbers are too few for {name!r} to store {n} patterns of {list(shape)}",
            where="baseline",
            hint="allow more numbers, or write fewer patterns",
        ) from error
