"""A run under an address: `s3://` and `gs://`, which Arrow reaches, `file://`, or any other that
fsspec knows.

Files lie there under their checksums, and a manifest, written last and whole, says their names:
what an upload that was cut short has left is never read, and what has not changed is not sent
again.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, cast

from ontogeny.core.errors import ConfigError, MissingExtra, OntogenyError, StoreError
from ontogeny.core.files import (
    decoding,
    inside,
    link_or_copy,
    open_regular,
    replace_folder,
)

URL = re.compile(r"([a-z][a-z0-9+.-]+):/+(.*)")
MANIFEST, OBJECTS = "manifest.json", "objects"
OBJECT_STORES = ("s3", "gs", "gcs")
HINTS = {  # by what the error says
    "ACCESS_DENIED": "see that this machine's credentials may read and write there",
    "PermissionError": "see that you may read and write there",
    "NO_SUCH_BUCKET": "make the bucket first, or mend its name",
    "Bucket ": "make the bucket first, or mend its name",
    "FileNotFoundError": "make the folder above it first, or mend its name",
    "": "see that it can be reached from here",
}
TRIES = 3  # of a fetch, while a growth replaces what it fetches


def as_url(name: Path | str) -> str | None:
    """Return the address that a name is; None for a path. A `Path` of one has lost a slash.

    >>> as_url(Path("s3://bucket/run")), as_url("runs/mine")
    ('s3://bucket/run', None)
    """
    found = URL.fullmatch(str(name))
    if found is None:
        return None
    root = "/" if found[1] in ("file", "local") else ""
    return f"{found[1]}://{root}{found[2].strip('/')}"


class Address:
    """A place of fsspec's. Whatever it raises becomes a `StoreError`."""

    def __init__(self, url: str):
        """Raises `MissingExtra` without what reaches such places, `ConfigError` for a kind that
        there is not.
        """
        self.url, self.stored = url, url.partition(":")[0] in OBJECT_STORES
        try:
            self.fs, self.root = _opened(url, self.stored)
        except ImportError as error:
            raise MissingExtra(
                f"it can't be reached ({error})", where=url, hint="pip install 'ontogeny[remote]'"
            ) from error
        except ValueError as error:
            hint = "use s3://BUCKET/NAME, gs://BUCKET/NAME, file:///FOLDER/NAME, or a path"
            raise ConfigError(f"{error}", where=url, hint=hint) from error
        except Exception as error:  # of any of its libraries
            raise _explained(url, "reach it", error) from error

    @contextmanager
    def _doing(self, what: str) -> Generator[None]:
        try:
            yield
        except OntogenyError:
            raise
        except Exception as error:  # of any of its libraries
            raise _explained(self.url, what, error) from error

    def manifest(self) -> dict[str, Any] | None:
        """Return what lies there; None when nothing does."""
        with self._doing("read it"):
            try:
                data = self.fs.cat_file(f"{self.root}/{MANIFEST}")
            except FileNotFoundError:
                return None
        with decoding(f"{self.url}/{MANIFEST}"):
            found = json.loads(data)
            if found["format"] != 1:
                raise StoreError(f"its format is {found['format']!r:.40}", where=self.url)
            files = {str(name): str(digest) for name, digest in found["files"].items()}
            return {"writer": str(found["writer"]), "files": files}

    def make(self) -> None:
        """Make the folder, where places have any. A bucket is not made."""
        with self._doing("make it"):
            if "file" in self.fs.protocol:
                Path(self.root).mkdir(exist_ok=True)
                (Path(self.root) / OBJECTS).mkdir(exist_ok=True)

    def send(self, staged: Path, writer: str, expected: list[str]) -> None:
        """Make what lies there that of a folder. Raises `StoreError` when it was last written by
        somebody who is not `expected`.
        """
        before = self.manifest()
        if before is not None and before["writer"] not in expected:
            raise StoreError(
                "another growth has written there",
                where=self.url,
                hint="let one machine at a time grow a run; what this one recorded is here",
            )
        there = set(before["files"].values()) if before else set[str]()
        files = {
            path.relative_to(staged).as_posix(): digest_of(path)
            for path in sorted(staged.rglob("*"))
            if path.is_file()
        }
        with self._doing("write it"):
            for name, digest in files.items():
                if digest not in there:
                    self.fs.put_file(str(staged / name), f"{self.root}/{OBJECTS}/{digest}")
                    there.add(digest)
            told = json.dumps({"format": 1, "writer": writer, "files": files}).encode()
            if self.stored:  # what is written there appears whole
                self.fs.pipe_file(f"{self.root}/{MANIFEST}", told)
            else:
                with self.fs.transaction, self.fs.open(f"{self.root}/{MANIFEST}", "wb") as file:
                    file.write(told)
        with suppress(Exception):  # what is left there is in nobody's way
            for digest in there.difference(files.values()):
                self.fs.rm_file(f"{self.root}/{OBJECTS}/{digest}")

    def fetch(self, folder: Path, sign: Callable[[Path, str], None]) -> None:
        """Make a folder of what lies there, which is given to `sign` with who wrote it before it
        has its name.
        """
        for again in range(TRIES):
            found = self.manifest() or {"writer": "", "files": {}}
            try:
                with replace_folder(folder) as part:
                    for name, digest in found["files"].items():
                        self._fetch_file(folder, part, name, digest)
                    sign(part, found["writer"])
                return
            except StoreError as error:
                gone = isinstance(error.__cause__, FileNotFoundError)
                if not gone or again == TRIES - 1:
                    raise
        raise AssertionError("the last try returns or raises")

    def _fetch_file(self, folder: Path, part: Path, name: str, digest: str) -> None:
        path, known = inside(part, name), inside(folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        if known.is_file() and digest_of(known) == digest:
            link_or_copy(known, path)
            return
        with self._doing(f"read its {name}"):
            self.fs.get_file(f"{self.root}/{OBJECTS}/{digest}", str(path))
        if digest_of(path) != digest:
            raise StoreError(f"its {name} is not as it was written", where=self.url)


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file, as text."""
    with open_regular(path) as file:
        return hashlib.file_digest(cast(Any, file), "sha256").hexdigest()


def _opened(url: str, stored: bool) -> tuple[Any, str]:
    """Return fsspec's file system of an address, and the path in it."""
    if stored:
        from fsspec.implementations.arrow import ArrowFSWrapper
        from pyarrow.fs import FileSystem

        if url.startswith("s3:"):  # a small file in one request, not three
            url += f"{'&' if '?' in url else '?'}allow_delayed_open=true"
        found, path = FileSystem.from_uri(url)
        return ArrowFSWrapper(found), path
    from fsspec.core import url_to_fs  # pyright: ignore[reportUnknownVariableType]

    return url_to_fs(url)


def _explained(url: str, what: str, error: Exception) -> StoreError:
    said = " ".join(f"{type(error).__name__}: {error}".split())
    hint = next(hint for sign, hint in HINTS.items() if sign in said)
    return StoreError(f"can't {what} ({said:.300})", where=url, hint=hint)
