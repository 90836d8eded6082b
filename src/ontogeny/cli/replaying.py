"""`replay`: train one member along the schedule that a population found."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from typing import Annotated

import tyro

from ontogeny.cli.growth import Keeping, interruption_told, place, tell
from ontogeny.cli.words import RunName, parse


@dataclass(frozen=True)
class Replay:
    """Train one member along the schedule that a run's population found: the hypers of the winner's
    line, round by round, from first weights of its own and without anybody to inherit from. It is
    recorded as a run of its own.
    """

    run: RunName
    members: int = 1
    """How many members live the schedule, each with first weights of its own."""
    fixed_final: bool = False
    """Grow as many beside them that live with the schedule's last hypers all along."""
    seed: int | None = None
    """Of first weights and data; the source's plus one when not given."""
    keeping: Annotated[Keeping, tyro.conf.arg(name="")] = field(default_factory=Keeping)


def replay(arguments: list[str]) -> int:
    """Replay a run's schedule."""
    from ontogeny.runtime.storage.folders import find_run

    chosen = parse(Replay, "replay", arguments)
    folder = find_run(chosen.run)  # before anything heavy is imported
    from ontogeny.replaying import replay as replay_run
    from ontogeny.runtime.sinks import sinks

    keeping = chosen.keeping
    with interruption_told(keeping.json) as where:
        run = replay_run(
            folder,
            members=chosen.members,
            fixed_final=chosen.fixed_final,
            seed=chosen.seed,
            folder=place(keeping),
            progress=keeping.told,
            observers=[where, *sinks(keeping.track)],
            checkpoint_seconds=keeping.checkpoint_seconds,
            repeat=shlex.join(["ontogeny", "replay", *arguments]),
        )
    return tell(run.store, keeping.json)
