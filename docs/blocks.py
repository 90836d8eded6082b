"""What the docs tell a reader to type: the blocks of their pages, and the commands in them.

A block that nobody can run here says so, and why, in a comment before it: `<!-- not run: … -->`.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(
    r"^(?:<!-- not run: (?P<why>[^>]+) -->\n\n?)?```(?P<language>\w*)[^\n]*\n(?P<text>.*?)^```",
    re.MULTILINE | re.DOTALL,
)
INLINE = re.compile(r"`(ontogeny [^`\n]+)`")
MARK = "\x1e"  # after a command's last word; words are kept apart by a NUL


class Block(NamedTuple):
    """A fenced block: on which page and line, in which language, and why it isn't run, if so."""

    page: str
    line: int
    language: str
    text: str
    why: str | None

    @property
    def included(self) -> str | None:
        """The file that the block is, by name, if it is one."""
        found = re.fullmatch(r'--8<-- "([^"]+)"\s*', self.text)
        return found and found[1]

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"


def blocks(*languages: str) -> list[Block]:
    """Return the blocks of all pages that are in one of the languages, or in any."""
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for match in FENCE.finditer(text):
            line = text[: match.start("text")].count("\n")
            about = (match["language"], match["text"], match["why"])
            found.append(Block(str(page.relative_to(ROOT)), line, *about))
    return [block for block in found if not languages or block.language in languages]


def inline_commands() -> list[tuple[str, str]]:
    """Return (page, command) for each command between backticks in running text, once a page; what
    stands for many (`RECIPE`, `--field`, `…`), and a verb that is only named, is none.
    """
    found = set()
    for page in PAGES:
        text = FENCE.sub("", page.read_text(encoding="utf-8"))
        for command in INLINE.findall(text):
            if len(command.split()) > 2 and not re.search("RECIPE|SYSTEM|--field|…", command):
                found.add((str(page.relative_to(ROOT)), re.sub(r"\bN\b", "3", command)))
    return sorted(found)


def commands(text: str) -> list[list[str]]:
    """Return the words of each command of a block, as a shell makes them of its loops, quotes,
    continued lines and comments. Nothing is run: every command is a function that says its words.
    """
    names = sorted(set(re.findall(r"(?:^|[|;]|\bdo\b)\s*([a-z][\w.-]*)", text, re.MULTILINE)))
    said = f"printf '%s\\0' \"$@\" {MARK} >&3"  # in one go: pipes say theirs at the same time
    keep = {"for", "do", "done", "if", "then", "fi", "while"}
    functions = [f'function {n} {{ set -- {n} "$@"; {said}; }}' for n in names if n not in keep]
    program = "\n".join([*functions, text.replace(" &\n", "\n"), ""])
    with tempfile.TemporaryDirectory() as nowhere:  # what is redirected is written
        done = subprocess.run(
            ["bash", "-c", f"exec 3>&1 >/dev/null\n{program}\nwait"],
            input="",
            capture_output=True,
            text=True,
            check=True,
            timeout=20,
            cwd=nowhere,
        )
    assert not done.stderr, done.stderr
    return [words.split("\0")[:-1] for words in done.stdout.split(f"{MARK}\0")[:-1]]
