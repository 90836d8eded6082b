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
