"""The checker of rules: what is a gradient, what is none, and what is no update at all."""

from __future__ import annotations

import jax.numpy as jnp
import pytest

import ontogeny as og
from ontogeny.core.errors import ConfigError
from ontogeny.learners.teaching import field
from ontogeny.learners.teaching.rules import RULES

check = field.is_gradient_field


def test_functions_of_ones_own():
    found = check(lambda lesson, logits: logits * lesson.teacher, processes=2)
    assert found
    assert max(found.asymmetry, found.shared) < 1e-15

    def turned(lesson, logits):
        del lesson
        return jnp.zeros_like(logits).at[0, 0].set(logits[2, 1])

    found = check(turned, processes=2)
    assert not found
    assert found.worst == ((0, 0), (2, 1))
    assert found.difference == 1.0
    assert found.asymmetry == pytest.approx(2**0.5)


def test_a_shipped_rule_counts_twice(monkeypatch, capsys):
    """The reward of the state that follows, an action too early, is no gradient any more."""
    few = ("expected-entropy", "expected-entropy-twice")
    monkeypatch.setattr(field, "RULES", {name: RULES[name] for name in few})
    og.teaching.landscape(processes=2)
    head, right, twice = capsys.readouterr().out.splitlines()
    assert head.split()[:2] == ["rule", "gradient?"]
    assert right.split()[:2] == ["expected-entropy", "yes"]
    assert float(right.split()[2]) < 1e-12
    assert twice.split()[:2] == ["expected-entropy-twice", "no"]
    assert float(twice.split()[2]) > 1e-2


def test_what_is_no_update_is_refused():
    with pytest.raises(ConfigError, match="one number for every state and action"):
        check(lambda lesson, logits: jnp.sum(logits), processes=2)
    with pytest.raises(ConfigError, match="not finite"):
        check(lambda lesson, logits: jnp.log(logits - 1e3), processes=2)
    with pytest.raises(ConfigError, match="on-policy"):
        check("on-polici")
