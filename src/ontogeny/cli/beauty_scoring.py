"""`beauty score` and `beauty show`: photographs scored into a table, and the table as a page."""

from __future__ import annotations

import contextlib
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import tyro

from ontogeny.cli.words import parse, say
from ontogeny.core.errors import ConfigError
from ontogeny.core.files import absolute
from ontogeny.core.text import quoted

if TYPE_CHECKING:
    from ontogeny.runtime.photos.source import PhotoSource


@dataclass(frozen=True)
class Score:
    """Score photographs into a Parquet file, a row each. What is killed goes on when the same
    command is given again. Any number of photographs takes the same memory.
    """

    place: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="FOLDER|TABLE")]
    """A folder with folders in it; a .parquet, .csv or .txt file of paths; or an address that
    fsspec opens (s3://…)."""
    out: Path
    """The Parquet file to write."""
    model: str | None = None
    """A run of a scorer, or the folder of one. Without it: relative technical quality, learned from
    graded damage to packaged photographs."""
    column: str | None = None
    """Of a table: the column of paths; by default one called photo, path, image or file."""
    photos: str | None = None
    """Of a table: the folder that its paths are relative to; by default the table's own."""
    skip_duplicates: bool = False
    """Score no content twice: a copy names the photograph that it equals."""
    decoders: int | None = None
    """Processes that decode, one a core by default; 0 decodes where the network runs. On Ray: the
    workers."""
    on: Literal["here", "ray"] = "here"
    """Where to score: in this process, or on a Ray cluster, begun here if no address is given."""
    address: str | None = None
    """The cluster's: `auto`, ray://HOST:PORT, HOST:PORT."""
    json: bool = False
    """Print one JSON object."""


def score(arguments: list[str]) -> int:
    """Score photographs."""
    chosen = parse(Score, "beauty score", arguments)
    from ontogeny.runtime.photos.source import photo_source

    if chosen.decoders is not None and chosen.decoders < (1 if chosen.on == "ray" else 0):
        raise ConfigError(f"it is {chosen.decoders}", where="--decoders", hint="give 1 or more")
    if chosen.address is not None and chosen.on != "ray":
        raise ConfigError("an address is of a Ray cluster", where="--address", hint="add: --on ray")
    source = photo_source(chosen.place, chosen.column, chosen.photos)

    from ontogeny.cli import SIGNALLED
    from ontogeny.runtime.interruption import asked_to_stop
    from ontogeny.runtime.machine import prepare
    from ontogeny.runtime.photos.judging import Judge
    from ontogeny.runtime.photos.scoring import score_photos
    from ontogeny.views.pictures.scoring_told import ScoringProgress, text, told_of

    prepare(1)
    judge = Judge(scorer_of(chosen.model))
    scoring = None
    if chosen.on == "ray":
        from ontogeny.runtime.photos.ray_scoring import on_ray

        scoring = on_ray(judge.scorer, chosen.address, chosen.decoders)
    progress = ScoringProgress(_total(source))
    signals: list[int] = []
    # Ray prints what happens to its workers
    quiet = contextlib.redirect_stdout(sys.stderr) if scoring else contextlib.nullcontext()
    with quiet, asked_to_stop(lambda: None, signals) as stopped:
        try:
            scored = score_photos(
                source,
                judge,
                chosen.out,
                skip_same=chosen.skip_duplicates,
                workers=chosen.decoders,
                scoring=scoring,
                model=_place_of(chosen.model),
                tell=progress.tell,
                stopped=stopped,
            )
        finally:
            progress.close()
    then = (
        "" if scored.stopped else f"ontogeny beauty show {quoted(str(scored.out))} --out sheet.html"
    )
    say(told_of(scored), chosen.json, lambda: text(scored), then)
    return SIGNALLED + signals[0] if signals else 0


@dataclass(frozen=True)
class Show:
    """Draw a contact sheet of scored photographs: the best, the worst, those that the scorer is
    least sure of, those whose score is far from what similar ones get, and what moved each score.
    """

    scores: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="SCORES")]
    """What `beauty score` wrote."""
    out: Path
    """The HTML page to write, with everything inside."""
    each: int = 6
    """Photographs of each kind."""
    model: str | None = None
    """The scorer, if it has moved."""
    photos: str | None = None
    """The folder of the photographs, if they have moved."""
    plain: bool = False
    """Draw no pictures of what moved the scores: each takes about a second."""
    json: bool = False
    """Print one JSON object."""


def show(arguments: list[str]) -> int:
    """Draw scored photographs."""
    chosen = parse(Show, "beauty show", arguments)
    if chosen.each < 1:
        raise ConfigError(f"it is {chosen.each}", where="--each", hint="give 1 or more")
    if absolute(chosen.out) == absolute(chosen.scores):
        raise ConfigError("the scores would be lost", where="--out", hint="name another file")

    from ontogeny.runtime.photos.score_table import read_about
    from ontogeny.runtime.photos.source import PhotoSource
    from ontogeny.views import page
    from ontogeny.views.pictures.contact_sheet import sheet_html
    from ontogeny.views.pictures.sheet_choice import choose

    about = read_about(chosen.scores)
    choice = choose(chosen.scores, chosen.each)
    moves = None if chosen.plain else _moves(chosen, about)
    root = chosen.photos or about.get("root", "")
    source = PhotoSource(str(about.get("source", "")), "folder", root)
    html = sheet_html(choice, str(about.get("says")), source.place, source.location, moves)
    page.write(chosen.out, html)
    answer = {
        "sheet": str(chosen.out),
        "scored": choice.scored,
        "unreadable": choice.unread,
        **{
            kind: [one._asdict() for one in getattr(choice, kind)]
            for kind in ("best", "worst", "uncertain", "surprising")
        },
    }
    say(answer, chosen.json, lambda: str(chosen.out))
    return 0


def _moves(chosen: Show, about: dict[str, Any]) -> Any:
    """Return what says how each part of a photograph moves its score."""
    from ontogeny.learners.beauty.saliency import score_moves
    from ontogeny.runtime.machine import prepare
    from ontogeny.runtime.photos.judging import Judge, same_scorer

    prepare(1)
    judge = Judge(scorer_of(chosen.model or about.get("model")))
    if not same_scorer(judge.fingerprint, about.get("scorer")):
        raise ConfigError(
            "it is another scorer than the one that scored these photographs",
            where=chosen.model or about.get("model") or "the default scorer",
            hint="name that one with --model, or leave the pictures out with --plain",
        )
    return lambda photo: score_moves(photo, lambda some: judge.scores(judge.backbone(some))[0])


def _place_of(model: str | None) -> str | None:
    """Return the model as it is found again from another folder."""
    if model is None:
        return None
    place = absolute(model)
    return str(place) if place.exists() else model


def scorer_of(model: str | None) -> Any:
    """Return the scorer of a run or a folder; without one, the default."""
    from ontogeny.recipes.products import load_product

    if model is None:
        from ontogeny.learners.beauty.default import default_scorer

        def tell(done: int, of: int) -> None:
            if sys.stderr.isatty():
                end = "\n" if done == of else ""
                words = f"\rlearning what is sharp and clean, once: {done:,} of {of:,}"
                print(words, end=end, file=sys.stderr, flush=True)

        return default_scorer(tell)
    product = load_product(model)
    if product.kind != "scorer":
        raise ConfigError(
            f"it holds a {product.kind}, and no scorer of photographs",
            where=model,
            hint="train one: ontogeny beauty train RATINGS --photos FOLDER",
        )
    return product


def _total(source: PhotoSource) -> int | None:
    """Return how many photographs there are, where that is quickly found."""
    return None if source.kind == "bucket" else sum(1 for _ in source.names())
