"""The error tree: three parts, an exit code, and a trip between processes."""

from __future__ import annotations

import pickle

import pytest

from ontogeny.core import errors
from ontogeny.core.errors import OntogenyError

KINDS = [
    errors.ConfigError,
    errors.StructureError,
    errors.DeadPopulation,
    errors.StoreError,
    errors.MissingExtra,
    errors.DataError,
]


def test_the_message_has_what_where_and_a_hint():
    full = OntogenyError("it broke", where="round 3", hint="mend it")
    assert str(full) == "round 3: it broke\n  → mend it"
    assert str(OntogenyError("it broke", where="round 3")) == "round 3: it broke"
    assert str(OntogenyError("it broke", hint="mend it")) == "it broke\n  → mend it"
    assert str(OntogenyError("it broke")) == "it broke"


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_caught_as_one_and_survives_pickling(kind):
    error = kind("it broke", where="leaf w", hint="mend it")
    assert isinstance(error, OntogenyError)
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind
    assert (again.what, again.where, again.hint) == ("it broke", "leaf w", "mend it")
    assert str(again) == str(error)


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_user_wrote_is_exit_2_and_what_went_wrong_is_exit_3(kind):
    expected = 2 if kind in (errors.ConfigError, errors.MissingExtra) else 3
    assert kind("it broke").exit_code == expected


@pytest.mark.parametrize(
    ("name", "known", "hint"),
    [
        ("pong", ["Pong", "Maze"], "did you mean 'Pong'?"),
        ("quadratik", {"toy": 1, "quadratic": 2}, "did you mean 'quadratic'?"),
        ("xyz", ["Pong", "Maze"], "there are: Pong, Maze"),
        ("xyz", [], "there are none"),
    ],
)
def test_an_unknown_name_gets_the_nearest_or_all(name, known, hint):
    error = errors.unknown("world", name, known, "field world")
    assert isinstance(error, errors.ConfigError)
    assert str(error) == f"field world: no world is called {name!r}\n  → {hint}"


def test_an_unknown_name_may_get_other_advice_and_be_less_alike():
    assert errors.unknown("verb", "xyz", ["grow"], otherwise="see: --help").hint == "see: --help"
    assert errors.unknown("verb", "gorw", ["grow"], otherwise="see: --help").hint != "see: --help"
    worlds = ["Asterix-MinAtar", "CartPole-v1"]
    assert errors.unknown("world", "minatar/asterix", worlds).hint.startswith("there are")
    assert "'Asterix-MinAtar'" in errors.unknown("world", "minatar/asterix", worlds, alike=0.4).hint
