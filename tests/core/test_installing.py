"""Hints name a command that works in the environment that they are given in."""

from __future__ import annotations

import pickle
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import ontogeny
from ontogeny.core.errors import MissingExtra
from ontogeny.core.installing import here

ASKED = "pip install 'ontogeny[films]', or name the film .gif"


@pytest.fixture
def bin_(tmp_path, monkeypatch):
    """Return the folder of an interpreter, to which nothing on the path belongs."""
    folder = tmp_path / "environment" / "bin"
    folder.mkdir(parents=True)
    monkeypatch.setattr(sys, "executable", str(folder / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    return folder


def put(path):
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)


def test_the_environments_own_pip_needs_no_more_words(bin_, monkeypatch):
    put(bin_ / "pip")
    monkeypatch.setenv("PATH", str(bin_))
    assert here(ASKED) == ASKED


def test_another_pip_is_passed_over(bin_, tmp_path, monkeypatch):
    put(tmp_path / "pip")
    assert here(ASKED) == f"{shlex.quote(str(bin_))}/python -m {ASKED}"
    monkeypatch.chdir(tmp_path)
    assert here(ASKED) == f"environment/bin/python -m {ASKED}"
    assert here("use another file") == "use another file"


def test_an_error_that_travels_says_it_once(bin_):
    error = pickle.loads(pickle.dumps(MissingExtra("no Pillow", where="film", hint=ASKED)))
    assert error.hint == here(ASKED)
    assert here(error.hint) == error.hint
    assert error.hint.count("-m pip install") == 1
    assert MissingExtra("no Pillow").hint is None


def test_a_checkout_that_is_not_installed_is_named():
    """Told by an interpreter without any packages."""
    source = Path(ontogeny.__file__).parents[1]
    code = (
        f"import sys; sys.path.insert(0, {str(source)!r}); "
        f"from ontogeny.core.installing import here; print(here({ASKED!r}))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert f"pip install -e {shlex.quote(f'{source.parent}[films]')}, or" in done.stdout
