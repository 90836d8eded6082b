"""Text that is at hand: parted by file, as bytes and as pieces of words."""

from __future__ import annotations

import os
import sys

import numpy as np
import pytest

from ontogeny.core.errors import ConfigError, DataError, MissingExtra
from ontogeny.worlds.language.text import Corpus, corpus_at, standard_library
from ontogeny.worlds.language.vocabularies import Bytes, find_pieces, tokenised, vocabulary_of

STRANGE = "  a\n\tdéf 漢字\r\n\x0c x "


def test_the_standard_library_is_parted_by_file():
    corpus = standard_library()
    assert corpus is standard_library()
    assert len(corpus.train) > 300
    assert 0.05 < len(corpus.held_out) / len(corpus.train) < 0.2
    assert not set(corpus.train) & set(corpus.held_out)
    with open(os.__file__, encoding="utf-8") as file:
        whole = file.read()
    assert (whole in corpus.train) != (whole in corpus.held_out)
    assert not corpus.skipped


def test_a_folder_of_ones_own(tmp_path):
    (tmp_path / "deep").mkdir()
    for name in ("a", "b", "deep/c"):
        (tmp_path / name).write_text(f"text of {name}", encoding="utf-8")
    (tmp_path / "deep" / "copy").write_text("text of a", encoding="utf-8")
    (tmp_path / "empty").touch()
    (tmp_path / "link").symlink_to(tmp_path / "a")
    os.mkfifo(tmp_path / "pipe")
    corpus = corpus_at(tmp_path)
    assert len(corpus.held_out) == 1
    assert sorted(corpus.train + corpus.held_out) == [f"text of {n}" for n in ("a", "b", "deep/c")]
    (tmp_path / "picture").write_bytes(b"\xff\xd8")
    (tmp_path / "zero").write_bytes(b"a\0b")
    with pytest.warns(UserWarning, match="no UTF-8 text: picture, zero$"):
        again = corpus_at(tmp_path)
    assert again == corpus._replace(skipped=("picture", "zero"))


def test_a_file_alone_is_parted_at_nine_tenths(tmp_path):
    (tmp_path / "a").write_text("0123456789" * 2)
    assert corpus_at(tmp_path / "a") == Corpus(["012345678901234567"], ["89"])


def test_what_holds_no_text_is_refused(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        corpus_at(tmp_path / "nowhere")
    with pytest.raises(DataError, match="no file in it holds text"):
        corpus_at(tmp_path)
    (tmp_path / "empty").touch()
    with pytest.raises(DataError, match="holds no text"):
        corpus_at(tmp_path / "empty")


def test_bytes_say_back_what_they_are_told():
    vocabulary = vocabulary_of(Bytes().model)
    assert len(vocabulary) == 256
    assert vocabulary.decode([0, *vocabulary.encode(STRANGE)]) == STRANGE
    assert vocabulary.decode([195]) == "�"
    text = tokenised(Corpus(["ab", "c"], ["é"]), vocabulary)
    assert text.train.dtype == np.uint8
    np.testing.assert_array_equal(text.train, [0, 97, 98, 0, 99])
    np.testing.assert_array_equal(text.held_out, [0, 195, 169])
    assert text.bytes_a_token == 1


def test_pieces_say_back_what_they_are_told_in_fewer_tokens(monkeypatch):
    corpus = standard_library()._replace(held_out=[STRANGE, "def f(self):\n    return self\n"])
    few = corpus._replace(train=corpus.train[:20])
    pieces = find_pieces(few.train, 500)
    assert len(pieces) == 500
    again = vocabulary_of(pieces.model)
    for said in (*corpus.held_out, ""):
        assert again.decode([again.begin, *again.encode(said)]) == said
    text = tokenised(few, pieces)
    assert text.train.dtype == np.uint16
    spelt = sum(len(said.encode()) + 1 for said in corpus.held_out)
    assert text.bytes_a_token == spelt / text.held_out.shape[0]
    assert text.train.shape[0] < 0.6 * sum(map(len, few.train))
    with pytest.raises(ConfigError, match="300 pieces"):
        find_pieces(few.train, 300)
    with pytest.raises(DataError, match="of 4000 tokens"):
        find_pieces(["too little"], 4000)
    monkeypatch.setitem(sys.modules, "sentencepiece", None)
    with pytest.raises(MissingExtra, match=r"ontogeny\[text\]"):
        find_pieces(few.train, 500)
