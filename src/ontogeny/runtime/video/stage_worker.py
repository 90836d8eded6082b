"""A worker's share of a network, compiled, with its weights on its device."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ontogeny.learners.streaming.graph import Graph
from ontogeny.learners.streaming.layer import INPUT
from ontogeny.learners.streaming.stages import Share, begin_share, tick_share
from ontogeny.learners.streaming.tick import Params, begin


@lru_cache(maxsize=256)
def program_of(graph: Graph, share: Share) -> Any:
    """Return the jitted tick of a share: one, so that other weights are not compiled for again."""
    return jax.jit(partial(tick_share, graph, share))


class StageWorker:
    """What ticks one worker's stages on frames of one shape and type. It has run once, on zeros,
    when it is made: later ticks compile nothing.
    """

    def __init__(
        self,
        graph: Graph,
        share: Share,
        params: Params,
        frame_shape: tuple[int, ...],
        dtype: Any,
        device: Any = None,
    ):
        self.graph, self.share, self.frame_shape, self.device = graph, share, frame_shape, device
        self.blank = np.zeros(frame_shape, dtype) if INPUT in share.layers else None
        own = {name: params[name] for name in share.layers if name in params}
        self._params = jax.device_put(own, device)
        self._program = program_of(graph, share)
        self.tick(*self.begin(), self.blank)

    def begin(self) -> tuple[Any, dict[str, Any]]:
        """Return its state before the first frame, and what it reads of other workers then."""
        past = begin(self.graph, self.frame_shape).past
        arrived = {name: jnp.zeros_like(past[name][0]) for name in self.share.foreign}
        return begin_share(self.graph, self.share, self.frame_shape), arrived

    def tick(self, state: Any, arrived: dict[str, Any], frame: Any) -> tuple[Any, Any, Any]:
        """Return what `tick_share` does, when it has been computed."""
        if self.device is not None:
            state, arrived, frame = jax.device_put((state, arrived, frame), self.device)
        elif frame is not None:
            frame = jnp.asarray(frame)
        return jax.block_until_ready(self._program(self._params, state, arrived, frame))
