"""A curve of a few pixels as SVG: what a card and a row of a page show of a course."""

from __future__ import annotations

from html import escape

import numpy as np
from jaxtyping import Float

from ontogeny.views.theme import ACCENT


def curve_svg(
    x: Float[np.ndarray, " x"],
    y: Float[np.ndarray, " x"],
    label: str,
    width: int = 240,
    height: int = 48,
) -> str:
    """Return the curve through what is finite, in so many pixels, lowest to highest; "" of fewer
    than two points. `label` says what it is to who can't see it.
    """
    told = np.isfinite(y)
    if told.sum() < 2:
        return ""
    x, y = x[told], y[told]
    across = width * (x - x[0]) / max(x[-1] - x[0], 1e-30)
    down = height - 2 - (height - 4) * (y - y.min()) / max(y.max() - y.min(), 1e-30)
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(across, down, strict=True))
    return (
        f'<svg width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'preserveAspectRatio="none" role="img" aria-label="{escape(label)}">'
        f'<polyline points="{points}" fill="none" stroke="{ACCENT}" stroke-width="2"/></svg>'
    )
