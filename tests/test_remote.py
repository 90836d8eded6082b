"""Runs under an address: what is there is whole, and goes on elsewhere; what isn't is told."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import numpy as np
import pytest

import ontogeny as og
from growing_apart import POP, EachRound, make
from hermits import Hermitage
from ontogeny.core.errors import ConfigError, MissingExtra, StoreError
from ontogeny.runtime import mirror
from ontogeny.runtime.mirror import NOTE
from ontogeny.runtime.storage.folders import find_run
from ontogeny.runtime.storage.remote import MANIFEST, OBJECTS, Address, as_url, digest_of

pytestmark = pytest.mark.usefixtures("compiled_once")
SMALL = {"population": 4, "steps": 5, "progress": False, "checkpoint_seconds": 0}


@pytest.fixture
def url(tmp_path, monkeypatch):
    monkeypatch.setenv("ONTOGENY_RUNS", str(tmp_path / "runs"))
    return f"file://{tmp_path}/there"


@pytest.fixture
def bucket(monkeypatch):
    """The address of a bucket in object storage that a server here keeps in its memory."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "anyone")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    code = f"from moto.server import main; main(['-p', '{port}'])"
    quiet = subprocess.DEVNULL
    server = subprocess.Popen([sys.executable, "-c", code], stdout=quiet, stderr=quiet)
    try:
        limit, answered = time.monotonic() + 60, False
        while not answered:
            assert server.poll() is None
            assert time.monotonic() < limit
            try:
                asked = urllib.request.Request(f"http://127.0.0.1:{port}/bucket", method="PUT")
                answered = urllib.request.urlopen(asked, timeout=10).status == 200
            except OSError:
                time.sleep(0.05)
        yield f"s3://bucket/{{}}?scheme=http&endpoint_override=127.0.0.1:{port}"
    finally:
        server.kill()
        server.wait()


def kinds(run) -> list[str]:
    return [event.kind for event in run.store.events()]


def test_addresses_are_told_from_paths():
    assert as_url("s3://bucket/a/run/") == "s3://bucket/a/run"
    assert as_url(Path("gs://bucket/run")) == "gs://bucket/run"
    assert as_url(Path("file:///runs/mine")) == "file:///runs/mine"
    assert [as_url(name) for name in ("runs/mine", "last", "c:/x", "/a:/b", Path("a"))] == [
        None
    ] * 5


def test_a_run_goes_on_where_its_folder_is_not(url, tmp_path):
    run = og.grow("quadratic", rounds=3, folder=url, **SMALL)
    shutil.rmtree(run.folder)
    there = og.load(url)
    assert there.folder == run.folder != tmp_path / "there"
    assert there.status == "finished"
    there.product()  # came along
    shutil.rmtree(there.folder)
    further = og.resume(url, rounds=5, progress=False)
    undisturbed = og.grow("quadratic", rounds=5, folder=tmp_path / "alone", **SMALL)
    for name in ("score", "hypers.learning_rate"):
        np.testing.assert_array_equal(further.metrics()[name], undisturbed.metrics()[name])
    shutil.rmtree(further.folder)
    assert og.load(url).metrics()["score"].shape == (5, 4)
    manifest = json.loads((tmp_path / "there" / MANIFEST).read_text())
    objects = {path.name for path in (tmp_path / "there" / OBJECTS).iterdir()}
    assert objects == set(manifest["files"].values())  # nothing is left of what was before
    digest = manifest["files"]["run.sqlite"]
    with (tmp_path / "there" / OBJECTS / digest).open("r+b") as file:
        file.seek(5000)
        file.write(b"moths")
    shutil.rmtree(find_run(url))
    with pytest.raises(StoreError, match=r"its run\.sqlite is not as it was written"):
        og.load(url)


def test_object_storage_keeps_a_run_and_files_of_many_parts(bucket, tmp_path, monkeypatch):
    monkeypatch.setenv("ONTOGENY_RUNS", str(tmp_path / "runs"))
    url = bucket.format("mine")
    og.grow("quadratic", rounds=3, folder=url, **SMALL)
    shutil.rmtree(tmp_path / "runs")
    assert og.resume(url, rounds=5, progress=False).metrics()["score"].shape == (5, 4)
    shutil.rmtree(tmp_path / "runs")
    assert og.load(url).metrics()["score"].shape == (5, 4)

    staged, large = tmp_path / "staged", os.urandom(12_000_000)  # Arrow sends five at a time
    staged.mkdir()
    (staged / "states").write_bytes(large)
    there = Address(bucket.format("large"))
    there.send(staged, "me", ["me"])
    there.fetch(tmp_path / "back", lambda part, writer: None)
    assert (tmp_path / "back" / "states").read_bytes() == large
    with pytest.raises(StoreError, match="Bucket 'none' not found") as refused:
        og.grow("quadratic", rounds=3, folder=url.replace("bucket", "none", 1), **SMALL)
    assert "make the bucket first" in str(refused.value)


def test_what_goes_away_while_a_run_grows_is_told_and_sent_later(url, tmp_path, monkeypatch):
    monkeypatch.setattr(mirror, "AGAIN_SECONDS", 0.0)
    there = tmp_path / "there"

    def befall(lived):
        if lived.number == 1:
            there.rename(tmp_path / "gone")
        if lived.number == 5:
            (tmp_path / "gone").rename(there)
        time.sleep(0.1)

    with pytest.warns(RuntimeWarning, match=r"there: can't write it .* is sent again later"):
        run = og.grow("quadratic", rounds=9, folder=url, observers=[EachRound(befall)], **SMALL)
    assert [kind for kind in kinds(run) if "sent" in kind] == ["unsent", "sent"]
    before = run.metrics()["score"]
    shutil.rmtree(run.folder)
    np.testing.assert_array_equal(og.load(url).metrics()["score"], before)


def test_members_at_their_own_pace_go_on_from_their_checkpoint(url):
    job, where = make(), Hermitage(synchronous=False)
    how = {"population": POP, "steps": job.steps, "progress": False, "executor": where}
    run = og.grow(job.learner, space=job.space, rounds=2, folder=url, **how)
    before = run.metrics()["score"]
    shutil.rmtree(run.folder)
    run = og.grow(job.learner, space=job.space, rounds=4, folder=url, **how)
    np.testing.assert_array_equal(run.metrics()["score"][:2], before)
    assert np.isfinite(run.metrics()["score"]).all()
    assert kinds(run).count("resumed") == 1


def test_what_cannot_be_is_refused_before_anything_is_grown(url, monkeypatch):
    with pytest.raises(StoreError, match=r"(?s)can't make it .*make the folder above it first"):
        og.grow("quadratic", rounds=2, folder=f"{url}/a/b", **SMALL)
    with pytest.raises(ConfigError, match="no run is there"):
        og.load(f"{url}-not")
    with pytest.raises(ConfigError, match=r"(?s)Protocol not known.*use s3://"):
        og.load("nowhere://bucket/run")
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    with pytest.raises(MissingExtra, match=r"ontogeny\[remote\]"):
        og.load(url)


@pytest.fixture
def place(tmp_path):
    staged = tmp_path / "staged"
    (staged / "inner").mkdir(parents=True)
    (staged / "run.sqlite").write_text("recorded")
    (staged / "inner" / "arrays").write_text("numbers")
    found = Address("memory://bucket/mine")
    yield found, staged
    found.fs.rm("/bucket", recursive=True)


def test_a_torn_upload_is_never_read(place, tmp_path):
    (address, staged), signed = place, []

    def sign(folder, writer):
        signed.append(writer)

    address.send(staged, "me", ["me"])
    address.fetch(tmp_path / "here", sign)
    assert signed == ["me"]
    (staged / "run.sqlite").write_text("more")
    half = f"{address.root}/{OBJECTS}/{digest_of(staged / 'run.sqlite')}"
    address.fs.pipe_file(half, b"mo")  # what a kill leaves
    address.fetch(tmp_path / "here", sign)
    assert (tmp_path / "here" / "run.sqlite").read_text() == "recorded"
    assert (tmp_path / "here" / "inner" / "arrays").read_text() == "numbers"
    address.send(staged, "me", ["me"])
    address.fetch(tmp_path / "here", sign)
    assert (tmp_path / "here" / "run.sqlite").read_text() == "more"


def test_one_growth_at_a_time_writes_there(place, tmp_path):
    address, staged = place
    address.send(staged, "me", ["me"])
    with pytest.raises(StoreError, match="another growth has written there"):
        address.send(staged, "you", ["you"])
    folder = mirror.fetched("memory://bucket/mine", tmp_path)
    assert mirror.fetched("memory://bucket/mine", tmp_path) == folder
    mirror._note(folder, address.url, ["me"], False)  # grown on here, and killed
    assert mirror.fetched("memory://bucket/mine", tmp_path) == folder
    address.send(staged, "you", ["me", "you"])  # and grown on there
    with pytest.raises(ConfigError, match=f"(?s)each by itself.*{NOTE}"):
        mirror.fetched("memory://bucket/mine", tmp_path)


def test_a_name_that_would_leave_the_folder_is_refused(place, tmp_path):
    address, staged = place
    address.send(staged, "me", ["me"])
    told = address.manifest() | {"format": 1}
    told["files"]["../outside"] = told["files"]["run.sqlite"]
    address.fs.pipe_file(f"{address.root}/{MANIFEST}", json.dumps(told).encode())
    with pytest.raises(StoreError, match="no name of a file in it"):
        address.fetch(tmp_path / "here", lambda *_: None)
    assert not (tmp_path / "outside").exists()
