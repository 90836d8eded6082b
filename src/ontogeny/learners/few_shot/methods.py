"""The methods of few-shot classification by name, and the method that has given settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from ontogeny.learners.few_shot.few_shot import Method
from ontogeny.learners.few_shot.heads import HeadConfig, head
from ontogeny.learners.few_shot.leo import leo
from ontogeny.learners.few_shot.leo_config import LEOConfig
from ontogeny.learners.few_shot.maml_classifier import MAMLClassifierConfig, maml_classifier
from ontogeny.learners.few_shot.prototypes import PrototypesConfig, prototypes

Config: TypeAlias = LEOConfig | PrototypesConfig | HeadConfig | MAMLClassifierConfig
METHODS: dict[str, tuple[type[Any], Callable[[int, Any], Method]]] = {
    "leo": (LEOConfig, leo),
    "prototypes": (PrototypesConfig, prototypes),
    "head": (HeadConfig, head),
    "maml": (MAMLClassifierConfig, maml_classifier),
}


def method_name(config: Config) -> str:
    """Return the name in `METHODS` of the method whose settings these are."""
    return next(name for name, (kind, _) in METHODS.items() if isinstance(config, kind))


def method_of(config: Config, n_features: int) -> Method:
    """Return the method with these settings, on inputs of so many features."""
    return METHODS[method_name(config)][1](n_features, config)
