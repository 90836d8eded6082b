"""Glyphs of packaged typefaces: how many, of which scripts, and none twice."""

from __future__ import annotations

import numpy as np
import pytest

from ontogeny.core.errors import ConfigError, DataError, MissingExtra
from ontogeny.worlds.classes import glyphs
from ontogeny.worlds.classes.glyphs import SCRIPTS, draw_glyphs, script_of, splits_of
from ontogeny.worlds.classes.typefaces import PACKAGES, folder_fonts, packaged_fonts, read_faces

EACH = (
    16  # of so many letters one is drawn by all faces, and these: drawing all takes a dozen seconds
)
ALIKE = {ord(letter) for letter in "AΑАЖ"}  # Latin, Greek and Cyrillic
FEW = {"fontpkg-heebo": r"\.ttf$", "fontpkg-kanit": r"\.ttf$", "fontpkg-almarai": r"\.ttf$"}
SMALL = {"train": ("thai",), "validation": ("arabic",), "test": ("hebrew",)}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    def of_some(code):
        return script_of(code) if code % EACH == 0 or code in ALIKE else None

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ONTOGENY_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setattr(glyphs, "script_of", of_some)
        return draw_glyphs()


def test_there_are_more_than_a_thousand_classes_of_several_typefaces(drawn):
    assert len(drawn.names) == len(set(drawn.names)) > 1000 / EACH
    assert min(drawn.sizes) >= 16
    assert max(drawn.sizes) <= 32
    assert drawn.families > 40
    assert len(drawn.pictures) == sum(drawn.sizes)
    of_script = {
        part: sum(s in scripts for s in drawn.scripts) for part, scripts in SCRIPTS.items()
    }
    assert of_script["test"] >= 100 / EACH
    assert of_script["validation"] >= 20 / EACH


def test_the_parts_share_no_script_and_no_class(drawn):
    splits = splits_of(drawn, SCRIPTS)
    of_part = {part: {n.split()[0].lower() for n in names} for part, names in splits.names.items()}
    assert of_part == {part: set(scripts) for part, scripts in SCRIPTS.items()}
    assert sum(map(len, splits.names.values())) == len(drawn.names)


def test_no_class_has_a_picture_twice_and_every_picture_is_whole(drawn):
    for name, pictures in drawn.groups().items():
        assert len({p.tobytes() for p in pictures}) == len(pictures), name
    ink = drawn.pictures > 0
    assert ink.any(axis=(1, 2)).all()
    assert not ink[:, [0, -1]].any()
    assert not ink[:, :, [0, -1]].any()


def test_a_letter_of_another_script_that_looks_the_same_is_no_class_of_its_own(drawn):
    assert "LATIN CAPITAL LETTER A" in drawn.names
    assert "GREEK CAPITAL LETTER ALPHA" not in drawn.names
    assert "CYRILLIC CAPITAL LETTER A" not in drawn.names
    assert "CYRILLIC CAPITAL LETTER ZHE" in drawn.names


def test_pictures_are_centred(drawn):
    ink = drawn.pictures > 0
    for axis in (1, 2):
        line = ink.any(axis=3 - axis)
        before, after = line.argmax(axis=1), line[:, ::-1].argmax(axis=1)
        assert set((after - before).tolist()) == {0, 1}


def test_scripts_are_those_of_unicode():
    assert script_of(ord("a")) == "latin"
    assert script_of(ord("Ж")) == "cyrillic"
    assert script_of(ord("ก")) == "thai"
    assert script_of(ord("7")) is None
    assert script_of(0x0301) is None  # a combining accent
    assert script_of(0xE000) is None  # private use has no name


def test_a_few_weights_of_a_family_are_taken_and_axes_set(tmp_path, monkeypatch):
    monkeypatch.setenv("ONTOGENY_CACHE", str(tmp_path))
    faces = read_faces(packaged_fonts(FEW)[0])
    weights = [(f.family, f.weight, f.axes) for f in faces if f.family == "Heebo"]
    assert weights == [("Heebo", w, (float(w),)) for w in (300, 400, 700)]
    drawn = draw_glyphs(3, 3, 1, SMALL, FEW)
    bet = drawn.groups()["HEBREW LETTER BET"].astype(float).sum(axis=(1, 2))
    assert bet[0] < bet[1] < bet[2]  # light, regular, bold


def test_fonts_of_a_folder_are_used_too(tmp_path, monkeypatch):
    monkeypatch.setenv("ONTOGENY_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "fonts"
    folder.mkdir()
    for path in packaged_fonts(FEW)[0]:
        (folder / path.name).symlink_to(path)
    from_folder = draw_glyphs(3, 3, 1, SMALL, {}, [folder])
    np.testing.assert_array_equal(from_folder.pictures, draw_glyphs(3, 3, 1, SMALL, FEW).pictures)


def test_what_is_missing_or_wrong_is_said(tmp_path):
    with pytest.raises(MissingExtra, match=r"1 of 1 .* \(no-such-typeface\)"):
        draw_glyphs(packages={"no-such-typeface": "."})
    with pytest.raises(DataError, match=r"no file of numpy .* is a typeface"):
        packaged_fonts({"numpy": r"\.ttf$"})
    with pytest.raises(ConfigError, match="a script belongs to one part"):
        draw_glyphs(scripts={**SCRIPTS, "test": ("latin",)})
    with pytest.raises(DataError, match=r"no \.ttf or \.otf"):
        folder_fonts(tmp_path)
    (tmp_path / "broken.ttf").write_bytes(b"<!doctype html>")
    with pytest.raises(DataError, match=r"broken\.ttf.*no font"):
        read_faces(folder_fonts(tmp_path))
    assert len(PACKAGES) > 40


def test_a_script_that_too_few_faces_have_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("ONTOGENY_CACHE", str(tmp_path))
    drawn = draw_glyphs(4, 4, 1, SMALL, FEW)
    with pytest.raises(DataError, match="no character of arabic is drawn by enough faces"):
        splits_of(drawn, SMALL)
