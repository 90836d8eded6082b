"""Kickstarted agents from the command line: one a task, generations, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import jax
import numpy as np
import pytest

import ontogeny as og
from ontogeny import cli
from ontogeny.evolution.pbt import IMPALA
from ontogeny.learners.agents.config import ActorCriticConfig
from ontogeny.learners.agents.network import policy_network
from ontogeny.learners.agents.policy import Policy
from ontogeny.recipes.distillation import Distillation
from ontogeny.recipes.kickstart import Kickstart
from ontogeny.runtime.storage.folders import list_runs
from ontogeny.worlds.by_name import world_named

TINY = ["--agent.environments", "4", "--agent.unroll", "4", "--agent.minibatches", "1"]
TINY += ["--agent.epochs", "1", "--population", "2", "--steps", "2", "--rounds", "2"]
TASKS = "MemoryChain-bsuite + UmbrellaChain-bsuite"
ROOMS = "four-rooms-small"


@pytest.fixture(scope="module")
def teacher(tmp_path_factory, one_device) -> Path:
    """The folder of a saved policy of rooms with few actions."""
    folder = tmp_path_factory.mktemp("teacher") / "policy"
    world, config = world_named(ROOMS), ActorCriticConfig(hidden=(4,))
    network = policy_network(world, config).init(jax.random.key(0))
    Policy(world, config, network).save(folder)
    return folder


@pytest.mark.usefixtures("traced")
def test_the_best_student_of_a_generation_teaches_the_next_wider_one(
    teacher, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("ONTOGENY_RUNS", str(tmp_path))
    words = ["grow", "kickstart", "--teacher", str(teacher), "--name", "line", *TINY]
    words += ["--agent.hidden", "2", "--generations", "2", "--widen", "2", "--json"]
    words += ["--heirs", "activation=relu filters=3"]
    words += ["--weights", "0.001", "10"]
    assert cli.run(words) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["next"] == "ontogeny report line/generation-2"
    first, second = og.load("line"), og.load("line/generation-2")
    assert isinstance(first.recipe, Kickstart)
    assert isinstance(second.recipe, Kickstart)
    assert first.recipe.strategy == IMPALA
    assert (first.recipe.agent.hidden, second.recipe.agent.hidden) == ((2,), (4,))
    assert (second.recipe.agent.activation, second.recipe.agent.filters) == ("relu", 3)
    assert second.recipe.heirs == ()
    assert second.recipe.teacher == (str(tmp_path / "line"),)
    assert set(second.best.hypers) == {"learning_rate", "entropy_cost", "kickstarting"}
    assert np.isfinite(second.metrics()["kickstarting_kl/student"]).all()
    held = tmp_path / "held.html"
    assert cli.run(["report", "line/generation-2", "--beside", "line", "--out", str(held)]) == 0
    page = held.read_text()
    assert all(f'data-figure="{name}"' in page for name in ("lesson", "generations", "beside"))
    assert "of one member, and line " in page
    assert cli.run(["report", "line", "--out", str(held)]) == 0
    assert "line/generation-2" in held.read_text()  # the whole line, from whichever of its runs
    # one folder is the whole line
    capsys.readouterr()
    assert cli.run(["show", "line", "--json"]) == 0
    line = ["line", "line/generation-2"]
    assert json.loads(capsys.readouterr().out)["generations"] == line
    assert [folder.relative_to(tmp_path).as_posix() for folder in list_runs()] == line
    # grown again, everything is there already
    capsys.readouterr()
    before = (second.folder / "product").stat().st_mtime_ns
    assert cli.run(["resume", "line", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["next"] == "ontogeny report line/generation-2"
    assert (second.folder / "product").stat().st_mtime_ns == before


def fitting(**fields) -> Distillation:
    """Return a recipe whose parts were made: what can be refused has been."""
    recipe = Kickstart(**{"world": ROOMS, **fields})
    recipe.learner()
    return recipe


def test_what_falls_by_hand_goes_by_the_updates_of_the_whole_run(teacher):
    recipe = fitting(teacher=(str(teacher),), rounds=10, steps=10)
    schedule = recipe.weighing().schedule
    assert [float(schedule(done)) for done in (0, 10, 20, 30)] == [1.0, 0.5, 0.0, 0.0]
    halved = fitting(
        teacher=(str(teacher),), decay="exponential", decay_over=0.5, rounds=4, weights=(0.1, 1)
    )
    assert float(halved.weighing().schedule(200)) == 0.5
    assert "kickstarting" not in recipe.space().dimensions
    assert "kickstarting" in halved.space().dimensions
    tasks = Kickstart(world=TASKS, task_weights=(0.1, 10.0))
    assert set(tasks.space().dimensions) >= {
        "kickstarting_MemoryChain-bsuite",
        "kickstarting_UmbrellaChain-bsuite",
    }
    assert Kickstart.from_json(json.loads(json.dumps(recipe.to_json()))) == recipe


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"weights": (0.0, 1.0)}, "a log scale has no zero"),
        ({"weight": 0.3, "weights": (0.1, 1.0)}, "--weights None"),
        ({"decay_over": 0.1, "decay": "none"}, "--decay linear"),
        ({"decay": "linear", "decay_over": 0.0}, "falls over 0"),
        ({"decay": "lineal"}, "decay"),
        ({"widen": 2.0}, "--generations 3"),
        ({"generations": 0}, "generations"),
        ({"heirs": ("torso=conv",)}, "--generations 2"),
        ({"generations": 2, "heirs": ("toros=conv",)}, "did you mean 'torso'"),
        ({"generations": 2, "heirs": ("torso=convolution",)}, "convolution"),
        ({"generations": 2, "heirs": ("filters=many",)}, "filters is 'many'"),
        ({"generations": 2, "heirs": ("filters",)}, "filters=VALUE"),
        ({"generations": 2, "heirs": ("",)}, "changes nothing"),
        ({"task_weights": (0.1, 1.0)}, "is one task"),
        ({"teacher": ("rooms={}",)}, "is one task"),
        ({"teacher": ("DoorKey={}",), "world": TASKS}, "no task is called 'DoorKey'"),
        ({"teacher": ("MemoryChain-bsuite={}",) * 2, "world": TASKS}, "two teachers"),
        ({"teacher": ("MemoryChain-bsuite={}",), "world": TASKS}, "nobody teaches the task 'Umb"),
        ({"generations": 2, "world": "four-rooms-big", "transfer": True}, "48 each of"),
    ],
)
def test_mistakes_are_said_before_anything_is_compiled(teacher, fields, said):
    given = {"teacher": ("{}",), **fields}
    given["teacher"] = tuple(one.format(teacher) for one in given["teacher"])
    with pytest.raises(og.OntogenyError) as refused:
        fitting(**given)
    assert said in str(refused.value)
