"""Several runs by one command: compiled once, named after what is their own, and none takes the
others with it.
"""

from __future__ import annotations

import json
import os
import signal
import time

import jax
import numpy as np
import pytest

from ontogeny import cli
from ontogeny.cli.sweeping import seeds_of
from ontogeny.core.errors import ConfigError
from ontogeny.runtime.storage.store import Store

SMALL = ["grow", "quadratic", "--population", "4", "--rounds", "2", "--steps", "5", "--json"]


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch, one_device):
    monkeypatch.setenv("ONTOGENY_RUNS", str(tmp_path / "runs"))
    return tmp_path / "runs"


@pytest.fixture
def compiles():
    """When this process had the compiler compile something, or load what it had compiled."""
    times: list[float] = []

    def heard(event: str, seconds: float, **about: object) -> None:
        if event == "/jax/core/compile/backend_compile_duration":
            times.append(time.time())

    jax.monitoring.register_event_duration_secs_listener(heard)
    yield times
    jax.monitoring.unregister_event_duration_listener(heard)


def told(capsys) -> dict:
    return json.loads(capsys.readouterr().out)


def scores(folder) -> np.ndarray:
    with Store(folder) as store:
        return store.metric("score")


def test_seeds_are_compiled_once_and_are_what_they_are_alone(place, capsys, compiles):
    assert cli.run([*SMALL, "--seeds", "3..4,7"]) == 0
    answer = told(capsys)
    first_is_kept = (place / "quadratic-seed-3" / "product").stat().st_mtime
    assert min(compiles) < first_is_kept
    assert [when for when in compiles if when > first_is_kept] == []
    assert [run["name"] for run in answer["runs"]] == [f"quadratic-seed-{n}" for n in (3, 4, 7)]
    assert [run["status"] for run in answer["runs"]] == ["finished"] * 3
    assert answer["next"] == "ontogeny compare 'quadratic-*'"
    with Store(place / "quadratic-seed-4") as store:
        alone = store.run()["repeat"].split()[1:]
    assert cli.run([*alone, "--name", "alone"]) == 0
    np.testing.assert_array_equal(scores(place / "quadratic-seed-4"), scores(place / "alone"))
    assert not np.array_equal(scores(place / "quadratic-seed-3"), scores(place / "alone"))
    capsys.readouterr()
    assert cli.run(["compare", "quadratic-*", "--json"]) == 0
    assert len(told(capsys)["groups"][0]["runs"]) == 3
    assert cli.run(["compare", "--recipe", "quadratic", "alone", "--json"]) == 0
    assert len(told(capsys)["groups"][0]["runs"]) == 4


def test_a_run_that_fails_leaves_the_others(place, capsys, traced):
    """In whose place lies another run, of other settings."""
    assert cli.run([*SMALL, "--seed", "1", "--name", "quadratic-fraction-0.25-seed-1"]) == 0
    capsys.readouterr()
    sweep = [*SMALL, "--steps", "6", "--seeds", "0..1", "--vary", "fraction=0.25,0.5"]
    assert cli.run(sweep) == 3
    runs = told(capsys)["runs"]
    assert [run["status"] for run in runs] == ["finished", "failed", "finished", "finished"]
    assert "the run there has" in runs[1]["error"]
    assert runs[2]["settings"] == {"fraction": "0.5", "seed": "0"}
    with Store(place / "quadratic-fraction-0.5-seed-1") as store:
        assert store.run()["fields"]["strategy"]["fraction"] == 0.5
    before = scores(place / "quadratic-fraction-0.5-seed-1")
    assert cli.run([word for word in sweep if word != "--json"]) == 3  # again: all stay
    said = capsys.readouterr()
    assert "quadratic-fraction-0.25-seed-1: " in said.out
    assert "run 4 of 4: fraction 0.5, seed 1" in said.out
    np.testing.assert_array_equal(scores(place / "quadratic-fraction-0.5-seed-1"), before)


def test_ctrl_c_ends_all(place, capsys, traced, monkeypatch):
    from ontogeny.runtime.sinks import sinks

    class Pressed(sinks.__globals__["Observer"]):
        def lived(self, round_, moved, dead):
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr("ontogeny.runtime.sinks.sinks", lambda names: [Pressed()])
    assert cli.run([*SMALL, "--rounds", "9", "--seeds", "0..2"]) == 130
    said = capsys.readouterr()
    runs = json.loads(said.out)["runs"]
    assert [run["status"] for run in runs] == ["interrupted", "not begun", "not begun"]
    assert json.loads(said.out)["next"].endswith("--seeds 0..2")
    assert "0 of 3 runs are finished" in said.err
    assert cli.run(["compare", "quadratic-*"]) == 2


def test_a_pattern_leaves_out_what_cant_be_compared(place, capsys, traced):
    assert cli.run([*SMALL, "--rounds", "9", "--until", "-9", "--seeds", "0..1"]) == 0
    with Store(place / "quadratic-seed-1", write=True) as store, store.transaction():
        store.put(status="failed")
    capsys.readouterr()
    assert cli.run(["compare", "quadratic-*", "--json"]) == 0
    notes = " ".join(told(capsys)["notes"])
    assert "stopped before their last round: quadratic-seed-0 (best score" in notes
    assert "Left out: quadratic-seed-1 is failed: 1 of 9 rounds." in notes
    assert cli.run(["compare", "quadratic-seed-0", "quadratic-seed-1"]) == 2
    assert cli.run(["compare", "--recipe", "toy"]) == 2
    assert "no recipe's run is called 'toy'" in capsys.readouterr().err


@pytest.mark.parametrize("words", ["", "a", "5..2", "1,1", "0..2,1", "0..", "-1", "0..99999"])
def test_what_are_no_seeds_is_refused(words):
    with pytest.raises(ConfigError, match=r"seed|runs"):
        seeds_of(words)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--vary", "name=a,b"], "no field of a recipe"),
        (["--vary", "steps="], "gives no values"),
        (["--vary", "steps=5", "steps=6"], "given twice"),
        (["--vary", "steps=5,5"], "two runs would be called"),
        (["--seeds", "0..1", "--seed", "3"], "both give the seed"),
        (["--seeds", "0..1", "--name", "a", "--folder", "b"], "--name and --folder"),
    ],
)
def test_what_is_no_sweep_is_refused(words, said, place, capsys):
    assert cli.run([*SMALL, *words]) == 2
    assert said in capsys.readouterr().err
    assert not place.exists()
