"""How a learner reaches another process: as the function that makes it, pickled.

A recipe's learner is made anew from the recipe, whose fields are small. A bare learner's functions
are pickled with cloudpickle: by name where their module can be imported, else (a script, a
notebook) as their code and what they close over.
"""

from __future__ import annotations

import io
import pickletools
import sys
from collections.abc import Callable
from inspect import ismodule
from typing import Any

from ontogeny.core.errors import ConfigError
from ontogeny.core.host import HostLearner, with_own_choices
from ontogeny.core.script import Script
from ontogeny.runtime.executor import Job

# What takes long to import, and is imported late: worth having where workers are forked from.
LATE = ("gymnax", "optax", "equinox", "torch", "sklearn")


def shipped(job: Job, where: str = "Processes") -> bytes:
    """Return the pickled function that makes the job's learner. Raises `ConfigError` when something
    can't be pickled; `where` is the executor that wants it.
    """
    import cloudpickle

    learner = job.learner
    try:
        source = job.source or _Given(learner)
        choices = job.space.choices() if is_host(job) else {}
        return cloudpickle.dumps(_WithOwnChoices(source, choices) if choices else source)
    except Exception as error:  # pickling runs the code of whatever is pickled
        raise ConfigError(
            f"the learner can't be pickled ({type(error).__name__}: {error})",
            where=where,
            hint="build files, locks and connections inside init or step, not outside of them",
        ) from error


def needed_modules(data: bytes, host: bool) -> list[str]:
    """Return the installed packages that unpickling will import, directly or by a module of the
    user's, and for a JAX learner JAX itself: what is worth importing before workers are forked. The
    user's own modules are not among them: they may compute as they are imported.
    """
    named = {
        argument
        for _, argument, _ in pickletools.genops(io.BytesIO(data))
        if isinstance(argument, str) and argument in sys.modules
    }
    for name in [name for name in named if not _installed(name)]:
        for value in list(vars(sys.modules[name]).values()):
            named.add(str(getattr(value, "__name__" if ismodule(value) else "__module__", "")))
    if not host:
        named |= {"jax", "jax.numpy", "ontogeny.core.population"}
        named |= {name for name in LATE if name in sys.modules}
    if "torch" in named:
        named |= {"torch._dynamo"}  # a first optimiser imports it, which takes as long as torch
    return sorted(name for name in named if _installed(name))


def _installed(name: str) -> bool:
    package = name.partition(".")[0]
    path = getattr(sys.modules.get(package), "__file__", None) or ""
    return "site-packages" in path or package == "ontogeny"


class _Given:
    """Returns the learner that it holds."""

    def __init__(self, learner: Any):
        self.learner = learner

    def __call__(self) -> Any:
        return self.learner


class _WithOwnChoices:
    """Returns the host learner of a source, given the options of choices as they were written."""

    def __init__(self, source: Callable[[], Any], choices: dict[str, dict[float, Any]]):
        self.source, self.choices = source, choices

    def __call__(self) -> Any:
        return with_own_choices(self.source(), self.choices)


def is_host(job: Job) -> bool:
    """Return whether the job's learner is plain Python."""
    return isinstance(job.learner, HostLearner | Script)
