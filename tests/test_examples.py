"""The examples run, each growth of theirs cut short, and are short enough to read."""

import runpy
from pathlib import Path

import pytest

import ontogeny as og

EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("*.py"))
MOST = {"rounds": 2, "steps": 5}


@pytest.fixture
def short(monkeypatch):
    """Cut every growth to a few rounds and steps: how well it learns is for other tests to say."""
    whole = og.grow

    def grow(what, **settings):
        cut = {name: min(settings[name], most) for name, most in MOST.items() if name in settings}
        if isinstance(what, str):  # what a recipe's strategy does is for other tests to say, too
            settings = {"strategy": "random-search"} | settings
        return whole(what, **settings | cut)

    monkeypatch.setattr(og, "grow", grow)


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_runs_and_has_at_most_40_lines(path, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 40
    runpy.run_path(str(path), run_name="__main__")
    assert capsys.readouterr().out.strip()
    assert list((tmp_path / "runs").iterdir())
