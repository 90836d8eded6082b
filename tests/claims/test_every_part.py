"""Every part of every system's claims, measured at a tiny size: all of it runs, and all of its
figures can be drawn. What the numbers are is for `ontogeny reproduce` to say.
"""

from __future__ import annotations

import importlib
from functools import partial

import numpy as np
import plotly.graph_objects as go
import pytest

from ontogeny.claims.baldwin import cheetah as baldwin_cheetah
from ontogeny.claims.claim import Claim, Measuring, Reproduction
from ontogeny.recipes.goal_direction import HalfCheetah
from ontogeny.views.figure import Figure

PARTS = {
    "pbt": {
        "toy": "pbt_toy:measure_toy",
        "quadratic": "pbt_quadratic:measure_quadratic",
        "breakout": "pbt_breakout:measure_breakout",
        "gan": "pbt_gan:measure_gan",
        "translation": "pbt_translation:measure_translation",
        "schedule": "pbt_schedule:measure_schedule",
        "size": "pbt_size:measure_size",
        "strategies": "pbt_strategies:measure_strategies",
    },
    "baldwin": {
        "needle": "baldwin_needle:measure_needle",
        "direction": "baldwin_direction:measure_direction",
        "sinusoids": "baldwin_sinusoids:measure_sinusoids",
        "cheetah": "baldwin_cheetah:measure_cheetah",
    },
    "sequential": {
        "prediction": "sequential_prediction:measure_prediction",
        "machine": "sequential_machine:measure_machine",
        "thompson": "sequential_thompson:measure_thompson",
        "control": "sequential_control:measure_control",
    },
    "maml": {
        "sinusoids": "maml_sinusoids:measure_sinusoids",
        "tuning": "maml_tuning:measure_tuning",
    },
    "leo": {
        "characters": "leo_order:measure_order",
        "glyphs": "leo_order:measure_order",
        "embedded-glyphs": "leo_order:measure_order",
        "ablations": "leo_ablations:measure_ablations",
        "published": "leo_published:measure_published",
    },
}


@pytest.mark.parametrize(
    ("system", "part"), [(system, part) for system, parts in PARTS.items() for part in parts]
)
def test_a_part_is_measured_and_drawn(system, part, tmp_path, look_alike, monkeypatch):
    # brax is not installed where the tests run: its half-cheetah's settings, in a simpler body
    monkeypatch.setattr(baldwin_cheetah, "HalfCheetah", partial(HalfCheetah, body="point-mass"))
    module, name = PARTS[system][part].split(":")
    measure = getattr(importlib.import_module(f"ontogeny.recipes.{module}"), name)
    lines: list[str] = []
    claims, figures = measure(Measuring("tiny", 0, lines.append, part, look_alike))

    assert claims
    assert all(isinstance(claim, Claim) and type(claim.holds) is bool for claim in claims)
    texts = [(claim.claim, claim.paper, claim.measured, claim.threshold) for claim in claims]
    assert all(isinstance(text, str) and text for row in texts for text in row)
    assert len({claim.claim for claim in claims}) == len(claims)

    assert all(isinstance(figure, Figure) and figure.name.isidentifier() for figure in figures)
    assert len({figure.name for figure in figures}) == len(figures)
    for figure in figures:
        assert figure.caption
        assert all(isinstance(values, np.ndarray) for values in figure.data.values())
        drawn = figure.draw(figure)
        assert isinstance(drawn, go.Figure)
        assert drawn.data

    Reproduction(system, 0.0, 0, claims, figures).write(tmp_path)
    page = (tmp_path / "claims.html").read_text()
    assert all(f'data-figure="{figure.name}"' in page for figure in figures)
