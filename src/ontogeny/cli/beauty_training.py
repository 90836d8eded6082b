"""`beauty train`: a scorer of photographs grown from a person's ratings."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

from ontogeny.cli.growth import Keeping, interruption_told, place
from ontogeny.cli.words import parse, say
from ontogeny.core.files import absolute
from ontogeny.core.text import quoted

if TYPE_CHECKING:
    from ontogeny.learners.beauty.config import Loss
    from ontogeny.learners.beauty.ratings import Ratings


TUNED_BATCH = 32


@dataclass(frozen=True, kw_only=True)
class Train(Keeping):
    """Learn to score photographs as you rate them. A population tunes how; what was held tells how
    well. The run is kept, and its best scorer in it.
    """

    ratings: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="RATINGS")]
    """AVA's text; a CSV or Parquet table of photo and rating (and rater, topic), of photo and a
    count for each grade, or of better and worse; or what `beauty rate` collected."""
    photos: Path
    """The folder that the photographs are in: names in the ratings are paths below it."""
    loss: Literal["auto", "bins", "regression", "pairs"] = "auto"
    """What is learned: the shares of grades, the mean rating, or which of two is better. By default
    shares where the ratings have them, else pairs."""
    hidden: tuple[int, ...] = ()
    """Widths of hidden layers of the head; linear without any."""
    heads: int = 8
    """Heads on bootstraps of the photographs: where they differ, a score is uncertain."""
    tuned_blocks: int = 0
    """The network's last blocks that learn too, 0 to 5, in batches of a quarter: minutes or hours
    in the place of seconds."""
    held: float = 0.2
    """Share of the photographs that nothing is learned from, and the score is taken on."""
    population: int = 8
    """Members that grow side by side."""
    rounds: int = 12
    """Rounds: a move, some steps, a score."""
    steps: int = 40
    """Updates of each member in a round."""
    seed: int = 0
    """Everything random is computed from it."""


def train(arguments: list[str]) -> int:
    """Grow a scorer, and say how well it agrees with what was held."""
    chosen = parse(Train, "beauty train", arguments)
    from ontogeny.growth import grow
    from ontogeny.learners.beauty.config import ScorerConfig
    from ontogeny.learners.beauty.from_files import rated_photos
    from ontogeny.recipes.photographs import PhotoRatings
    from ontogeny.runtime.machine import prepare
    from ontogeny.runtime.sinks import sinks

    prepare()
    given = rated_photos(
        chosen.ratings,
        chosen.photos,
        _seen if chosen.told else _unsaid,
        tuned_blocks=chosen.tuned_blocks,
    )
    said = given.rated.ratings
    recipe = PhotoRatings(
        population=chosen.population,
        rounds=chosen.rounds,
        steps=chosen.steps,
        seed=chosen.seed,
        ratings=str(absolute(chosen.ratings)),
        photographs=str(absolute(chosen.photos)),
        scorer=ScorerConfig(
            loss=_loss(said) if chosen.loss == "auto" else chosen.loss,
            hidden=chosen.hidden,
            heads=chosen.heads,
            held=chosen.held,
            batch=TUNED_BATCH if chosen.tuned_blocks else ScorerConfig.batch,
            tuned_blocks=chosen.tuned_blocks,
        ),
    )
    with interruption_told(chosen.json) as where:
        run = grow(
            recipe,
            folder=place(chosen),
            progress=chosen.told,
            observers=[where, *sinks(chosen.track)],
            checkpoint_seconds=chosen.checkpoint_seconds,
            repeat=shlex.join(["ontogeny", "beauty", "train", *arguments]),
        )
    score = run.best.score
    parts = given.rated.for_loss(recipe.scorer.loss).parted(chosen.held)
    answer = {
        "run": str(run.folder),
        "score": score,
        "photographs": len(said),
        "held": len(parts.held),
        "loss": recipe.scorer.loss,
        "unread": given.unread,
        "notes": list(said.notes),
    }

    def text() -> str:
        from ontogeny.views.quantities import count

        lines = [
            f"{count(len(said), 'rated photograph')}, of which {len(parts.held)} were held: "
            f"{score:.1%} of their pairs are scored in the order of the ratings",
            f"learned by {recipe.scorer.loss}; the population chose by those pairs, so expect a "
            "little less of others",
            str(run.folder),
        ]
        return "\n".join([*lines, *said.notes])

    then = f"ontogeny beauty score FOLDER --model {quoted(str(run.folder))} --out scores.parquet"
    say(answer, chosen.json, text, then)
    return 0


def _loss(ratings: Ratings) -> Loss:
    return "bins" if "shares" in ratings.kinds else "pairs"


def _unsaid(done: int, of: int) -> None:
    del done, of


def _seen(done: int, of: int) -> None:
    end = "\n" if done == of else ""
    print(f"\r{done:,} of {of:,} photographs seen", end=end, file=sys.stderr, flush=True)
