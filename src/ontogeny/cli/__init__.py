"""The command line: `ontogeny VERB …`. A verb's module is imported when the verb runs, and not
before.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import signal
import sys
from collections.abc import Callable, Sequence
from types import FrameType
from typing import NamedTuple, NoReturn

from ontogeny import __version__
from ontogeny.core.errors import OntogenyError, unknown

SIGNALLED = 128  # and the signal's number: an exit code as shells have it
INTERRUPTED = SIGNALLED + signal.SIGINT


class Verb(NamedTuple):
    """Where a verb lives, what follows it, and what it does."""

    module: str
    words: str
    summary: str


VERBS = {
    "grow": Verb("growth", "RECIPE [--field value …]", "grow a population"),
    "distill": Verb(
        "distilling",
        "--teacher RUN [--student RECIPE] [--rule NAME]",
        "have a grown agent teach another",
    ),
    "resume": Verb("growth", "RUN [--rounds N]", "go on from the newest checkpoint"),
    "stop": Verb("stopping", "RUN", "have a growing run finish its round, save, and end"),
    "list": Verb("looking", "", "the runs that there are"),
    "show": Verb("looking", "RUN", "one run: where it stands, who is best, what happened"),
    "note": Verb("noting", "RUN [TEXT]", "what you want to know of a run later"),
    "report": Verb("looking", "RUN [--out FILE]", "the whole story of a run, as one HTML file"),
    "watch": Verb("watching", "[RUNS]", "all runs of a folder in a browser, live"),
    "verify": Verb("verifying", "RUN", "whether all that was recorded is as it was written"),
    "remove": Verb("removing", "RUN [--yes]", "a run's folder, with all that is in it"),
    "compare": Verb(
        "comparing", "RUN RUN… [--by FIELD]", "which settings are better, and how surely"
    ),
    "replay": Verb(
        "replaying", "RUN [--members N]", "one member along the schedule that a population found"
    ),
    "play": Verb("playing", "RUN [--out FILE]", "film the best agent (GIF, MP4)"),
    "adapt": Verb(
        "adapting",
        "RUN --support FOLDER --query FOLDER",
        "tell your own pictures apart, after a few",
    ),
    "memory": Verb(
        "remembering",
        "write|read|add|erase …",
        "store your own pictures in an energy, and read broken ones",
    ),
    "stream": Verb(
        "streaming",
        "VIDEO --model RUN --out FILE",
        "a grown network on a video, a camera or a pipe",
    ),
    "beauty": Verb(
        "beauty",
        "train RATINGS --photos FOLDER …",
        "a scorer of photographs: trained on your ratings, run on any number",
    ),
    "export": Verb(
        "playing", "RUN --to safetensors|onnx", "what was grown, as files that others read"
    ),
    "recipes": Verb("looking", "", "what can be grown"),
    "doctor": Verb(
        "doctoring", "[RECIPE]", "what this machine can do: devices, memory, throughput"
    ),
    "reproduce": Verb("reproducing", "SYSTEM [--quick]", "the paper's claims, measured here"),
}


def main(argv: Sequence[str] | None = None) -> None:
    """Run a verb and leave with its exit code: 0 done, 2 usage, 3 failed or a claim doesn't hold.
    What is interrupted dies by the signal once all is saved, so that a shell's loop ends with it (a
    shell calls Ctrl-C 130).
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):  # a terminal may lack a sign, and shows ? for it
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, _leave)
    code = run(arguments)
    with contextlib.suppress(OSError, ValueError):  # the reader may have gone
        sys.stdout.flush()
    if code > SIGNALLED:
        signal.signal(code - SIGNALLED, signal.SIG_DFL)
        os.kill(os.getpid(), code - SIGNALLED)
    sys.exit(code)


def run(arguments: list[str]) -> int:
    """Run a verb and return its exit code."""
    word, *rest = arguments or ["--help"]
    as_json = "--json" in rest
    try:
        if word in ("-h", "--help", "help", "-V", "--version"):
            print(f"ontogeny {__version__}" if word in ("-V", "--version") else overview())
            return 0
        if word == "--completion":
            from ontogeny.cli.completion import completion

            print(completion("".join(rest), [(name, verb.words) for name, verb in VERBS.items()]))
            return 0
        return _verb(word)(rest)
    except OntogenyError as error:
        _explain(error, as_json)
        return error.exit_code
    except KeyboardInterrupt:
        print("stopped; the last checkpoint is valid", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        with contextlib.suppress(
            OSError, ValueError
        ):  # the reader has gone: nobody is left to tell
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except SystemExit as leaving:  # the parser has printed help or what is wrong
        return leaving.code if isinstance(leaving.code, int) else 2


def overview() -> str:
    """Return the text of `ontogeny --help`."""
    width = max(len(f"{name} {verb.words}") for name, verb in VERBS.items()) + 2
    lines = [f"  {f'{name} {verb.words}':{width}}{verb.summary}" for name, verb in VERBS.items()]
    return "\n".join(
        [
            f"ontogeny {__version__}: grow learning systems",
            "",
            *lines,
            "",
            "Complete words in your shell: ontogeny --completion bash|zsh|fish",
            "Every verb takes --json and --help. RUN is a folder, a name in runs/, or `last`.",
            "Exit codes: 0 done, 2 usage, 3 failed or a claim does not hold, 130 interrupted.",
            "",
            "next: ontogeny grow toy",
        ]
    )


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    del frame
    sys.exit(SIGNALLED + number)


def _verb(word: str) -> Callable[[list[str]], int]:
    if word not in VERBS:
        raise unknown("verb", word, VERBS, otherwise="see: ontogeny --help")
    module = importlib.import_module(f"ontogeny.cli.{VERBS[word].module}")
    return getattr(module, word if word != "list" else "list_")


def _explain(error: OntogenyError, as_json: bool) -> None:
    if as_json:
        fields = {
            "kind": type(error).__name__,
            "what": error.what,
            "where": error.where,
            "hint": error.hint,
        }
        print(json.dumps({"error": fields}))
    print(f"ontogeny: {error}", file=sys.stderr)
