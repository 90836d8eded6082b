"""What a network makes of videos that never taught it: a film, how right it is about which frame,
and which kinds of motion it takes for which.
"""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float, Int, Num, UInt8

from ontogeny.learners.streaming.product import VideoModel
from ontogeny.learners.streaming.streaming import held_keys
from ontogeny.learners.streaming.task import VideoTask, judged
from ontogeny.learners.streaming.tasks import places
from ontogeny.views.figure import Figure
from ontogeny.views.pictures.film import write_film
from ontogeny.views.theme import ACCENT, COLOURS, QUIET, dress, empty

CLIPS, FILMED, ACROSS = 64, 8, 4
LATEST = 8  # ticks
PACE = 6  # frames a second: slow enough to see what is foreseen
SCALE = 5  # pixels of the film for one of the video
RING = ((-2, -1), (-2, 0), (-2, 1), (2, -1), (2, 0), (2, 1))  # and the same turned
CROSS = tuple((i, sign * i) for i in range(-3, 4) for sign in (1, -1))
EDGE = tuple((row + off, column) for row, column in CROSS for off in (-1, 1))  # of the cross
TRUTH, SAID, WRONG, DARK = (255, 255, 255), (255, 220, 0), (213, 94, 0), (0, 0, 0)  # colours


class Watched(NamedTuple):
    """Held clips, what is right, what is said, and how good it is against each earlier tick."""

    frames: UInt8[np.ndarray, "clip time size size 3"]
    labels: Any
    outputs: Float[np.ndarray, "clip time ..."]
    by_latency: Float[np.ndarray, "clip latency"]
    cold: int


def keypoints_portrait(
    task: VideoTask, model: VideoModel, cold: int, clips: int = CLIPS
) -> list[Figure]:
    """Return the film of true and found joints, and PCK by latency. The first `cold` ticks count
    nowhere, as in the score.
    """
    seen = watched(task, model, cold, clips)
    after = answered(seen, model)
    scale = seen.frames.shape[2] / seen.outputs.shape[2]
    said = np.asarray(jax.jit(places)(after.outputs)) * scale
    film = Figure(
        "film",
        f"{FILMED} clips that were never learned from, none of them chosen, after {seen.cold} "
        "ticks of warm-up. White rings: where the joints are; yellow crosses: where it says.",
        {
            "frames": after.frames[:FILMED],
            "truth": after.labels[:FILMED],
            "said": said[:FILMED],
        },
        {},
        draw_joints,
    )
    return [film, by_latency(seen, "PCK", model)]


def motion_portrait(
    task: VideoTask, model: VideoModel, cold: int, clips: int = CLIPS
) -> list[Figure]:
    """Return which kinds are taken for which, and the accuracy by latency."""
    seen = watched(task, model, cold, clips)
    after = answered(seen, model)
    right, said = after.labels.ravel(), after.outputs.argmax(axis=-1).ravel()
    film = Figure(
        "film",
        f"{FILMED} clips that were never learned from, none of them chosen, after {seen.cold} "
        "ticks of warm-up. The edge is orange while what it says is wrong.",
        {
            "frames": after.frames[:FILMED],
            "wrong": (said != right).reshape(clips, -1)[:FILMED],
        },
        {},
        draw_kinds,
    )
    return [film, confusion(right, said, model.labels), by_latency(seen, "accuracy", model)]


def features_portrait(
    task: VideoTask, model: VideoModel, cold: int, clips: int = CLIPS
) -> list[Figure]:
    """Return the film, the first components along it, and what is explained by latency."""
    seen = watched(task, model, cold, clips)
    after = answered(seen, model)
    film = Figure(
        "film",
        f"{FILMED} clips that were never learned from, none of them chosen, after {seen.cold} "
        "ticks of warm-up.",
        {"frames": after.frames[:FILMED]},
        {},
        draw_film,
    )
    along = Figure(
        "components",
        f"The first component along the {FILMED} clips of the film, one after another: what the "
        "strong network says of each frame, and what is said here.",
        {
            name: x[:FILMED, :, 0]
            for name, x in (("right", after.labels["right"]), ("said", after.outputs))
        },
        {},
        draw_components,
    )
    return [film, along, by_latency(seen, "explained", model)]


def watched(task: VideoTask, model: VideoModel, cold: int, clips: int) -> Watched:
    """Return what the model makes of held clips: the clips of the score first, and judged as there,
    at the ticks after the warm-up that have a frame so many ticks before.
    """

    def one(key: Any) -> Any:
        frames, labels = task.held(key)
        outputs = model(frames)
        most = min(LATEST, len(frames) - 1)
        each = [judged(task, outputs, labels, cold, late) for late in range(most + 1)]
        scores = [told.measures[task.score] for told in each]
        return frames, labels, outputs, scores

    keys = held_keys(clips)
    frames, labels, outputs, scores = jax.jit(lambda keys: jax.lax.map(one, keys))(keys)
    made = (np.asarray(frames), jax.tree.map(np.asarray, labels), np.asarray(outputs))
    return Watched(*made, np.stack(scores, axis=1), cold)


def answered(seen: Watched, model: VideoModel) -> Watched:
    """Return the answers after the warm-up, beside the frames that they are of and what was right
    there: those of so many ticks ago as the network was asked for.
    """
    late, time = model.prediction_latency, seen.frames.shape[1]
    first = max(seen.cold, late)
    of = slice(first - late, time - late)
    labels = jax.tree.map(lambda x: x[:, of], seen.labels)
    return seen._replace(frames=seen.frames[:, of], labels=labels, outputs=seen.outputs[:, first:])


def by_latency(seen: Watched, measure: str, model: VideoModel) -> Figure:
    """Return the figure of how right what is said now is about each earlier frame."""
    asked = model.prediction_latency
    return Figure(
        "latency",
        f"{measure} of what is said now, held against what was right so many frames ago; the "
        f"network learned to say what is right {f'{asked} frames ago' if asked else 'now'}. "
        f"The mean of {len(seen.frames)} clips, of which the score's are the first, after its "
        f"{seen.cold} ticks of warm-up.",
        {"score": seen.by_latency.mean(axis=0)},
        {"measure": [measure], "asked": [asked]},
        draw_latency,
    )


def confusion(
    right: Int[np.ndarray, " answer"], said: Int[np.ndarray, " answer"], names: Sequence[str]
) -> Figure:
    """Return the figure of which kinds are taken for which: shares of each kind's frames."""
    counts = np.zeros((len(names), len(names)))
    np.add.at(counts, (right, said), 1)
    return Figure(
        "confusion",
        f"What is said of each kind of motion, in shares of its frames; right is "
        f"{np.mean(right == said):.0%} of {len(right):,}.",
        {"share": counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)},
        {"names": list(names)},
        draw_confusion,
    )


def draw_joints(figure: Figure) -> go.Figure:
    """Return the film with its joints marked."""
    frames = _enlarged(figure.data["frames"])
    for points, marks, colour in (
        (figure.data["truth"], (*RING, *((b, a) for a, b in RING)), TRUTH),
        (figure.data["said"], EDGE, DARK),
        (figure.data["said"], CROSS, SAID),
    ):
        corner = np.floor(points * SCALE).astype(int)
        clip, time = np.ogrid[: len(frames), : frames.shape[1]]
        for mark in marks:
            row, column = np.moveaxis(np.clip(corner + mark, 0, frames.shape[2] - 1), -1, 0)
            frames[clip[..., None], time[..., None], row, column] = colour
    return _shown("Joints in videos that never taught it", frames)


def draw_kinds(figure: Figure) -> go.Figure:
    """Return the film with an edge around what is taken for another kind."""
    frames = _enlarged(figure.data["frames"])
    edge = np.ones(frames.shape[2:4], bool)
    edge[3:-3, 3:-3] = False
    return _shown(
        "Motions of videos that never taught it",
        np.where(figure.data["wrong"][..., None, None, None] & edge[..., None], WRONG, frames),
    )


def draw_latency(figure: Figure) -> go.Figure:
    """Return a bar a latency, the one that it learned with in the accent."""
    measure, asked = str(figure.labels["measure"][0]), int(figure.labels["asked"][0])
    fig = empty("How right it is about which frame", "frames ago", measure, height=340)
    score = figure.data["score"]
    colours = [ACCENT if late == asked else QUIET for late in range(len(score))]
    words = [f"{x:.2f}" for x in score]
    fig.add_bar(x=np.arange(len(score)), y=score, marker={"color": colours}, text=words)
    fig.update_xaxes(dtick=1)
    fig.update_yaxes(range=[min(0.0, float(score.min())), 1])
    return fig


def draw_components(figure: Figure) -> go.Figure:
    """Return a line for what is right and one for what is said, broken between clips."""
    fig = empty("What the strong network says, and what is said here", "frames", "component 1")
    for (name, values), colour in zip(figure.data.items(), (QUIET, ACCENT), strict=True):
        parted = np.pad(values, ((0, 0), (0, 1)), constant_values=np.nan).ravel()
        line = {"color": colour}
        fig.add_scatter(x=np.arange(len(parted)), y=parted, mode="lines", line=line, name=name)
    return fig


def draw_film(figure: Figure) -> go.Figure:
    """Return the film as it is."""
    return _shown("Videos that never taught it", _enlarged(figure.data["frames"]))


def draw_confusion(figure: Figure) -> go.Figure:
    """Return a row a kind, a column what it is taken for."""
    names = [escape(str(name)) for name in figure.labels["names"]]
    fig = empty("What is taken for what", "said", "right", height=460)
    fig.add_heatmap(
        z=np.round(figure.data["share"], 3),
        x=names,
        y=names,
        zmin=0,
        zmax=1,
        colorscale=[[0, "white"], [1, COLOURS[1]]],
        texttemplate="%{z:.2f}",
        showscale=False,
    )
    fig.update_yaxes(autorange="reversed")
    return fig


def _enlarged(frames: Num[np.ndarray, "clip time size size 3"]) -> np.ndarray:
    return frames.repeat(SCALE, axis=2).repeat(SCALE, axis=3)


def _shown(title: str, frames: Num[np.ndarray, "clip time height width 3"]) -> go.Figure:
    """Return a figure that is the film of the clips, in rows of four."""
    clips, time, height, width, _ = frames.shape
    rows = -(-clips // ACROSS)
    sheet = np.zeros((time, rows, height, ACROSS, width, 3), np.uint8)
    for number, clip in enumerate(frames):
        sheet[:, number // ACROSS, :, number % ACROSS] = clip
    with tempfile.TemporaryDirectory() as folder:
        film = sheet.reshape(time, rows * height, ACROSS * width, 3)
        path = write_film(film, Path(folder, "film.gif"), frames_per_second=PACE)
        source = "data:image/gif;base64," + base64.b64encode(path.read_bytes()).decode()
    fig = go.Figure()
    dress(fig, title, rows * height + 110)
    fig.add_scatter(x=[0, 1], y=[0, 1], mode="markers", opacity=0, hoverinfo="skip")  # a plot's
    fig.add_layout_image(
        source=source, xref="paper", yref="paper", x=0, y=1, sizex=1, sizey=1, sizing="contain"
    )
    fig.update_xaxes(visible=False)
    fig.update_yaxes(visible=False)
    fig.update_layout(showlegend=False)
    return fig
