"""Recipes of networks that watch video, on a person's own videos: what they build fits together."""

from __future__ import annotations

import dataclasses

import av
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from drawn import drawn_state
from ontogeny.core.errors import ConfigError, DataError
from ontogeny.core.learner import check_shapes
from ontogeny.learners.streaming.config import StreamingConfig
from ontogeny.learners.streaming.networks import NetworkConfig
from ontogeny.learners.streaming.product import load_video_model
from ontogeny.learners.streaming.streaming import judge_held
from ontogeny.recipes.toy import Toy
from ontogeny.recipes.videos import VideoFeatures, VideoKeypoints, VideoMotion
from ontogeny.worlds.videos.motions import KINDS
from ontogeny.worlds.videos.real_videos import ClipsConfig
from ontogeny.worlds.videos.seen_videos import FrameTeacher

LITTLE = {
    "clips": ClipsConfig(size=8, frames=5),
    "network": NetworkConfig("plain", width=8, depth=1, stages=0),
    "streaming": StreamingConfig(batch=1, test_batch=1),
}
MEASURE = {VideoKeypoints: "pck", VideoMotion: "accuracy"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder of two videos of noise."""
    place = tmp_path_factory.mktemp("mine")
    rng = np.random.default_rng(0)
    for name in ("a.mp4", "b.mp4"):
        with av.open(str(place / name), "w") as out:
            stream = out.add_stream("mpeg4", rate=10)
            stream.height, stream.width, stream.pix_fmt = 32, 32, "yuv420p"
            for picture in rng.integers(0, 255, (9, 32, 32, 3), np.uint8):
                out.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
            out.mux(stream.encode(None))
    return str(place)


@pytest.mark.parametrize("kind", [VideoKeypoints, VideoMotion])
def test_a_member_becomes_a_model_that_is_drawn_and_teaches(kind, folder, tmp_path):
    late = int(kind is VideoMotion)  # frames that an answer may take
    streaming = dataclasses.replace(LITTLE["streaming"], prediction_latency=late)
    recipe = kind(videos=folder, **LITTLE | {"streaming": streaming})
    learner, space = recipe.learner(), recipe.space()
    hypers = jax.eval_shape(lambda: space.sample(jax.random.key(0)))
    assert set(hypers) == {"learning_rate"}
    check_shapes(learner, hypers)
    number = jax.ShapeDtypeStruct((), jnp.float32)
    with pytest.raises(ConfigError, match="'learning_rat'"):
        check_shapes(learner, hypers | {"learning_rat": number})
    model = recipe.product(drawn_state(learner))
    outputs = model(np.zeros((5, 8, 8, 3), np.uint8))
    assert outputs.shape == ((5, 4, 4, 3) if kind is VideoKeypoints else (5, 8))
    assert model.frame == (8, 8, 3)
    assert len(model.labels) == outputs.shape[-1]

    model.save(tmp_path / "model")
    taught = dataclasses.replace(recipe, teacher=str(tmp_path / "model"))
    assert set(taught.space().dimensions) == {"learning_rate", "distillation"}
    teacher = taught.teaching()
    jax.tree.map(np.testing.assert_array_equal, teacher.params, model.params)
    assert kind.from_json(taught.to_json()) == taught

    film, *rest = recipe.portrait(model)
    names = ["latency"] if kind is VideoKeypoints else ["confusion", "latency"]
    assert [figure.name for figure in rest] == names
    assert film.data["frames"].shape == (8, 3, 8, 8, 3)  # two ticks of warm-up
    assert rest[-1].data["score"].shape == (5,)
    source = film.draw(film).layout.images[0].source
    assert source.startswith("data:image/gif;base64,R0lGOD")
    for figure in rest:
        assert figure.draw(figure).data
    every = dataclasses.replace(recipe.streaming, test_batch=64)  # the report's clips
    score = judge_held(model.graph, model.params, recipe.task(), every).measures[MEASURE[kind]]
    assert rest[-1].data["score"][late] == pytest.approx(float(score), rel=1e-5)
    if kind is VideoMotion:
        assert f"right is {float(score):.0%} of" in rest[0].caption
        share = rest[0].data["share"]
        assert share.shape == (len(KINDS), len(KINDS))
        assert set(np.round(share.sum(axis=1), 6)) <= {0.0, 1.0}


class ColourTaught(VideoFeatures):
    """Taught by the mean colours of quarters: the packaged network has tests of its own."""

    def strong(self):
        def see(pictures):
            n, side = pictures.shape[:2]
            quarters = pictures.reshape(n, 2, side // 2, 2, side // 2, 3)
            return quarters.mean(axis=(2, 4)).reshape(n, 12).astype(np.float32)

        return FrameTeacher("colours of quarters", see)


def test_a_pupil_of_single_frames_says_numbers_and_is_drawn_beside_what_is_right(folder, tmp_path):
    recipe = ColourTaught(videos=folder, held="video", components=2, seen=12, **LITTLE)
    learner = recipe.learner()
    check_shapes(learner, {"learning_rate": jax.ShapeDtypeStruct((), jnp.float32)})
    model = recipe.product(drawn_state(learner))
    assert model.labels == ("component 1", "component 2")
    model.save(tmp_path / "model")
    assert load_video_model(tmp_path / "model").is_logits is False
    film, along, latency = recipe.portrait(model)
    assert film.data["frames"].shape == (8, 3, 8, 8, 3)
    assert along.data["right"].shape == (8, 3)
    assert len(along.draw(along).data) == 2
    assert film.draw(film).layout.images
    assert latency.data["score"].shape == (5,)


def test_what_is_no_teacher_or_no_video_is_refused(folder, tmp_path):
    toy = Toy()
    state = toy.learner().init(jax.random.key(0), {})
    toy.product(state).save(tmp_path / "toy")
    with pytest.raises(ConfigError, match="toy point is no teacher"):
        VideoMotion(videos=folder, teacher=str(tmp_path / "toy"), **LITTLE).learner()
    with pytest.raises(DataError, match="there is no such folder"):
        VideoKeypoints(videos=str(tmp_path / "none"), **LITTLE).learner()
