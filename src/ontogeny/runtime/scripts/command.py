"""A whole command as a script: it is run once a step, told its hypers, and says on its output how
good it is. What it inherits is a folder of files.

A run of it is a process group of its own, which ends with the worker, with the limit, and with it.
Its output goes through files, so that whatever it leaves running keeps nobody waiting.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal

from ontogeny.core.errors import ConfigError, StructureError, unknown
from ontogeny.runtime.scripts.member import Member

WHERE = "og.script"
TOLD = 20  # lines of its output that an error shows
# Runs the command, and ends its group when whoever holds the other end of its input is gone.
LEASH = """
import os, signal, sys, threading

def watch():
    os.read(0, 1)
    os.killpg(0, signal.SIGKILL)

nothing = [(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)]
child = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=nothing)
threading.Thread(target=watch, daemon=True).start()
code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
if code < 0:
    if -code != signal.SIGKILL:
        signal.signal(-code, signal.SIG_DFL)
    os.kill(os.getpid(), -code)
os._exit(code)
"""


@dataclass(frozen=True)
class Command:
    """What is run: as `train`, once a step."""

    words: tuple[str, ...]
    hypers: Literal["flags", "environment"]
    folder_flag: str | None
    limit: float | None

    def __call__(self, member: Member) -> None:
        """Live the member's steps."""
        for step in member.steps():
            for line, report in self.run(member, step):
                where = f"`{self}`, line {line} of its output"
                member.take(report.pop("score"), report, where)

    def __str__(self) -> str:
        return shlex.join(self.words)

    def run(self, member: Member, step: int) -> list[tuple[int, dict[str, Any]]]:
        """Run it once, and return what it reported: the line of each, and the numbers by name.

        Raises `RuntimeError` when it fails, `TimeoutError` past the limit, `StructureError` when it
        reports nothing.
        """
        hypers = dict(_flat(member.hypers))
        told = {
            "ONTOGENY_HYPERS": json.dumps(hypers),
            "ONTOGENY_FOLDER": str(member.folder),
            "ONTOGENY_SEED": str(member.seed),
            "ONTOGENY_STEP": str(step),
            "ONTOGENY_SLOT": str(member.slot),
        }
        words = list(self.words)
        if self.hypers == "flags":
            words += [word for name, value in hypers.items() for word in (f"--{name}", str(value))]
        else:
            told |= {variable(name): str(value) for name, value in hypers.items()}
        if self.folder_flag:
            words += [self.folder_flag, str(member.folder)]
        first = [sys.executable] if words[0].endswith(".py") else []
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            code = self._ended([*first, *words], {**os.environ, **told}, out, err)
            said, wrong = _text(out), _text(err)
        if code != 0:
            how = f"left with code {code}" if code > 0 else f"was killed by signal {-code}"
            unread = self.hypers == "flags" and "unrecognized arguments" in wrong
            hint = (
                "\n→ it does not take a hyper of the space as a flag: name hypers after its flags, "
                'or give them as hypers="environment"'
            )
            raise RuntimeError(
                f"`{shlex.join(words)}` {how}{hint if unread else ''}\n{_tail(wrong)}"
            )
        return self._reports(said)

    def _ended(
        self, words: list[str], surroundings: dict[str, str], out: IO[bytes], err: IO[bytes]
    ) -> int:
        """Run it to its end, and return the exit code, negative for a signal."""
        leash = [sys.executable, "-I", "-S", "-c", LEASH, *words]
        process = subprocess.Popen(
            leash,
            stdin=subprocess.PIPE,  # ends when this process does
            stdout=out,
            stderr=err,
            env=surroundings,
            process_group=0,
        )
        try:
            return process.wait(self.limit)
        except subprocess.TimeoutExpired as error:
            said = _tail(_text(out) + _text(err)) or "it had printed nothing"
            raise TimeoutError(
                f"`{self}` was not over after its limit of {self.limit:g} s\n{said}"
            ) from error
        finally:
            with suppress(ProcessLookupError, PermissionError):  # what it leaves running too
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if process.stdin is not None:
                process.stdin.close()

    def _reports(self, said: str) -> list[tuple[int, dict[str, Any]]]:
        found = list(_objects(said))
        reports = [
            (line, {name: x for name, x in one.items() if name == "score" or _is_number(x)})
            for line, one in found
            if "score" in one
        ]
        if not reports:
            last = (said.rstrip().splitlines() or ["nothing"])[-1]
            wanted = "score in its JSON" if found else "line of JSON with a score"
            raise StructureError(
                f"it printed no {wanted}; its last line: {last:.200}",
                where=f"`{self}`",
                hint='print a line such as {"score": 0.93, "loss": 0.2} when it is done',
            )
        return reports


def command_of(
    words: Sequence[Any], hypers: Any, folder_flag: str | None, limit: float | None
) -> Command:
    """Return the command of these words; of one text that is no file, as a shell parts it. Raises
    `ConfigError` for what can't be run.
    """
    if len(words) == 1 and isinstance(words[0], str) and not Path(words[0]).is_file():
        try:
            words = shlex.split(words[0])
        except ValueError as error:
            raise ConfigError(f"{words[0]!r} is no command ({error})", where=WHERE) from error
    told = [str(word) for word in words]
    if hypers not in ("flags", "environment"):
        raise unknown("way to give hypers", str(hypers), ("flags", "environment"), WHERE)
    if not told:
        raise ConfigError("the command is empty", where=WHERE, hint='write og.script("train.py")')
    for number, word in enumerate(told):
        if word.endswith(".py"):
            if not Path(word).is_file():
                raise ConfigError(f"there is no file {word!r}", where=WHERE)
            told[number] = str(Path(word).absolute())
    if not told[0].endswith(".py") and shutil.which(told[0]) is None:
        raise ConfigError(
            f"there is no program {told[0]!r}",
            where=WHERE,
            hint="give a file of Python, or a command as in a shell",
        )
    return Command(tuple(told), hypers, folder_flag, limit)


def variable(name: str) -> str:
    """Return the name of the environment's variable for a hyper: LEARNING_RATE."""
    return "".join(c if c.isalnum() else "_" for c in name).upper()


def _flat(hypers: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the hypers by their dotted paths. Raises `StructureError` for one that is an array."""
    pairs = hypers.items() if isinstance(hypers, dict) else enumerate(hypers)
    for key, value in pairs:
        name = f"{path}.{key}" if path else str(key)
        if isinstance(value, dict | list | tuple):
            yield from _flat(value, name)
        elif getattr(value, "ndim", 0):
            raise StructureError(
                f"the hyper {name!r} is an array, which is no flag",
                where="space",
                hint="use single numbers",
            )
        else:
            yield name, value


def _objects(text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the lines that are objects of JSON, and before each its number."""
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip().startswith("{"):
            with suppress(ValueError):
                found = json.loads(line)
                if isinstance(found, dict):
                    yield number, found


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float)


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")


def _tail(text: str) -> str:
    return "\n".join(text.rstrip().splitlines()[-TOLD:])
