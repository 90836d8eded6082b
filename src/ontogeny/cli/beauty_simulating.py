"""`beauty simulate`: the tables of a platform whose effects are known, to try a study on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ontogeny.cli.words import parse, say, tell_passing
from ontogeny.core.files import absolute


@dataclass(frozen=True)
class Simulate:
    """Write the tables of a simulated platform: photos.parquet, follows.parquet, events.parquet,
    and truth.json, which says what was planted and which no study reads.
    """

    out: Path
    """The folder to write; it must not be there yet."""
    users: int = 2000
    """People. A million takes about a minute, 4 GB, and 10 million photos."""
    planted: Literal["nothing", "one-sided", "double-edged", "hidden", "leak"] = "double-edged"
    """What quality does to people there; `hidden` and `leak` are no effects, and mislead."""
    days: int = 360
    """Days, of three windows together."""
    seed: int = 0
    """The same seed writes the same tables."""
    graph: str | None = None
    """A real network instead of a generated one: the name of one that graph-tool ships, such as
    pgp-strong-2009."""
    graphs: Path | None = None
    """The folder of those networks (.gt.gz), where graph-tool is not installed."""
    json: bool = False
    """Print one JSON object."""


def simulate(arguments: list[str]) -> int:
    """Write the tables of a simulated platform."""
    chosen = parse(Simulate, "beauty simulate", arguments)
    from ontogeny.worlds.platform.config import PlatformConfig
    from ontogeny.worlds.platform.follow_graphs import packaged_graph
    from ontogeny.worlds.platform.simulated import platform
    from ontogeny.worlds.platform.tables import TABLES, refuse_folder, write_platform

    config = PlatformConfig(users=chosen.users, days=chosen.days, planted=chosen.planted)
    folder = absolute(chosen.out)
    refuse_folder(folder)
    graph = None if chosen.graph is None else packaged_graph(chosen.graph, chosen.graphs)
    people = config.users if graph is None else graph.users
    tell_passing(f"{people:,} people live for {config.days} days")
    lived = platform(config, chosen.seed, graph)
    about = {"users": people, "seed": chosen.seed, "graph": chosen.graph or "generated"}
    write_platform(lived, folder, about, lambda name: tell_passing(f"writing {name}"))
    tell_passing("")
    rows = {name: len(next(iter(getattr(lived, name).values()))) for name in TABLES}
    truth = lived.truth
    answer = {"folder": str(folder), **about, "rows": rows, "truth": truth.to_dict()}

    def text() -> str:
        told = ", ".join(f"{count:,} {name}" for name, count in rows.items())
        effects = (
            f"planted: {truth.planted}; better uploads after following the best "
            f"{truth.exposure.value:+.3f}, decline under imbalance {truth.imbalance.value:+.3f}"
        )
        return f"{folder}: {people:,} people, {told}\n{effects}"

    say(answer, chosen.json, text)
    return 0
