from __future__ import annotations

import numpy as np
import pytest

from ontogeny.core.errors import ConfigError, DataError
from ontogeny.ops.rank_correlation import spearman
from ontogeny.runtime.rating.pair_store import PairStore
from ontogeny.runtime.rating.session import RatingSession
from ontogeny.worlds.platform.crowds import CrowdConfig, crowd

NAMES = [f"{place:02}.jpg" for place in range(12)]


@pytest.fixture
def store(tmp_path):
    with PairStore(tmp_path / "pairs.sqlite") as store:
        yield store


def test_a_crowd_is_asked_until_the_ranking_is_stable_and_it_is_right(store):
    rng = np.random.default_rng(0)
    truth = crowd(CrowdConfig(12, 1, spread=3.0), rng)
    session = RatingSession(NAMES, store)
    assert session.progress()[:3] == (0, 0, 12)
    assert session.progress().needed is None
    for count in range(400):
        rater = ("kim", "lee")[count % 2]
        pair = session.pair(rater)
        assert pair is not None
        session.judge(rater, *pair, "left" if truth.prefers(*pair, rng) else "right", 1.0)
        if session.progress().stable:
            break
    progress = session.progress()
    assert progress.stable
    assert progress.judgements == count + 1 < 200
    assert progress.raters == 2
    names = [name for name, _, _ in session.ranking()]
    order = [NAMES.index(name) for name in names]
    assert spearman(-np.arange(12.0), truth.quality[order]) > 0.85

    again = RatingSession(NAMES, store)  # as after a kill
    assert again.progress() == pytest.approx(progress, abs=0.03)
    assert again.ranking()[0][0] == names[0]


def test_two_who_rate_at_once_are_shown_different_pairs_until_they_answer(store):
    session = RatingSession(NAMES, store)
    mine, yours = session.pair("kim"), session.pair("lee")
    assert mine is not None
    assert yours is not None
    assert set(mine) != set(yours)
    assert session.pair("kim") == mine  # a page that is loaded again
    session.judge("kim", *mine, "skip")
    for _ in range(60):
        pair = session.pair("kim")
        assert pair is not None
        assert set(pair) != set(mine)
        session.judge("kim", *pair, "tie")
    assert session.progress().judgements == 60


def test_undo_takes_the_last_answer_back_and_shows_its_pair(store):
    session = RatingSession(NAMES, store)
    before = session.ranking()
    pair = session.pair("kim")
    assert pair is not None
    session.judge("kim", *pair, "right")
    session.judge("lee", 0, 1, "left")
    assert session.undo("kim")
    assert session.pair("kim") == pair
    assert session.progress().judgements == 1
    assert session.undo("lee")
    assert not session.undo("lee")
    assert session.ranking() == before


def test_photos_that_can_not_be_read_are_shown_no_more(store):
    session = RatingSession(NAMES[:4], store)
    pair = session.pair("kim")
    assert pair is not None
    session.leave_out(pair[0])
    for _ in range(20):
        shown = session.pair("kim")
        assert shown is not None
        assert pair[0] not in shown
        session.judge("kim", *shown, "left")
    assert session.progress().photos == 3
    assert pair[0] not in {NAMES.index(name) for name, _, _ in session.ranking()}
    assert session.progress().wrong_share < 0.35  # it does not wait for what nobody can judge
    for place in range(3):
        session.leave_out(place)
    assert session.pair("kim") is None


def test_what_another_process_writes_is_seen(store):
    session = RatingSession(NAMES, store)
    with PairStore(store.path) as other:
        other.add("lee", NAMES[3], NAMES[4], "left", None)
        other.add("lee", "gone.jpg", NAMES[4], "left", None)
    session.pair("kim")
    assert session.progress().judgements == 1
    assert session.ranking()[0][0] == NAMES[3]


def test_what_can_not_be_is_refused(store):
    session = RatingSession(NAMES, store)
    for answer in ((0, 0, "left"), (0, 12, "left"), (-1, 0, "left")):
        with pytest.raises(DataError):
            session.judge("kim", *answer)
    for name in ("", "  ", "x" * 81, "a\x1b[31m", "\u202eabc"):
        with pytest.raises(DataError, match="no name"):
            session.pair(name)
    assert store.judgements() == []
    with pytest.raises(ConfigError, match="two photos"):
        RatingSession(["a.jpg"], store)
    with pytest.raises(ConfigError, match="between 0 and"):
        RatingSession(NAMES, store, stable=0.5)
