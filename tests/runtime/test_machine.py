"""What is said of the machine, and that a growth has the devices that it asks for."""

import platform
import shutil
import subprocess
import sys

import jax
import pytest

import ontogeny as og
from ontogeny.recipes import RECIPES
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


def counted(program: str) -> str:
    """Return the last words that a program prints in a process of its own, where JAX is fresh."""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return " ".join(done.stdout.split()[-2:])


def test_a_growth_has_its_devices_however_its_learner_is_made(tmp_path):
    """No recipe computes when it is made; the quadratic's learner does."""
    program = f"""
import ontogeny as og
from ontogeny.recipes import RECIPES, recipe_class

made = [recipe_class(name)() for name in RECIPES]
where = og.Vectorised(devices=3)
og.grow("quadratic", population=3, rounds=1, executor=where, folder={str(tmp_path / "run")!r})

import jax

print(len(made), jax.device_count())
"""
    assert counted(program) == f"{len(RECIPES)} 3"


BEGINNINGS = {
    "grow": 'assert cli.run(["grow", "quadratic", *SMALL, "--folder", FOLDER]) == 0',
    "resume": 'assert cli.run(["resume", FOLDER, "--rounds", "2", "--quiet"]) == 0',
    "replay": 'assert cli.run(["replay", FOLDER, "--folder", f"{FOLDER}-replay", "--quiet"]) == 0',
    "load": "og.load(FOLDER).population",
    "claim": "next(grow_rounds(Quadratic(population=3)))",
}


@pytest.fixture(scope="module")
def grown(tmp_path_factory):
    folder = tmp_path_factory.mktemp("grown") / "run"
    og.grow("quadratic", population=3, rounds=1, steps=1, folder=folder, progress=False)
    return folder


@pytest.mark.parametrize("beginning", BEGINNINGS)
def test_whatever_makes_a_learner_has_every_core(beginning, grown, tmp_path):
    folder = tmp_path / "run"
    if beginning != "grow":
        shutil.copytree(grown, folder)
    program = f"""
import os

os.sched_getaffinity = lambda process: range(3)

import ontogeny as og
from ontogeny import cli
from ontogeny.claims.growths import grow_rounds
from ontogeny.recipes.quadratic import Quadratic

FOLDER, SMALL = {str(folder)!r}, ["--population", "3", "--rounds", "1", "--quiet"]
{BEGINNINGS[beginning]}

import jax

print("devices", jax.device_count())
"""
    assert counted(program) == "devices 3"


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
    assert counted(COMPUTED.format("import ontogeny")) == "3 0"
    assert counted(COMPUTED.format("")) == "1 1"  # too late, and it says so
    told = "jax.config.update('jax_num_cpu_devices', 2); import ontogeny"
    assert counted(COMPUTED.format(told)) == "2 0"  # the user's word goes before the cores
