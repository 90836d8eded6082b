"""Grow a network that watches video as a pipeline; show it a video frame by frame as it runs.

Needs `ontogeny[video]`.
"""

import numpy as np

import ontogeny as og
from ontogeny.worlds.videos.real_videos import frames, packaged_video

run = og.grow("video-keypoints", population=2, rounds=3, steps=50)
model = run.product()
graph = model.graph
print(f"{graph.n_stages} stages, each at work on another frame")
print(f"a frame is first heard of after {og.video.information_latency(graph)} tick")
print(f"and has gone through every layer after {og.video.depth_latency(graph)} ticks")

state = model.begin()
for number, frame in enumerate(frames(packaged_video("carphone"), side=32)):
    state, maps = model.tick(state, frame[:, :32])  # one frame in, and what it says now
    if number == 10:
        break
for name, (row, column) in zip(model.labels, np.asarray(og.video.places(maps)), strict=True):
    print(f"if there were a {name}, it would be at row {2 * row:.0f}, column {2 * column:.0f}")
