"""What is said of the machine, and that a growth has the devices that it asks for."""

import json
import os
import platform
import shutil
import subprocess
import sys

import jax
import pytest

import ontogeny as og
from ontogeny.recipes import RECIPES
from ontogeny.runtime.hush import without_lines
from ontogeny.runtime.machine import describe, processor_kind


def test_a_kind_of_processor_has_one_short_name():
    kind = processor_kind()
    assert kind == processor_kind()
    architecture, features = kind.rsplit("-", 1)
    assert architecture == platform.machine()
    assert len(features) == 8
    assert int(features, 16) >= 0


def test_the_description_is_of_this_process():
    said = describe()
    assert said["jax"] == jax.__version__
    assert len(said["devices"]) == jax.device_count()
    assert said["cores"] >= 1


ALL_MADE = """
import ontogeny as og
from ontogeny.recipes import RECIPES, recipe_class

made = [recipe_class(name)() for name in RECIPES]
where = og.Vectorised(devices=3)
size = {{"population": 3, "rounds": 1, "steps": 1, "strategy": "random-search"}}
og.grow("quadratic", **size, executor=where, folder={folder!r}, progress=False)
print(len(made), jax.device_count())
"""
BEGINNINGS = {
    "grow": 'assert cli.run(["grow", "quadratic", *SMALL, "--folder", FOLDER]) == 0',
    "resume": 'assert cli.run(["resume", FOLDER, "--rounds", "2", "--quiet"]) == 0',
    "replay": 'assert cli.run(["replay", FOLDER, "--folder", f"{FOLDER}-replay", "--quiet"]) == 0',
    "load": "og.load(FOLDER).population",
    "claim": "next(grow_rounds(Quadratic(3, steps=1, strategy=RandomSearch())))",
}
BEGUN = """
import ontogeny as og
from ontogeny import cli
from ontogeny.claims.growths import grow_rounds
from ontogeny.evolution.random_search import RandomSearch
from ontogeny.recipes.quadratic import Quadratic

FOLDER = {folder!r}
SMALL = "--population 3 --rounds 1 --steps 1 --strategy random-search --quiet".split()
{beginning}
print(jax.device_count())
"""
THREE_CORES = """
import jax, os

jax.config.update("jax_compilation_cache_dir", {cache!r})
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.1)
jax.config.update("jax_num_cpu_devices", -1)  # nothing was said of them
os.sched_getaffinity = lambda process: range(3)
"""


@pytest.fixture(scope="module")
def three_cores(forks):
    """Return a function that runs a program where there are three cores and nothing was computed,
    and returns the last line that it prints.
    """
    begun = THREE_CORES.format(cache=jax.config.values["jax_compilation_cache_dir"])

    def run(program: str) -> str:
        process = forks.start(begun + program)
        out, said = process.communicate()
        assert process.returncode == 0, said.decode()
        return out.decode().splitlines()[-1]

    return run


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """The folder of a run that was grown small."""
    folder = tmp_path_factory.mktemp("grown") / "run"
    size = {"population": 3, "rounds": 1, "steps": 1, "strategy": "random-search"}
    og.grow("quadratic", **size, folder=folder, progress=False)
    return folder


def test_a_growth_has_its_devices_however_its_learner_is_made(three_cores, tmp_path):
    """No recipe computes when it is made; the quadratic's learner does."""
    assert three_cores(ALL_MADE.format(folder=str(tmp_path / "made"))) == f"{len(RECIPES)} 3"


@pytest.mark.parametrize("beginning", BEGINNINGS)
def test_whatever_makes_a_learner_has_every_core(beginning, three_cores, small, tmp_path):
    folder = tmp_path / "run"
    if beginning != "grow":
        shutil.copytree(small, folder)
    program = BEGUN.format(folder=str(folder), beginning=BEGINNINGS[beginning])
    assert three_cores(program) == "3"


FORKS = """
import jax, json, os, sys, traceback

said = {}
for name, program in json.loads(sys.argv[1]).items():
    reader, writer = os.pipe()
    if not (child := os.fork()):
        os.dup2(writer, sys.stdout.fileno())
        try:
            exec(program, {})
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        sys.stdout.flush()
        os._exit(0)
    os.close(writer)
    with open(reader) as words:
        said[name] = words.read().strip()
    assert os.waitpid(child, 0)[1] == 0, name
print(json.dumps(said))
"""
COMPUTED = """
import os
import warnings
import jax
import jax.numpy as jnp

os.sched_getaffinity = lambda process: range(3)
{}
array = jnp.zeros(3)

from ontogeny.runtime.machine import prepare, warn_of_fewer

count = prepare()
with warnings.catch_warnings(record=True) as said:
    warn_of_fewer()
print(count, len(said))
"""
LATE = """
import jax, os
import jax.numpy as jnp
import ontogeny

jax.config.update("jax_compilation_cache_dir", {cache!r})
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
print(jax.jit(lambda x: jnp.sin(x) @ x)(jnp.ones((20, 20))).shape, len(os.listdir({cache!r})) > 0)
"""


@pytest.fixture(scope="module")
def jax_came_first(tmp_path_factory):
    """Return what programs print by which JAX was imported before Ontogeny, and all that they say
    as errors. Each has a process of its own, one after another: forks of one that imported JAX.
    """
    told = "jax.config.update('jax_num_cpu_devices', 2); import ontogeny"
    words = {"before": "import ontogeny", "too late": "", "told": told}
    programs = {name: COMPUTED.format(word) for name, word in words.items()}
    late = LATE.format(cache=str(tmp_path_factory.mktemp("cache")))
    programs |= {"first run": late, "second run": late}
    done = subprocess.run(
        [sys.executable, "-c", FORKS, json.dumps(programs)],
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "1", "JAX_PLATFORMS": "cpu"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), done.stderr


def test_arrays_that_were_made_before_leave_a_growth_its_cores(jax_came_first):
    said, _ = jax_came_first
    assert said["before"] == "3 0"
    assert said["too late"] == "1 1"  # and it says so
    assert said["told"] == "2 0"  # the user's word goes before the cores


def test_a_second_run_says_nothing_of_sigill_though_jax_came_first(jax_came_first):
    said, errors = jax_came_first
    assert said["first run"] == said["second run"] == "(20, 20) True"
    assert errors == ""


def test_lines_about_a_loaded_program_are_left_out_and_others_are_not(capfd):
    """XLA takes a preference of its own compiler for a feature that the processor lacks."""
    with without_lines(b"cpu_aot_loader.cc"):
        os.write(2, b"E1128 cpu_aot_loader.cc:195] ... such as SIGILL.\nsomething else\n")
    assert capfd.readouterr().err == "something else\n"
