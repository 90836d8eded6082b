"""Every part of every system's claims, measured at a tiny size: all of it runs, and all of its
figures can be drawn. What the numbers are is for `ontogeny reproduce` to say.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import plotly.graph_objects as go
import pytest

from ontogeny.claims import system_named, system_names
from ontogeny.claims.agents import cheetah as agents_cheetah
from ontogeny.claims.baldwin import cheetah as baldwin_cheetah
from ontogeny.claims.claim import Claim
from ontogeny.claims.measuring import Measuring
from ontogeny.claims.reproduction import Reproduction
from ontogeny.recipes.goal_direction import HalfCheetah
from ontogeny.views.figure import Figure

PARTS = [(system, part) for system in map(system_named, system_names()) for part in system.parts]


@pytest.mark.usefixtures("one_device")
@pytest.mark.parametrize(
    ("system", "part"), PARTS, ids=[f"{system.name}-{part.name}" for system, part in PARTS]
)
def test_a_part_is_measured_and_drawn(system, part, tmp_path, look_alike, monkeypatch):
    # brax is not installed where the tests run: its half-cheetahs' settings, in simpler bodies
    monkeypatch.setattr(baldwin_cheetah, "HalfCheetah", partial(HalfCheetah, body="point-mass"))
    monkeypatch.setattr(agents_cheetah, "BODY", "Pendulum-v1")
    lines: list[str] = []
    how = Measuring("tiny", 0, lines.append, part.name, look_alike)
    claims, figures = system.measure(part, how)

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

    Reproduction(system.name, 0.0, 0, claims, figures).write(tmp_path)
    page = (tmp_path / "claims.html").read_text()
    assert all(f'data-figure="{figure.name}"' in page for figure in figures)
