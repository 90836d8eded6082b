"""What papers claim, measured here: a folder a system, named as `ontogeny reproduce` names it.

A folder's `SYSTEM` says which paper and which parts; each part is a module beside it, and figures
are beside the claims that they show. The files at this level serve all systems.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING

from ontogeny.core.errors import unknown

if TYPE_CHECKING:
    from ontogeny.claims.system import System


def system_names() -> list[str]:
    """Return what `reproduce` can be asked for."""
    return [module.name for module in pkgutil.iter_modules(__path__) if module.ispkg]


def system_named(name: str) -> System:
    """Return the system called `name`. Raises `ConfigError`, suggesting the nearest name."""
    if name not in (names := system_names()):
        raise unknown("system", name, names, where="reproduce")
    return importlib.import_module(f"ontogeny.claims.{name}").SYSTEM
