"""What a run found, in words computed from its record: its state, winner, kin and schedule."""

from __future__ import annotations

from typing import Any

import numpy as np

from ontogeny.views.growth.lineage import schedule
from ontogeny.views.growth.record import Record
from ontogeny.views.growth.scales import hyper_text, unit_positions
from ontogeny.views.quantities import count, score_text

NAMED = 3  # hypers whose change the verdict tells
CHANGED = 0.02  # of the width between the bounds: less is not worth a word
EDGE = 0.02  # of that width: so near to a bound is at it


def verdict(record: Record) -> str:
    """Return what the run shows so far, in a few plain sentences. Nothing in it is escaped."""
    if record.rounds == 0:
        return "No round is recorded yet."
    return " ".join(
        part
        for part in (
            _state(record),
            _winner(record),
            _ties(record),
            _kin(record),
            _hypers(record),
            _bounds(record),
        )
        if part
    )


def _state(record: Record) -> str:
    if record.status == "finished":
        return ""
    done = f"{record.rounds} of {count(record.planned, 'round')}"
    if record.enough:
        return f"Stopped after {done}: {record.enough}."
    said = {
        "growing": f"Still growing: {done} so far.",
        "interrupted": f"Interrupted after {done}.",
        "stopped": f"Its process died after {done}; it can be resumed.",
        "failed": f"Failed after {done}.",
    }
    return said.get(record.status, f"{done} recorded.")


def _winner(record: Record) -> str:
    if record.winner is None:
        return "All members are dead: nobody has a finite score."
    best = score_text(record.last[record.winner])
    if record.pop == 1:
        return f"The only member has a score of {best}."
    alive = record.last[np.isfinite(record.last)]
    verb = "won" if record.status == "finished" or record.enough else "leads"
    return (
        f"Slot {record.winner} {verb} with a score of {best}; "
        f"the median member has {score_text(np.median(alive))}."
    )


def _ties(record: Record) -> str:
    """Say how many have the best score, where it is not the winner alone: then luck chose it."""
    if record.winner is None or record.pop == 1:
        return ""
    best = record.last[record.winner]
    tied = int((record.last == best).sum())
    if tied < 2:
        return ""
    return f"{tied} of {record.pop} tie at {score_text(best)}: which of them is named is chance."


def _bounds(record: Record) -> str:
    """Say which hypers of the winner ended at a bound of the space: better ones may lie beyond."""
    if not record.line or record.pop == 1:
        return ""
    told: list[str] = []
    for name, values in record.traits.items():
        spec = record.spec(name)
        if spec.get("low") is None or spec.get("high") is None:
            continue
        places = schedule(unit_positions(spec, values), record.line)
        places = places[np.isfinite(places)]
        if not places.size or EDGE < places[-1] < 1 - EDGE:
            continue
        side = "low" if places[-1] <= EDGE else "high"
        which = "lower" if side == "low" else "upper"
        told.append(f"{name} ended at its {which} bound, {hyper_text(spec, spec[side])}")
    if not told:
        return ""
    return f"The winner's {_join(told[:NAMED])}: a wider range may hold a better one."


def _kin(record: Record) -> str:
    if record.winner is None or record.pop == 1:
        return ""
    moves = int(record.moved.sum())
    if not moves:
        return "Nobody inherited from anybody."
    left = int(record.founders_alive[-1])
    ancestors = len({slot for _, slot in record.line})
    return (
        f"In {count(moves, 'move')}, {count(left, 'founder')} of {record.pop} kept descendants; "
        f"the winner's line passed through {count(ancestors, 'slot')}."
    )


def _hypers(record: Record) -> str:
    """Say how the hypers went along the winning line; the one that moved most comes first."""
    if len(record.line) < 2:
        return ""
    changes = []
    for name, values in record.traits.items():
        places = schedule(unit_positions(record.spec(name), values), record.line)
        along = schedule(values, record.line)
        change = float(np.nanmax(places) - np.nanmin(places)) if np.isfinite(places).any() else 0.0
        if change >= CHANGED:
            changes.append((change, name, along, record.spec(name)))
    changes.sort(key=lambda found: -found[0])
    if not changes:
        return ""
    return f"Along that line {_join([_course(*change) for _, *change in changes[:NAMED]])}."


def _course(name: str, along: np.ndarray, spec: dict[str, Any]) -> str:
    """Return how one hyper went; by way of its extreme, where that lies well outside its ends."""
    first, last = along[0], along[-1]
    outer = max(np.nanmax(along) - max(first, last), min(first, last) - np.nanmin(along))
    by_way = ""
    if outer > abs(first - last) / 2:
        top = np.nanmax(along) - max(first, last) >= min(first, last) - np.nanmin(along)
        at = int(np.nanargmax(along) if top else np.nanargmin(along))
        by_way = f" by way of {hyper_text(spec, along[at])} (round {at})"
    return f"{name} went from {hyper_text(spec, first)}{by_way} to {hyper_text(spec, last)}"


def _join(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]
