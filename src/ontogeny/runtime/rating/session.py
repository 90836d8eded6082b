"""What a rating page goes by: which pair is shown next, what is known so far, whether it is enough.

Everybody's judgements make one ranking. A judgement is written, then learned from; after a kill all
is computed anew from the file.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ontogeny.core.errors import ConfigError, DataError
from ontogeny.learners.beauty.bradley_terry import Strengths, strengths_of, updated
from ontogeny.learners.beauty.next_pair import choose_pair
from ontogeny.learners.beauty.stability import STABLE, still_needed, wrong_share
from ontogeny.runtime.rating.pair_store import CHOICES, Choice, Judgement, PairStore

REFIT = 40  # judgements after which the strengths are found anew
SPREAD = 2.0  # of strengths, until there is a judgement a photo to choose it by
LONGEST_NAME = 80  # letters of a rater's


class Progress(NamedTuple):
    """How far a ranking is."""

    judgements: int
    """That count, by everybody: all but the skipped."""
    raters: int
    photos: int
    wrong_share: float
    """Of pairs, expected to be in the wrong order."""
    needed: int | None
    """About how many judgements more it takes until the ranking is stable; None: too early."""

    @property
    def stable(self) -> bool:
        """Whether so few pairs are expected to be in the wrong order as were asked for."""
        return self.needed == 0


class RatingSession:
    """Judgements of the photos by those names, kept in a store. Methods may be called by any
    thread. Raises `ConfigError` for fewer than two photos, or a bound outside (0, 0.5).
    """

    def __init__(
        self, photos: Sequence[str], store: PairStore, *, stable: float = STABLE, seed: int = 0
    ):
        if len(photos) < 2:
            raise ConfigError(
                f"{len(photos)} photos", where="rate", hint="pairs take two photos or more"
            )
        if not 0 < stable < 0.5:
            raise ConfigError(
                f"a share of {stable} of pairs in the wrong order",
                where="stable",
                hint="use a number between 0 and 0.5",
            )
        self.photos, self.store, self.bound = tuple(photos), store, stable
        self._place = {name: place for place, name in enumerate(photos)}
        self._rng, self._lock = np.random.default_rng(seed), threading.RLock()
        self._unreadable: set[int] = set()
        self._shown: dict[str, tuple[int, int]] = {}
        self._learn_all()

    def pair(self, rater: str) -> tuple[int, int] | None:
        """Return the places of two photos for this rater to compare: the pair that was not answered
        yet, or the one that is expected to say most, of those that he was not asked and nobody is
        looking at. None where fewer than two photos can be shown.
        """
        rater = named_rater(rater)
        with self._lock:
            self._see_others()
            shown = self._shown.get(rater)
            if shown is not None and not self._unreadable & set(shown):
                return shown
            left = self._readable()
            if len(left) < 2:
                return None
            others = {pair for who, pair in self._shown.items() if who != rater}
            avoided = {_sorted(*pair) for pair in self._asked[rater] | others}
            self._shown[rater] = self._chosen(left, avoided)
            return self._shown[rater]

    def judge(
        self, rater: str, left: int, right: int, choice: Choice, seconds: float | None = None
    ) -> None:
        """Keep an answer about two photos by their places, and learn from it. Raises `DataError`
        for photos that there are not, one that is compared with itself, and another answer.
        """
        rater = named_rater(rater)
        n = len(self.photos)
        if choice not in CHOICES or not (0 <= left < n and 0 <= right < n) or left == right:
            raise DataError(
                f"{choice!r} about the photos {left} and {right} of {n}", where="judgement"
            )
        with self._lock:
            self.store.add(rater, self.photos[left], self.photos[right], choice, seconds)
            self._shown.pop(rater, None)
            self._asked[rater].add((left, right))
            self._raters.add(rater)
            if choice == "skip":
                return
            self._count += 1
            self._fresh += 1
            if self._fresh >= REFIT:
                self._learn_all()
                return
            if choice == "tie":
                self._now = updated(updated(self._now, left, right, 0.5), right, left, 0.5)
            else:
                self._now = updated(self._now, *(left, right)[:: 1 if choice == "left" else -1])

    def undo(self, rater: str) -> bool:
        """Take the rater's last answer back and show its pair again; False where there is none."""
        rater = named_rater(rater)
        with self._lock:
            last = self.store.undo(rater)
            if last is None:
                return False
            self._learn_all()
            if last.left in self._place and last.right in self._place:
                self._shown[rater] = self._place[last.left], self._place[last.right]
            return True

    def leave_out(self, place: int) -> None:
        """Show a photo no more, for it can't be read."""
        with self._lock:
            self._unreadable.add(place)

    def progress(self) -> Progress:
        """Return how far the ranking is, of the photos that can be shown."""
        with self._lock:
            left = self._readable()
            share = wrong_share(self._now.at(left))
            return Progress(
                self._count,
                len(self._raters),
                len(left),
                share,
                still_needed(self._count, share, self.bound),
            )

    def ranking(self) -> list[tuple[str, float, float]]:
        """Return the photos, the best first, each with its strength and how sure that is (a
        standard deviation).
        """
        with self._lock:
            mean, deviation = self._now.mean, np.sqrt(np.diag(self._now.covariance))
            order = sorted(self._readable(), key=lambda place: -mean[place])
            return [(self.photos[i], float(mean[i]), float(deviation[i])) for i in order]

    def _readable(self) -> list[int]:
        return [place for place in range(len(self.photos)) if place not in self._unreadable]

    def _chosen(self, left: list[int], avoided: set[tuple[int, int]]) -> tuple[int, int]:
        place = {one: at for at, one in enumerate(left)}
        among = {(place[a], place[b]) for a, b in avoided if a in place and b in place}
        one, other = choose_pair(self._now.at(left), self._rng, frozenset(among))
        return left[one], left[other]

    def _see_others(self) -> None:
        """Learn all anew where another process has written to the file."""
        if self.store.changed_by_others() != self._seen:
            self._learn_all()

    def _learn_all(self) -> None:
        self._seen = self.store.changed_by_others()
        known = [
            one
            for one in self.store.judgements()
            if one.left in self._place and one.right in self._place
        ]
        counted = [one for one in known if one.choice != "skip"]
        self._raters = {one.rater for one in known}
        self._asked: defaultdict[str, set[tuple[int, int]]] = defaultdict(set)
        for one in known:
            self._asked[one.rater].add((self._place[one.left], self._place[one.right]))
        self._count, self._fresh = len(counted), 0
        self._now = self._strengths(counted)

    def _strengths(self, judgements: list[Judgement]) -> Strengths:
        rows: list[tuple[int, int, float]] = []
        for one in judgements:
            left, right = self._place[one.left], self._place[one.right]
            weight = 0.5 if one.choice == "tie" else 1.0
            rows += [(left, right, weight)] * (one.choice != "right")
            rows += [(right, left, weight)] * (one.choice != "left")
        pairs = np.array([row[:2] for row in rows], np.int64).reshape(-1, 2)
        weights = np.array([row[2] for row in rows], np.float64)
        n = len(self.photos)
        spread = None if len(judgements) >= n else SPREAD
        return strengths_of(n, pairs, weights, spread)


def named_rater(name: str) -> str:
    """Return a rater's name as it is kept. Raises `DataError` for none, a long one, and one with
    characters that can't be seen.
    """
    kept = " ".join(name.split())
    if not kept or len(kept) > LONGEST_NAME or not kept.isprintable():
        raise DataError(
            f"{name[: LONGEST_NAME + 20]!r} is no name of a rater",
            where="rater",
            hint=f"use 1 to {LONGEST_NAME} letters",
        )
    return kept


def _sorted(left: int, right: int) -> tuple[int, int]:
    return (left, right) if left < right else (right, left)
