# pyright: reportUnusedImport=false
"""Ontogeny grows learning systems: populations that evolve, agents that learn, one engine for both.

`import ontogeny as og` is quick: each name is imported when it is first used.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

# On every processor with AVX-512, XLA says at each load from its own cache that the program was
# compiled for "prefer-no-scatter", which the host lacks and which may end in SIGILL: it takes a
# preference of its compiler for a feature (openxla/xla, issue 44565). It says so as an error, and
# the level is read once, when JAX is imported. That a program was really compiled for another
# processor can't be, since `runtime.machine` keeps a cache for each kind. Errors that matter are
# raised in Python as well; those of an accelerator's driver may not be: with one, all is said.
if importlib.util.find_spec("jax_plugins") is None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

if "jax" in sys.modules:  # the user's arrays may come before anything of ours does
    importlib.import_module("ontogeny.runtime.machine").offer_cores()

_WHERE = {
    "Run": "run",
    "grow": "run",
    "load": "run",
    "resume": "run",
    "HostLearner": "core.host",
    "Learner": "core.learner",
    "Move": "core.population",
    "Population": "core.population",
    "Choice": "core.space",
    "Integer": "core.space",
    "Linear": "core.space",
    "Log": "core.space",
    "Logit": "core.space",
    "Space": "core.space",
    "OntogenyError": "core.errors",
    "Strategy": "evolution.strategy",
    "evolve": "evolution.evolve",
    "pbt": "evolution.pbt",
    "pb2": "evolution.pb2",
    "mf_pbt": "evolution.mf_pbt",
    "random_search": "evolution.random_search",
    "successive_halving": "evolution.successive_halving",
    "baldwin": "evolution.baldwin",
    "es": "evolution.es",
    "lifetime": "adaptation.lifetimes",
    "genes_space": "adaptation.lifetimes",
    "actor_critic": "agents.actor_critic",
    "gan": "generation.adversaries",
    "translation": "generation.translation",
    "few_shot": "adaptation.few_shot",
    "leo": "adaptation.leo",
    "LEOConfig": "adaptation.leo_config",
    "prototypes": "adaptation.prototypes",
    "maml": "adaptation.maml",
    "MAMLConfig": "adaptation.maml_config",
    "load_adapter": "adaptation.adapter",
    "descend_inner": "ops.descent",
    "load_classifier": "adaptation.classifier",
    "adapt": "adaptation.from_pictures",
    "draw_episode": "worlds.few_shot",
    "glyphs": "worlds.glyphs",
    "omniglot": "worlds.omniglot",
    "published_embeddings": "worlds.embeddings",
    "Processes": "runtime.processes",
    "Vectorised": "runtime.vectorised",
    "Observer": "runtime.observer",
    "TensorBoard": "runtime.sinks.tensorboard",
    "WandB": "runtime.sinks.wandb",
    "MLflow": "runtime.sinks.mlflow",
    "compare": "views.comparison",
    "replay": "replaying",
}
_MODULES = {
    "testing": "testing",
    "selection": "evolution.selection",
    "explore": "evolution.explore",
    "breeding": "evolution.breeding",
}

__all__ = [*_WHERE, *_MODULES, "__version__"]  # pyright: ignore[reportUnsupportedDunderAll]

if TYPE_CHECKING:
    from ontogeny import testing
    from ontogeny.adaptation.adapter import load_adapter
    from ontogeny.adaptation.classifier import load_classifier
    from ontogeny.adaptation.few_shot import few_shot
    from ontogeny.adaptation.from_pictures import adapt
    from ontogeny.adaptation.leo import leo
    from ontogeny.adaptation.leo_config import LEOConfig
    from ontogeny.adaptation.lifetimes import genes_space, lifetime
    from ontogeny.adaptation.maml import maml
    from ontogeny.adaptation.maml_config import MAMLConfig
    from ontogeny.adaptation.prototypes import prototypes
    from ontogeny.agents.actor_critic import actor_critic
    from ontogeny.core.errors import OntogenyError
    from ontogeny.core.host import HostLearner
    from ontogeny.core.learner import Learner
    from ontogeny.core.population import Move, Population
    from ontogeny.core.space import Choice, Integer, Linear, Log, Logit, Space
    from ontogeny.evolution import breeding, explore, selection
    from ontogeny.evolution.baldwin import baldwin
    from ontogeny.evolution.es import es
    from ontogeny.evolution.evolve import evolve
    from ontogeny.evolution.mf_pbt import mf_pbt
    from ontogeny.evolution.pb2 import pb2
    from ontogeny.evolution.pbt import pbt
    from ontogeny.evolution.random_search import random_search
    from ontogeny.evolution.strategy import Strategy
    from ontogeny.evolution.successive_halving import successive_halving
    from ontogeny.generation.adversaries import gan
    from ontogeny.generation.translation import translation
    from ontogeny.ops.descent import descend_inner
    from ontogeny.replaying import replay
    from ontogeny.run import Run, grow, load, resume
    from ontogeny.runtime.observer import Observer
    from ontogeny.runtime.processes import Processes
    from ontogeny.runtime.sinks.mlflow import MLflow
    from ontogeny.runtime.sinks.tensorboard import TensorBoard
    from ontogeny.runtime.sinks.wandb import WandB
    from ontogeny.runtime.vectorised import Vectorised
    from ontogeny.views.comparison import compare
    from ontogeny.worlds.embeddings import published_embeddings
    from ontogeny.worlds.few_shot import draw_episode
    from ontogeny.worlds.glyphs import glyphs
    from ontogeny.worlds.omniglot import omniglot


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        return getattr(importlib.import_module(f"ontogeny.{_WHERE[name]}"), name)
    if name in _MODULES:
        return importlib.import_module(f"ontogeny.{_MODULES[name]}")
    raise AttributeError(f"module 'ontogeny' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
