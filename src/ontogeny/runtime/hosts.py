"""The processes that grow one population together under JAX's distributed runtime, called hosts
here: who this one is, and the words between them.

All run the same program. The first leads: it decides, records, prints and observes, and says what
comes next; the others follow. Words are JSON in the key-value store of JAX's coordination service,
numbered within a growth, and each is heard once by everybody. Arrays go another way (`gathering`).

No wait is for ever: a host that sends no heartbeat ends JAX's processes on all others, and what the
leader waits for itself has a limit. Without other hosts, nothing here does anything.
"""

from __future__ import annotations

import atexit
import json
import os
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

import jax

from ontogeny.core.errors import ConfigError, OntogenyError

PATIENCE = 600.0  # seconds that the leader waits for a host that lives but does not come
SLICE = 2.0  # seconds of a wait between two looks around
KINDS = {kind.__name__: kind for kind in (ConfigError, *OntogenyError.__subclasses__())}
T = TypeVar("T")


class _At:
    """Where this host stands."""

    growth = 0  # that it takes part in, from 1
    word = 0  # the next that is said in it


class _Service(Protocol):
    """What is used of JAX's client of its coordination service."""

    def key_value_set(self, key: str, value: str, allow_overwrite: bool = False) -> None: ...
    def key_value_try_get(self, key: str) -> str: ...
    def key_value_delete(self, key: str) -> None: ...
    def blocking_key_value_get(self, key: str, timeout_in_ms: int) -> str: ...


def count() -> int:
    """Return how many hosts there are: 1, unless JAX's distributed runtime was initialised."""
    return int(_state().num_processes)


def own() -> int:
    """Return which of them this one is, 0 the first."""
    return int(_state().process_id)


def leads() -> bool:
    """Return whether this host decides, records and prints."""
    return own() == 0


def say(word: Any, *, last_was_heard: bool = False) -> None:
    """Tell all others, if there are any, what comes next (a JSON value). The leader alone does.
    What was said before is forgotten if all have heard it, which who says this knows.
    """
    if count() == 1:
        return
    if last_was_heard:
        _service().key_value_delete(_key(f"word/{_At.word - 1}"))
    _put(f"word/{_At.word}", word)
    _At.word += 1


def hear(waiting: str) -> Any:
    """Return what the leader says next. `waiting` is what for, should it never come. Raises what
    ended the leader's growth.
    """
    word = _get(f"word/{_At.word}", None, waiting, 0)
    _At.word += 1
    if isinstance(word, dict) and "failed" in word:
        kind, what, where, hint = word["failed"]
        raise KINDS.get(kind, OntogenyError)(what, where=where, hint=hint)
    if isinstance(word, dict) and "interrupted" in word:
        raise KeyboardInterrupt
    return word


def decided(decide: Callable[[], T]) -> T:
    """Return what the leader decides (a JSON value), on every host."""
    if count() == 1:
        return decide()
    if not leads():
        return hear("a decision")
    word = decide()
    say(word)
    return word


def collected(value: T, waiting: str) -> list[T]:
    """Return every host's value (JSON's), on every host; all must come here. Raises `OntogenyError`
    when one has failed before, or does not come.
    """
    if count() == 1:
        return [value]
    key = f"reply/{_At.word}"
    if not leads():
        _put(f"{key}/{own()}", value)
        return hear(waiting)
    replies = [_get(f"{key}/{host}", PATIENCE, waiting, host) for host in range(1, count())]
    say([value, *replies])
    return [value, *replies]


@contextmanager
def together() -> Generator[None]:
    """Live the body, a growth, on all hosts: how it ends on the leader (by itself, with an error,
    interrupted) is how it ends on all.
    """
    if count() == 1:
        yield
        return
    _At.growth, _At.word = _At.growth + 1, 0
    try:
        yield
    except OntogenyError as error:
        _ended({"failed": [type(error).__name__, error.what, error.where, error.hint]})
        raise
    except (KeyboardInterrupt, SystemExit):
        _ended({"interrupted": own()})
        raise
    except BaseException as error:
        said = f"{type(error).__name__}: {error}"
        _ended({"failed": ["OntogenyError", said, f"host {own()}", "see what that host printed"]})
        raise
    if leads():
        say({"ended": True})
    else:
        hear("the end of the growth")


def ask_to_stop(number: int) -> None:
    """Have the leader stop after the round, as if the signal had come to it."""
    _put("stop", number, again=True)


def with_others(stop: Callable[[], bool], signals: list[int] | None) -> Callable[[], bool]:
    """Return the leader's `stop` so that a signal to any host stops all: it is put into `signals`
    as its own would be.
    """
    if count() == 1:
        return stop
    asked: list[int] = []

    def stopped() -> bool:
        if not asked and (number := _try("stop")) is not None:
            asked.append(number)
            if signals is not None:
                signals.append(number)
            _service().key_value_delete(_key("stop"))
        return stop() or bool(asked)

    return stopped


@contextmanager
def computing(what: str) -> Generator[None]:
    """Say of an error in the body that comes of a lost host what it means."""
    try:
        yield
    except jax.errors.JaxRuntimeError as error:
        first = str(error).partition("\n")[0]
        if count() == 1 or first.startswith(("RESOURCE_EXHAUSTED", "INVALID_ARGUMENT")):
            raise
        raise _lost(f"{what}: {first:.200}") from error


def _ended(word: Any) -> None:
    """Say how the growth ended here, as far as anybody hears it."""
    try:
        if leads():
            say(word)
        else:
            _put(f"gone/{own()}", word, again=True)
    except (OntogenyError, jax.errors.JaxRuntimeError):
        pass  # who would have heard is gone


def _get(key: str, seconds: float | None, waiting: str, host: int) -> Any:
    """Return the value of a key that a host will set. Without `seconds`, as long as it lives."""
    begun = time.monotonic()
    while True:
        try:
            value = _service().blocking_key_value_get(_key(key), int(SLICE * 1000))
            return json.loads(value)
        except jax.errors.JaxRuntimeError as error:
            if "DEADLINE_EXCEEDED" not in str(error):
                raise _lost(f"while it waited for {waiting}: {error!s:.200}") from error
        gone = _try(f"gone/{host}")
        if gone is not None:
            why = gone.get("failed", ["", "it was interrupted"])[1]
            raise OntogenyError(
                f"host {host} ended before {waiting}: {why}",
                where=f"host {own()} of {count()}",
                hint="begin all hosts again",
            )
        if seconds is not None and time.monotonic() - begun > seconds:
            raise OntogenyError(
                f"host {host} has not come to {waiting} within {seconds:g} seconds",
                where=f"host {own()} of {count()}",
                hint="see what it does; all hosts must run the same program",
            )


def _try(key: str) -> Any:
    """Return the value of a key, None when it is not set."""
    try:
        return json.loads(_service().key_value_try_get(_key(key)))
    except jax.errors.JaxRuntimeError:
        return None


def _put(key: str, value: Any, again: bool = False) -> None:
    _service().key_value_set(_key(key), json.dumps(value), allow_overwrite=again)


def _key(key: str) -> str:
    return f"ontogeny/{_At.growth}/{key}"


def _lost(what: str) -> OntogenyError:
    """Return the error of a growth whose other hosts are gone. The process then leaves without
    JAX's farewell, which would wait for them.
    """
    atexit.unregister(_leave)
    atexit.register(_leave)
    return OntogenyError(
        f"another host is gone ({what})",
        where=f"host {own()} of {count()}",
        hint="end what is left of them, and go on from the newest checkpoint: ontogeny resume RUN",
    )


def _leave() -> None:
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(OntogenyError.exit_code)


def _state() -> Any:
    """Return JAX's state of its distributed runtime, which has no public name."""
    from jax._src import distributed

    return distributed.global_state


def _service() -> _Service:
    return _state().client
