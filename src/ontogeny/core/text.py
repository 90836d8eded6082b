"""Text from names and files, on its way to a terminal or into a command."""

from __future__ import annotations

import os
import re
import shlex

# What a terminal obeys instead of showing it (control characters but the tab and the line's end),
# what turns the direction of reading, other ends of lines, and halves of a character, which stand
# for bytes of a file's name that are no UTF-8.
UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)


def visible(text: str) -> str:
    r"""Return the text with its unseen characters written out: `\x1b` for the escape that colours,
    moves and renames a terminal.
    """
    return UNSEEN.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def quoted(word: str) -> str:
    """Return the word as a shell (bash, zsh) takes it for one, and as it can be seen and copied."""
    if UNSEEN.search(word) is None:
        return shlex.quote(word)
    plain = set(range(32, 127)) - set(b"\\'")
    shown = (chr(byte) if byte in plain else f"\\x{byte:02x}" for byte in os.fsencode(word))
    return f"$'{''.join(shown)}'"
