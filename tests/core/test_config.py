"""Settings are refused by name, and come back from JSON as they were."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field

import numpy as np
import pytest

from ontogeny.core.config import at_least, from_json, positive
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
