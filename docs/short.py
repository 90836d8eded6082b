"""The command line where growths are short: what `ontogeny` is while the docs' commands are run.

A growth has few members, rounds and steps, unless the command says how many. Claims are measured at
the size that only shows that all of it runs, where they need not hold. What serves a page is asked
for it, and ended as Ctrl-C does.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.request
from typing import Any

from ontogeny import cli

SIZES = {"--population": "4", "--rounds": "2", "--steps": "2"}
FAILED = 3  # a claim does not hold
PATIENCE = 60  # seconds


def main(words: list[str]) -> int:
    """Do what the words say, and return the exit code."""
    if serves(words):
        return visited(words)
    if words[:1] == ["reproduce"]:
        return looked_at(words)
    return cli.run(shortened(words))


def serves(words: list[str]) -> bool:
    """Return whether the command shows a page until it is stopped."""
    rates = words[:2] == ["beauty", "rate"] and "--export" not in words
    return words[:1] == ["watch"] or rates


def shortened(words: list[str]) -> list[str]:
    """Return the words, and the sizes that they don't say where they grow something."""
    if words[:1] not in (["grow"], ["distill"]) or "--help" in words:
        return words
    return [*words, *(w for size in SIZES.items() if size[0] not in words for w in size)]


def looked_at(words: list[str]) -> int:
    """Measure claims at their least size. That one does not hold there says nothing."""
    from ontogeny.claims import reproduction

    whole = reproduction.reproduce

    def reproduce(name: str, scale: str, *rest: Any) -> reproduction.Reproduction:
        return whole(name, "tiny", *rest)

    reproduction.reproduce = reproduce
    code = cli.run(words)
    return 0 if code == FAILED else code


def visited(words: list[str]) -> int:
    """Serve the page on a port that is free, ask for it, and stop. Returns 0 if it was there."""
    command = [sys.executable, "-m", "ontogeny", *words, "--port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        if not (said := process.stdout.readline()):
            return process.wait()
        try:
            with urllib.request.urlopen(json.loads(said)["address"], timeout=PATIENCE) as page:
                print(page.url, page.status, len(page.read()), "bytes")
        finally:
            process.send_signal(signal.SIGINT)
        print(process.stdout.read(), end="")
    return 0 if process.returncode in (0, -signal.SIGINT) else process.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
