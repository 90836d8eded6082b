"""MLflow: a store of runs on this machine, or wherever its tracking address points to."""

from __future__ import annotations

import fcntl
import os
import time
from typing import Any

from ontogeny.runtime.executor import Lived
from ontogeny.runtime.observer import Observer, Setting
from ontogeny.runtime.sinks.summary import (
    Summary,
    Summed,
    TrackerNames,
    identity_of,
    needed,
    recorded,
    settings_of,
)
from ontogeny.runtime.storage.folders import run_name

TAG = "ontogeny.run"  # finds the run again when it is resumed
ENDED = {"finished": "FINISHED", "interrupted": "KILLED"}
LONGEST = 500  # characters of a parameter's value
AT_ONCE = 100  # parameters that are logged in one batch


class MLflow(Observer):
    """Writes into `tracking` (`mlflow.db` in the folder of runs: one SQLite file for all). Look at
    it with: mlflow ui --backend-store-uri sqlite:///runs/mlflow.db

    >>> run = og.grow("quadratic", observers=[og.MLflow(experiment="schedules")])  # doctest: +SKIP
    """

    def __init__(
        self, tracking: str | None = None, *, experiment: str = "ontogeny", members: bool = False
    ):
        """`tracking` is an address as MLflow has them; `members` adds a curve a slot. Raises
        `MissingExtra` without mlflow.
        """
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # read when it is imported
        self._mlflow = needed("mlflow", "mlflow-skinny", "MLflow")
        if tracking is None:  # the slim package comes without what its own database needs
            needed("sqlalchemy", "sqlalchemy", "MLflow")
            needed("alembic", "alembic", "MLflow")
        self._tracking, self._experiment, self._members = tracking, experiment, members
        self._client: Any = None
        self._names = TrackerNames()

    def compiling(self, setting: Setting) -> None:
        """Remember what is grown."""
        self._setting = setting
        self._summary = Summary(setting, self._members)

    def compiled(self, seconds: float) -> None:
        """Begin the run, or go on with the one that was begun and give it what it lacks."""
        runs = self._setting.folder.resolve().parent
        address = self._tracking or f"sqlite:///{runs / 'mlflow.db'}"
        # of several that begin at once, one makes the database
        with (runs / "mlflow.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            client = self._mlflow.MlflowClient(address)
            known = client.get_experiment_by_name(self._experiment)
            place = known.experiment_id if known else client.create_experiment(self._experiment)
        name = identity_of(self._setting)
        found = client.search_runs([place], f"tags.`{TAG}` = '{name}'", max_results=1)
        if found:
            self._id = found[0].info.run_id
            client.set_terminated(self._id, "RUNNING")
        else:
            tags = {TAG: name, "mlflow.runName": run_name(self._setting.folder)}
            self._id = client.create_run(place, tags=tags).info.run_id
            params = [
                self._mlflow.entities.Param(self._names[key], str(value)[:LONGEST])
                for key, value in settings_of(self._setting).items()
            ]
            for first in range(0, len(params), AT_ONCE):
                client.log_batch(self._id, params=params[first : first + AT_ONCE])
        self._client = client
        told = client.get_metric_history(self._id, "population/moved")
        self._last = max((metric.step for metric in told), default=-1)
        for summed in recorded(self._setting, self._last + 1, self._members):
            self._write(summed)

    def lived(self, round_: Lived, moved: int, dead: int) -> None:
        """Write a round."""
        summed = self._summary.note(round_, moved, dead)
        if summed and summed.step > self._last:  # not one that is lived again
            self._write(summed)

    def _write(self, summed: Summed) -> None:
        now = int(1000 * time.time())
        metrics = [
            self._mlflow.entities.Metric(self._names[name], value, now, summed.step)
            for name, value in summed.scalars.items()
        ]
        self._client.log_batch(self._id, metrics=metrics)

    def ended(self, status: str) -> None:
        """Close the run with how it ended."""
        if self._client is not None:
            self._client.set_terminated(self._id, ENDED.get(status, "FAILED"))
            self._client = None
