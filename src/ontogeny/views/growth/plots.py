"""A run's figures, for a notebook: `run.plot.scores()` is a plotly figure, as in its report."""

from __future__ import annotations

import plotly.graph_objects as go

from ontogeny.core.errors import ConfigError, unknown
from ontogeny.runtime.storage.store import Store
from ontogeny.views.growth import run_figures
from ontogeny.views.growth.importance import importance_figure, importances
from ontogeny.views.growth.metric_figures import metric_figure
from ontogeny.views.growth.record import Record, read_record


class Plots:
    """The figures of one run, each read anew from its store: of a run that grows, as far as it is.

    Every method raises `ConfigError` where there is nothing to draw.
    """

    def __init__(self, store: Store):
        self._store = store

    def scores(self) -> go.Figure:
        """Return every member's score by round, and the winner's whole ancestry."""
        return run_figures.score_figure(self._record())

    def lineage(self) -> go.Figure:
        """Return who descends from whom."""
        return run_figures.lineage_figure(self._record())

    def schedules(self) -> dict[str, go.Figure]:
        """Return each hyper by round, by its name: the schedule along the winner's ancestry."""
        record = self._record()
        return {name: run_figures.hyper_figure(record, name) for name in record.traits}

    def schedule(self, hyper: str) -> go.Figure:
        """Return one hyper by round."""
        record = self._record()
        if hyper not in record.traits:
            raise unknown("hyper", hyper, list(record.traits), where=str(record.folder))
        return run_figures.hyper_figure(record, hyper)

    def metric(self, name: str) -> go.Figure:
        """Return a metric by round: the winner's line, the median, and all members' range."""
        record = self._record()
        if name not in record.metrics:
            raise unknown("metric", name, record.metrics, where=str(record.folder))
        figure = metric_figure(record, name, record.metric(name))
        if figure is None:
            raise ConfigError(f"nothing finite was recorded of {name}", where=str(record.folder))
        return figure

    def diversity(self) -> go.Figure:
        """Return how many founders have descendants, and how far apart the hypers are."""
        return run_figures.diversity_figure(self._record())

    def importance(self) -> dict[str, go.Figure]:
        """Return the last score against each hyper, the strongest first: of runs without moves."""
        record = self._record()
        return {one.name: importance_figure(record, one) for one in importances(record)}

    def _record(self) -> Record:
        record = read_record(self._store)
        if not record.rounds:
            raise ConfigError(
                "no round is recorded yet", where=str(record.folder), hint="look again in a while"
            )
        return record
