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


FORKS = """
import json, os, sys, traceback

imports, programs = json.loads(sys.argv[1])
exec(imports)
said = {}
for name, program in programs.items():
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
        said[name] = " ".join(words.read().split()[-2:])
    assert os.waitpid(child, 0)[1] == 0, name
print(json.dumps(said))
"""


def counted(imports: str, programs: dict[str, str]) -> dict[str, str]:
    """Return the last two words that each program prints in a process of its own, where JAX is
    fresh: a fork of one that has made the imports, which take most of the time, and nothing else.
    """
    command = [sys.executable, "-c", FORKS, json.dumps([imports, programs])]
    kept = {
        "JAX_COMPILATION_CACHE_DIR": jax.config.values["jax_compilation_cache_dir"],
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0.1",
    }
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **kept})
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


ALL_MADE = """
import ontogeny as og
from ontogeny.recipes import RECIPES, recipe_class

made = [recipe_class(name)() for name in RECIPES]
where = og.Vectorised(devices=3)
size = {{"population": 3, "rounds": 1, "steps": 1, "strategy": "random-search"}}
og.grow("quadratic", **size, executor=where, folder={folder!r})

import jax

print(len(made), jax.device_count())
"""
BEGINNINGS = {
    "grow": 'assert cli.run(["grow", "quadratic", *SMALL, "--folder", FOLDER]) == 0',
    "resume": 'assert cli.run(["resume", FOLDER, "--rounds", "2", "--quiet"]) == 0',
    "replay": 'assert cli.run(["replay", FOLDER, "--folder", f"{FOLDER}-replay", "--quiet"]) == 0',
    "load": "og.load(FOLDER).population",
    "claim": "next(grow_rounds(Quadratic(3, steps=1, strategy=RandomSearch())))",
}
IMPORTS = """
import os

os.sched_getaffinity = lambda process: range(3)

import jax
import ontogeny as og
from ontogeny import cli
from ontogeny.claims.growths import grow_rounds
from ontogeny.evolution.random_search import RandomSearch
from ontogeny.recipes.quadratic import Quadratic
"""
BEGUN = """
{imports}
FOLDER = {folder!r}
SMALL = "--population 3 --rounds 1 --steps 1 --strategy random-search --quiet".split()
{beginning}
print("devices", jax.device_count())
"""


@pytest.fixture(scope="module")
def devices(tmp_path_factory):
    """Return what is said after each way to begin, all of them forks of one process."""
    folder = tmp_path_factory.mktemp("grown")
    size = {"population": 3, "rounds": 1, "steps": 1, "strategy": "random-search"}
    og.grow("quadratic", **size, folder=folder / "run", progress=False)
    programs = {"all made": ALL_MADE.format(folder=str(folder / "made"))}
    for name, beginning in BEGINNINGS.items():
        if name != "grow":
            shutil.copytree(folder / "run", folder / name)
        programs[name] = BEGUN.format(
            imports=IMPORTS, folder=str(folder / name), beginning=beginning
        )
    return counted(IMPORTS, programs)


def test_a_growth_has_its_devices_however_its_learner_is_made(devices):
    """No recipe computes when it is made; the quadratic's learner does."""
    assert devices["all made"] == f"{len(RECIPES)} 3"


@pytest.mark.parametrize("beginning", BEGINNINGS)
def test_whatever_makes_a_learner_has_every_core(beginning, devices):
    assert devices[beginning] == "devices 3"


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


def test_arrays_that_were_made_before_leave_a_growth_its_cores():
    told = "jax.config.update('jax_num_cpu_devices', 2); import ontogeny"
    words = {"before": "import ontogeny", "too late": "", "told": told}
    programs = {name: COMPUTED.format(word) for name, word in words.items()}
    assert counted("import jax", programs) == {
        "before": "3 0",
        "too late": "1 1",  # and it says so
        "told": "2 0",  # the user's word goes before the cores
    }


def test_lines_about_a_loaded_program_are_left_out_and_others_are_not(capfd):
    """XLA takes a preference of its own compiler for a feature that the processor lacks."""
    with without_lines(b"cpu_aot_loader.cc"):
        os.write(2, b"E1128 cpu_aot_loader.cc:195] ... such as SIGILL.\nsomething else\n")
    assert capfd.readouterr().err == "something else\n"


LATE = """
import jax, os, sys
import jax.numpy as jnp
import ontogeny

jax.config.update("jax_compilation_cache_dir", sys.argv[1])
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
print(jax.jit(lambda x: jnp.sin(x) @ x)(jnp.ones((20, 20))).shape)
"""


def test_a_second_run_says_nothing_of_sigill_though_jax_came_first(tmp_path):
    flags = {"TF_CPP_MIN_LOG_LEVEL": "1", "JAX_PLATFORMS": "cpu"}
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", LATE, str(tmp_path)],
            env={**os.environ, **flags},
            capture_output=True,
            text=True,
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "(20, 20)\n", "")
