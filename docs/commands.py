"""Run the commands that the docs tell, as they are written: what `make figures` does first.

`python docs/commands.py PAGE …` runs those of some pages. A page has a folder of its own, where
what it takes for granted lies (`granted.py`); there its blocks are given to bash, one after
another, so that a command finds what one before it has grown. Growths are short: `short.py`.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import NamedTuple

from blocks import Block, blocks
from blocks import commands as told
from granted import GRANTED, Reader
from ontogeny.views.quantities import count, duration

SHELL = ("bash", "console", "sh")
LIMIT = 1200  # seconds of a block
SHOWN = 3000  # letters of what a command that failed had said
# told of a command that leaves with a code of its own: the code, its line, the command
WATCHED = """set -o pipefail
trap 'printf "%s\\t%s\\t%s\\t%s\\0" $? $LINENO $(wc -c < "$SAID") "$BASH_COMMAND" >> "$LEFT"' ERR
"""
QUICKLY = "--xla_backend_optimization_level=0 --xla_cpu_use_fusion_emitters=false"
COMMAND = '#!/bin/sh\nexec "{python}" -P "{short}" "$@"\n'


class Failure(NamedTuple):
    """A command that left with a code of its own, or a block that took too long: on which page and
    line, how it ended, and what was said until then.
    """

    place: str
    what: str
    said: str


def to_run(*pages: str) -> list[Block]:
    """Return the blocks that are run here: those of the pages, or all."""
    return [b for b in blocks(*SHELL) if not b.why and (not pages or b.page in pages)]


def run_page(
    page_blocks: Sequence[Block], folder: Path, environment: dict[str, str], limit: float = LIMIT
) -> list[Failure]:
    """Run the blocks of a page in a folder of its own, say how long each took, and return what
    failed.
    """
    page, failures = page_blocks[0].page, list[Failure]()
    folder.mkdir()
    with ExitStack() as ending:
        reader = Reader(folder, dict(environment), ending)
        begun = time.monotonic()
        try:
            for have in GRANTED.get(page, ()):
                have(reader)
        except Exception:  # whatever it is: the other pages go on
            return [shown_failure(page, "what it takes for granted", traceback.format_exc())]
        if page in GRANTED:
            print(
                f"{page}: what it takes for granted, {time.monotonic() - begun:.0f} s", flush=True
            )
        for block in page_blocks:
            begun = time.monotonic()
            failed = run_block(block, reader, limit)
            n, seconds = len(told(block.text)), time.monotonic() - begun
            wrong = f", {len(failed)} FAILED" if failed else ""
            print(f"{block.place}: {count(n, 'command')}, {duration(seconds)}{wrong}", flush=True)
            failures += [shown_failure(*one) for one in failed]
    return failures


def run_block(block: Block, reader: Reader, limit: float) -> list[Failure]:
    """Give a block to bash where the reader is, and return what failed."""
    with tempfile.TemporaryDirectory() as beside:
        script, watched, said, left = (
            Path(beside, n) for n in ("block", "watched", "said", "left")
        )
        script.write_text(block.text)
        watched.write_text(WATCHED)
        left.touch()
        told_to = {"BASH_ENV": str(watched), "SAID": str(said), "LEFT": str(left)}
        with said.open("wb") as out:
            process = subprocess.Popen(
                ["bash", script],
                cwd=reader.folder,
                env=reader.environment | told_to,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(limit)
            finally:  # also where somebody has had enough
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
        text, failures = said.read_bytes(), list[Failure]()
        for told_of in left.read_text().split("\0")[:-1]:
            code, line, size, command = told_of.split("\t", 3)
            place = f"{block.page}:{block.line + int(line)}"
            failures.append(Failure(place, f"{command}: left with {code}", shown(text, int(size))))
        if process.returncode < 0:
            failures.append(
                Failure(block.place, f"took over {duration(limit)}", shown(text, len(text)))
            )
        return failures


def shown_failure(place: str, what: str, said: str) -> Failure:
    """Say at once what failed, and return it."""
    print(f"\n{place}: {what}\n{said}", flush=True)
    return Failure(place, what, said)


def shown(text: bytes, size: int) -> str:
    """Return the end of what was said until so many bytes of it were there."""
    return text[:size].decode(errors="replace")[-SHOWN:]


def surroundings(scratch: Path) -> dict[str, str]:
    """Return the environment of all commands: `ontogeny` is short, runs lie in the page's folder,
    nothing is known of earlier, nothing is downloaded, and compiled is as the suite compiles.
    """
    own = scratch / "bin"
    own.mkdir()
    short = Path(__file__).with_name("short.py")
    (own / "ontogeny").write_text(COMMAND.format(python=sys.executable, short=short))
    (own / "ontogeny").chmod(0o755)
    path = [str(own), str(Path(sys.executable).parent), os.environ["PATH"]]
    return os.environ | {
        "PATH": os.pathsep.join(path),
        "ONTOGENY_CACHE": str(scratch / "cache"),
        "ONTOGENY_RUNS": "runs",
        "PIP_NO_INDEX": "1",
        "PIP_QUIET": "1",
        "XLA_FLAGS": f"{os.environ.get('XLA_FLAGS', '')} {QUICKLY}".strip(),
    }


def main(names: list[str]) -> int:
    """Run the commands of the pages that are named, or of all; return 0, 1 where one failed, 2 for
    a page that there is not.
    """
    known = {Path(block.page).stem: block.page for block in to_run()}
    if unknown := [name for name in names if Path(name).stem not in known]:
        print(f"no page with commands is called {unknown[0]!r}; there are: {', '.join(known)}")
        return 2
    chosen = to_run(*(known[Path(name).stem] for name in names))
    begun, failures = time.monotonic(), list[Failure]()
    with tempfile.TemporaryDirectory(prefix="ontogeny-docs-") as scratch:
        environment = surroundings(Path(scratch))
        for page in dict.fromkeys(block.page for block in chosen):
            own = [block for block in chosen if block.page == page]
            failures += run_page(own, Path(scratch, Path(page).stem), environment)
    for failure in failures:
        print(f"FAILED {failure.place}: {failure.what}")
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    n = count(sum(len(told(block.text)) for block in chosen), "command")
    took = duration(time.monotonic() - begun), duration(used.ru_utime + used.ru_stime)
    blocks_ = count(len(chosen), "block")
    print(f"{n} of {blocks_} in {took[0]} ({took[1]} of processors): {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
