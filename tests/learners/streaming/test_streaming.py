"""The learner: it keeps the contract, learns what only time tells, and listens to a teacher."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import ontogeny as og
from drawn import drawn, with_drawn_start
from ontogeny.core.errors import ConfigError
from ontogeny.learners.streaming.config import StreamingConfig
from ontogeny.learners.streaming.networks import NetworkConfig, network
from ontogeny.learners.streaming.streaming import VideoTeacher, feature_layers, streaming
from ontogeny.learners.streaming.task import VideoTask, judged
from ontogeny.learners.streaming.tick import init_params
from ontogeny.testing import check_learner

TIME = 6


def brightness(key):
    """Return frames of one grey each, and the grey."""
    grey = jax.random.uniform(key, (TIME,))
    return jnp.broadcast_to(grey[:, None, None, None], (TIME, 8, 8, 3)), grey


def squared(said, right):
    return (said[:, 0] - right) ** 2


TASK = VideoTask(
    brightness, brightness, squared, lambda s, r: {"close": -jnp.abs(s[:, 0] - r)}, "close"
)
NET = NetworkConfig(width=8, depth=2, head="logits", stages=0)


def test_a_student_of_its_sequential_twin_keeps_the_contract_and_learns():
    graph = network(NET)
    weights = drawn(lambda key: init_params(graph, key), scale=0.2)
    teacher = VideoTeacher(graph.sequential(), weights)
    config = StreamingConfig(batch=2, test_batch=2, updates=60, prediction_latency=1)
    learner = streaming(graph, TASK, config, teacher)
    space = og.Space({"learning_rate": og.Log(1e-3, 1e-2), "distillation": og.Log(0.01, 1.0)})
    check_learner(with_drawn_start(learner), space)

    @jax.jit
    def lived(key):
        hypers = {"learning_rate": jnp.float32(1e-2)}
        state = learner.init(key, hypers)
        before = learner.score(key, state, hypers)
        keys = jax.random.split(key, 60)
        state, told = jax.lax.scan(lambda s, k: learner.step(k, s, hypers), state, keys)
        return before, learner.score(key, state, hypers), told

    before, after, told = lived(jax.random.key(0))
    assert set(told) == {"loss", "close", "apart", "gradient_norm"}
    assert float(after) > float(before)
    assert float(told["loss"][-10:].mean()) < 0.7 * float(told["loss"][:10].mean())
    # frames have nothing to do with each other, so that the late layers can't follow the teacher's
    assert float(told["apart"][-10:].mean()) < float(told["apart"][:10].mean())
    assert feature_layers(graph, 3) == ("stem", "conv1", "conv2")


def test_answers_are_held_against_the_frame_that_they_are_of():

    @jax.jit
    def look(right):
        cases = ((0, 0), (2, 0), (0, 5), (1, 4))
        said = right[:, None]
        losses = [judged(TASK, said, right, warm, late).loss for late, warm in cases]
        return losses, judged(TASK, said.at[:3].set(100.0), right, 3)

    losses, told = look(np.arange(6, dtype=np.float32))
    assert [float(loss) for loss in losses] == [0, 4, 0, 1]
    np.testing.assert_array_equal([told.loss, told.measures["close"]], [0.0, 0.0])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"score": "closer"}, "did you mean 'close'"),
        ({"loss": lambda s, r: jnp.mean(squared(s, r))}, r"loss is \[\] of a clip of 6"),
        ({"draw": lambda k: (brightness(k)[0], jnp.zeros(3))}, r"a label is \[3\]"),
        ({"draw": lambda k: (brightness(k)[0][:3], jnp.zeros(3))}, "the first 3 don't count"),
    ],
)
def test_a_task_that_does_not_fit_is_refused(change, said):
    with pytest.raises(ConfigError, match=said):
        streaming(network(NET), TASK._replace(**change))


def test_a_teacher_of_other_layers_is_refused():
    graph, other = network(NET), network(NetworkConfig(width=16, depth=2, head="logits"))
    with pytest.raises(ConfigError, match="layer 'stem' is"):
        streaming(graph, TASK, None, VideoTeacher(other, init_params(other, jax.random.key(0))))
    with pytest.raises(ConfigError, match="prediction_latency is -1"):
        streaming(graph, TASK, StreamingConfig(prediction_latency=-1))
