"""What a language model has become: texts that it goes on with, its perplexity as it grew, and how
far a student agrees with its teacher.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float

from ontogeny.learners.teaching.tokens import agreement
from ontogeny.learners.text.text_model import TextModel
from ontogeny.views.figure import Figure
from ontogeny.views.quantities import number
from ontogeny.views.theme import ACCENT, FAINT, QUIET, dress, empty

TEXTS = 8
LENGTH = 120  # characters that are shown, before and after
LOOKED_AT = 32  # texts that agreement is measured on
CLEAR = "rgba(0, 0, 0, 0)"  # the page's own ground


def sample_texts(model: TextModel, held_out: Sequence[str], seed: int) -> Figure:
    """Return the table: places of held-out texts, none of them chosen, as the model goes on from
    there, and as they do.
    """
    begins = _begins(held_out, TEXTS, seed)
    prompts = [text[:LENGTH] for text in begins]
    told = [model(prompt, LENGTH, seed + row) for row, prompt in enumerate(prompts)]
    rest = [text[LENGTH : 2 * LENGTH] for text in begins]
    return Figure(
        "texts",
        f"{TEXTS} places of text that nothing has learned from, drawn at random: what stands "
        "there, what the winner makes of it, and how it goes on.",
        {},
        {"given": prompts, "written": told, "the text itself": rest},
        draw_texts,
    )


def draw_texts(figure: Figure) -> go.Figure:
    """Return a table of texts, a column each; ends of lines are shown as ↵."""
    columns = {name: [_shown(str(t)) for t in some] for name, some in figure.labels.items()}
    fig = go.Figure()
    dress(fig, "Texts", 130 + 84 * max(map(len, columns.values()), default=0))
    _add_table(fig, columns, 84)
    return fig


def perplexities(score: Float[np.ndarray, "rounds pop"]) -> Figure:
    """Return exp of minus the scores, which are minus nats a byte: of everybody, and of the best
    of each round.
    """
    told = np.exp(-np.where(np.isfinite(score), score, np.nan))
    return Figure(
        "perplexity",
        "Perplexity of held-out text by rounds: as if a byte were drawn from so many that are "
        "equally likely. Every member, and the best.",
        {"perplexity": told},
        {},
        draw_perplexities,
    )


def draw_perplexities(figure: Figure) -> go.Figure:
    """Return a dot a member and a line of the best."""
    told = figure.data["perplexity"]
    fig = empty("Perplexity of held-out text", "round", "perplexity, a byte")
    rounds = np.arange(len(told))
    fig.add_scatter(
        x=np.repeat(rounds, told.shape[1]),
        y=told.ravel(),
        mode="markers",
        marker={"color": FAINT, "size": 5},
        name="a member",
    )
    fig.add_scatter(
        x=rounds,
        y=np.nanmin(np.where(np.isnan(told), np.inf, told), axis=1),
        mode="lines",
        line={"color": ACCENT, "width": 3},
        name="the best",
    )
    fig.update_yaxes(type="log")
    fig.update_layout(legend={"font": {"color": QUIET}})
    return fig


def agreements(
    student: TextModel, teacher: TextModel, held_out: Sequence[str], prompt: int
) -> Figure:
    """Return the table of how far both agree, on held-out text and on what the student makes of
    its begin, and the perplexity of held-out text to both.
    """
    length = student.config.context + 1
    rows = [student.vocabulary.encode(text)[:length] for text in _begins(held_out, LOOKED_AT, 0)]
    short = [[student.vocabulary.begin] * (length - len(row)) + row for row in rows]
    given = jnp.asarray(short, jnp.int32)

    @jax.jit
    def ask(mine: Any, its: Any) -> Any:
        both = student.whole(mine), teacher.whole(its)
        own = both[0].write(jax.random.key(0), given, prompt)
        return [agreement(*both, text, first) for text, first in ((given, 1), (own, prompt))]

    told = np.asarray(jax.device_get(ask(student.arrays, teacher.arrays)))
    sample = "".join(_begins(held_out, LOOKED_AT, 0))
    return Figure(
        "agreement",
        "How often student and teacher think the same token likeliest, and the divergence of the "
        f"student from the teacher, on held-out text and on what the student writes after {prompt} "
        "tokens of it; and the perplexity of held-out text, a token.",
        {
            "agreement": told[:, 0],
            "kl": told[:, 1],
            "perplexity": np.array([student.perplexity(sample), teacher.perplexity(sample)]),
        },
        {},
        draw_agreements,
    )


def draw_agreements(figure: Figure) -> go.Figure:
    """Return the table."""
    agree, apart = figure.data["agreement"], figure.data["kl"]
    mine, its = figure.data["perplexity"]
    fig = go.Figure()
    dress(fig, "Student and teacher", 210)
    columns = {
        "on": ["held-out text", "the student's own text"],
        "agreement": [f"{100 * share:.0f} %" for share in agree],
        "KL(teacher || student), nats": [number(nats) for nats in apart],
        "perplexity": [f"student {number(mine)}", f"teacher {number(its)}"],
    }
    _add_table(fig, columns, 28)
    return fig


def _begins(texts: Sequence[str], count: int, seed: int) -> list[str]:
    """Return stretches of `2 LENGTH` characters, where the texts have so many, drawn at random."""
    rng = np.random.default_rng(seed)
    long = [text for text in texts if len(text) >= 2 * LENGTH] or list(texts)
    chosen = [long[place] for place in rng.integers(0, len(long), count)]
    places = [int(rng.integers(0, max(1, len(text) - 2 * LENGTH))) for text in chosen]
    return [text[p : p + 2 * LENGTH] for text, p in zip(chosen, places, strict=True)]


def _shown(text: str) -> str:
    return escape(text.replace("\n", "↵"))


def _add_table(fig: go.Figure, columns: dict[str, list[str]], height: int) -> None:
    plain: dict[str, Any] = {"align": "left", "fill": {"color": CLEAR}, "line": {"color": FAINT}}
    fig.add_table(
        header={"values": [f"<b>{escape(name)}</b>" for name in columns], **plain},
        cells={"values": list(columns.values()), "height": height, **plain},
    )
    fig.update_layout(margin={"l": 8, "r": 8, "b": 8})
