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
# 1 is JAX's own choice, which a process may have from another that imported it.
_level = os.environ.get("TF_CPP_MIN_LOG_LEVEL", "1")
if _level == "1" and importlib.util.find_spec("jax_plugins") is None:
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    if "jax" in sys.modules:  # it has read the level
        importlib.import_module("ontogeny.runtime.hush").hush_loading()

if "jax" in sys.modules:  # the user's arrays may come before anything of ours does
    importlib.import_module("ontogeny.runtime.machine").offer_cores()

_WHERE = {
    "Run": "run",
    "ask_tell": "asking",
    "grow": "growth",
    "load": "run",
    "runs": "run",
    "resume": "growth",
    "load_product": "recipes.products",
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
    "lifetime": "learners.baldwin.lifetime",
    "genes_space": "learners.baldwin.lifetime",
    "actor_critic": "learners.agents.actor_critic",
    "gan": "learners.generation.gan",
    "translation": "learners.generation.translation",
    "few_shot": "learners.few_shot.few_shot",
    "ebmm": "learners.memory.meta_learned",
    "scorer": "learners.beauty.scorer",
    "streaming": "learners.streaming.streaming",
    "language_model": "learners.text.language_model",
    "kickstart": "learners.teaching.kickstarting",
    "leo": "learners.few_shot.leo",
    "LEOConfig": "learners.few_shot.leo_config",
    "prototypes": "learners.few_shot.prototypes",
    "mix": "learners.teaching.mix_and_match",
    "maml": "learners.maml.maml",
    "MAMLConfig": "learners.maml.config",
    "load_adapter": "learners.maml.adapter",
    "descend_inner": "ops.descent",
    "load_classifier": "learners.few_shot.classifier",
    "adapt": "learners.few_shot.from_pictures",
    "draw_episode": "worlds.classes.few_shot",
    "glyphs": "worlds.classes.glyphs",
    "omniglot": "worlds.classes.omniglot",
    "published_embeddings": "worlds.classes.embeddings",
    "Processes": "runtime.apart.processes",
    "RayWorkers": "runtime.ray.workers",
    "Vectorised": "runtime.vectorised",
    "Observer": "runtime.observer",
    "TensorBoard": "runtime.sinks.tensorboard",
    "WandB": "runtime.sinks.wandb",
    "MLflow": "runtime.sinks.mlflow",
    "script": "runtime.scripts.script",
    "match": "social.matching.match",
    "study": "studying",
    "compare": "views.comparisons.comparison",
    "replay": "replaying",
}
_MODULES = {
    "testing": "testing",
    "selection": "evolution.selection",
    "explore": "evolution.explore",
    "breeding": "evolution.breeding",
    "teaching": "learners.teaching",
    "memory": "learners.memory",
    "beauty": "learners.beauty",
    "video": "learners.streaming",
}

__all__ = [*_WHERE, *_MODULES, "__version__"]  # pyright: ignore[reportUnsupportedDunderAll]

if TYPE_CHECKING:
    from ontogeny import testing
    from ontogeny.asking import ask_tell
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
    from ontogeny.growth import grow, resume
    from ontogeny.learners import beauty, memory, teaching
    from ontogeny.learners import streaming as video
    from ontogeny.learners.agents.actor_critic import actor_critic
    from ontogeny.learners.baldwin.lifetime import genes_space, lifetime
    from ontogeny.learners.beauty.scorer import scorer
    from ontogeny.learners.few_shot.classifier import load_classifier
    from ontogeny.learners.few_shot.few_shot import few_shot
    from ontogeny.learners.few_shot.from_pictures import adapt
    from ontogeny.learners.few_shot.leo import leo
    from ontogeny.learners.few_shot.leo_config import LEOConfig
    from ontogeny.learners.few_shot.prototypes import prototypes
    from ontogeny.learners.generation.gan import gan
    from ontogeny.learners.generation.translation import translation
    from ontogeny.learners.maml.adapter import load_adapter
    from ontogeny.learners.maml.config import MAMLConfig
    from ontogeny.learners.maml.maml import maml
    from ontogeny.learners.memory.meta_learned import ebmm
    from ontogeny.learners.streaming.streaming import streaming
    from ontogeny.learners.teaching.kickstarting import kickstart
    from ontogeny.learners.teaching.mix_and_match import mix
    from ontogeny.learners.text.language_model import language_model
    from ontogeny.ops.descent import descend_inner
    from ontogeny.recipes.products import load_product
    from ontogeny.replaying import replay
    from ontogeny.run import Run, load, runs
    from ontogeny.runtime.apart.processes import Processes
    from ontogeny.runtime.observer import Observer
    from ontogeny.runtime.ray.workers import RayWorkers
    from ontogeny.runtime.scripts.script import script
    from ontogeny.runtime.sinks.mlflow import MLflow
    from ontogeny.runtime.sinks.tensorboard import TensorBoard
    from ontogeny.runtime.sinks.wandb import WandB
    from ontogeny.runtime.vectorised import Vectorised
    from ontogeny.social.matching.match import match
    from ontogeny.studying import study
    from ontogeny.views.comparisons.comparison import compare
    from ontogeny.worlds.classes.embeddings import published_embeddings
    from ontogeny.worlds.classes.few_shot import draw_episode
    from ontogeny.worlds.classes.glyphs import glyphs
    from ontogeny.worlds.classes.omniglot import omniglot


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        return getattr(importlib.import_module(f"ontogeny.{_WHERE[name]}"), name)
    if name in _MODULES:
        return importlib.import_module(f"ontogeny.{_MODULES[name]}")
    raise AttributeError(f"module 'ontogeny' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
