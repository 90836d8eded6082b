"""Names reach a terminal as what can be seen, and a shell as one word."""

from __future__ import annotations

import subprocess

import pytest

from ontogeny.core.errors import StoreError
from ontogeny.core.text import quoted, visible

ODD = {
    "\x1b]0;title\x07": r"\x1b]0;title\x07",
    "\x9b31m": r"\x9b31m",
    "a\rb\x08\x7f": r"a\rb\x08\x7f",
    "gpj\u202e.exe": r"gpj\u202e.exe",
    "\u2066a\u2069\u200f\u2028": r"\u2066a\u2069\u200f\u2028",
    "\udcff": r"\udcff",
    "quadratic-1 é 漢字 🌱\tx\n": "quadratic-1 é 漢字 🌱\tx\n",
}


@pytest.mark.parametrize(("text", "seen"), ODD.items())
def test_unseen_characters_are_written_out(text, seen):
    assert visible(text) == seen
    assert visible(seen) == seen
    assert str(StoreError(text, where=text, hint=text)).count(seen) == 3


def test_any_name_is_one_word_to_a_shell():
    words = [*ODD, "", "a b", "it's", "$(touch x)", "a\nb", "-n", "\x1b'\\ $x"]
    command = "printf '%s\\0' " + " ".join(map(quoted, words))
    said = subprocess.run(["bash", "-c", command], capture_output=True, check=True).stdout
    assert said.decode("utf-8", "surrogateescape").split("\0")[:-1] == words
    assert quoted("quadratic-1") == "quadratic-1"
    assert visible(quoted("\x1b[31m")) == quoted("\x1b[31m") == r"$'\x1b[31m'"
