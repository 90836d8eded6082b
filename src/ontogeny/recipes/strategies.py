"""The strategies by name: what `--strategy` chooses from, and what a run store calls them.

A strategy is one file in `evolution/` and one line here. Its settings' fields are the options that
the command line offers once it is chosen, and those alone.
"""

from __future__ import annotations

import dataclasses
import importlib
from typing import Any, NamedTuple

from ontogeny.core.errors import unknown
from ontogeny.evolution.strategy import StrategyConfig


class Entry(NamedTuple):
    """Where a strategy's settings live."""

    module: str
    kind: str


STRATEGIES = {
    "pbt": Entry("pbt", "PBT"),
    "random-search": Entry("random_search", "RandomSearch"),
    "pb2": Entry("pb2", "PB2"),
    "mf-pbt": Entry("mf_pbt", "MFPBT"),
    "successive-halving": Entry("successive_halving", "SuccessiveHalving"),
    "baldwin": Entry("baldwin", "Baldwin"),
    "es": Entry("es", "ES"),
}


def strategy_class(name: str) -> type[StrategyConfig]:
    """Return the settings of the strategy called `name`. Raises `ConfigError`, suggesting the
    nearest name.
    """
    if name not in STRATEGIES:
        raise unknown("strategy", name, STRATEGIES)
    entry = STRATEGIES[name]
    return getattr(importlib.import_module(f"ontogeny.evolution.{entry.module}"), entry.kind)


def strategy_from_json(values: dict[str, Any]) -> tuple[type[StrategyConfig], dict[str, Any]]:
    """Return the class whose fields these are, and the fields.

    Runs written before each strategy had settings of its own kept those of Population Based
    Training whatever the strategy: they are left out for random search, which has none.
    """
    kind = strategy_class(values["strategy"])
    fields = {key: value for key, value in values.items() if key != "strategy"}
    if kind.name == "random-search":
        older = {f.name for f in dataclasses.fields(strategy_class("pbt"))}
        fields = {key: value for key, value in fields.items() if key not in older}
    return kind, fields
