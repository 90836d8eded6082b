"""What was found, in words that need no statistics, and what speaks against it."""

from __future__ import annotations

from typing import NamedTuple

from ontogeny.social.matching.effects import Effect
from ontogeny.social.matching.matched import Matched
from ontogeny.social.matching.verdict import Word


class Words(NamedTuple):
    """How an experiment is spoken of: `people who …` did so and so `than others like them`."""

    title: str
    treated: str
    outcome: str
    """In the past: `uploaded better photos`."""
    dose: str = "dose"


class Finding(NamedTuple):
    """A finding, the verdict on it, and what speaks against it."""

    title: str
    sentence: str
    verdict: Word
    against: tuple[str, ...]


def finding_of(result: Matched, words: Words, dose: Matched | None = None) -> Finding:
    """Return what an experiment found, whose outcome is 0 or 1 and was named; `dose` is the same
    along the dose.
    """
    found = result.found
    assert found is not None, "an experiment has an outcome"
    effect, word = found.effect, found.verdict.word
    if word == "not supported":
        said = (
            f"Whether {words.treated} {words.outcome} more or less often than others like them "
            f"can't be told from these tables: the difference is {points(effect)}."
        )
    else:
        more = "more" if effect.value > 0 else "less"
        risks = found.risks
        shares = "" if risks is None else f"{risks.treated:.1%} against {risks.control:.1%}, "
        said = (
            f"{words.treated[0].upper()}{words.treated[1:]} {words.outcome} {more} often than "
            f"others like them: {shares}{points(effect)}."
        )
    said += " " + _beside(found.naive, effect)
    along = None if dose is None or dose.found is None else dose.found.dose
    if along is not None and (turn := along.turn) is not None:
        first, then = ("less", "more") if turn.rising else ("more", "less")
        said += (
            f" It is double-edged: {first} often up to a {words.dose} of {turn.dose:.3g} "
            f"({turn.low:.3g} to {turn.high:.3g}), and {then} often beyond."
        )
    against = [f"{rule.rule}: {rule.measured}" for rule in found.verdict.failed]
    against += [f"could not be asked: {r.rule}" for r in found.verdict.rules if r.holds is None]
    return Finding(words.title, said, word, tuple(against))


def _beside(naive: Effect, effect: Effect) -> str:
    """Return what a plain difference would have said."""
    if naive.value * effect.value < 0 and naive.differs:
        return f"Without matching it looks the other way about: {points(naive)}."
    return f"Without matching it is {points(naive)}."


def points(effect: Effect) -> str:
    """Return a difference of shares in points of a hundred, with its interval."""
    value, low, high = (100 * x for x in (effect.value, effect.low, effect.high))
    return f"{value:+.1f} points (interval {low:+.1f} to {high:+.1f})"
