"""Every kind of product is read back as it was, those of an earlier version too, and is in use
without the learner that made it.

`tests/data/products` holds what each recipe's product was as an earlier version wrote it, and
`expected.json` what each answered.
"""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import ontogeny as og
from ontogeny import cli
from ontogeny.core.archive import read_about, write_archive
from ontogeny.core.errors import ConfigError, StoreError, StructureError
from ontogeny.core.product import Adaptable, Playable
from ontogeny.learners.agents.policy import load_policy
from ontogeny.learners.baldwin.evolved import load_evolved
from ontogeny.learners.sequential.config import TrainingConfig
from ontogeny.nn.cores import CoreConfig
from ontogeny.recipes.goal_direction import GoalDirection
from ontogeny.recipes.portraits import sequences
from ontogeny.recipes.products import FORMERLY, PRODUCTS, loader
from ontogeny.recipes.sequences import GaussianMean
from ontogeny.testing import check_product
from ontogeny.worlds.gymnax_worlds import gymnax_world

pytestmark = pytest.mark.usefixtures("one_device", "compiled_once")
STORED = Path(__file__).parent / "data" / "products"
EXPECTED = json.loads((STORED / "expected.json").read_text())
POINTS = jnp.array([[0.0], [1.0]])
ASK = {
    "toy": lambda p: p(),
    "quadratic": lambda p: p(),
    "digits": lambda p: p(jnp.linspace(0, 1, 128).reshape(2, 8, 8)),
    "hinton-nowlan": lambda p: p.alleles,
    "cartpole": lambda p: p.logits(jnp.arange(4.0) / 4),
    "photo-ratings": lambda p: (
        p.of_features(np.linspace(-1, 1, 16, dtype=np.float32).reshape(2, 8)).score
    ),
    "mix-actions": lambda p: jax.vmap(p.step(jnp.array([0.5, 1.0]), ())[0].log_probability)(
        jnp.arange(2)
    ),
    "coin": lambda p: p(jnp.array([0, 1, 1, 0])),
    "script": lambda p: p("model.txt").decode(),
    "ebmm-bits": lambda p: p(jnp.array([1.0, 0, 1, 1, 0, 0])),
    "thompson": lambda p: p.probabilities(jnp.eye(3)),
    "sinusoid": lambda p: p(POINTS, jnp.array([[0.5], [1.0]]), jnp.array([[0.5], [2.0]])),
    "protonet": lambda p: p(
        jnp.linspace(0, 1, 3 * p.n_features).reshape(3, 1, -1), jnp.linspace(1, 0, p.n_features)
    ),
    "digits-gan": lambda p: p(1, 0)[0, :2],
    "text": lambda p: [p.perplexity("to be, or not to be")],
    "translation": lambda p: p("No more people"),
    "goal-direction": lambda p: p(jax.random.key(0), 2),
    "video-keypoints": lambda p: p(jnp.linspace(0, 1, 768).reshape(4, 8, 8, 3))[:, 1, 2],
}


def stored(name: str):
    """Return the product of a recipe that an earlier version wrote."""
    if name == "goal-direction":  # which did not yet say what its subject is built of
        evolved = load_evolved(STORED / name, GoalDirection().subject())
        return dataclasses.replace(evolved, config=GoalDirection().config())
    return og.load_product(STORED / name)


PRODUCED = {name: stored(name) for name in ("cartpole", "sinusoid", "protonet", "coin")}


@pytest.mark.parametrize("name", ASK)
def test_what_an_earlier_version_wrote_answers_the_same_and_is_kept(name):
    product, ask = stored(name), ASK[name]
    if isinstance(EXPECTED[name], str):
        assert ask(product) == EXPECTED[name]
    else:
        np.testing.assert_allclose(ask(product), EXPECTED[name], rtol=1e-5, atol=1e-5)
    check_product(product, ask, og.load_product)


def test_every_kind_is_in_the_table_and_was_stored():
    kinds = {stored(name).kind for name in ASK}
    assert kinds == set(PRODUCTS)
    assert set(FORMERLY.values()) <= kinds
    for kind in PRODUCTS:
        assert callable(loader(kind))


def test_what_a_product_can_do_is_a_protocol():
    can = {
        name: (isinstance(p, Playable), isinstance(p, Adaptable)) for name, p in PRODUCED.items()
    }
    assert can == {
        "cartpole": (True, False),
        "sinusoid": (False, True),
        "protonet": (False, True),
        "coin": (False, False),
    }


def test_what_is_saved_and_what_old_archives_leave_out(tmp_path):
    genome = stored("hinton-nowlan")
    assert genome.trials == 1000
    dataclasses.replace(genome, trials=7).save(tmp_path / "genome")
    assert og.load_product(tmp_path / "genome").trials == 7
    assert PRODUCED["protonet"].ways is None
    dataclasses.replace(PRODUCED["protonet"], ways=5).save(tmp_path / "protonet")
    assert og.load_product(tmp_path / "protonet").ways == 5
    with pytest.raises(StoreError, match=r"load_evolved\(folder, recipe\.subject\(\)\)"):
        og.load_product(STORED / "goal-direction")


def test_a_world_that_has_no_name_must_be_given(tmp_path):
    own = gymnax_world("CartPole-v1")._replace(name="mine")
    dataclasses.replace(PRODUCED["cartpole"], world=own).save(tmp_path / "it")
    with pytest.raises(StoreError, match=r"'mine'[\s\S]*load_policy\(folder, world\)"):
        og.load_product(tmp_path / "it")
    assert load_policy(tmp_path / "it", own).world is own


def damage(folder: Path, what: str) -> None:
    """Change one thing of a copy of the coin's predictor."""
    about = read_about(folder)
    if what == "cut":
        (folder / "structure.json").write_text('{"format": 1')
    elif what == "other arrays":
        (folder / "arrays.safetensors").write_bytes(b"\0" * 8)
    elif what == "no folder":
        shutil.rmtree(folder)
    else:
        changes = {
            "other kind": {**about, "kind": "sequence predicter"},
            "no kind": {"round": 3},
            "no core": {k: v for k, v in about.items() if k != "core"},
            "no object": {"kind": about["kind"], "core": 3},
        }
        write_archive(folder, {}, changes[what])


@pytest.mark.parametrize(
    ("what", "error", "said"),
    [
        ("cut", StoreError, "structure.json is not readable"),
        ("other arrays", StoreError, "is not what was written"),
        ("other kind", ConfigError, "did you mean 'sequence predictor'"),
        ("no kind", StoreError, "not of a product"),
        ("no core", StoreError, "KeyError.*core"),
        ("no object", StoreError, "not readable"),
        ("no folder", ConfigError, "no run is called"),
    ],
)
def test_what_can_not_be_read_is_told(tmp_path, what, error, said):
    folder = shutil.copytree(STORED / "coin", tmp_path / "coin")
    damage(folder, what)
    with pytest.raises(error, match=said):
        og.load_product(folder)


def test_a_folder_of_something_else_is_told(tmp_path):
    with pytest.raises(StoreError, match=r"can't read structure\.json"):
        og.load_product(tmp_path)
    with pytest.raises(StoreError, match="'something else', not 'quadratic minimum'"):
        loader("quadratic minimum")(STORED / "toy")


@pytest.fixture(scope="module")
def grown(tmp_path_factory) -> Path:
    """The folder of runs with a finished one of predictors of numbers."""
    folder = tmp_path_factory.mktemp("runs") / "gaussian-1"
    training = TrainingConfig(core=CoreConfig("gru", width=4), batch=4, test_batch=8)
    size = {"population": 2, "rounds": 2, "steps": 2, "length": 4, "training": training}
    og.grow("gaussian", strategy="random-search", **size, folder=folder, progress=False)
    return folder.parent


@pytest.fixture
def run(grown, tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("ONTOGENY_RUNS", str(tmp_path / "runs"))
    return shutil.copytree(grown, tmp_path / "runs") / "gaussian-1"


def foretold(product) -> np.ndarray:
    """Return the means of three numbers, of which two are told."""
    return np.asarray(product.numbers(np.zeros((3, 0)), np.array([0.0, 1.0])).mean)


def refuse(self):
    raise AssertionError("a learner is built")


def test_a_finished_run_is_used_without_its_learner(run, monkeypatch, capsys):
    monkeypatch.setattr(GaussianMean, "learner", refuse)
    monkeypatch.setattr(sequences, "TESTED", 16)
    for name in (run, "gaussian-1", "last", run / "product"):
        assert foretold(og.load_product(name)).shape == (3,)
    assert cli.run(["report", "last"]) == 0
    assert 'data-figure="excess"' in (run / "report.html").read_text()
    assert cli.run(["export", "last"]) == 0
    exported = og.load_product(run / "export")
    np.testing.assert_array_equal(foretold(exported), foretold(og.load_product(run)))
    assert cli.run(["play", "last"]) == 2
    assert "a forecaster can't be played" in capsys.readouterr().err
    with pytest.raises(AssertionError, match="a learner is built"):
        cli.run(["export", "last", "--slot", "0"])


def test_a_film_is_of_the_product_that_lies_there(run, monkeypatch, capsys):
    monkeypatch.setattr(GaussianMean, "learner", refuse)
    PRODUCED["cartpole"].save(run / "product")
    assert cli.run(["play", "last", "--steps", "5", "--episodes", "2"]) == 0
    assert min((run / f"film.{kind}").stat().st_size for kind in ("gif", "mp4")) > 0
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    assert cli.run(["play", "last", "--out", str(run / "f.mp4")]) == 2
    assert "pip install 'ontogeny[films]'" in capsys.readouterr().err


@pytest.mark.parametrize("what", ["cut", "other arrays", "no folder", "older"])
def test_where_the_product_is_lost_the_checkpoint_is_read(run, what):
    before = foretold(og.load_product(run))
    if what == "older":  # the run was grown on, and killed before it wrote the product anew
        os.utime(run / "product", (0, 0))
    else:
        damage(run / "product", what)
    with pytest.warns(UserWarning, match="the newest checkpoint is read instead"):
        again = og.load(run).product()
    np.testing.assert_allclose(foretold(again), before, rtol=1e-6)


def test_a_run_without_a_product_is_told(tmp_path):
    space = og.Space({"rate": og.Log(1e-3, 1e-1)})
    folder = tmp_path / "bare"
    bare = {"population": 2, "rounds": 1, "steps": 1, "folder": folder, "progress": False}
    learner = og.Learner(
        lambda key, h: h["rate"] * jnp.zeros(2),
        lambda key, x, h: (x, {}),
        lambda key, x, h: jnp.sum(x),
    )
    og.grow(learner, space=space, strategy="random-search", **bare)
    with pytest.raises(StoreError, match="has no product"):
        og.load_product(folder)


class Forgetful:
    """A product that does not keep what it knows, or not as it should."""

    kind = "forgetful"

    def __init__(self, value: float = 0.0):
        self.value = value

    def __call__(self) -> np.ndarray:
        return np.float32(self.value)

    def save(self, folder: Path) -> None:
        write_archive(folder, {"value": np.float32(self.value)}, {"kind": self.kind})


class Misnamed(Forgetful):
    def save(self, folder: Path) -> None:
        write_archive(folder, {}, {"kind": "another"})


class InPlace(Forgetful):
    def save(self, folder: Path) -> None:
        whole = folder.with_name("whole")
        super().save(whole)
        shutil.copytree(whole, folder, dirs_exist_ok=True)


@pytest.mark.parametrize(
    ("product", "load", "said"),
    [
        (Forgetful(2.0), lambda folder: Forgetful(), "answers 0.0, not 2.0"),
        (Forgetful(0.0), lambda folder: Forgetful(-0.0), "answers -0.0, not 0.0"),
        (Forgetful(2.0), lambda folder: Misnamed(2.0), "came back as a Misnamed"),
        (Misnamed(), lambda folder: Misnamed(), "the kind 'another', and not 'forgetful'"),
        (InPlace(), lambda folder: InPlace(), "in its place"),
        (object(), lambda folder: object(), "has no `kind`"),
    ],
)
def test_the_check_names_what_is_broken(product, load, said):
    with pytest.raises(StructureError, match=said):
        check_product(product, lambda p: p(), load)
