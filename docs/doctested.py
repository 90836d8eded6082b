"""Shows the examples of docstrings (`>>>`) as code in the pages of the reference."""

from __future__ import annotations

import re
from typing import Any

import griffe

EXAMPLE = re.compile(r"^( *)>>> .*(?:\n\1(?! *$).+)*", re.MULTILINE)


class Doctested(griffe.Extension):
    """Fences each run of lines that begins with `>>>`."""

    def on_instance(self, *, obj: griffe.Object, **settings: Any) -> None:
        """Change the object's docstring, if it has one."""
        if obj.docstring:
            obj.docstring.value = fenced(obj.docstring.value)


def fenced(text: str) -> str:
    """Return the text with its examples in fences.

    >>> print(fenced("Says.\\n\\n>>> 1 + 1\\n2\\n\\nMore."))
    Says.
    <BLANKLINE>
    ```pycon
    >>> 1 + 1
    2
    ```
    <BLANKLINE>
    More.
    """
    return EXAMPLE.sub(lambda found: f"{found[1]}```pycon\n{found[0]}\n{found[1]}```", text)
