"""The figures of a network described: who holds the recognition, quality by depth of the network,
talent that nobody sees, and what people see around them.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float

from ontogeny.social.network.ageing import Ageing
from ontogeny.social.network.cores import CoreProfile
from ontogeny.social.network.described import Described
from ontogeny.views.figure import Figure
from ontogeny.views.theme import ACCENT, COLOURS, QUIET, SECOND, empty, whiskers


def inequality_figure(described: Described) -> Figure:
    """Return the Lorenz curves."""
    curves = described.curves
    return Figure(
        "inequality",
        "The share that those who hold least have together. On the grey line all have the same; "
        "the further below it, the fewer hold it all. Of popularity by quality, users are in the "
        "order of quality: on the line recognition would be as quality is not.",
        {"curve": np.stack(list(curves.values())) if curves else np.zeros((0, 0, 2))},
        {"quantity": list(curves)},
        draw_inequality,
    )


def draw_inequality(figure: Figure) -> go.Figure:
    """Return a line a quantity."""
    fig = empty("Who holds it", "share of users", "share of the whole", height=420)
    fig.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", line={"color": QUIET, "dash": "dash"}, name="all alike"
    )
    for colour, name, curve in zip(
        COLOURS, figure.labels["quantity"], figure.data["curve"], strict=False
    ):
        fig.add_scatter(
            x=curve[:, 0], y=curve[:, 1], mode="lines", line={"color": colour, "width": 2.5},
            name=str(name),
        )  # fmt: skip
    return fig


def cores_figure(described: Described) -> Figure:
    """Return quality and popularity by core number."""
    cores = described.cores
    means = {name: cores.means[name] for name in ("quality", "popularity") if name in cores.means}
    return profile_figure("cores", cores, means, "The mean of users")


def profile_figure(
    name: str,
    cores: CoreProfile,
    means: Mapping[str, Float[np.ndarray, " row"]],
    what: str,
) -> Figure:
    """Return means by how deep in the network users are, each as a multiple of all users' mean;
    `what` says whose.
    """
    rows = [
        mean / np.average(mean[told], weights=cores.users[told])
        for mean in map(np.asarray, means.values())
        if (told := ~np.isnan(mean)).any()
    ]
    return Figure(
        name,
        f"{what} by how deep in the network they are (core number), as a multiple of all users' "
        "mean.",
        {"mean": np.array(rows).reshape(len(rows), -1)},
        {
            "quantity": list(means),
            "core": [
                f"{a}" if a == b else f"{a}-{b}" for a, b in zip(cores.low, cores.high, strict=True)
            ],
        },
        draw_cores,
    )


def draw_cores(figure: Figure) -> go.Figure:
    """Return a line a quantity."""
    fig = empty("From the rim to the core", "core number", "times the mean of all users")
    for colour, name, mean in zip(
        (SECOND, ACCENT, QUIET), figure.labels["quantity"], figure.data["mean"], strict=False
    ):
        fig.add_scatter(
            x=[str(core) for core in figure.labels["core"]],
            y=mean,
            mode="lines+markers",
            line={"color": colour, "width": 2.5},
            name=str(name),
        )
    fig.update_xaxes(type="category")
    return fig


def talent_figure(described: Described) -> Figure:
    """Return how many of the best nobody sees, by what counts as the best."""
    parts = described.quadrants
    shares = [described.estimates.get(f"unseen of the best {part.top:.0%}") for part in parts]
    rows = [(np.nan,) * 3 if s is None else (s.low, s.value, s.high) for s in shares]
    return Figure(
        "talent",
        "Of the best by quality, how many are among those whose photos get least recognition, with "
        "intervals; the dashed line is what it would be if the two had nothing to do with each "
        "other.",
        {
            "share": np.array(rows, np.float64).reshape(-1, 3),
            "alike": np.array([part.alike for part in parts]),
        },
        {"best": [f"the best {part.top:.0%}" for part in parts]},
        draw_talent,
    )


def draw_talent(figure: Figure) -> go.Figure:
    """Return a mark for each share of the best."""
    fig = empty("Talent that nobody sees", "", "share", rangemode="tozero", height=320)
    low, mean, high = figure.data["share"].T
    names = [str(name) for name in figure.labels["best"]]
    fig.add_scatter(
        x=names,
        y=mean,
        mode="markers",
        marker={"color": ACCENT, "size": 10},
        error_y=whiskers(low, mean, high, QUIET),
        name="low recognition",
    )
    fig.add_scatter(
        x=names,
        y=figure.data["alike"],
        mode="lines",
        line={"color": QUIET, "dash": "dash"},
        name="by chance",
    )
    fig.update_xaxes(type="category")
    return fig


def ageing_figure(ages: Mapping[str, Ageing]) -> Figure:
    """Return quantities by the age of accounts, each as a multiple of its mean over the groups."""
    whole = [float(np.mean(one.mean)) or 1.0 for one in ages.values()]
    pairs = list(zip(ages.values(), whole, strict=True))
    return Figure(
        "ageing",
        "The mean of users by the age of their accounts, in groups of equally many, as a multiple "
        "of the mean of all groups, with its standard error.",
        {
            "age": np.stack([one.age for one, _ in pairs]),
            "mean": np.stack([one.mean / mean for one, mean in pairs]),
            "error": np.stack([one.error / abs(mean) for one, mean in pairs]),
        },
        {"quantity": [f"{name} (trend {one.trend:+.2f})" for name, one in ages.items()]},
        draw_ageing,
    )


def draw_ageing(figure: Figure) -> go.Figure:
    """Return a line a quantity."""
    fig = empty("By age of account", "days since the account began", "times the mean")
    data = figure.data
    for colour, name, age, mean, error in zip(
        COLOURS, figure.labels["quantity"], data["age"], data["mean"], data["error"], strict=False
    ):
        fig.add_scatter(
            x=age,
            y=mean,
            mode="lines+markers",
            line={"color": colour, "width": 2.5},
            error_y={"array": error, "color": colour},
            name=str(name),
        )
    return fig
