"""A grown agent teaches another: from the command line, to the report and on."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import ontogeny as og
from ontogeny import cli
from ontogeny.learners.agents.config import ActorCriticConfig
from ontogeny.learners.agents.network import policy_network
from ontogeny.learners.agents.policy import Policy
from ontogeny.recipes.agents import Breakout
from ontogeny.recipes.distillation import Distillation
from ontogeny.worlds.grids.rooms import four_rooms

TINY = ["--agent.environments", "4", "--agent.unroll", "4", "--agent.minibatches", "1"]
TINY += ["--agent.epochs", "1", "--population", "2", "--steps", "2"]


@pytest.fixture(scope="module")
def teacher(tmp_path_factory, one_device) -> Path:
    """The folder of a saved policy of rooms with few actions."""
    folder = tmp_path_factory.mktemp("teacher") / "policy"
    world, config = four_rooms("small"), ActorCriticConfig(hidden=(4,))
    network = policy_network(world, config).init(jax.random.key(0))
    Policy(world, config, network).save(folder)
    return folder


def answer(capsys, *arguments: str, code: int = 0) -> dict:
    assert cli.run([*arguments, "--json"]) == code
    return json.loads(capsys.readouterr().out)


@pytest.mark.usefixtures("traced")
def test_a_smaller_student_is_taught_shown_reported_and_grown_on(
    teacher, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("ONTOGENY_RUNS", str(tmp_path))
    distill = ["distill", "--teacher", str(teacher), "--rule", "n-distill+task", *TINY]
    told = answer(capsys, *distill, "--agent.hidden", "2", "--weights", "0.1", "2", "--rounds", "2")
    assert (told["status"], told["rounds"]) == ("finished", 2)
    assert told["next"] == "ontogeny report distillation-1"
    assert told["repeat"].startswith("ontogeny distill --teacher ")
    run = og.load("distillation-1")
    assert isinstance(run.recipe, Distillation)
    assert run.recipe.world == "four-rooms-small"  # the teacher's own
    assert run.recipe.agent.hidden == (2,)
    assert set(run.best.hypers) == {"learning_rate", "entropy_cost", "teaching"}
    kl = run.metrics()["teaching_kl/teacher"]
    assert kl.shape == (2, 2)
    assert np.isfinite(kl).all()
    assert isinstance(og.load_product("distillation-1"), Policy)
    report = Path(answer(capsys, "report", "distillation-1")["report"]).read_text()
    assert "teaching agreement" in report
    monkeypatch.chdir(tmp_path)
    grown = answer(capsys, "resume", "distillation-1", "--rounds", "3")
    assert (grown["rounds"], grown["repeat"].split()[-2:]) == (3, ["--rounds", "3"])
    heir = Distillation(world="four-rooms-small", teacher=("distillation-1",))
    assert heir.taught().world == "four-rooms-small"  # who was taught may teach
    shutil.rmtree(tmp_path / "distillation-1" / "product")
    with pytest.raises(og.OntogenyError, match="has no product"):
        heir.taught()


def test_mistakes_are_said_before_anything_is_compiled(teacher, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("ONTOGENY_RUNS", str(tmp_path / "runs"))
    broken = tmp_path / "broken"
    shutil.copytree(teacher, broken)
    (broken / "arrays.safetensors").write_bytes(b"no arrays")
    mistakes = {
        ("--teacher", "nowhere"): (2, "no run is called 'nowhere'"),
        ("--teacher", str(broken)): (3, "broken"),
        ("--teacher", str(teacher), "--student", "quadratic"): (2, "grows no agents"),
        ("--teacher", str(teacher), "--weight", "-1"): (2, "weight is -1"),
    }
    for arguments, (code, said) in mistakes.items():
        assert cli.run(["distill", *arguments, "--quiet"]) == code, arguments
        assert said in capsys.readouterr().err
    for fields, said in [
        ({"teacher": ()}, "nobody teaches"),
        ({"rule": "on-polcy"}, "did you mean 'on-policy'"),
        ({"world": "four-rooms-big"}, "--world four-rooms-small"),
        ({"world": "four-rooms-big", "transfer": True}, "48 each of the teacher's 4 is"),
        ({"world": "random-grids", "transfer": True}, r"shape (11, 11, 3)"),
        ({"teacher": (str(teacher),) * 2, "several": "tasks"}, "2 teachers for 0 tasks"),
        ({"teacher": str(teacher)}, "write a tuple"),
    ]:
        given = {"teacher": (str(teacher),), "world": "four-rooms-small"} | fields
        with pytest.raises(og.OntogenyError) as refused:
            Distillation(**given).learner()
        assert said in str(refused.value)
    assert not (tmp_path / "runs").exists()


def test_a_teacher_of_fewer_actions_fits_a_student_of_more(teacher):
    actions = tuple(12 * direction for direction in range(4))
    recipe = Distillation(
        world="four-rooms-big", teacher=(str(teacher),), actions=actions, transfer=True
    )
    said, _ = recipe.taught().step(jnp.zeros((11, 11, 3)), ())
    assert np.flatnonzero(said.distribution.allowed).tolist() == list(actions)
    assert Distillation.from_json(json.loads(json.dumps(recipe.to_json()))) == recipe
    breakout = Distillation.of(Breakout(population=8), rule="v-gated")
    assert (breakout.world, breakout.rounds, breakout.population) == ("Breakout-MinAtar", 20, 4)
    assert "entropy_cost" not in recipe.space().dimensions  # only the loss moves the policy
