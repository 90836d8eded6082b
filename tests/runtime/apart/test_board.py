"""The board keeps every file that somebody may need, and comes back from its bytes as it was."""

from __future__ import annotations

import jax
import numpy as np
import pytest

import hosts
from ontogeny.core.errors import StoreError, StructureError
from ontogeny.core.space import Log, Space
from ontogeny.evolution.random_search import random_search
from ontogeny.runtime.apart.board import Board, state_file
from ontogeny.runtime.executor import Job

SPACE = Space({"rate": Log(1e-3, 1.0)})
JOB = Job(hosts.DESCENT, SPACE, random_search(SPACE), 0, 3, 9, 2)


@pytest.fixture
def board(tmp_path):
    """Everybody has lived a round, and scored its slot's number."""
    board = Board.begin(JOB, tmp_path)
    for slot in range(3):
        board.start(slot, 0, slot, True, board.population.hypers)
        board.publish(slot, 0, float(slot), None, JOB.steps)
        (tmp_path / state_file(slot, 0)).write_bytes(bytes([slot]))
    return board


def test_a_donors_file_is_needed_until_its_heir_has_lived(board):
    donor = state_file(2, 0)
    hypers = {"rate": np.full(3, 0.5, np.float32)}
    board.start(0, 1, 2, True, hypers)
    for number in (1, 2, 3):  # the donor goes on meanwhile
        board.start(2, number, 2, True, board.population.hypers)
        board.publish(2, number, 5.0, None, JOB.steps)
        assert board.needed() == {
            donor,
            *(state_file(s, n) for s, n in ((0, 0), (1, 0), (2, number))),
        }
    assert (board.parent[0], board.parent_round[0], board.sources[0]) == (2, 0, donor)
    assert board.population.hypers["rate"][0] != 0.5  # not before it is scored under them
    board.publish(0, 1, 4.0, None, JOB.steps)
    assert board.needed() == {state_file(0, 1), state_file(1, 0), state_file(2, 3)}
    seen = board.population
    assert (seen.score[0], seen.age[0], seen.steps[0]) == (4.0, 2, 4)
    assert (seen.age[2], seen.steps[2]) == (8, 8)
    assert seen.hypers["rate"][0] == np.float32(0.5)


def test_who_begins_anew_descends_from_the_genes_it_took(board):
    board.start(1, 1, 2, False, board.population.hypers)
    assert (board.parent[1], board.parent_round[1], board.sources[1]) == (2, 0, "")
    board.publish(1, 1, 0.0, {"rate": np.float32(0.25)}, JOB.steps)
    assert board.population.hypers["rate"][1] == np.float32(0.25)  # what it bequeaths
    assert board.population.age[1] == 2


def test_nobody_inherits_a_state_that_there_is_not(tmp_path):
    board = Board.begin(JOB, tmp_path)
    board.start(0, 0, 0, True, board.population.hypers)
    board.publish(0, 0, 1.0, None, JOB.steps)
    with pytest.raises(StructureError, match="slot 0 is to inherit from slot 1"):
        board.start(0, 1, 1, True, board.population.hypers)


def test_its_bytes_give_it_back(board, tmp_path):
    board.start(0, 1, 2, True, board.population.hypers)
    again = Board.from_bytes(board.to_bytes(), JOB, tmp_path)
    jax.tree.map(np.testing.assert_array_equal, again.tree(), board.tree())
    assert again.about() == board.about()
    again.publish(0, 1, 3.0, None, JOB.steps)  # its arrays may be written to
    assert board.population.score[0] == 0.0
    with pytest.raises(StructureError, match="the board, leaf"):
        Board.from_bytes(board.to_bytes(), JOB._replace(population=4), tmp_path)
    with pytest.raises(StoreError):
        Board.from_bytes(board.to_bytes()[:-2], JOB, tmp_path)


def test_its_files_are_those_of_its_slots_and_rounds(board, tmp_path):
    """One digit of a name would give a slot another's weights; a path would leave the folder."""
    board.start(1, 1, 2, True, board.population.hypers)
    Board.from_bytes(board.to_bytes(), JOB, tmp_path)
    for what, slot, name in (
        ("files", 0, state_file(1, 0)),
        ("files", 0, state_file(0, 1)),
        ("files", 0, ""),
        ("files", 0, "../../secret"),
        ("files", 0, "/etc/passwd"),
        ("files", 0, 7),
        ("files", 0, None),
        ("sources", 1, state_file(0, 0)),
        ("sources", 0, state_file(0, 0)),
    ):
        names = getattr(board, what)
        names[slot], before = name, names[slot]
        with pytest.raises(StoreError, match=f"slot {slot} has lived 1 rounds"):
            Board.from_bytes(board.to_bytes(), JOB, tmp_path)
        names[slot] = before
    for what in ([], None, 3, {}, ["x"] * 9):
        board.files, before = what, board.files
        with pytest.raises(StoreError):
            Board.from_bytes(board.to_bytes(), JOB, tmp_path)
        board.files = before
    data = board.to_bytes().replace(b"slot-0002", b"slot-0001", 1)
    with pytest.raises(StoreError, match="not what was written"):
        Board.from_bytes(data, JOB, tmp_path)


def test_linked_files_stay_when_the_first_are_removed(board, tmp_path):
    safe = board.as_board(tmp_path / "safe")
    board.start(1, 1, 1, True, board.population.hypers)
    for slot in range(3):
        (tmp_path / state_file(slot, 0)).unlink()
    assert [(safe.folder / name).read_bytes() for name in safe.files] == [b"\0", b"\1", b"\2"]
    assert not safe.under_way.any()
    back = safe.as_board(tmp_path)
    assert (tmp_path / back.files[2]).read_bytes() == b"\2"
    assert len(list(tmp_path.iterdir())) == 4  # no half-made name is left
    (tmp_path / "safe" / safe.files[0]).unlink()
    with pytest.raises(StoreError, match="can't link or copy"):
        safe.as_board(tmp_path / "elsewhere")
