"""A run's folder, opened to be grown: made where there is none, and held to what it was begun as
where there is.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

from ontogeny.core.errors import ConfigError, StoreError
from ontogeny.recipes import recipe_name
from ontogeny.recipes.recipe import Recipe
from ontogeny.runtime.executor import Executor, Job
from ontogeny.runtime.identity import differences, fingerprints, identity, run_id
from ontogeny.runtime.storage.folders import chosen_folder
from ontogeny.runtime.storage.store import FILE, Store


def described(job: Job, executor: Executor, recipe: Recipe | None) -> dict[str, Any]:
    """Return what a run of the job says of itself: its recipe's name, and its `identity`. Raises
    what that raises.
    """
    return {
        "recipe": recipe_name(recipe) if recipe else None,
        **identity(job, executor, recipe.to_json() if recipe else None),
    }


def open_or_create(
    folder: Path | str | None,
    told: dict[str, Any],
    job: Job,
    recipe: Recipe | None,
    replay: Mapping[str, Any] | None = None,
    repeat: str | None = None,
) -> Store:
    """Return the run in `folder` (None: a new one), open for writing; made when there is none. It
    is the one that is `told` of (`described`).

    Raises `StoreError` when another run is there, naming what differs, and `ConfigError` when it
    has lived more rounds than are asked for.
    """
    stem = (told["recipe"] or type(recipe).__name__.lower()) if recipe else "run"
    place = chosen_folder(folder, stem)  # which is made: nothing that can be refused comes after
    if (place / FILE).exists():
        store = Store(place, write=True)
        try:
            _go_on(store, told, job, recipe, replay, repeat)
        except BaseException:
            store.close()
            raise
        return store
    return Store.create(
        place,
        id=uuid4().hex,
        **told,
        rounds=job.rounds,
        units=recipe.units() if recipe else {},
        papers=list(recipe.papers) if recipe else [],
        status="created",
        repeat=repeat,
        **({"replay": replay} if replay else {}),
    )


def _go_on(
    store: Store,
    told: dict[str, Any],
    job: Job,
    recipe: Recipe | None,
    replay: Mapping[str, Any] | None,
    repeat: str | None,
) -> None:
    """See that the run is the one that is told of, and note what is new of it."""
    before, lived = store.run(), store.rounds()
    if job.rounds < lived:
        raise ConfigError(
            f"it has lived {lived} rounds, and {job.rounds} are asked for",
            where=str(store.folder),
            hint=f"ask for {lived} or more; or grow a shorter run in another folder",
        )
    begun_as = dict(before)
    if recipe and isinstance(before.get("fields"), dict):
        with contextlib.suppress(ConfigError):  # fields newer than the run: as by default
            filled = type(recipe).from_json(before["fields"]).to_json()
            begun_as["fields"] = json.loads(json.dumps(filled))
    longer = before.get("rounds") not in (None, job.rounds)
    comparable = "learner" in before and before.get("tools") == told["tools"]
    if recipe and longer and not replay and not comparable:
        as_begun = dataclasses.replace(recipe, rounds=before["rounds"]).job().learner
        begun_as |= {
            "learner": fingerprints(job._replace(learner=as_begun)),
            "tools": told["tools"],
        }
    differing = list(differences(begun_as, told))
    for name, was, now in differing[:1]:
        if longer and recipe and name.startswith("learner."):
            raise StoreError(
                f"its learner goes by how many rounds it is grown for, so a run of {job.rounds} "
                f"rounds is another than this one of {before['rounds']} from its first round on",
                where=str(store.folder),
                hint="grow it anew in another folder, with as many rounds as it is to have",
            )
        others = f" (and {', '.join(other for other, *_ in differing[1:4])})"
        raise StoreError(
            f"the run there has {name} {was!r}, not {now!r}{others if differing[1:] else ''}",
            where=str(store.folder),
            hint="choose another folder, or go on with the same settings",
        )
    if before.get("replay") != replay:
        again = "replay the same run with the same settings" if replay else "resume it"
        raise StoreError(
            "the run there is not this replay" if replay else "the run there is a replay",
            where=str(store.folder),
            hint=f"choose another folder, or {again}",
        )
    with store.transaction():
        if not comparable:
            tools = before.get("tools", "an earlier version, which did not say what learned")
            said = f"begun with {tools}: its learner is taken for this one"
            store.add_event(max(lived - 1, 0), "unchecked", said)
        command = repeat or before.get("repeat")
        command = with_rounds(command, job.rounds) if longer and not repeat else command
        own = run_id(store.folder, before)
        store.put(**told, id=own, rounds=job.rounds, repeat=command)


def with_rounds(command: str | None, rounds: int) -> str | None:
    """Return a command that grows for so many rounds; any other as it is."""
    words = shlex.split(command or "")
    if words[:2] not in (["ontogeny", "grow"], ["ontogeny", "distill"]):
        return command
    kept = [
        word
        for before, word in zip(["", *words], words, strict=False)
        if "--rounds" not in (before, word) and not word.startswith("--rounds=")
    ]
    return shlex.join([*kept, "--rounds", str(rounds)])
