"""What a strong network would say: its components, and how much of them is explained."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from ontogeny.core.errors import ConfigError, DataError
from ontogeny.learners.streaming.features import features_task
from ontogeny.learners.streaming.task import judged
from ontogeny.worlds.videos.seen_videos import SeenClips


def clips_of(features):
    n, time = features.shape[:2]
    numbers = np.arange(n * time, dtype=np.uint8).reshape(n, time, 1, 1, 1)
    return SeenClips(np.tile(numbers, (1, 1, 8, 8, 3)), features.astype(np.float32))


def test_the_components_of_features_are_asked_for_and_how_much_is_explained():
    rng = np.random.default_rng(0)
    along = rng.normal(size=(6, 7, 2)) * [3.0, 1.0]
    ways = np.linalg.qr(rng.normal(size=(5, 2)))[0].T
    learn = clips_of(along @ ways + 4)  # five features that vary in two ways
    held = clips_of(along[:2] @ ways * 2 + 9)
    task = features_task(learn, held, 2)
    frames, label = jax.device_get(
        jax.jit(jax.vmap(task.draw))(jax.random.split(jax.random.key(0), 64))
    )
    right, own = label["right"], frames[:, :, 0, 0, 0].astype(int)
    components = np.zeros((42, 2))
    components[own.ravel()] = right.reshape(-1, 2)
    assert len(np.unique(own)) == 42
    np.testing.assert_allclose(components.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(components.T @ components / 42, np.eye(2), atol=1e-4)
    flat = along.reshape(-1, 2) - along.mean(axis=(0, 1))
    fitted = components @ np.linalg.lstsq(components, flat, rcond=None)[0]
    np.testing.assert_allclose(fitted, flat, atol=1e-4)
    held = jax.jit(task.held)
    other = [jax.device_get(held(key)) for key in jax.random.split(jax.random.key(1), 9)]
    each = {int(frames[0, 0, 0, 0]): label for frames, label in other}
    assert set(each) == {0, 7}
    rows = np.stack([each[0]["right"], each[7]["right"]])

    judge = jax.jit(lambda said, label: judged(task, said, label, 0).measures)
    judge_late = jax.jit(lambda said, label: judged(task, said, label, 1, 1).measures)

    def explained(said):
        told = [judge(s, each[k]) for s, k in zip(said, (0, 7), strict=True)]
        return np.mean([one["explained"] for one in told])

    assert explained(rows) == pytest.approx(1)
    assert explained(np.zeros_like(rows)) == pytest.approx(0, abs=1e-5)
    assert explained(rows / 2) == pytest.approx(0.75, abs=1e-5)
    assert explained(-rows) == pytest.approx(-3, abs=1e-5)
    late = judge_late(rows[0], each[0])
    expected = 1 - ((rows[0, 1:] - rows[0, :-1]) ** 2).mean() / (rows**2).mean()
    assert float(late["explained"]) == pytest.approx(expected, abs=1e-4)
    cosine = jax.jit(task.measures)(-2 * rows[0], each[0])["cosine"]
    np.testing.assert_allclose(cosine, -1, rtol=1e-5)


def test_what_cannot_be_asked_is_refused():
    same = clips_of(np.ones((2, 3, 4)))
    with pytest.raises(ConfigError, match="5 components of 4 features"):
        features_task(same, same, 5)
    with pytest.raises(DataError, match="vary in fewer than 2 ways"):
        features_task(same, same, 2)
