"""The experiments as they are told: what was asked, what was found, and what was seen beside it."""

from __future__ import annotations

from typing import NamedTuple

from ontogeny.social.matching.matched import Matched
from ontogeny.social.study.experiments import Exposure, Imbalance
from ontogeny.social.study.findings import Finding, Words, finding_of, points

EXPOSURE = Words(
    "Following better people",
    "people who newly followed the best",
    "uploaded better photos than before",
)
IMBALANCE = Words(
    "A large gap",
    "people whose followees are far better than they are",
    "declined",
    "gap to those they follow",
)
MIRROR = Words(
    "A gap the other way",
    "people whose followees are far worse than they are",
    "declined",
)


class Told(NamedTuple):
    """An experiment, to be shown."""

    words: Words
    asked: str
    result: Matched
    dose: Matched | None
    """The same along the dose, where there is one."""
    beside: tuple[str, ...]
    """What else is to be known, in sentences."""

    @property
    def finding(self) -> Finding:
        """What was found, in words."""
        return finding_of(self.result, self.words, self.dose)


def told_of_exposure(found: Exposure) -> Told:
    """Return the first experiment."""
    lost, change = found.survivors, found.change
    beside = [
        f"Of {lost.treated:,} treated {lost.treated_missing:,}, and of {lost.control:,} others "
        f"{lost.control_missing:,}, have no scored photo in the last window. If none of them had "
        f"done better the difference would be {points(lost.as_no)}, if all had "
        f"{points(lost.as_yes)}; at the extremes it lies between {points(lost.lowest)} and "
        f"{points(lost.highest)}.",
        f"By how much better, in scores: {change.effect} ({_verdict(change)}).",
        *(f"Not among them: {one.number:,} users, {one.rule}." for one in found.excluded),
    ]
    return Told(
        EXPOSURE,
        "Of those who newly followed somebody in the second window, the third whose new followees "
        "had been best is held against the third whose had been worst. Did they upload better "
        "photos in the third window than in the first?",
        found.matched,
        None,
        tuple(beside),
    )


def told_of_imbalance(found: Imbalance) -> Told:
    """Return the second experiment."""
    beside = [f"Not among them: {one.number:,} users, {one.rule}." for one in found.excluded]
    if found.mirror is not None:
        beside.insert(0, finding_of(found.mirror, MIRROR).sentence)
    return Told(
        IMBALANCE,
        "The tenth with the largest gap (the mean quality of those they follow, less their own) is "
        "held against people of about the quality of those they follow. Did they decline: do less "
        "than half as much a day in the third window as in the first?",
        found.matched,
        found.dose,
        tuple(beside),
    )


def _verdict(result: Matched) -> str:
    assert result.found is not None
    return result.found.verdict.word
