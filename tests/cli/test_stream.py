"""`ontogeny stream`, from a video on the disk to what is said of it on the disk."""

from __future__ import annotations

import itertools
import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from ontogeny import cli
from tiny_video import light_teller, pictures_of, spot_finder, spots, write_video

pytest.importorskip("av")
TOY = Path(__file__).parents[1] / "data" / "products" / "toy"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A video, a network that finds the spot in it, and one that tells light from dark."""
    root = tmp_path_factory.mktemp("stream")
    write_video(root / "it.mp4", spots(12))
    spot_finder((32, 32, 3)).save(root / "finder")
    light_teller().save(root / "teller")
    return root


def told(capsys, *words: object) -> dict:
    assert cli.run(["stream", *map(str, words), "--schedule", "tick", "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_points_are_found_in_the_whole_video(place, tmp_path, capsys):
    out = tmp_path / "it.jsonl"
    said = told(capsys, place / "it.mp4", "--model", place / "finder", "--out", out)
    assert (said["frames"], said["dropped"], said["recovered"], said["stopped"]) == (
        12,
        0,
        {},
        False,
    )
    assert (said["size"], said["sees"], said["rate"]) == ([48, 32], [32, 32, 3], 10)
    assert 0 < said["tick"]["p50"] <= said["tick"]["p90"] <= said["tick"]["p99"]
    assert said["throughput"]["network"] > 0 < said["throughput"]["whole"]
    assert (said["information"], said["depth"]) == ({"frames": 0, "seconds": 0},) * 2
    found = lines(out)
    for number in range(2, 12):  # the square's middle, of which 4 pixels left are seen
        (spot,) = found[number]["said"]
        assert (found[number]["frame"], found[number]["seconds"]) == (number, number / 10)
        assert spot["name"] == "spot"
        assert abs(spot["x"] - (12 + 2 * number)) < 2
        assert abs(spot["y"] - 14) < 2
        assert spot["confidence"] > 0.9
        assert found[number]["latency_ms"] > 0


def test_it_is_drawn_and_told_in_words(place, tmp_path, capsys):
    out = tmp_path / "it.mp4"
    words = [str(place / "it.mp4"), "--model", str(place / "finder"), "--out", str(out)]
    assert cli.run(["stream", *words, "--schedule", "tick", "--frames", "5"]) == 0
    text = capsys.readouterr().out
    assert "5 frames of 48 x 32, seen as 32 x 32, 0 dropped" in text
    assert "with the video (decode" in text
    assert "it answers 0 frames late" in text
    seen = pictures_of(out)
    assert seen.shape == (5, 32, 48, 3)
    red, _, blue = seen[4, 12:16, 18:22].reshape(-1, 3).mean(axis=0)
    assert red > blue + 60  # an orange point on the white square


def test_frames_on_standard_input(place, tmp_path, capsys, monkeypatch):
    out, pictures = tmp_path / "it.jsonl", spots(6)
    pictures[3:] = 250
    raw, piped = tmp_path / "raw", write_video(tmp_path / "it.ts", pictures, codec="mpeg2video")
    raw.write_bytes(pictures.tobytes() + b"the beginning of another")
    common = ("-", "--model", place / "teller", "--out", out)
    for path, size in ((raw, ("--size", "48x32", "--rate", "20")), (piped, ())):
        with path.open() as file:
            monkeypatch.setattr(sys, "stdin", file)
            said = told(capsys, *common, *size)
        assert said["frames"] == 6
        assert said["rate"] == (20 if size else 10)
        found = lines(out)
        assert [line["said"][0]["name"] for line in found] == ["dark"] * 3 + ["light"] * 3
    assert len(found[0]["said"]) == 2


def test_live_it_drops_what_it_has_no_time_for(place, tmp_path, capsys, monkeypatch):
    from ontogeny.views.pictures import watched

    draw = watched.drawn
    monkeypatch.setattr(watched, "drawn", lambda *given: time.sleep(0.02) or draw(*given))
    words = ("--model", place / "finder", "--out", tmp_path / "it.mp4", "--budget", "4")
    said = told(capsys, place / "it.mp4", *words)
    assert said["dropped"] > 0
    assert said["dropped"] + said["frames"] == 12
    assert len(pictures_of(tmp_path / "it.mp4")) == said["frames"]


def test_ctrl_c_ends_it_with_a_whole_video(place, tmp_path, capsys, monkeypatch):
    out, (end, begin) = tmp_path / "it.mp4", os.pipe()
    common = ["stream", "-", "--model", str(place / "finder"), "--out", str(out)]

    def feed():
        os.write(begin, spots(15).tobytes())  # and no end
        while not out.exists():
            time.sleep(0.01)
        time.sleep(0.2)
        os.kill(os.getpid(), signal.SIGINT)

    with os.fdopen(end) as stdin, os.fdopen(begin, "wb"):
        monkeypatch.setattr(sys, "stdin", stdin)
        threading.Thread(target=feed, daemon=True).start()
        code = cli.run([*common, "--schedule", "tick", "--size", "48x32", "--json"])
    assert code == 130
    said = json.loads(capsys.readouterr().out)
    assert said["stopped"]
    assert said["frames"] == len(pictures_of(out)) > 0


def test_a_full_disk_leaves_what_can_be_played(place, tmp_path, capsys):
    noise = np.random.default_rng(0).integers(0, 256, (60, 32, 48, 3), np.uint8)
    path = write_video(tmp_path / "noise.mkv", noise, codec="mjpeg", form="yuvj420p")
    words = [str(path), "--model", str(place / "finder"), "--out", str(tmp_path / "it.mp4")]
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    try:
        assert cli.run(["stream", *words, "--schedule", "tick"]) == 3
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "can't write on (File too large)" in capsys.readouterr().err
    assert len(pictures_of(tmp_path / "it.mp4")) >= 10


def test_a_camera_that_stops_leaves_what_can_be_played(place, tmp_path, capsys, monkeypatch):
    from ontogeny.core.errors import DataError
    from ontogeny.runtime.video.source import VideoSource

    whole = VideoSource.frames

    def stopping(source):
        yield from itertools.islice(whole(source), 7)
        raise DataError("the camera stopped", hint="see whether it is plugged in")

    monkeypatch.setattr(VideoSource, "frames", stopping)
    out = tmp_path / "it.mp4"
    words = [str(place / "it.mp4"), "--model", str(place / "finder"), "--out", str(out)]
    assert cli.run(["stream", *words, "--schedule", "tick"]) == 3
    assert f"what was written before it is good: {out}" in capsys.readouterr().err
    assert len(pictures_of(out)) == 7


def test_mistakes_say_what_to_do_and_leave_nothing(place, tmp_path, capsys):
    video, finder, out = place / "it.mp4", place / "finder", tmp_path / "it.mp4"
    (tmp_path / "empty.mp4").touch()
    for what, (words, code, said) in {
        "no such video": ([tmp_path / "no.mp4"], 3, "no such file"),
        "an empty one": ([tmp_path / "empty.mp4"], 3, "no video that can be read"),
        "another kind": ([video, "--model", TOY], 2, "no network that watches video"),
        "no model": ([video, "--model", tmp_path / "none"], 2, "none"),
        "a GIF": ([video, "--out", tmp_path / "it.gif"], 2, "end it in .mp4 or .jsonl"),
        "no folder": ([video, "--out", tmp_path / "no" / "it.mp4"], 2, "there is no folder"),
        "over itself": ([video, "--out", video], 2, "the video would be lost"),
        "no budget": ([video, "--budget", "0"], 2, "give more than 0"),
        "no size": (["-", "--size", "48"], 2, "for example 640x480"),
        "a file's size": ([video, "--size", "48x32"], 2, "raw frames on standard input"),
        "live and late": ([video, "--budget", "9", "--schedule", "parallel"], 2, "this is live"),
    }.items():
        given = [*map(str, words)]
        given += [] if "--model" in given else ["--model", str(finder)]
        given += [] if "--out" in given else ["--out", str(out)]
        assert cli.run(["stream", *given]) == code, what
        assert said in capsys.readouterr().err, what
    assert not out.exists()
    assert len(pictures_of(video)) == 12


def test_help_imports_nothing_heavy():
    program = (
        "import sys; from ontogeny.cli import run; run(['stream', '--help']);"
        "print('HEAVY', sorted({'jax', 'numpy', 'av', 'PIL'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert "usage: ontogeny stream" in done.stdout
    assert done.stdout.splitlines()[-1] == "HEAVY []"
