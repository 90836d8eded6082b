"""The inception score: samples are good when each is clearly of one class, and all classes occur.

    IS = exp( E_x KL( p(y | x) || E_x p(y | x) ) ),   from 1 to the number of classes

It sees neither whether two samples of a class differ, nor whether a sample looks real to anyone but
the classifier, so a classifier other than the one that was optimised should be asked too.
Source: Salimans et al. 2016, "Improved Techniques for Training GANs" (arXiv 1606.03498).
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float


def inception_score(logits: Float[Array, "batch classes"]) -> Float[Array, ""]:
    """Return the score of samples, given a classifier's logits for each."""
    log_each = jax.nn.log_softmax(logits)
    log_all = jax.nn.logsumexp(log_each, axis=0) - jnp.log(logits.shape[0])
    return jnp.exp(jnp.mean(jnp.sum(jnp.exp(log_each) * (log_each - log_all), axis=1)))
