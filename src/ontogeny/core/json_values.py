"""What JSON can hold of a value."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any


def json_value(value: Any) -> Any:
    """Return the value in JSON's terms: arrays and sequences as lists, named tuples as objects,
    paths as text, numbers that JSON can't hold as null.
    """
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        value = value._asdict()  # type: ignore[union-attr]
    if isinstance(value, Mapping):
        return {str(name): json_value(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [json_value(one) for one in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, bool | int | str):
        return value
    return json_value(value.tolist()) if hasattr(value, "tolist") else str(value)
