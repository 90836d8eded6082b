"""A run that has an address grows in a folder of this machine, since SQLite and locks need one, and
after each checkpoint a copy goes there: what is recorded, the checkpoints that the record lists, a
schedule and the product.

What can't be sent is told by an event and a warning. The growth goes on, and the next upload brings
what is missing. Who comes by the address is given the folder here, fetched where it is older.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
import uuid
import warnings
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

from ontogeny.core.errors import ConfigError, OntogenyError, StoreError
from ontogeny.core.files import decoding, inside, link_or_copy, remove, replace_file
from ontogeny.runtime.observer import Observer
from ontogeny.runtime.storage.database import copy_recorded, explained, open_to_read
from ontogeny.runtime.storage.locks import driver_lives
from ontogeny.runtime.storage.remote import Address
from ontogeny.runtime.storage.store import FILE, Store

NOTE = "remote.json"  # in a run's folder: its address, and who wrote what it is as new as
BESIDE = ("schedule", "product")  # archives of a run, beside its store and its checkpoints
AGAIN_SECONDS = 30.0  # between uploads when one has failed


class Mirror(Observer):
    """Sends a run that grows to its address. The store is the driver's, whose thread asks this."""

    def __init__(self, address: Address, store: Store):
        """Send what there is. Raises `StoreError` when that can't be: before anything is grown."""
        self.address, self.store = address, store
        self._writer, self._expected = uuid.uuid4().hex, read_note(store.folder)["writers"][-1:]
        self._expected.append(self._writer)
        self._place = store.folder / f"sending.{os.getpid()}.part"
        self._sender = ThreadPoolExecutor(1)
        self._sending: Future[None] | None = None
        self._sent: set[str] | None = None  # the checkpoints that are there
        self._failed = 0.0  # when; 0: the last upload came through
        try:
            _note(store.folder, address.url, self._expected, False)
            address.make()
            self._stage()
            self._send()
        except BaseException:
            self._sender.shutdown()
            remove(self._place)
            raise

    def lived(self, round_: Any, moved: int, dead: int) -> None:
        """Send the run if a checkpoint was written, and tell what came of the last upload."""
        if self._sending is not None:
            if not self._sending.done():
                return
            self._heard(self._sending.exception())
            self._sending = None
        if self._sent == self._checkpoints():
            return
        if time.monotonic() - self._failed > AGAIN_SECONDS:
            try:
                self._stage()
            except (OSError, OntogenyError) as error:  # this machine's disk is full
                self._heard(error)
                return
            self._sending = self._sender.submit(self._send)

    def finish(self) -> None:
        """Send the run as it ended, and wait for that."""
        self._sender.shutdown()  # once what is under way has ended
        try:
            self._stage()
            self._send()
            _note(self.store.folder, self.address.url, [self._writer], True)
            self._heard(None)
        except (OSError, OntogenyError) as error:
            self._failed = 0.0  # said again, at the end
            self._heard(error)
        remove(self._place)

    def _checkpoints(self) -> set[str]:
        return {path.name for path in (self.store.folder / "checkpoints").glob("round-??????*")}

    def _stage(self) -> None:
        """Put the run as it is now where it is sent from: files are linked, so that none goes
        meanwhile.
        """
        remove(self._place)
        self._place.mkdir()
        self._staged = self._checkpoints()
        run = self.store.folder
        with explained(run, FILE, "copy"), closing(open_to_read(run / FILE)) as recorded:
            copy_recorded(recorded, self._place / FILE)
        for archive in (*(one.path for one in self.store.artifacts("checkpoint")), *BESIDE):
            for path in inside(run, archive).rglob("*"):
                target = self._place / path.relative_to(run)
                target.parent.mkdir(parents=True, exist_ok=True)
                if path.is_file():
                    link_or_copy(path, target)

    def _send(self) -> None:
        self.address.send(self._place, self._writer, self._expected)
        _note(self.store.folder, self.address.url, [self._writer], False)
        self._sent = self._staged
        remove(self._place)

    def _heard(self, error: BaseException | None) -> None:
        """Record what came of an upload, where it is news, and warn."""
        was, self._failed = self._failed, time.monotonic() if error is not None else 0.0
        if bool(was) == bool(error):
            return
        said = "all is there again"
        if error is not None:
            what = getattr(error, "what", str(error))
            said = f"{what}; what is recorded is in {self.store.folder}, and is sent again later"
            warnings.warn(f"{self.address.url}: {said}", RuntimeWarning, stacklevel=3)
        with self.store.transaction():
            kind = "unsent" if error is not None else "sent"
            self.store.add_event(max(self.store.rounds() - 1, 0), kind, said)


def mirror_of(store: Store) -> Mirror | None:
    """Return what sends a run to its address; None for one that has none."""
    if not (store.folder / NOTE).is_file():
        return None
    return Mirror(Address(read_note(store.folder)["url"]), store)


def unsent(folder: Path) -> bool:
    """Return whether a run has an address, and recorded what is not there."""
    return (folder / NOTE).is_file() and not read_note(folder)["whole"]


def fetched(url: str, runs: Path) -> Path:
    """Return the folder, among the runs of this machine, of the run of an address: made anew where
    that there is newer, empty but for its address where nothing is there. Where it can't be reached
    the folder is returned with a warning, if there is a run in it.

    Raises what `Address` does, and `ConfigError` for a run that has grown here and there.
    """
    stem = url.partition("?")[0].rpartition("/")[2] or "run"
    folder = runs / f"{stem}-{hashlib.sha256(url.encode()).hexdigest()[:8]}"
    here = (folder / FILE).is_file()
    if here and driver_lives(folder):
        return folder
    address = Address(url)
    try:
        there = address.manifest()
    except StoreError as error:
        if not here:
            raise
        warnings.warn(f"{error.what}: as it is in {folder}", RuntimeWarning, stacklevel=3)
        return folder
    known = read_note(folder)["writers"] if here else []
    if there is None:
        if not here:
            folder.mkdir(parents=True, exist_ok=True)
            _note(folder, url, [], True)
    elif there["writer"] not in known:
        if here and unsent(folder):
            raise ConfigError(
                f"it has grown on there and in {folder}, each by itself",
                where=url,
                hint=f"remove {folder} to go on with what is there; or {folder / NOTE}, and resume "
                "the folder",
            )
        folder.parent.mkdir(parents=True, exist_ok=True)
        address.fetch(folder, lambda part, writer: _note(part, url, [writer], True))
    return folder


def read_note(folder: Path) -> dict[str, Any]:
    """Return what a folder says of its address. Raises `StoreError` when that can't be read."""
    path = folder / NOTE
    with decoding(str(path)):
        found = json.loads(path.read_text())
        url, writers, whole = found["url"], found["writers"], found["whole"]
        return {"url": str(url), "writers": list(writers), "whole": bool(whole)}


def _note(folder: Path, url: str, writers: list[str], whole: bool) -> None:
    with replace_file(folder / NOTE) as part:
        part.write_text(json.dumps({"url": url, "writers": writers, "whole": whole}))
