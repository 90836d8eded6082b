"""The benchmarks name themselves, and the kept figures have the fields that the docs explain."""

from __future__ import annotations

import importlib
import json
import math
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import jax
import pytest

from benchmarks.cluster_model import Serving, foretell
from benchmarks.peers import one_jit, one_jit_recurrent
from benchmarks.processes import swapping
from benchmarks.ray_tune import rate
from hermits import Hermitage
from ontogeny.evolution.random_search import RandomSearch, random_search
from ontogeny.learners.agents.config import ActorCriticConfig
from ontogeny.learners.teaching.mixed_network import Component
from ontogeny.recipes.agents import CartPole
from ontogeny.recipes.quadratic import Quadratic

ROOT = Path(__file__).parents[1]
NAMES = {
    "moves",
    "single",
    "sb3",
    "start",
    "processes",
    "faults",
    "damage",
    "memory",
    "devices",
    "sequences",
    "lifetimes",
    "records",
    "ray_tune",
    "ray_torch",
    "ray_moves",
    "cluster_model",
    "adaptation",
    "recurrent",
    "added_loss",
    "distilling",
    "kickstarting",
    "mixing",
    "compiling",
    "ebmm",
    "heads",
    "scoring",
    "streaming",
    "matching",
    "network",
    "tables",
    "tokens",
    "watching",
}
RESULTS = ROOT / "benchmarks" / "results.json"


def ask(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_list_names_them_all_and_each_has_its_file():
    said = ask("--list")
    assert said.returncode == 0, said.stderr
    assert {line.split()[0] for line in said.stdout.splitlines()} == NAMES
    assert {path.stem for path in (ROOT / "benchmarks").glob("*.py")} >= NAMES


def test_an_unknown_name_is_refused_before_anything_is_measured():
    said = ask("singel")
    assert said.returncode == 2
    assert "'singel'" in said.stderr


def test_the_kept_figures_have_their_fields():
    kept = json.loads(RESULTS.read_text())
    assert kept["format"] == 1
    assert {"processor", "cores", "devices", "jax", "python"} <= kept["machine"].keys()
    assert set(kept["benchmarks"]) <= NAMES
    for result in kept["benchmarks"].values():
        assert "load before" in result["setting"]
        assert result["figures"]
        for row in result["figures"]:
            assert {"name", "unit", "n", "median", "min", "max"} <= row.keys()
            assert row["n"] >= 1
            assert row["min"] <= row["median"] <= row["max"]
            assert ("target" in row) == ("holds" in row)


@dataclass(frozen=True)
class Steps(Quadratic):
    """A recipe that compiles in a moment, in the place of an agent in a world."""

    strategy: RandomSearch = field(default_factory=RandomSearch)
    world, agent = CartPole().world, CartPole().agent

    def units(self):
        return {"environment steps": 1}


def only_traced(trainer):
    """Return a trainer that does nothing, after the real one was traced."""

    def traced(world, agent, updates):
        begin, train = trainer(world, agent, updates)
        jax.eval_shape(lambda key: train(key, begin(key)), jax.random.key(0))
        return (lambda key: key), (lambda key, begun: begun)

    return traced


def one_step_traced(learner, members, steps, space=None):
    """Return what takes no time, after a step was traced."""
    key = jax.random.key(0)

    def step():
        hypers = space.sample(key) if space else {}
        return learner.step(key, learner.init(key, hypers), hypers)

    jax.eval_shape(step)
    return lambda: members * steps


def no_processes(workers=None, synchronous=False):
    """Return one worker that is this process: one of its own costs much, and `faults` has them."""
    return Hermitage(synchronous)


PLAIN = Component(ActorCriticConfig(environments=2, unroll=2, minibatches=1))
TINY = {  # what is other than in `--quick`, of the benchmarks that need no peer; `on_ray` has one
    "moves": {"recipe_class": lambda name: Steps},
    "single": {
        "WORLDS": {"cartpole": (1, 1)},
        "recipe_class": lambda name: Steps,
        "trainer": only_traced(one_jit.trainer),
    },
    "recurrent": {
        "RECIPES": {"cartpole": Steps(steps=1)},
        "trainer": only_traced(one_jit_recurrent.trainer),
    },
    "added_loss": {"WORLDS": {"CartPole-v1": 1}, "living": one_step_traced},
    "kickstarting": {
        "living": one_step_traced,
        "AGENTS": {"PPO": ActorCriticConfig(environments=2, unroll=2, minibatches=1)},
    },
    "mixing": {"living": one_step_traced, "PAIRS": {"pair": ("Catch-bsuite", (PLAIN, PLAIN), {})}},
    "compiling": {"NAMES": ("quadratic",)},
    "start": {"STATES": ("cold",)},
    "processes": {
        "MEGABYTES": (0.01, 0.1),
        "RECIPES": {"quadratic": 1},
        "recipe_class": lambda name: Steps,
        "pbt": random_search,
        "Processes": no_processes,
    },
    "faults": {
        **{"ROUNDS": 20, "STEPS": 10, "WORKER_KILLS": 10, "DRIVER_KILLS": 5},
        **{"FURTHER": 0, "CALM": 6, "pbt": lambda space: swapping()},
        "DRIVER": "import sys; from benchmarks import faults, processes;"
        "faults.pbt = lambda space: processes.swapping(); faults.drive(*sys.argv[1:])",
    },
    "memory": {"CASES": (("toy", "2"),), "STATES": ("cold",)},
    "devices": {"CASES": {"quadratic": 1}, "recipe_class": lambda name: Steps},
    "heads": {"PHOTOS": 60, "FEATURES": 40, "UPDATES": 2, "LOSSES": ("pairs",)},
    "records": {"ROWS": 40_000, "EACH": 1},
    "watching": {
        **{"RUNS": 3, "GROWING": 1, "ROUNDS": 4, "SETTLE": 0.1, "SECONDS": 0.5, "ROWS": 40_000},
    },
    "matching": {"QUICK": (500, 2000), "PEERS": ()},
    "network": {"PEERS": {}},
    "tables": {"QUICK": (500, 2000), "REPEATS": 1},
}


@pytest.mark.parametrize("name", TINY)
def test_a_benchmark_runs_at_a_tiny_size(name, monkeypatch):
    benchmark = importlib.import_module(f"benchmarks.{name}")
    for constant, value in TINY[name].items():
        monkeypatch.setattr(benchmark, constant, value)
    if name == "devices":  # a process each costs much, and these tests have two devices anyway
        monkeypatch.setattr(benchmark, "_ask", benchmark.throughput)
    if name == "compiling":
        monkeypatch.setattr(benchmark, "ask", benchmark.seconds)
    result = benchmark.measure(quick=True).to_json()
    assert result["figures"]
    assert all(row["n"] >= 1 and math.isfinite(row["median"]) for row in result["figures"])
    assert json.loads(json.dumps(result)) == result
    if name == "faults":  # whatever the machine, nothing may be lost
        assert {row["holds"] for row in result["figures"] if row.get("target") == "at most 0"} == {
            True
        }


def test_the_rate_of_a_population_by_hand():
    """Sixteen members that end one by one, a second apart; that end side by side every ten seconds;
    that are all under way at once, some further than others; and of which one begins late.
    """
    one_by_one = [(n % 16, n // 16 + 1, float(n)) for n in range(64)]
    abreast = [(slot, n, 10.0 * n) for n in (1, 2, 3) for slot in range(16)]
    apart = [(slot, n, 16.0 * n + 0.7 * slot) for n in (1, 2, 3) for slot in range(16)]
    late = [(0, 1, 31.5), (0, 2, 47.5), *((n % 15 + 1, n // 15 + 1, float(n)) for n in range(60))]
    assert rate(one_by_one, 5) == 5
    assert rate(abreast, 5) == 5 * 32 / 20
    assert rate(apart, 5) == pytest.approx(5)  # 16 members, each a 16th of one a second
    assert rate(late, 5) == pytest.approx(5 * (15 / 15 + 1 / 16))  # from 31.5 on
    assert math.isnan(rate(abreast[:16], 5))


def test_a_few_kills_and_damaged_files():
    """The benchmark `damage` in short."""
    code = (
        "import json, pathlib, sys; from benchmarks import damage as it, processes\n"
        "from benchmarks.damage import damage, suffer\n"
        "it.pbt = lambda space: processes.swapping()\n"
        "place = pathlib.Path(sys.argv[1])\n"
        "print(json.dumps([suffer(place / 'struck', 4, 1), damage(place, 16, 1)]))\n"
    )
    with tempfile.TemporaryDirectory() as place:
        command = [sys.executable, "-c", code, place]
        said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert said.returncode == 0, said.stderr
    suffered, outcomes = json.loads(said.stdout)
    assert suffered.pop("kills") == 4
    assert set({**suffered, "rounds": 0}.values()) == {0}
    assert outcomes.keys() <= {"the same", "refused"}
    assert sum(outcomes.values()) == 16


def test_the_model_of_a_cluster_is_limited_by_what_is_slowest():
    serving = Serving(1e-3, 0.0, 3e-3, 0.0)
    few = {"workers": 8, "population": 8, "seconds": 1.0, "share": 1.0}
    idle = foretell(serving, 0.0, 0.0, **few)
    assert idle.lived == pytest.approx(1, abs=0.03)
    assert idle.rate == pytest.approx(8, rel=0.03)
    assert idle.serving == pytest.approx(8 * 4e-3, rel=0.03)
    moving = foretell(serving, 0.5, 0.5, **few)  # as long besides its own as for its own
    assert moving.rate == pytest.approx(4, rel=0.04)
    many = {"workers": 100, "population": 100, "seconds": 0.1, "share": 0.0}
    driven = foretell(serving, 0.0, 0.0, **many)  # 1,000 a second would be lived, 250 are served
    assert driven.rate == pytest.approx(250, rel=0.02)
    assert driven.serving == pytest.approx(1, abs=0.01)
    turns = foretell(serving, 0.0, 0.0, **{**few, "population": 16}, apart=0.0)
    assert turns.rate == pytest.approx(8, rel=0.01)  # two members of a worker take turns
