"""A comparison of runs as one HTML file: the numbers, their intervals, and how groups learnt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float

from ontogeny.ops.statistics import Interval, interquartile_mean
from ontogeny.views import page
from ontogeny.views.comparisons.contenders import FEW, Contender
from ontogeny.views.growth.scales import score_scale
from ontogeny.views.quantities import count, number
from ontogeny.views.theme import COLOURS, INK, QUIET, add_band, empty

if TYPE_CHECKING:
    from ontogeny.views.comparisons.comparison import Comparison, Group

POINTS = 200  # of a group's curve
RESAMPLES = 1000  # of a curve's band: it is looked at, not read


def write_comparison(comparison: Comparison, path: Path) -> Path:
    """Write the page, and return where. Raises `StoreError` when it can't be written."""
    body = ["<header>\n<h1>Comparison</h1>\n</header>\n", *comparison_html(comparison)]
    return page.write(path, page.document("Comparison - Ontogeny", body))


def comparison_html(comparison: Comparison) -> list[str]:
    """Return what is known of the groups: words, tables and figures, as HTML."""
    body = [
        page.paragraph(_verdict(comparison), "verdict"),
        page.section("Groups", page.table(*group_rows(comparison), left=(0, 1))),
        *(page.paragraph(note, "soft") for note in comparison.notes),
        page.plot(
            scores_figure(comparison),
            "scores",
            "A dot is a run. The line is the 95 % bootstrap interval of the interquartile mean: "
            "the mean of the runs between the quartiles.",
        ),
    ]
    if comparison.improvements:
        body += [
            page.plot(
                improvements_figure(comparison),
                "improvements",
                "How likely a run of the one group has a better final score than a run of the "
                "other, ties counted half; at 0.5 they are alike.",
            ),
            page.table(*improvement_rows(comparison), left=(0,)),
        ]
    if len(comparison.tasks) == 1:
        body.append(
            page.plot(
                courses_figure(comparison),
                "courses",
                "The interquartile mean over a group's runs after so many updates of a member, "
                "and its interval.",
            )
        )
    return body


def group_rows(comparison: Comparison) -> tuple[list[str], list[list[str]]]:
    """Return the columns and the rows of the table of groups."""
    columns = ["group", "runs", f"IQM of the {comparison.score} score", "95 % interval"]
    rows = [
        [
            group.name,
            f"{len(group.runs)}: {', '.join(run.name for run in group.runs)}",
            number(group.score.value, 4),
            interval_text(group.score) if len(group.runs) > 1 else "",  # one run has none
        ]
        for group in comparison.groups
    ]
    return columns, rows


def improvement_rows(comparison: Comparison) -> tuple[list[str], list[list[str]]]:
    """Return the columns and the rows of the table of pairs."""
    several = {group.name for group in comparison.groups if len(group.runs) > 1}
    rows = [
        [
            f"{one.above}, over {one.below}",
            number(one.probability.value),
            interval_text(one.probability) if several & {one.above, one.below} else "",
        ]
        for one in comparison.improvements
    ]
    return ["pair", "probability of improvement", "95 % interval"], rows


def run_rows(comparison: Comparison) -> tuple[list[str], list[list[str]]]:
    """Return the columns and the rows of the table of runs."""
    runs = [run for group in comparison.groups for run in group.runs]
    rows = [[run.name, str(run.seed), number(run.final, 4)] for run in runs]
    return ["run", "seed", f"{comparison.score} score"], rows


def interval_text(interval: Interval) -> str:
    """Return the ends of an interval."""
    return f"{number(interval.low, 4)} to {number(interval.high, 4)}"


def scores_figure(comparison: Comparison) -> go.Figure:
    """Return every run's final score as a dot, and each group's interquartile mean with its
    interval. Of several tasks the dots are left out: they are on no common scale.
    """
    names = _names(comparison.groups)
    fig = empty(
        "Final scores", f"{comparison.score} member's score" if _one(comparison) else "scaled", ""
    )
    fig.update_layout(height=170 + 54 * len(names), showlegend=False)
    for place, (group, colour) in enumerate(zip(comparison.groups, _colours(names), strict=True)):
        low, high = group.score.low, group.score.high
        fig.add_scatter(
            x=[low, high],
            y=[place, place],
            mode="lines",
            line={"color": colour, "width": 8},
            opacity=0.45,
            hoverinfo="skip",
        )
        if _one(comparison):
            fig.add_scatter(
                x=[run.final for run in group.runs],
                y=_spread(len(group.runs)) + place,
                mode="markers",
                marker={"color": QUIET, "size": 6},
                text=[escape(run.name) for run in group.runs],
                hovertemplate="%{text}: %{x:.4g}<extra></extra>",
            )
        fig.add_scatter(
            x=[group.score.value],
            y=[place],
            mode="markers",
            marker={"color": colour, "size": 12},
            hovertemplate="%{x:.4g}<extra></extra>",
        )
    _rows(fig, names)
    return fig


def improvements_figure(comparison: Comparison) -> go.Figure:
    """Return how likely one group beats another, a row a pair."""
    pairs = comparison.improvements
    fig = empty("Probability of improvement", "probability that a run is better", "")
    fig.update_layout(height=170 + 40 * len(pairs), showlegend=False)
    fig.add_vline(x=0.5, line={"color": INK, "width": 1})
    for place, one in enumerate(pairs):
        fig.add_scatter(
            x=[one.probability.low, one.probability.high],
            y=[place, place],
            mode="lines",
            line={"color": COLOURS[0], "width": 6},
            opacity=0.45,
            hoverinfo="skip",
        )
        fig.add_scatter(
            x=[one.probability.value],
            y=[place],
            mode="markers",
            marker={"color": COLOURS[0], "size": 10},
            hovertemplate="%{x:.3f}<extra></extra>",
        )
    fig.update_xaxes(range=[-0.02, 1.02])
    _rows(fig, [f"{escape(one.above)}<br>over {escape(one.below)}" for one in pairs])
    return fig


def courses_figure(comparison: Comparison) -> go.Figure:
    """Return each group's score against the updates of a member: the interquartile mean over its
    runs, and a pointwise bootstrap interval.
    """
    curves = [common_courses(group.runs) for group in comparison.groups]
    scale = score_scale(np.concatenate([courses.ravel() for _, courses in curves]))
    fig = empty(
        "How they learnt",
        "updates of a member",
        f"{comparison.score} member's score",
        height=460,
        **scale.axis(),
    )
    names = _names(comparison.groups)
    for (updates, courses), name, colour in zip(curves, names, _colours(names), strict=True):
        middle, low, high = (scale.place(curve) for curve in _band(courses))
        if len(courses) > 1:
            add_band(fig, updates, low, high, colour, opacity=0.18)
        fig.add_scatter(
            x=updates,
            y=middle,
            mode="lines" if updates.size > 1 else "markers",
            line={"color": colour, "width": 2.5},
            name=name,
        )
    fig.update_layout(showlegend=True)
    return fig


def common_courses(
    runs: Sequence[Contender],
) -> tuple[Float[np.ndarray, " time"], Float[np.ndarray, "run time"]]:
    """Return the updates up to the shortest run's last, at most `POINTS`, and every run's score
    there, between its rounds along a straight line.
    """
    first = max(run.updates[0] for run in runs)
    last = min(run.updates[-1] for run in runs)
    finest = max(runs, key=lambda run: run.updates.size).updates
    grid = finest[(finest >= first) & (finest <= last)]
    grid = grid if grid.size else np.array([last])
    grid = grid[np.unique(np.linspace(0, grid.size - 1, min(POINTS, grid.size)).astype(int))]
    rows: list[np.ndarray] = []
    for run in runs:
        known = np.isfinite(run.course)
        rows.append(np.interp(grid, run.updates[known], run.course[known]))
    return grid, np.stack(rows)


def _band(
    courses: Float[np.ndarray, "run time"],
) -> Iterator[Float[np.ndarray, " time"]]:
    """Yield the interquartile mean over the runs at every point, and its interval's ends."""
    n = len(courses)
    drawn = np.random.default_rng(0).integers(n, size=(RESAMPLES, n))
    yield interquartile_mean(courses, axis=0)
    # A run is drawn whole, so that the band says how the curves may lie.
    again = np.stack([interquartile_mean(courses[some], axis=0) for some in drawn])
    yield from np.quantile(again, [0.025, 0.975], axis=0)


def _verdict(comparison: Comparison) -> str:
    best = comparison.groups[0]
    said = f"{best.name}: {best.score}, {count(len(best.runs), 'run')}."
    if not comparison.improvements:
        return said
    against = [one for one in comparison.improvements if one.above == best.name]
    enough = {group.name for group in comparison.groups if len(group.runs) >= FEW}
    clear = [
        one for one in against if one.probability.low > 0.5 and {one.above, one.below} <= enough
    ]
    return (
        f"The best group is {said} It surely beats {len(clear)} of {count(len(against), 'other')}: "
        f"with an interval above one half, and {FEW} runs or more on both sides."
    )


def _one(comparison: Comparison) -> bool:
    return len(comparison.tasks) == 1


def _names(groups: Sequence[Group]) -> list[str]:
    return [escape(group.name) for group in groups]


def _colours(names: Sequence[str]) -> list[str]:
    return [COLOURS[place % len(COLOURS)] for place in range(len(names))]


def _spread(n: int) -> np.ndarray:
    """Return small offsets, so that dots of equal scores lie side by side."""
    return 0.12 * (np.arange(n) % 5 - 2) / 2


def _rows(fig: go.Figure, names: Sequence[str]) -> None:
    """Name the rows of a figure, the first on top."""
    fig.update_yaxes(
        tickmode="array",
        tickvals=list(range(len(names))),
        ticktext=list(names),
        range=[len(names) - 0.5, -0.5],
        showgrid=False,
    )
