"""Scoring on a Ray cluster is one of the checks of `on_ray`; this is where there is no Ray."""

from __future__ import annotations

import sys

import pytest

from ontogeny.core.errors import MissingExtra
from ontogeny.runtime.photos.ray_scoring import on_ray
from tiny_scorer import TinyScorer


def test_without_ray_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtra, match=r"ontogeny\[ray\]"):
        on_ray(TinyScorer())
