"""What the sinks write is read back by the tracker's own reader."""

from __future__ import annotations

import importlib
import json
import os
import signal
import sqlite3
import struct
import sys
import time
from contextlib import closing

import numpy as np
import pytest

import ontogeny as og
from ontogeny.core.errors import MissingExtra
from ontogeny.runtime.driver import grow
from ontogeny.runtime.executor import Lived
from ontogeny.runtime.identity import run_id
from ontogeny.runtime.observer import Observer, Setting
from ontogeny.runtime.sinks import SINKS, sinks
from ontogeny.runtime.sinks.summary import Summary, TrackerNames, identity_of, settings_of
from ontogeny.runtime.storage.store import Store


class Stop(Observer):
    """Interrupts after round 1 was recorded, so that round 2 is the last."""

    def lived(self, round_, moved, dead):
        if round_.number == 1:
            os.kill(os.getpid(), signal.SIGINT)


@pytest.fixture
def store(tmp_path):
    fields = {"rounds": 6, "strategy": {"fraction": 0.25}}
    with Store.create(tmp_path / "run-1", recipe="descent", fields=fields) as opened:
        yield opened


def rounds_of(store: Store) -> dict[str, np.ndarray]:
    score = store.metric("score")
    rate = store.metric("hypers.rate")
    winner = score.argmax(axis=1)
    return {
        "score/best": score.max(axis=1),
        "score/worst": score.min(axis=1),
        "score/median": np.median(score, axis=1),
        "hypers.rate/winner": rate[np.arange(len(rate)), winner],
        "loss/median": np.median(store.metric("loss"), axis=1),
        "population/moved": np.bincount([heir.round for heir in store.heirs()], minlength=6),
    }


def events(folder) -> list:
    """Read TensorBoard's event files: a length, its checksum, an event, its checksum; and again."""
    event = importlib.import_module("tensorboardX.proto.event_pb2").Event
    found = []
    for file in sorted(folder.glob("events.out.tfevents.*")):
        data = file.read_bytes()
        while data:
            (length,) = struct.unpack("<Q", data[:8])
            found.append(event.FromString(data[12 : 12 + length]))
            data = data[16 + length :]
    return found


def test_tensorboard_has_every_round_of_a_run_that_was_resumed(store, job, compiled):
    status = grow(job(), compiled, store, observers=[og.TensorBoard(members=True), Stop()])
    assert status == "interrupted"
    grow(job(), compiled, store, observers=[og.TensorBoard(members=True)])
    curves: dict[str, dict[int, float]] = {}
    histograms: dict[int, float] = {}
    begun = []
    for event in events(store.folder / "tensorboard"):
        begun += [event.step] if event.HasField("session_log") else []
        for value in event.summary.value:
            if value.HasField("simple_value"):
                curves.setdefault(value.tag, {})[event.step] = value.simple_value
            elif value.tag == "score/members":
                histograms[event.step] = value.histo.max
    for name, values in rounds_of(store).items():
        assert list(curves[name]) == list(range(6)), name
        np.testing.assert_allclose(list(curves[name].values()), values, rtol=1e-6, err_msg=name)
    np.testing.assert_allclose(
        list(curves["members/003"].values()), store.metric("score")[:, 3], rtol=1e-6
    )
    np.testing.assert_allclose(list(histograms.values()), rounds_of(store)["score/best"], rtol=1e-6)
    assert begun == [3]  # what comes later than that in an older file is hidden


def records(data: bytes) -> list[bytes]:
    """Read W&B's file, a log as LevelDB has it: blocks of 32 KiB, in them parts, each with its
    checksum, length and kind (whole, first, middle, last). Seven bytes say what the file is.
    """
    found, part, at = [], b"", 7
    while at + 7 <= len(data):
        left = 32768 - at % 32768
        length, kind = struct.unpack("<HB", data[at + 4 : at + 7])
        if left < 7 or kind == 0:  # the rest of the block is empty
            at += left
            continue
        if at + 7 + length > len(data):  # it is being written
            break
        part += data[at + 7 : at + 7 + length]
        at += 7 + length
        if kind in (1, 4):
            found.append(part)
            part = b""
    return found


def kept(file) -> tuple[list[dict], dict]:
    """The rows and the config that Weights & Biases has written by now."""
    from wandb.proto import wandb_internal_pb2

    rows, config = [], {}
    for data in records(file.read_bytes()):
        record = wandb_internal_pb2.Record.FromString(data)
        if record.HasField("history"):
            items = record.history.item
            rows.append({".".join(i.nested_key) or i.key: json.loads(i.value_json) for i in items})
        config |= {item.key: json.loads(item.value_json) for item in record.run.config.update}
    return rows, config


@pytest.mark.filterwarnings("default")  # theirs
def test_wandb_keeps_a_run_on_this_machine(store, job, monkeypatch, compiled):
    monkeypatch.setenv("WANDB_ERROR_REPORTING", "false")
    grow(job(), compiled, store, observers=[og.WandB()])
    (file,) = store.folder.glob("wandb/offline-run-*/run-*.wandb")
    assert identity_of(Setting(job(), store.folder, 0, {}, {})) in file.name
    limit = time.monotonic() + 30  # its service writes behind, on a busy machine after the end
    while len((found := kept(file))[0]) < 6 and time.monotonic() < limit:
        time.sleep(0.1)
    rows, config = found
    assert [row["round"] for row in rows] == list(range(6))
    for name, values in rounds_of(store).items():
        np.testing.assert_allclose([row[name] for row in rows], values, err_msg=name)
    assert (config["recipe"], config["strategy.fraction"]) == ("descent", 0.25)


@pytest.mark.filterwarnings("default")  # theirs
def test_mlflow_goes_on_with_the_run_that_was_begun(store, job, compiled):
    mlflow = importlib.import_module("mlflow")
    grow(job(), compiled, store, observers=[og.MLflow(), Stop()])
    client = mlflow.MlflowClient(f"sqlite:///{store.folder.parent / 'mlflow.db'}")
    place = client.get_experiment_by_name("ontogeny").experiment_id
    (run,) = client.search_runs([place])
    assert run.info.status == "KILLED"
    forget(store.folder.parent / "mlflow.db", step=2)  # as if killed before it was told
    grow(job(), compiled, store, observers=[og.MLflow()])
    (run,) = client.search_runs([place])
    assert (run.info.status, run.info.run_name) == ("FINISHED", "run-1")
    assert run.data.params["strategy.fraction"] == "0.25"
    for name, values in rounds_of(store).items():
        written = client.get_metric_history(run.info.run_id, name)
        assert [metric.step for metric in written] == list(range(6))
        np.testing.assert_allclose([metric.value for metric in written], values, err_msg=name)


def forget(database, step):
    with closing(sqlite3.connect(database)) as connection, connection:
        assert connection.execute("DELETE FROM metrics WHERE step = ?", (step,)).rowcount > 5


@pytest.mark.parametrize("name", SINKS)
def test_a_tracker_that_is_missing_is_named(name, monkeypatch):
    module = {"tensorboard": "tensorboardX"}.get(name, name)
    monkeypatch.setitem(sys.modules, module, None)  # as if it were not installed
    with pytest.raises(MissingExtra, match=r"not installed[\s\S]*pip install") as caught:
        sinks([name])
    assert caught.value.exit_code == 2


def lived(number, ready, score) -> Lived:
    rate = {"rate": np.arange(1.0, 1 + len(score))}
    ready = np.array(ready, bool)
    score = np.array(score, float)
    return Lived(number, ready, None, rate, score, {}, 0.5, lambda: None, None)  # type: ignore[arg-type]


@pytest.fixture
def setting(store, job):
    return Setting(job(population=3), store.folder, 4, {}, {"cores": 2})


def test_members_on_their_own_clocks_are_summed_up_once_all_have_lived(setting):
    summary, nan = Summary(setting), np.nan
    assert summary.note(lived(0, [1, 0, 0], [1, nan, nan]), 0, 0) is None
    assert summary.note(lived(1, [1, 0, 0], [5, nan, nan]), 1, 0) is None
    summed = summary.note(lived(0, [0, 1, 0], [nan, 3, nan]), 0, 0)
    assert summed.step == 4
    assert summed.scalars == {
        "population/moved": 1,
        "population/dead": 0,
        "population/seconds": 1.5,
        "score/best": 5,
        "score/median": 4,
        "score/worst": 3,
        "hypers.rate/winner": 1,
        "hypers.rate/median": 1.5,
    }
    assert summary.note(lived(2, [1, 1, 1], [6, 7, 8]), 0, 0).step == 5


def test_the_dead_are_left_out_and_counted(setting):
    summed = Summary(setting, members=True).note(lived(4, [1, 1, 1], [1, -np.inf, 2]), 0, 1)
    assert summed.scalars["score/worst"] == 1
    assert summed.scalars["population/dead"] == 1
    assert set(summed.scalars) >= {"members/000", "members/002"}
    assert "members/001" not in summed.scalars
    nobody = Summary(setting).note(lived(4, [1, 1, 1], [-np.inf] * 3), 0, 3)
    assert set(nobody.scalars) == {"population/moved", "population/dead", "population/seconds"}


def test_a_tracker_is_told_the_settings(setting):
    told = settings_of(setting)
    assert (told["recipe"], told["strategy.fraction"], told["machine.cores"]) == (
        "descent",
        0.25,
        2,
    )


def test_names_that_trackers_refuse_are_rewritten_and_stay_apart():
    names = TrackerNames()
    said = [
        names[name] for name in ("acc@1", "acc_1", "mAP50(B)", "it's", "/a//b/../c", "loss/mean")
    ]
    assert said == ["acc_1", "acc_1_2", "mAP50_B_", "it_s", "a/b/c", "loss/mean"]
    assert names["acc@1"] == "acc_1"
    assert len(names["x" * 999]) == 200


def test_the_id_of_a_run_goes_with_it(tmp_path):
    assert run_id(tmp_path / "here", {"id": "abc"}) == run_id(tmp_path / "there", {"id": "abc"})
    told = {"begun": 1.0}  # by an earlier version
    assert run_id(tmp_path / "it's", told) != run_id(tmp_path / "there", told)
