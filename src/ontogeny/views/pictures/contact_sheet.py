"""A contact sheet of scored photographs: one HTML page with everything inside."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from io import BytesIO
from typing import Any, TypeAlias

import numpy as np
from jaxtyping import Float, UInt8

from ontogeny.core.errors import DataError
from ontogeny.core.text import visible
from ontogeny.runtime.photos.decoding import decode
from ontogeny.views import page, theme
from ontogeny.views.pictures.sheet_choice import ALIKE, Choice, Scorings
from ontogeny.views.quantities import count, number

STRONGEST = 0.75  # how much of a pixel the strongest colour covers

Moves: TypeAlias = Callable[[UInt8[np.ndarray, "224 224 3"]], Float[np.ndarray, "part part"]]


def sheet_html(
    choice: Choice, says: str, source: str, location: Callable[[str], str], moves: Moves | None
) -> str:
    """Return the page. `says` is what the scores are of; `location` says where a photograph lies;
    `moves` how much each part of one moves its score: without it no such pictures are drawn.
    """
    seen: dict[str, str] = {}

    def cards(chosen: Sequence[Scorings]) -> str:
        made: list[str] = []
        for one in chosen:
            if one.photo not in seen:
                seen[one.photo] = _pictures(location(one.photo), moves)
            made.append(_card(one, seen[one.photo]))
        return f'<div class="cards">\n{"".join(made)}</div>\n'

    body = [
        f"<header>\n<h1>{page.text(count(choice.scored, 'photograph'))} by {page.text(says)}</h1>\n"
        + page.paragraph(visible(source), "soft")
        + page.tiles(_facts(choice))
        + "</header>\n",
        page.plot(_histogram(choice, says), "scores", _told_of_histogram(choice)),
    ]
    if moves is not None:
        body.append(page.paragraph(
            "Beside each photograph, as the network sees it, is what moved its score: a part is "
            "orange where the score falls without it (it is blurred away, and scored again), and "
            "blue where it rises. The colours' strength is each photograph's own.", "soft",
        ))  # fmt: skip
    sections = (
        ("Best", "The highest scores.", choice.best),
        ("Worst", "The lowest scores, the lowest first.", choice.worst),
        ("Most uncertain", "The heads, which learned from different samples of the ratings, agree "
         "least on these.", choice.uncertain),
        ("Most surprising", f"Farthest from the mean score of the {ALIKE} that look most alike.",
         choice.surprising),
    )  # fmt: skip
    for title, words, chosen in sections:
        if chosen:
            body.append(page.section(title, page.paragraph(words, "soft"), cards(chosen)))
    if choice.problems:
        rows = [(visible(photo), why) for photo, why in choice.problems]
        more = choice.unread - len(rows)
        body.append(page.section(
            "Not scored", page.table(["photograph", "why"], rows, left=(0, 1)),
            page.paragraph(f"{more:,} more are in the table.", "soft") if more else "",
        ))  # fmt: skip
    return page.document(f"{says} - Ontogeny", body)


def _facts(choice: Choice) -> list[tuple[str, str]]:
    facts = [("scored", f"{choice.scored:,}")]
    if choice.unread:
        facts.append(("can't be read", f"{choice.unread:,}"))
    if choice.same:
        facts.append(("copies", f"{choice.same:,}"))
    low, middle, high = np.quantile(choice.sample, [0.1, 0.5, 0.9])
    return [
        *facts,
        ("median score", number(middle)),
        ("of ten, eight lie in", f"{number(low)} to {number(high)}"),
    ]


def _histogram(choice: Choice, says: str) -> Any:
    fig = theme.empty("How the scores lie", f"score ({says})", "photographs", height=300)
    fig.add_histogram(x=choice.sample.tolist(), nbinsx=60, marker={"color": theme.SECOND})
    fig.update_layout(bargap=0.03)
    return fig


def _told_of_histogram(choice: Choice) -> str:
    few = len(choice.sample)
    return "" if few == choice.scored else f"{few:,} of them, drawn at random."


def _card(one: Scorings, pictures: str) -> str:
    facts = [f"{number(one.score)} ± {number(one.spread, 2)}", f"percentile {one.percentile:.0f}"]
    if np.isfinite(one.expected):
        facts.append(f"similar ones have {number(one.expected)}")
    name = visible(one.photo)
    return (
        f'<figure class="card">\n<div class="seen">{pictures}</div>\n'
        f"<figcaption><b>{page.text(', '.join(facts))}</b><br>{page.text(name)}</figcaption>\n"
        "</figure>\n"
    )


def _pictures(location: str, moves: Moves | None) -> str:
    """Return the photograph, and what moved its score, as HTML."""
    try:
        photo = read_location(location)
    except DataError as error:
        return f'<p class="soft">{page.text(f"no more to be seen: {error.what}")}</p>'
    shown = [_embedded(photo, "the photograph")]
    if moves is not None:
        shown.append(_embedded(coloured(photo, moves(photo)), "what moved its score"))
    return "".join(shown)


def read_location(location: str) -> UInt8[np.ndarray, "224 224 3"]:
    """Return the photograph at a path or an address. Raises `DataError`."""
    found = decode(location)
    if found.pixels is None:
        raise DataError(found.problem, where=location)
    return found.pixels


def coloured(
    photo: UInt8[np.ndarray, "side side 3"], moves: Float[np.ndarray, "part part"]
) -> UInt8[np.ndarray, "side side 3"]:
    """Return the photograph in grey, under orange where a part raises the score, blue where it
    lowers it.
    """
    from PIL import Image

    most = float(np.max(np.abs(moves)))
    small = Image.fromarray((moves / most if most else moves).astype(np.float32))
    large = np.asarray(small.resize(photo.shape[1::-1], Image.Resampling.BICUBIC))
    share = (STRONGEST * np.clip(np.abs(large), 0, 1))[..., None]
    colour = np.where(large[..., None] > 0, _rgb(theme.ACCENT), _rgb(theme.SECOND))
    grey = photo.mean(axis=2, keepdims=True)
    return np.rint((1 - share) * grey + share * colour).astype(np.uint8)


def _rgb(colour: str) -> np.ndarray:
    return np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)])


def _embedded(picture: UInt8[np.ndarray, "side side 3"], alt: str) -> str:
    from PIL import Image

    file = BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=85)
    encoded = base64.b64encode(file.getvalue()).decode()
    return f'<img alt="{page.text(alt)}" src="data:image/jpeg;base64,{encoded}">'
