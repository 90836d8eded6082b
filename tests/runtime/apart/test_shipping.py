"""What travels to a worker is the learner, and what is imported for it beforehand is installed."""

from __future__ import annotations

import pickle

import numpy as np

import hosts
from ontogeny.core.space import Log, Space
from ontogeny.evolution.random_search import random_search
from ontogeny.recipes.quadratic import Quadratic
from ontogeny.runtime.apart.shipping import needed_modules, shipped
from ontogeny.runtime.executor import Job

SPACE = Space({"rate": Log(1e-3, 1.0)})


def job(learner) -> Job:
    return Job(learner, SPACE, random_search(SPACE), 0, 2, 2, 2)


def test_a_recipe_travels_as_its_fields():
    data = shipped(Quadratic(dimensions=7).job())
    assert len(data) < 2000
    learner = pickle.loads(data)()
    assert learner.init(None, None).shape == (7,)
    assert "jax" in needed_modules(data, host=False)


def test_functions_of_a_module_travel_by_name_and_of_a_script_by_value():
    data = shipped(job(hosts.DESCENT))
    assert b"logspace" not in data
    assert pickle.loads(data)() == hosts.DESCENT
    scale = np.arange(3.0)
    here = hosts.DESCENT._replace(score=lambda key, state, hypers: float(scale.sum()))
    assert pickle.loads(shipped(job(here)))().score(0, {}, {}) == 3.0


def test_what_a_users_module_imports_is_imported_early_and_the_module_is_not():
    named = needed_modules(shipped(job(hosts.DESCENT)), host=True)
    assert "numpy" in named
    assert "ontogeny.core.host" in named
    assert not {"hosts", "jax", "os", "__main__"} & set(named)
