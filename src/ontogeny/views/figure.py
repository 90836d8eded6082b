"""A figure before it is drawn: its numbers, and the function that draws them. Claims and portraits
hand it on; a report draws it, and the numbers are kept beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import plotly.graph_objects as go


class Figure(NamedTuple):
    """What a figure is drawn from: named arrays, and what lies along their axes."""

    name: str  # a valid identifier
    caption: str
    data: Mapping[str, np.ndarray]
    labels: Mapping[str, Sequence[str | int | float]]
    draw: Callable[[Figure], go.Figure]
