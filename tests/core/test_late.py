"""A module that is imported late is there when it is asked for, and not before."""

import sys

import pytest

from ontogeny.core.late import imported_late


@pytest.fixture
def unknown(monkeypatch):
    """Return the name of a module that nobody has imported."""
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    return "colorsys"


def test_it_is_imported_when_something_of_it_is_asked_for(unknown):
    with imported_late(unknown):
        import colorsys as given
    assert unknown not in sys.modules
    assert given.rgb_to_hsv(1, 1, 1) == (0, 0, 1)
    assert sys.modules[unknown] is not given
    assert not hasattr(given, "rgb_to_nothing")


def test_it_may_be_asked_for_while_others_are_still_put_off(unknown):
    with imported_late(unknown):
        from colorsys import rgb_to_hsv
    assert rgb_to_hsv(1, 1, 1) == (0, 0, 1)
    assert unknown in sys.modules


def test_one_that_was_imported_before_is_what_it_is():
    with imported_late("sys"):
        import sys as given
    assert given is sys


def test_an_import_that_fails_leaves_nothing_behind(unknown):
    with pytest.raises(ImportError), imported_late(unknown):
        raise ImportError(unknown)
    assert unknown not in sys.modules
