"""The examples run, each growth of theirs cut short, and are short enough to read. The dearest
growths are traced and no more: what is made of them is looked at.
"""

import runpy
from dataclasses import replace
from pathlib import Path

import pytest

import ontogeny as og
from ontogeny.learners.few_shot.config import MetaConfig
from ontogeny.learners.few_shot.leo_config import LEOConfig
from ontogeny.learners.few_shot.prototypes import PrototypesConfig
from ontogeny.learners.generation.config import GANConfig
from ontogeny.learners.memory.config import EBMMConfig, MetaTrainingConfig
from ontogeny.learners.streaming.config import StreamingConfig
from ontogeny.learners.streaming.networks import NetworkConfig
from ontogeny.worlds.photos import graded_photos
from ontogeny.worlds.photos.photographs import packaged_files
from ontogeny.worlds.platform import simulated as platform

EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("*.py"))
MOST = {"population": 4, "rounds": 2, "steps": 2}
TRACED = {
    "agents",
    "beauty",
    "digits_gan",
    "distillation",
    "few_shot",
    "kickstarting",
    "maml",
    "memory",
    "mix_and_match",
    "sequential",
    "tutorial",
}
META = MetaConfig(ways=2, queries=2, tasks=2, test_queries=2, test_episodes=4)
LITTLE = {  # of recipes whose own settings take long
    "leo": {"meta": META, "leo": LEOConfig(latent_steps=1, weight_steps=1)},
    "protonet": {"meta": META, "prototypes": PrototypesConfig(widths=(8,))},
    "ebmm-characters": {
        "ebmm": EBMMConfig(
            *("gated", 4, 1, 2), write_steps=1, read_steps=1, gradient_weight=0, prior_weight=0
        ),
        "meta": MetaTrainingConfig(batch=2, test_batch=2),
    },
    "video-keypoints": {
        "network": NetworkConfig("plain", width=8, depth=1, stages=0),
        "streaming": StreamingConfig(batch=1, test_batch=1),
    },
    "digits-gan": {"training": GANConfig(hidden=(8,), batch=4, judged=16, critic_updates=1)},
}


@pytest.fixture
def short(monkeypatch):
    """Cut every growth to a few rounds and steps, and some to little networks, and a platform to a
    few users: how well it learns is for other tests to say.
    """
    whole, crowded = og.grow, platform.platform

    def grow(what, **settings):
        cut = {name: min(settings[name], most) for name, most in MOST.items() if name in settings}
        if isinstance(what, str):  # what a recipe's strategy does is for other tests to say, too
            settings = {"strategy": "random-search"} | LITTLE.get(what, {}) | settings
        return whole(what, **settings | cut)

    def sparse(config, **settings):
        return crowded(replace(config, users=min(config.users, 500)), **settings)

    monkeypatch.setattr(og, "grow", grow)
    monkeypatch.setattr(platform, "platform", sparse)
    files = packaged_files()[:4]  # a network looks at 16 versions of each
    monkeypatch.setattr(graded_photos, "packaged_files", lambda: files)


UNGROWN = {"matching", "study"}  # what grows nothing leaves no run


SHARED = ("one_device", "compiled_once", "begun_once", "kept_nurseries")


@pytest.mark.usefixtures("short", "few_pictures", *SHARED)
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_runs_and_has_at_most_40_lines(path, tmp_path, monkeypatch, capsys, request):
    if path.stem in TRACED:
        request.getfixturevalue("traced")
    monkeypatch.chdir(tmp_path)
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 40
    runpy.run_path(str(path), run_name="__main__")
    assert capsys.readouterr().out.strip()
    assert path.stem in UNGROWN or list((tmp_path / "runs").iterdir())


def test_the_readme_shows_the_first_example_as_it_is():
    root = Path(__file__).parents[1]
    assert (root / "examples" / "quickstart.py").read_text() in (root / "README.md").read_text()
