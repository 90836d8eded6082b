"""What XLA says, as an error, of each program that it loads from its own cache, and that is none:
see `ontogeny/__init__.py`. Where JAX was imported first, its level can't be set any more.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

FROM = b"cpu_aot_loader.cc"
_ONE = threading.Lock()


def hush_loading() -> None:
    """Leave those lines out while JAX loads a program; whatever else is said then is passed on."""
    from jax._src import compilation_cache

    name = "get_executable_and_time"  # of JAX's own: where it has no such name, the lines stay
    load: Any = getattr(compilation_cache, name, None)

    def quietly(*told: Any, **named: Any) -> Any:
        with without_lines(FROM):
            return load(*told, **named)

    if load is not None:
        setattr(compilation_cache, name, quietly)


@contextmanager
def without_lines(word: bytes) -> Generator[None]:
    """Keep lines with the word in them out of this process's standard error."""
    with _ONE, tempfile.TemporaryFile() as said:
        sys.stderr.flush()
        kept = os.dup(2)
        os.dup2(said.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            said.seek(0)
            os.write(2, b"".join(line for line in said if word not in line))
