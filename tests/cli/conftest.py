"""A runs folder of its own for every test, and one finished run to look at."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ontogeny import cli

SMALL = ["--population", "4", "--rounds", "4", "--steps", "5"]


@pytest.fixture(scope="module", autouse=True)
def _compiled_once(compiled_once, one_device):
    return compiled_once


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Path:
    """The folder of a finished run of the quadratic."""
    folder = tmp_path_factory.mktemp("finished") / "quadratic-1"
    assert cli.run(["grow", "quadratic", *SMALL, "--quiet", "--folder", str(folder)]) == 0
    return folder


@pytest.fixture
def runs(tmp_path, monkeypatch, finished) -> Path:
    """A runs folder with a copy of the finished run, called quadratic-1."""
    monkeypatch.setenv("ONTOGENY_RUNS", str(tmp_path / "runs"))
    shutil.copytree(finished, tmp_path / "runs" / "quadratic-1")
    return tmp_path / "runs"
