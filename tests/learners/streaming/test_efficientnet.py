"""A strong image network on a stream says what it says of pictures."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.core.errors import MissingExtra
from ontogeny.learners.streaming.efficientnet import efficientnet_lite, efficientnet_params
from ontogeny.learners.streaming.tick import begin, init_params, tick
from ontogeny.nn.efficientnet import features
from ontogeny.worlds.photos.backbone import backbone


def test_every_frame_of_a_stream_is_what_the_network_says_of_it_alone():
    try:
        network = backbone()
    except MissingExtra:
        pytest.skip("the weights are not installed")
    graph, params = efficientnet_lite(), efficientnet_params(network)
    shapes = jax.eval_shape(lambda: init_params(graph, jax.random.key(0)))
    assert {n: f.weight.shape for n, f in shapes.items()} == {
        n: f.weight.shape for n, f in params.items()
    }
    assert graph.parallel().n_stages == 18  # the stem, 16 inverted residuals, the head
    size = (32, 32, 3)
    pictures = jax.random.randint(jax.random.key(0), (2, *size), 0, 256).astype(jnp.uint8)

    @jax.jit
    def runs(params, network, pictures):
        def each(state, frame):
            state, said = tick(graph, params, state, frame)
            seen = features(network, frame.astype(jnp.float32))
            return state, (said, seen @ network.classify + network.bias)

        return jax.lax.scan(each, begin(graph, size), pictures)[1]

    streamed, alone = runs(params, network, pictures)
    np.testing.assert_allclose(streamed, alone, atol=1e-4)
    assert float(jnp.std(alone[0] - alone[1])) > 1e-2
