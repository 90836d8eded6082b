"""Modules that are imported when something of them is first asked for, whoever names them first.

A package that only draws with another imports it all the same, and who never draws waits for it.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Generator
from contextlib import contextmanager
from types import ModuleType
from typing import Any


@contextmanager
def imported_late(*names: str) -> Generator[None]:
    """Have what is imported here be given, in the place of these modules, others that import them
    when an attribute is asked for. Afterwards they can be imported as ever; one that was imported
    before is what it is.
    """
    late = {name: _late(name) for name in names if name not in sys.modules}
    sys.modules.update(late)
    try:
        yield
    finally:
        for name, module in late.items():
            _forget(name, module)


def _late(name: str) -> ModuleType:
    module = ModuleType(name)

    def asked(attribute: str) -> Any:
        _forget(name, module)
        return getattr(importlib.import_module(name), attribute)

    vars(module)["__getattr__"] = asked
    return module


def _forget(name: str, module: ModuleType) -> None:
    if sys.modules.get(name) is module:
        del sys.modules[name]
