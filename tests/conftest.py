"""Every test runs on the CPU with two devices, so that what spreads over devices is tested as it is
used.

Compiled programs are shared between the tests, and between runs of them, through the persistent
cache.
"""

from __future__ import annotations

from pathlib import Path

import jax

jax.config.update("jax_platforms", "cpu")
jax.config.update("jax_num_cpu_devices", 2)
jax.config.update(
    "jax_compilation_cache_dir", str(Path(__file__).parents[1] / ".pytest_cache" / "xla")
)
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.1)
