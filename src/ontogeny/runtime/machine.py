"""What this machine is, and the set-up that must happen before JAX computes anything."""

from __future__ import annotations

import contextlib
import enum
import hashlib
import os
import platform
import sys
import warnings
from pathlib import Path
from typing import Any

import jax
import numpy

from ontogeny import __version__
from ontogeny.core.cache import cache_folder
from ontogeny.core.devices import device_count

# Settings of JAX that say where it computes, and not what.
PLACES = ("jax_platforms", "jax_platform_name", "jax_num_cpu_devices", "jax_xla_backend")


def prepare(devices: int | None = None) -> int:
    """Give a CPU one device per core (or `devices`) and switch the compilation cache on; return the
    device count.

    The number of CPU devices is fixed once JAX has computed something; then what is there is used.
    What the user has told JAX itself goes before the cores. The cache lies in `$ONTOGENY_CACHE`, or
    the user's cache folder, apart for each kind of processor: a home folder may be shared by
    machines that can't run each other's programs.
    """
    keep_compiled()
    if devices or not _told():
        with contextlib.suppress(RuntimeError):  # too late: it has begun with what it has
            jax.config.update("jax_num_cpu_devices", devices or cores())
    return device_count()


def keep_compiled() -> None:
    """Switch the compilation cache on, unless JAX was told of one."""
    if jax.config.values.get("jax_compilation_cache_dir") is None:
        jax.config.update("jax_compilation_cache_dir", own_cache())
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.3)


def own_cache() -> str:
    """Return the folder of the compilation cache that this machine's programs are kept in."""
    return str(cache_folder() / "xla" / processor_kind())


def warn_of_fewer(devices: int | None = None) -> None:
    """Warn a growth on a CPU that has fewer devices than it asked for (None: one per core, unless
    JAX was told otherwise).
    """
    count, wanted = (
        jax.device_count() // jax.process_count(),
        devices or (1 if _told() else cores()),
    )
    if jax.default_backend() == "cpu" and count < wanted:
        warnings.warn(
            f"JAX had computed something before it could be told of {wanted} devices: growths in "
            f"this process have {count}. Import jax, then ontogeny, and compute after that; or set "
            f"JAX_NUM_CPU_DEVICES={wanted}",
            stacklevel=3,
        )


def offer_cores() -> None:
    """Let JAX take each core for a device, if it has not computed yet and was told nothing else:
    arrays that a user makes before a growth would else leave it with one.
    """
    if not _told():
        with contextlib.suppress(RuntimeError):
            jax.config.update("jax_num_cpu_devices", cores())


def _told() -> bool:
    """Return whether the number of CPU devices was said, in either of JAX's ways."""
    flag = "xla_force_host_platform_device_count" in os.environ.get("XLA_FLAGS", "")
    return flag or jax.config.values["jax_num_cpu_devices"] >= 0


def settings() -> dict[str, Any]:
    """Return what JAX is set to here, but for where it computes: what a process needs to come to
    the same numbers.
    """
    plain = (bool, int, float, str, enum.Enum, type(None))
    values = jax.config.values.items()
    return {n: v for n, v in values if n not in PLACES and isinstance(v, plain)}


def processor_kind() -> str:
    """Return a short name of what this processor can do, the same for equal features."""
    features = platform.processor()
    with contextlib.suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        said = (line for line in lines if line.startswith(("flags", "Features")))
        features = " ".join(sorted(next(said, features).split()))
    return f"{platform.machine()}-{hashlib.sha256(features.encode()).hexdigest()[:8]}"


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def available_bytes() -> int | None:
    """Return the memory that a population may take here: this process's devices' own, or what the
    host has left. None: not known.
    """
    devices = jax.local_devices()
    stats = devices[0].memory_stats()
    if stats and "bytes_limit" in stats:
        return int(stats["bytes_limit"] - stats.get("bytes_in_use", 0)) * len(devices)
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return None


def describe() -> dict[str, Any]:
    """Return what a report says of the machine: versions, processor, cores, devices, memory."""
    model = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next(
            line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")
        )
    except (OSError, StopIteration):
        pass
    return {
        "ontogeny": __version__,
        "python": platform.python_version(),
        "jax": jax.__version__,
        "numpy": numpy.__version__,
        "system": f"{platform.system()} {platform.release()}",
        "processor": model,
        "cores": cores(),
        "devices": [str(d.device_kind) for d in jax.devices()],
        "backend": jax.default_backend(),
        "hosts": jax.process_count(),
        "available_bytes": available_bytes(),
        "command": " ".join([Path(sys.argv[0]).name, *sys.argv[1:]]),
    }
