"""The devices that JAX has, or an error that says which it does not find."""

from __future__ import annotations

import jax

from ontogeny.core.errors import ConfigError


def device_count() -> int:
    """Return how many devices JAX has. Raises `ConfigError` when there is none of the kind that it
    was told to use.
    """
    try:
        return jax.device_count()
    except (RuntimeError, AssertionError) as error:  # the one names the kind, the other nothing
        told = jax.config.values["jax_platforms"]
        raise ConfigError(
            str(error).partition(" (set ")[0] or f"JAX finds no device of the kind {told!r}",
            where=f"JAX_PLATFORMS={told}",
            hint="compute on the processor, with JAX_PLATFORMS=cpu (workers: platform='cpu'); or "
            "install JAX for that kind of device, as with: pip install 'jax[cuda12]'",
        ) from error
