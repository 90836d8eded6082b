"""What is said of the machine, and that a growth has the devices that it asks for."""

import platform
import subprocess
import sys

import jax

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


def test_a_growth_has_its_devices_however_its_learner_is_made(tmp_path):
    """In a process of its own, where nothing has been computed. No recipe computes when it is made;
    the quadratic's learner does.
    """
    program = f"""
import ontogeny as og
from ontogeny.recipes import RECIPES, recipe_class

made = [recipe_class(name)() for name in RECIPES]
where = og.Vectorised(devices=3)
og.grow("quadratic", population=3, rounds=1, executor=where, folder={str(tmp_path / "run")!r})

import jax

print(len(made), jax.device_count())
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.split()[-2:] == [str(len(RECIPES)), "3"], done.stderr
