"""Networks that watch video as a pipeline: one graph, run along clips, on streams, on threads.

>>> graph = og.video.network(og.video.NetworkConfig(depth=8, stages=0))
>>> og.video.information_latency(graph), og.video.depth_latency(graph), graph.n_stages
(1, 8, 9)
"""

from __future__ import annotations

from ontogeny.learners.streaming.clip import activations, clip
from ontogeny.learners.streaming.config import StreamingConfig
from ontogeny.learners.streaming.efficientnet import efficientnet_lite, efficientnet_params
from ontogeny.learners.streaming.features import features_task
from ontogeny.learners.streaming.graph import Graph
from ontogeny.learners.streaming.latency import (
    cost,
    critical_layers,
    depth_latency,
    information_latency,
    latencies,
    receptive_field,
    warm_up,
)
from ontogeny.learners.streaming.layer import Layer
from ontogeny.learners.streaming.networks import NetworkConfig, network
from ontogeny.learners.streaming.product import VideoModel, load_video_model
from ontogeny.learners.streaming.simulator import simulated
from ontogeny.learners.streaming.streaming import VideoTeacher, judge_held, streaming
from ontogeny.learners.streaming.task import VideoTask, judged
from ontogeny.learners.streaming.tasks import heat_maps, keypoints_task, motion_task, places
from ontogeny.learners.streaming.tick import (
    begin,
    init_params,
    restore_state,
    save_state,
    tick,
)

__all__ = [
    "Graph",
    "Layer",
    "NetworkConfig",
    "StreamingConfig",
    "VideoModel",
    "VideoTask",
    "VideoTeacher",
    "activations",
    "begin",
    "clip",
    "cost",
    "critical_layers",
    "depth_latency",
    "efficientnet_lite",
    "efficientnet_params",
    "features_task",
    "heat_maps",
    "information_latency",
    "init_params",
    "judge_held",
    "judged",
    "keypoints_task",
    "latencies",
    "load_video_model",
    "motion_task",
    "network",
    "places",
    "receptive_field",
    "restore_state",
    "save_state",
    "simulated",
    "streaming",
    "tick",
    "warm_up",
]
