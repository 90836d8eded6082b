"""A recipe lives where its executor says, and says so in its JSON and on the command line."""

from __future__ import annotations

import json
from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
import pytest

from hermits import Hermitage
from ontogeny import cli
from ontogeny.cli.fields import parse_executor, parse_recipe
from ontogeny.core.errors import ConfigError
from ontogeny.recipes.executors import executor_class
from ontogeny.recipes.quadratic import Quadratic
from ontogeny.runtime.apart.processes import Processes
from ontogeny.runtime.ray.workers import RayWorkers
from ontogeny.runtime.vectorised import Vectorised


@dataclass(frozen=True)
class Empty:
    """A verb without options of its own."""


@pytest.mark.parametrize(
    "executor",
    [Vectorised(cohort=2), Processes(3, synchronous=True), RayWorkers("auto", num_gpus=0.5)],
    ids=["one", "processes", "ray"],
)
def test_the_json_of_a_recipe_gives_its_executor_back(executor):
    recipe = Quadratic(executor=executor)
    assert Quadratic.from_json(json.loads(json.dumps(recipe.to_json()))) == recipe


def test_a_run_from_before_there_were_processes_is_read_and_written_as_before():
    fields = {**Quadratic().to_json(), "executor": {"devices": None, "cohort": 2}}
    recipe = Quadratic.from_json(fields)
    assert recipe.executor == Vectorised(cohort=2)
    assert recipe.to_json() == fields


def test_the_command_line_chooses_the_executor_and_offers_its_settings(capsys):
    words = ["--executor", "processes", "--executor.workers", "3", "--population", "4"]
    recipe = parse_recipe("quadratic", "grow", words, Empty).recipe
    assert recipe == Quadratic(population=4, executor=Processes(3))
    assert parse_recipe("quadratic", "grow", [], Empty).recipe.executor == Vectorised()
    assert cli.run(["grow", "quadratic", "--executor", "processes", "--help"]) == 0
    text = capsys.readouterr().out
    assert "--executor.synchronous" in text
    assert "--executor.cohort" not in text
    words = ["--executor", "ray", "--executor.num-gpus", "0.25", "--executor.address", "auto"]
    recipe = parse_recipe("quadratic", "grow", words, Empty).recipe
    assert recipe.executor == RayWorkers("auto", num_gpus=0.25)
    chosen = parse_executor("doctor", words, Empty)
    assert chosen.executor == RayWorkers("auto", num_gpus=0.25)
    assert parse_executor("doctor", [], Empty).executor == Vectorised()
    assert cli.run(["grow", "quadratic", "--executor", "proceses"]) == 2
    assert cli.run(["grow", "quadratic", "--executor.workers", "2"]) == 2  # of the other executor


def test_an_unknown_executor_is_refused():
    with pytest.raises(ConfigError, match="did you mean 'processes'"):
        executor_class("proceses")


def test_together_in_a_worker_is_as_in_one_program():
    """The first hypers are the recipe's own, as those of the toy are."""
    first = {"learning_rate": jnp.array([0.1, 0.2, 0.4, 0.8])}
    job = Quadratic(population=4, rounds=4, steps=5).job()._replace(hypers=first)
    one = list(Vectorised().prepare(job).rounds())
    program = Hermitage(synchronous=True).prepare(job)
    other = list(program.rounds())
    program.close()
    assert len(one) == len(other) == job.rounds
    np.testing.assert_allclose(one[0].hypers["learning_rate"], first["learning_rate"])
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a.move.parent, b.move.parent)
        np.testing.assert_allclose(a.score, b.score, rtol=1e-4, atol=1e-5)
        for name, values in a.hypers.items():
            np.testing.assert_allclose(values, b.hypers[name], rtol=1e-5, err_msg=name)
        for name, values in a.metrics.items():
            np.testing.assert_allclose(values, b.metrics[name], rtol=1e-4, err_msg=name)


def test_a_recipe_is_grown_and_shown_in_processes(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("ONTOGENY_RUNS", str(tmp_path))
    words = ["--population", "4", "--rounds", "3", "--steps", "5", "--strategy", "random-search"]
    words += ["--executor", "processes", "--executor.workers", "1"]
    assert cli.run(["grow", "quadratic", *words, "--name", "apart", "--json"]) == 0
    grown = json.loads(capsys.readouterr().out)
    assert (grown["status"], grown["rounds"], len(grown["members"])) == ("finished", 3, 4)
    assert cli.run(["report", "apart", "--json"]) == 0
    assert (tmp_path / "apart" / "report.html").stat().st_size > 10_000
    assert (tmp_path / "apart" / "product" / "arrays.safetensors").is_file()
