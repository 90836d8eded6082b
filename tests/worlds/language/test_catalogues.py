"""Messages of packages: the format, what is cleaned, and how they are parted."""

import gettext
import struct

import pytest

from ontogeny.core.errors import DataError, MissingExtra
from ontogeny.worlds.language.catalogues import (
    Pair,
    catalogue_files,
    clean,
    parallel_text,
    part,
    read_catalogue,
)


def compiled(messages: dict[str, str], order: str = "<") -> bytes:
    """Return a compiled catalogue with these messages."""
    rows = [[text.encode() for text in side] for side in (messages.keys(), messages.values())]
    at = 28 + 16 * len(messages)
    tables, texts = b"", b""
    for side in rows:
        for text in side:
            tables += struct.pack(f"{order}2I", len(text), at + len(texts))
            texts += text + b"\0"
    second = 28 + 8 * len(messages)
    head = struct.pack(f"{order}7I", 0x950412DE, 0, len(messages), 28, second, 0, 0)
    return head + tables + texts


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_catalogue_in_either_order_of_bytes(order):
    data = compiled(
        {"": "header", "menu\x04Open": "Öffnen", "%d day\0%d days": "%d Tag\0%d Tage"}, order
    )
    assert read_catalogue(data) == {"Open": "Öffnen", "%d day": "%d Tag"}


def test_a_real_catalogue_is_what_gettext_reads():
    path = catalogue_files("django", "de")[0]
    found = read_catalogue(path.read_bytes())
    with path.open("rb") as file:
        oracle = gettext.GNUTranslations(file)
    plain = {message: text for message, text in found.items() if "%" not in message}
    agreed = [oracle.gettext(message) == text for message, text in plain.items()]
    assert len(agreed) > 100
    assert sum(agreed) >= len(agreed) - 5  # those that stand in a context or are plural


@pytest.mark.parametrize("data", [b"", b"not a catalogue", compiled({"a": "b"})[:40]])
def test_other_bytes_are_refused(data):
    with pytest.raises(DataError, match="not a compiled catalogue"):
        read_catalogue(data)


def test_what_is_cleaned_and_what_is_left_out():
    messages = {
        "_Open the %(kind)s file": "%(kind)s-Datei ö_ffnen",  # a key inside a word: left out
        "_Save   {name} now": "{name} jetzt _sichern",
        "Read <b>this</b> page": "Diese Seite lesen",
        "One\nand two lines": "Eins\nund zwei",
        "Only %s here": "Nur hier",  # the value got lost
        "Same thing": "same thing",
        "Delete it": "Löschen",
        "delete it!": "Löschen!",
        "Three words here now": "Vier Wörter sind hier",
        "%d %s": "%s %d",
    }
    assert clean(messages, (2, 4)) == [
        Pair("Delete it", "Löschen"),
        Pair("Three words here now", "Vier Wörter sind hier"),
        Pair("Save # now", "# jetzt sichern"),
    ]
    assert clean(messages, (4, 4)) == [Pair("Three words here now", "Vier Wörter sind hier")]


def test_a_message_is_in_one_part_whatever_the_others_are():
    pairs = [Pair(f"message {number}", "x") for number in range(500)]
    whole, half = part(pairs), part(pairs[::2])
    assert sum(map(len, whole)) == 500
    assert all(30 < len(held) < 75 for held in (whole.validation, whole.test))
    assert all(
        set(few) == set(many) & set(pairs[::2]) for few, many in zip(half, whole, strict=True)
    )
    assert part([Pair("Message: 7", "x")]).train == [] or Pair("message 7", "x") in whole.train


def test_the_packages_messages_are_real_and_no_two_parts_share_one():
    found = parallel_text(("django",), "de", (1, 10))
    sizes = list(map(len, found))
    assert sizes[0] > 300
    assert min(sizes) > 20
    assert Pair("Log in", "Anmelden") in [pair for pairs in found for pair in pairs]
    sources = [{p.source.casefold() for p in pairs} for pairs in found]
    assert len(set.union(*sources)) == sum(map(len, sources))


def test_what_there_is_not():
    with pytest.raises(MissingExtra, match="no-such-package"):
        parallel_text(("no-such-package",), "de")
    with pytest.raises(DataError, match="0, 0, 0"):
        parallel_text(("numpy",), "de")
