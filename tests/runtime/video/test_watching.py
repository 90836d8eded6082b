"""Frames ahead of a network, what it says of each, and in which order."""

from __future__ import annotations

import time

import numpy as np
import pytest

from ontogeny.core.errors import ConfigError, DataError
from ontogeny.learners.streaming.networks import NetworkConfig, network
from ontogeny.learners.streaming.product import VideoModel
from ontogeny.runtime.video import line as video_line
from ontogeny.runtime.video.line import open_line
from ontogeny.runtime.video.reader import VideoReader
from ontogeny.runtime.video.source import Frame
from ontogeny.runtime.video.watching import watch
from tiny_video import spot_finder, spots

VIEWS = spots(9)[:, 8:20:2, 6:40:4]


def frames(views=VIEWS, cuts=(0,), seconds=0.0):
    for number, view in enumerate(views):
        time.sleep(seconds)
        taken = time.perf_counter()
        yield Frame(number, number / 10, view, None, (0, 0, 1, 1), number in cuts, taken)


@pytest.mark.parametrize(("way", "late"), [("tick", 0), ("threads", 1), ("parallel", 1)])
def test_every_schedule_answers_of_each_frame_what_the_network_says_of_it(way, late):
    model = spot_finder(VIEWS.shape[1:])
    line = open_line(model, way, VIEWS, seconds=0.0)
    assert (line.way, line.late) == (way, late)
    assert line.pace.throughput > 0
    answers = list(watch(frames(cuts=(0, 4, 5)), line))
    line.running.close()
    assert [a.frame.number for a in answers] == list(range(9))
    assert all(a.is_warm and a.latency > 0 for a in answers)
    expected = 20 * VIEWS.mean(axis=-1, keepdims=True) / 255 - 10
    np.testing.assert_allclose(np.stack([a.said for a in answers]), expected, atol=1e-4)


def test_onnxruntime_answers_in_turn(monkeypatch):
    """What is exported has tests of its own, and takes seconds: here a counter stands for it."""

    class Exported:
        def __init__(self, folder):
            self.reset()

        def reset(self):
            self.seen = 0

        def tick(self, frame):
            self.seen += 1
            return np.array([self.seen, int(frame[0, 0, 0])])

    monkeypatch.setattr(VideoModel, "to_onnx", lambda model, folder: None)
    monkeypatch.setattr(video_line, "OnnxStream", Exported)
    line = open_line(spot_finder(VIEWS.shape[1:]), "onnx", VIEWS, seconds=0.0)
    said = [a.said.tolist() for a in watch(frames(cuts=(0, 4)), line)]
    line.running.close()
    assert [seen for seen, _ in said] == [1, 2, 3, 4, 1, 2, 3, 4, 5]
    assert [pixel for _, pixel in said] == VIEWS[:, 0, 0, 0].tolist()


def test_an_answer_is_of_as_many_frames_before_as_was_learned():
    line = open_line(spot_finder(VIEWS.shape[1:], stages=2), "tick", VIEWS, seconds=0.0)
    answers = list(watch(frames(), line, prediction_latency=2, is_live=True))
    line.running.close()
    assert [a.said is None for a in answers] == [False] * 7 + [True] * 2  # nothing came after
    expected = 20 * VIEWS[1:8].mean(axis=-1, keepdims=True) / 255 - 10  # 2 frames on, 1 tick late
    np.testing.assert_allclose(np.stack([a.said for a in answers[:7]]), expected, atol=1e-4)
    assert [a.is_warm for a in answers] == [True] * 7 + [False] * 2


def test_a_way_that_a_network_does_not_have_is_refused():
    model = spot_finder(VIEWS.shape[1:], stages=2)
    with pytest.raises(ConfigError, match="its 2 stages are part of what it learned"):
        open_line(model, "parallel", VIEWS)
    with pytest.raises(ConfigError, match="this is live"):
        open_line(spot_finder(), "parallel", VIEWS, may_delay=False)
    graph = network(NetworkConfig("plain", depth=1, width=8, feedback=True))
    with pytest.raises(ConfigError, match="its feedback"):
        open_line(VideoModel(graph, {}, (8, 8, 3)), "threads", VIEWS)


def test_who_falls_behind_drops_what_waited_too_long_and_counts_it():
    reader, taken = VideoReader(frames(cuts=(0, 1)), 0.01, is_paced=True), []
    for frame in reader:
        taken.append(frame)
        time.sleep(0.035)
    assert reader.dropped + len(taken) == 9
    assert reader.dropped >= 3
    assert taken[1].number > 1
    assert taken[1].is_cut  # frame 1 was, and has gone
    assert not taken[2].is_cut
    everything = VideoReader(frames(seconds=0.002), 5.0)
    assert len(list(everything)) == 9
    assert everything.dropped == 0


def test_frames_before_an_error_are_given_and_the_error_is_kept():
    def broken():
        yield from frames()
        raise DataError("it broke")

    reader = VideoReader(broken())
    assert len(list(reader)) == 9
    assert str(reader.failed) == "it broke"
    stopped = VideoReader(frames(), stopped=lambda: True)
    assert list(stopped) == []
    assert stopped.failed is None
