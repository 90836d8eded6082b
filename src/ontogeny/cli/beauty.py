"""`beauty`: a scorer of photographs, from your ratings to scores. A word's module is imported when
it is said.
"""

from __future__ import annotations

import importlib

from ontogeny.cli import Verb
from ontogeny.core.errors import unknown

SUB_VERBS = {
    "score": Verb(
        "beauty_scoring", "FOLDER|TABLE --out FILE", "score any number of photographs into a table"
    ),
    "show": Verb(
        "beauty_scoring",
        "SCORES --out FILE",
        "the best, the worst, the surprising, and why: a page",
    ),
    "train": Verb(
        "beauty_training", "RATINGS --photos FOLDER", "learn to score photographs as you rate them"
    ),
    "rate": Verb(
        "beauty_rating", "FOLDER", "judge photographs in pairs, on a page, until they are in order"
    ),
    "study": Verb(
        "beauty_studying",
        "FOLDER",
        "what quality does to people: photos, follows and events, to a report",
    ),
    "simulate": Verb(
        "beauty_simulating",
        "--out FOLDER [--users N]",
        "the tables of a platform on which it is known what quality does to people",
    ),
}


def beauty(arguments: list[str]) -> int:
    """Do what the word after `beauty` says: a function of that name in the word's module."""
    word, *rest = arguments or ["--help"]
    if word in ("-h", "--help"):
        width = max(len(f"{name} {verb.words}") for name, verb in SUB_VERBS.items()) + 2
        lines = [f"  {f'{name} {v.words}':{width}}{v.summary}" for name, v in SUB_VERBS.items()]
        print(
            "\n".join(["usage: ontogeny beauty …", "", *lines, "", "Each takes --json and --help."])
        )
        return 0
    if word not in SUB_VERBS:
        raise unknown("verb of beauty", word, SUB_VERBS, otherwise="see: ontogeny beauty --help")
    module = importlib.import_module(f"ontogeny.cli.{SUB_VERBS[word].module}")
    code: int = getattr(module, word)(rest)
    return code
