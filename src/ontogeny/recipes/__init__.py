"""Recipes: everything of a run, by name. Nothing heavy is imported until a recipe is asked for."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, NamedTuple

from ontogeny.core.errors import unknown

if TYPE_CHECKING:
    from ontogeny.recipes.recipe import Recipe


class Entry(NamedTuple):
    """Where a recipe lives, and what it grows."""

    module: str
    kind: str
    summary: str


RECIPES = {
    "toy": Entry("toy", "Toy", "two parameters, one of which each member can't see (seconds)"),
    "quadratic": Entry(
        "quadratic", "Quadratic", "a noisy quadratic whose best learning rate falls (seconds)"
    ),
    "cartpole": Entry("agents", "CartPole", "actor-critics that balance a pole (a minute)"),
    "breakout": Entry("agents", "Breakout", "actor-critics that play MinAtar Breakout (minutes)"),
    "space-invaders": Entry(
        "agents", "SpaceInvaders", "actor-critics that play MinAtar SpaceInvaders (minutes)"
    ),
    "memory-chain": Entry(
        "agents", "MemoryChain", "recurrent agents that keep a bit in mind (a minute)"
    ),
    "memory-room": Entry(
        "agents", "MemoryRoom", "recurrent agents that find again what they saw (minutes)"
    ),
    "pendulum": Entry("agents", "Pendulum", "agents of continuous actions (a minute)"),
    "locomotion": Entry("agents", "Locomotion", "agents that make a body of brax's run (minutes)"),
    "agents": Entry("agents", "Agents", "actor-critics in any world that a name asks for"),
    "distillation": Entry(
        "distillation", "Distillation", "students of grown agents: see ontogeny distill"
    ),
    "kickstart": Entry(
        "kickstart", "Kickstart", "agents that a teacher gives a start, and that may pass it"
    ),
    "mix-actions": Entry(
        "mix_and_match", "MixActions", "agents of few actions that come to take many"
    ),
    "mix-cores": Entry("mix_and_match", "MixCores", "agents without memory that come to have one"),
    "mix-tasks": Entry(
        "mix_and_match", "MixTasks", "agents of one task each that become one of all"
    ),
    "coin": Entry("sequences", "Coin", "predictors of a coin of unknown bias (a minute)"),
    "die": Entry("sequences", "Die", "predictors of a die of unknown bias (a minute)"),
    "switching": Entry("sequences", "Switching", "predictors of a coin that is replaced at times"),
    "variable-order": Entry(
        "sequences", "VariableOrder", "predictors of a source with a tree of contexts"
    ),
    "markov": Entry("sequences", "MarkovChain", "predictors of a chain of unknown transitions"),
    "gaussian": Entry("sequences", "GaussianMean", "predictors of numbers around an unknown mean"),
    "regression": Entry("sequences", "Regression", "regression by reading examples (a minute)"),
    "sinusoid": Entry("sinusoids", "Sinusoid", "sinusoids from a few points, by MAML (a minute)"),
    "sinusoid-life": Entry(
        "sinusoids", "SinusoidLife", "the same by genes: no gradient through a life (minutes)"
    ),
    "hinton-nowlan": Entry(
        "hinton_nowlan", "HintonNowlan", "a needle in a haystack that learning finds (seconds)"
    ),
    "goal-direction": Entry(
        "goal_direction", "GoalDirection", "learners that find out which way to go (a minute)"
    ),
    "half-cheetah": Entry(
        "goal_direction", "HalfCheetah", "the same with a body of brax's (minutes)"
    ),
    "digits-gan": Entry(
        "digits_gan", "DigitsGan", "generators of handwritten digits against critics (a minute)"
    ),
    "translation": Entry(
        "translation", "Translation", "translators of short messages, English to German (a minute)"
    ),
    "text": Entry("text", "Text", "language models of Python's standard library (minutes)"),
    "text-student": Entry(
        "text", "TextStudent", "small language models that a larger one teaches (minutes)"
    ),
    "ebmm-bits": Entry("memories", "EbmmBits", "memories of strings of bits (two minutes)"),
    "ebmm-characters": Entry("memories", "EbmmCharacters", "memories of characters (minutes)"),
    "ebmm-patches": Entry(
        "memories", "EbmmPatches", "memories of patches of photographs (minutes)"
    ),
    "video-keypoints": Entry(
        "videos", "VideoKeypoints", "networks that see a figure's joints, as a pipeline (minutes)"
    ),
    "video-motion": Entry(
        "videos", "VideoMotion", "networks that see which way a picture moves (minutes)"
    ),
    "video-features": Entry(
        "videos", "VideoFeatures", "networks that say what a stronger one would, ahead (minutes)"
    ),
    "photo-quality": Entry(
        "photographs", "PhotoQuality", "scorers of photographs' technical quality (two minutes)"
    ),
    "photo-ratings": Entry(
        "photographs", "PhotoRatings", "scorers that learn from ratings: see ontogeny beauty train"
    ),
    "script": Entry("scripts", "Scripts", "runs of a command of yours: grow --script train.py"),
    "digits": Entry("digits", "DigitClassifier", "classifiers of real digits (seconds)"),
    "bandit": Entry("bandits", "Bandit", "agents that learn to explore as Bayes does (a minute)"),
    "thompson": Entry("bandits", "Thompson", "agents that learn Thompson sampling (a minute)"),
    "leo": Entry(
        "few_shot", "LEO", "classifiers of characters after one example of each (a minute)"
    ),
    "protonet": Entry("few_shot", "ProtoNet", "the same by nearest prototypes (a minute)"),
    "maml": Entry("few_shot", "MAML", "the same by MAML, every layer learning (minutes)"),
}


def recipe_class(name: str) -> type[Recipe]:
    """Return the class of the recipe called `name`. Raises `ConfigError`, suggesting the nearest
    name.
    """
    if name not in RECIPES:
        raise unknown("recipe", name, RECIPES)
    entry = RECIPES[name]
    return getattr(importlib.import_module(f"ontogeny.recipes.{entry.module}"), entry.kind)


def recipe_name(recipe: Recipe) -> str | None:
    """Return the name under which the recipe's class is listed, or None."""
    kind = type(recipe)
    for name, entry in RECIPES.items():
        if kind.__module__ == f"ontogeny.recipes.{entry.module}" and kind.__name__ == entry.kind:
            return name
    return None
