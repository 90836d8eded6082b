"""`beauty rate`: a page that shows pairs of photographs, and keeps which is better."""

from __future__ import annotations

import secrets
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import tyro

from ontogeny.cli.words import parse, say
from ontogeny.core.errors import ConfigError
from ontogeny.core.files import absolute
from ontogeny.core.text import quoted

if TYPE_CHECKING:
    from ontogeny.runtime.rating.session import RatingSession

Folder: TypeAlias = Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="FOLDER")]


@dataclass(frozen=True)
class Rating:
    """Judge photographs in pairs, on a page in a browser, until their order is stable. Every answer
    is kept at once; what was begun goes on when it is started again.
    """

    folder: Folder
    """Photographs, in a folder and its folders."""
    file: Path = Path("pairs.sqlite")
    """Where judgements are kept; `beauty train` reads it."""
    host: str = "127.0.0.1"
    """Where the page is: this machine alone, unless you say another; 0.0.0.0 is for the phones in
    your network, who need the token that is printed."""
    port: int = 8765
    """0 takes any that is free."""
    most: int = 500
    """Photographs that are judged: of more, so many are drawn."""
    stable: float = 0.1
    """The ranking is stable when at most that share of all pairs is expected to be in the wrong
    order."""
    export: Path | None = None
    """Write the judgements to this CSV (better, worse, tie, rater, time) and leave."""
    json: bool = False
    """Print JSON objects: where the page is, and at the end how far the ranking is."""


def rate(arguments: list[str]) -> int:
    """Show the page until it is stopped, or write what it collected."""
    chosen = parse(Rating, "beauty rate", arguments)
    from ontogeny.runtime.rating.pair_store import PairStore, export_pairs
    from ontogeny.runtime.rating.session import RatingSession

    file = absolute(chosen.file)
    if not file.parent.is_dir():
        raise ConfigError(f"there is no folder {file.parent}", where="--file", hint="make it first")
    if chosen.most < 2 or not 0 <= chosen.port < 2**16:
        raise ConfigError(
            f"{chosen.most} photographs, port {chosen.port}",
            where="--most, --port",
            hint="2 photographs or more, and a port from 0 to 65535",
        )
    if chosen.export is not None and not file.exists():
        raise ConfigError("there is no such file", where=str(file), hint="name it with --file")
    with PairStore(file) as store:
        judged = store.judgements()
        if chosen.export is not None:
            export_pairs(judged, absolute(chosen.export))
            n = sum(one.choice != "skip" for one in judged)
            then = f"ontogeny beauty train {quoted(str(chosen.export))} --photos "
            answer = {"pairs": str(chosen.export), "judgements": n}
            say(
                answer,
                chosen.json,
                lambda: f"{chosen.export}: {n} judgements",
                then + quoted(str(chosen.folder)),
            )
            return 0
        names, notes = photos_to_rate(
            chosen.folder, chosen.most, {name for one in judged for name in (one.left, one.right)}
        )
        session = RatingSession(names, store, stable=chosen.stable)
        _serve(session, chosen, notes)
        _conclude(session, chosen)
    return 0


def photos_to_rate(folder: Path, most: int, known: set[str]) -> tuple[list[str], list[str]]:
    """Return the names of the photographs to judge, those that were judged before first of all, and
    what was left out. Raises `DataError` for a folder without any.
    """
    import numpy as np

    from ontogeny.learners.pictures_given import left_out_notes, pictures_given

    root = folder.expanduser()
    found = pictures_given(root, "judge")
    notes = left_out_notes("photographs", found.left_out)
    base = root if root.is_dir() else root.parent
    names = [path.relative_to(base).as_posix() for path in found.taken]
    plain = [name for name in names if name.isprintable()]
    if len(plain) < len(names):
        notes.append(f"{len(names) - len(plain)} whose names can't be printed are left out")
    gone = known - set(plain)
    if gone:
        notes.append(f"{len(gone)} photographs were judged before, and are not there any more")
    if len(plain) <= most:
        return plain, notes
    before = [name for name in plain if name in known][:most]
    others = [name for name in plain if name not in known]
    rng = np.random.default_rng(len(others))
    drawn = rng.choice(len(others), max(0, most - len(before)), replace=False)
    notes.append(f"{most} of {len(plain)} photographs are judged; --most sets how many")
    return sorted([*before, *(others[int(one)] for one in drawn)]), notes


def _serve(session: RatingSession, chosen: Rating, notes: list[str]) -> None:
    """Show the page until the process is told to stop."""
    from ontogeny.runtime.pages.door import address, check_server, is_here, open_door, serve
    from ontogeny.runtime.rating.server import EXTRA, rating_app

    root = chosen.folder.expanduser()
    token = None if is_here(chosen.host) else secrets.token_urlsafe(12)
    check_server(EXTRA)
    app = rating_app(session, root if root.is_dir() else root.parent, token)
    with open_door(chosen.host, chosen.port) as door:
        where = address(chosen.host, door, token)
        progress = session.progress()
        answer: dict[str, Any] = {
            "address": where,
            "file": str(session.store.path),
            "photos": progress.photos,
            "judgements": progress.judgements,
            "notes": notes,
        }
        lines = [
            f"open {where}",
            f"{progress.photos} photographs, {progress.judgements} judgements before; kept in "
            f"{session.store.path}; Ctrl-C ends it",
            *notes,
        ]
        say(answer, chosen.json, lambda: "\n".join(lines))
        sys.stdout.flush()
        serve(app, door)


def _conclude(session: RatingSession, chosen: Rating) -> None:
    progress = session.progress()
    best = [name for name, _, _ in session.ranking()[:5]] if progress.judgements else []
    answer: dict[str, Any] = {
        "file": str(session.store.path),
        "judgements": progress.judgements,
        "expected_right": 1 - progress.wrong_share,
        "stable": progress.stable,
        "best": best,
    }

    def text() -> str:
        if not progress.judgements:
            return "nothing was judged"
        still = "stable" if progress.stable else "not stable yet"
        more = f", about {progress.needed} judgements more" if progress.needed else ""
        return (
            f"{progress.judgements} judgements; {1 - progress.wrong_share:.0%} of all pairs are "
            f"expected to be in the right order: {still}{more}\nbest: {', '.join(best)}"
        )

    file, folder = quoted(str(chosen.file)), quoted(str(chosen.folder))
    say(answer, chosen.json, text, f"ontogeny beauty train {file} --photos {folder}")
