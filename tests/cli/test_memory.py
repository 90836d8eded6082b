"""`ontogeny memory`, from pictures on the disk to a picture on the disk."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ontogeny import cli
from ontogeny.cli.remembering import SUB_VERBS
from ontogeny.recipes.products import load_product
from tiny_memory import tiny_memory, write_pictures

PICTURES = np.random.default_rng(0).integers(0, 256, (3, 12, 12), np.uint8)
STORED = Path(__file__).parents[1] / "data" / "products"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A memory that nothing is written in, pictures, others, and the memory that has them."""
    root = tmp_path_factory.mktemp("memory")
    tiny_memory().save(root / "grown")
    write_pictures(root / "pictures", PICTURES)
    write_pictures(root / "others", 255 - PICTURES)
    words = ["memory", "write", str(root / "grown"), str(root / "pictures"), "--out"]
    assert cli.run([*words, str(root / "written"), "--json"]) == 0
    return root


def told(capsys, *words: object) -> dict:
    assert cli.run(["memory", *map(str, words), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_pictures_are_written_and_it_is_told_how_well(place, tmp_path, capsys):
    out = tmp_path / "it"
    said = told(capsys, "write", place / "grown", place / "pictures", "--out", out)
    assert (said["patterns"], said["grown_for"], said["numbers"]) == (3, 3, 27)
    assert said["names"] == ["0.png", "1.png", "2.png"]
    assert 0 < said["error"] < 1
    assert 0 < said["error_of_halves_before"] < 1
    assert (said["notes"], said["originals"]) == ([], True)
    assert load_product(out).count == 3
    words = ["memory", "write", str(out), str(place / "others"), "--out", str(out), "--names-only"]
    assert cli.run(words) == 0  # over itself: these, and no others
    text = capsys.readouterr().out
    assert "3 pictures of [6, 6] stored in 27 numbers" in text
    assert "next: ontogeny memory read" in text
    assert {file.name for file in out.iterdir()} == {"arrays.safetensors", "structure.json"}
    less = told(capsys, "erase", out, place / "others", "--out", out)
    assert (less["patterns"], less["error"]) == (0, None)


def test_more_than_it_was_grown_for_is_said_and_what_was_added_is_erased(place, tmp_path, capsys):
    more = tmp_path / "more"
    said = told(capsys, "add", place / "written", place / "others", "--out", more)
    assert said["patterns"] == 6
    assert "6 patterns are stored, and the memory was grown for 3" in said["notes"][0]
    less = told(capsys, "erase", more, place / "pictures", "--out", tmp_path / "less")
    assert (less["patterns"], less["names"]) == (3, ["0.png", "1.png", "2.png"])
    alone = told(capsys, "write", place / "grown", place / "others", "--out", tmp_path / "alone")
    # what stays was written anew, and suffers nothing but the rounding of the originals
    assert less["error"] == pytest.approx(alone["error"], abs=1e-4)


def test_a_picture_is_read_and_all_is_drawn(place, tmp_path, capsys):
    mask, out = tmp_path / "mask.png", tmp_path / "answer.png"
    Image.new("L", (12, 12), 255).save(mask)
    words = ("read", place / "written", place / "pictures" / "1.png", "--out", out)
    said = told(capsys, *words, "--known", mask)
    assert said["nearest"] == {"name": "1.png", "distance": 0, "distance_before": 0}
    assert len(said["energies"]) == 3
    assert said["energy"] == said["energies"][0]
    assert said["strangeness"] in (0, 1 / 3, 2 / 3)
    with Image.open(out) as strip:
        seen = np.asarray(strip.convert("L"), float)
    small = PICTURES[1].reshape(6, 2, 6, 2).mean(axis=(1, 3))
    assert seen.shape[1] == 8 + 4 * 140  # the query, one read, the answer, what is stored
    for left in range(8, seen.shape[1], 140):
        found = seen[8:140, left : left + 132].reshape(6, 22, 6, 22)
        assert np.abs(found - small[:, None, :, None]).max() <= 1
    assert cli.run(["memory", *map(str, words)]) == 0
    assert "the answer is nearest to" in capsys.readouterr().out


def mistakes(place, tmp_path):
    """Return, by what is wrong, the words, the code, and what is said."""
    grown, pictures, written = (str(place / n) for n in ("grown", "pictures", "written"))
    picture, out = str(place / "pictures" / "0.png"), str(tmp_path / "it")
    text = tmp_path / "text.png"
    text.write_text("no picture")
    small = tmp_path / "small.png"
    Image.new("L", (5, 5)).save(small)
    damaged = shutil.copytree(place / "written", tmp_path / "damaged")
    (damaged / "arrays.safetensors").write_bytes(b"\0")
    other = tmp_path / "other"
    other.mkdir()
    (other / "dear.txt").write_text("kept")
    png = f"{out}.png"
    lost = str(tmp_path / "no" / "it")
    return {
        "another size": (["read", written, str(small), "--out", png], 3, "it is 5 x 5"),
        "a text file": (["read", written, str(text), "--out", png], 3, "no picture"),
        "an empty folder": (["write", grown, str(other), "--out", out], 3, "no pictures to store"),
        "damaged": (["read", str(damaged), picture, "--out", png], 3, "not what was written"),
        "another kind": (["write", str(STORED / "toy"), pictures, "--out", out], 2, "a toy point"),
        "bits": (["write", str(STORED / "ebmm-bits"), pictures, "--out", out], 2, "of 6 numbers"),
        "no folder": (["write", grown, pictures, "--out", lost], 2, "there is no folder"),
        "nor for pictures": (["read", written, picture, "--out", lost], 2, "there is no folder"),
        "over something": (["write", grown, pictures, "--out", str(other)], 2, "would be lost"),
        "over the query": (["read", written, picture, "--out", picture], 2, "would be lost"),
        "no PNG": (["read", written, picture, "--out", out], 2, "end in .png"),
        "nothing written": (["read", grown, picture, "--out", png], 3, "nothing is written"),
        "not stored": (
            ["erase", written, str(place / "others"), "--out", out],
            3,
            "0.png is not stored",
        ),
        "no verb": (["wrote"], 2, "did you mean 'write'"),
    }


def test_mistakes_say_what_to_do_and_leave_nothing(place, tmp_path, capsys):
    for what, (words, code, said) in mistakes(place, tmp_path).items():
        assert cli.run(["memory", *words]) == code, what
        assert said in capsys.readouterr().err, what
    assert not list(tmp_path.glob("it*"))
    assert not (tmp_path / "no").exists()
    assert (tmp_path / "other" / "dear.txt").read_text() == "kept"


def test_help_imports_nothing_heavy():
    words = [[], *([word] for word in SUB_VERBS)]
    program = (
        "import sys; from ontogeny.cli import run;"
        f"assert not any(run(['memory', *one, '--help']) for one in {words});"
        "print('HEAVY', sorted({'jax', 'numpy', 'plotly'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.count("usage: ontogeny memory") == 5
    assert done.stdout.splitlines()[-1] == "HEAVY []"
