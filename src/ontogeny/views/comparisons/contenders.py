"""One run of a comparison: what it was grown with, what came of it, and its group's name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
from jaxtyping import Float

from ontogeny.core.errors import ConfigError, unknown
from ontogeny.core.text import quoted
from ontogeny.core.trees import dotted
from ontogeny.runtime.storage.store import Store
from ontogeny.views.growth.record import Record, read_record
from ontogeny.views.quantities import number

Score: TypeAlias = Literal["best", "median", "mean"]
FEW = 5  # runs of a group below which its interval is known to be too narrow
REDUCE = {"best": np.max, "median": np.median, "mean": np.mean}


class Contender(NamedTuple):
    """One run: what it was grown with, and what came of it."""

    name: str
    folder: Path
    settings: dict[str, Any]  # the recipe and its fields, the nested ones dotted
    seed: Any
    final: float
    course: Float[np.ndarray, " rounds"]  # the score after every round, NaN where nobody lived
    updates: Float[np.ndarray, " rounds"]  # of one member, by then
    enough: str = ""  # why it ended before its last round, where it did


def read_contender(folder: Path, score: Score) -> Contender:
    """Return the run in a folder. Raises `ConfigError` when it is unfinished and was not
    stopped as grown enough, or nobody is alive.
    """
    with Store(folder) as store:
        record = read_record(store, hypers=False)
    if record.status != "finished" and not record.enough:
        raise ConfigError(
            f"{record.name} is {record.status}: {record.rounds} of {record.planned} rounds",
            where=str(folder),
            hint=f"finish it with: ontogeny resume {quoted(record.name)}; or leave it out",
        )
    alive = record.last[np.isfinite(record.last)]
    if not alive.size:
        raise ConfigError(
            f"all members of {record.name} are dead, so it has no score", where=str(folder)
        )
    settings = settings_of(record)
    seed = settings.pop("seed", None)
    course = np.full(record.rounds, np.nan)
    for place, row in enumerate(record.finite):
        if (living := row[~np.isnan(row)]).size:
            course[place] = REDUCE[score](living)
    updates = (record.steps or 1) * np.arange(1.0, record.rounds + 1)
    final = float(REDUCE[score](alive))
    return Contender(record.name, folder, settings, seed, final, course, updates, record.enough)


def settings_of(record: Record) -> dict[str, Any]:
    """Return what a run was grown with: its recipe and fields, dotted. A replay's strategy is
    `replay`, whatever its source's was.
    """
    told = {name: record.run[name] for name in ("recipe", "jax") if record.run.get(name)}
    settings = {"recipe": None, **dotted({**told, **record.fields})}
    if record.run.get("replay"):
        settings = {k: v for k, v in settings.items() if not k.startswith("strategy.")}
        settings["strategy.strategy"] = "replay"
    return settings


def whole_name(name: str, known: Sequence[str]) -> str:
    """Return the whole name of a field, of which the last part may be given. Raises
    `ConfigError`.
    """
    fits = [one for one in known if one == name] or [
        one for one in known if one.rpartition(".")[2] == name
    ]
    if len(fits) == 1:
        return fits[0]
    if not fits:
        last = [one.rpartition(".")[2] for one in known]
        raise unknown("field", name, last, "compare", otherwise=f"there are: {', '.join(known)}")
    raise ConfigError(
        f"{name!r} could be {' or '.join(fits)}", where="compare", hint="write one of them whole"
    )


def differs(name: str, settings: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether two of the runs that have the field have it otherwise: a strategy's own
    settings tell nothing of the runs with another strategy.
    """
    return len({str(each[name]) for each in settings if name in each}) > 1


def label(settings: Mapping[str, Any], fields: Sequence[str]) -> str:
    """Return what tells a group from the others, as `population 16, strategy pbt`."""
    last = [name.rpartition(".")[2] for name in fields]
    words = [
        f"{short if last.count(short) == 1 else name} {_value(settings[name])}"
        for name, short in zip(fields, last, strict=True)
        if name in settings
    ]
    return ", ".join(words) or (str(settings["recipe"] or "run") if not fields else "without")


def _value(value: Any) -> str:
    if isinstance(value, list | tuple):
        return " ".join(_value(one) for one in value)
    return number(value, 4) if isinstance(value, float) else str(value)
