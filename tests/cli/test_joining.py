"""The options of a growth over several hosts."""

from __future__ import annotations

import pytest

from ontogeny.cli import run
from ontogeny.cli.joining import alone


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("--hosts 2 --host 0", "it is not said where the first host is"),
        ("--coordinator here:1 --hosts two --host 0", "invalid literal for int"),
        ("--coordinator here --hosts 2 --host 0", "'here' is no address"),
        ("--coordinator here:1 --hosts 2 --host 2", "host 2 of 2 is none"),
    ],
)
def test_what_names_no_place_is_refused_before_anything_is_grown(options, said, capsys):
    for verb in ("grow", "resume"):
        assert run([verb, "quadratic", *options.split()]) == 2
        assert said in capsys.readouterr().err


def test_one_host_grows_the_same_without_them():
    words = "grow toy --coordinator a:1 --rounds 3 --hosts=2 --host 0 --seed 1"
    assert alone(words.split()) == ["grow", "toy", "--rounds", "3", "--seed", "1"]
