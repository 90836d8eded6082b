"""Settings are refused by name, and come back from JSON as they were."""

from __future__ import annotations

import dataclasses
import json
import re
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pytest

from ontogeny.core.config import (
    as_declared,
    at_least,
    check_float32,
    from_json,
    positive,
    whole,
    within,
)
from ontogeny.core.errors import ConfigError


@dataclass(frozen=True)
class Layer:
    width: int = 8
    kernel: tuple[int, ...] = (3, 3)


@dataclass(frozen=True)
class Net:
    name: str
    first: Layer = field(default_factory=Layer)
    last: Layer = Layer(2)
    sizes: tuple[tuple[int, int], ...] = ()
    rate: float | None = None


def test_a_number_that_is_enough_passes():
    for value in (1, 1.0, np.float32(1), np.int64(7), float("inf")):
        at_least(Net("x", rate=value), 1, "rate")
        positive(Net("x", rate=value), "rate")
    at_least(Net("x"), 1, "rate", optional=True)


@pytest.mark.parametrize("value", [0, -1, 0.5, float("nan"), None, "5", (1,), np.ones(2), 1j])
def test_what_is_too_little_or_no_number_is_refused_by_name(value):
    with pytest.raises(ConfigError) as caught:
        at_least(Net("x", rate=value), 1, "rate")
    assert caught.value.where == "Net.rate"
    assert caught.value.hint == "use 1 or more"


@pytest.mark.parametrize("value", [0, -0.5, float("nan"), None, "5"])
def test_what_is_not_above_zero_is_refused(value):
    with pytest.raises(ConfigError, match=r"^agent\.rate: rate is .*\n.*use a positive number"):
        positive(Net("x", rate=value), "rate", where="agent.")


def test_the_error_says_where_and_what_to_do():
    with pytest.raises(ConfigError) as caught:
        at_least(Net("x", rate=1), 2, "rate", optional=True)
    assert str(caught.value) == "Net.rate: rate is 1\n  → use 2 or more, or leave it out"


@pytest.mark.parametrize(
    "config", [Net("x"), Net("y", Layer(3, (5,)), Layer(1), ((1, 2), (3, 4)), 0.5)]
)
def test_what_json_holds_is_the_config_again(config):
    again = from_json(Net, json.loads(json.dumps(dataclasses.asdict(config))))
    assert again == config
    assert hash(again) == hash(config)


def test_what_is_not_given_is_as_by_default_and_a_reader_reads():
    assert from_json(Net, {"name": "x", "first": {"width": 3}}) == Net("x", Layer(3))
    read = from_json(Net, {"name": "x", "first": 5}, {"first": lambda width: Layer(width)})
    assert read == Net("x", Layer(5))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": "x", "depth": 3}, "Net has no field 'depth'"),
        ({"name": "x", "last": {"depth": 3}}, "Layer has no field 'depth'"),
        ({}, "Net needs a field 'name'"),
    ],
)
def test_fields_of_another_version_are_refused(fields, said):
    with pytest.raises(ConfigError, match=said) as caught:
        from_json(Net, fields)
    assert "another version" in caught.value.hint


@dataclass(frozen=True)
class Declared:
    count: Any = 1
    rate: Any = 0.5
    on: Any = False
    law: Any = "normal"
    name: Any = "x"
    sizes: Any = ()
    pair: Any = (1.0, 2.0)
    width: Any = None
    first: Any = field(default_factory=Layer)
    other: Any = None


KINDS: dict[str, Any] = {
    "count": int,
    "rate": float,
    "on": bool,
    "law": Literal["normal", "cauchy"],
    "name": str,
    "sizes": tuple[int, ...],
    "pair": tuple[float, float],
    "width": int | None,
    "first": Layer,
    "other": Layer | Net | None,
}
Declared.__annotations__ = KINDS  # which the tests' own checker is not to see


def test_values_become_what_their_types_say():
    given = Declared(
        np.int64(3), np.float32(0.5), np.bool_(True), "cauchy", "y", [np.int32(2), 3], np.ones(2), 4
    )
    as_declared(given)
    assert repr(given) == repr(
        Declared(3, 0.5, True, "cauchy", "y", (2, 3), (1.0, 1.0), 4, Layer(), None)
    )
    as_declared(Declared(rate=1, other=Net("x")))


@pytest.mark.parametrize(
    ("fields", "said", "hint"),
    [
        ({"count": 2.5}, "count is 2.5", "whole number"),
        ({"count": True}, "count is True", "whole number"),
        ({"count": "3"}, "count is '3'", "count=3"),
        ({"rate": "0.1"}, "rate is '0.1'", "without quotes: rate=0.1"),
        ({"rate": float("nan")}, "rate is nan", "use a number"),
        ({"rate": None}, "rate is None", "use a number"),
        ({"on": "yes"}, "on is 'yes'", "True or False"),
        ({"law": "caushy"}, "no law is called 'caushy'", "did you mean 'cauchy'"),
        ({"name": 3}, "name is 3", "use text"),
        ({"sizes": 3}, "sizes is 3", r"sizes=\(3,\)"),
        ({"sizes": (3, 0.5)}, "sizes is 0.5", "whole number"),
        ({"pair": (1.0,)}, "pair is", "give 2 values"),
        ({"width": 0.5}, "width is 0.5", "whole number"),
        ({"first": {"width": 3}}, "first is", r"first=Layer\(…\)"),
        ({"first": Layer}, "first is", r"first=Layer\(\)"),
        ({"first": Layer(width=1.5)}, "width is 1.5", "whole number"),  # pyright: ignore
        ({"other": "x"}, "other is 'x'", r"other=Layer\(…\) or other=Net\(…\)"),
    ],
)
def test_a_value_of_another_type_is_refused_with_what_to_write(fields, said, hint):
    with pytest.raises(ConfigError, match=said) as caught:
        as_declared(Declared(**fields), "field ")
    assert caught.value.where.startswith("field ")
    assert re.search(hint, caught.value.hint)


def test_numbers_have_their_limits():
    assert whole(np.uint8(3), "n", "here", 1, 3) == 3
    assert within(0, 0.0, 1.0, "p", "here") == 0
    for wrong in (0, 4, 1.0, "3", None, True):
        with pytest.raises(ConfigError, match=f"here: n is {wrong!r}\n.*from 1 to 3"):
            whole(wrong, "n", "here", 1, 3)
    for wrong in (-0.1, 1.1, 1e-50, float("inf"), "x"):
        with pytest.raises(ConfigError, match="here: p is"):
            within(wrong, 0.0, 1.0, "p", "here")
    check_float32(0.0, "x", "here")
    check_float32(-3e38, "x", "here")
