from __future__ import annotations

import numpy as np

from ontogeny.core.metrics import BIRTH
from ontogeny.core.space import Integer, Linear, Space
from ontogeny.views.growth.findings import verdict
from ontogeny.views.growth.record import read_record


def test_a_grown_run_reads_back_whole(grown_store, job):
    record = read_record(grown_store)
    assert (record.rounds, record.pop, record.planned, record.steps) == (20, 8, 20, 10)
    assert (record.title, record.status) == ("quadratic", "finished")
    assert set(record.hypers) == {"rate", "drag"}
    np.testing.assert_array_equal(record.score, grown_store.metric("score"))
    assert record.unit == ("updates", 1.0)
    np.testing.assert_array_equal(record.work, np.full(20, 8 * 10))
    assert record.moved.sum() == 2 * 19
    assert not record.moved[0].any()
    assert record.winner == np.argmax(record.score[-1])
    assert record.founders_alive[0] == 8
    assert (np.diff(record.founders_alive) <= 0).all()


def test_slots_that_come_late_and_metrics_that_some_lack(make_store):
    score = np.array([[1.0, np.nan], [np.nan, 2.0]])
    record = read_record(
        make_store(
            score,
            {"rate": score},
            fields={"population": 3, "steps": 5, "rounds": 4},
            units={"env_steps": 2},
        )
    )
    assert record.score.shape == record.hypers["rate"].shape == (2, 3)
    np.testing.assert_array_equal(record.lived, [[1, 0, 0], [0, 1, 0]])
    np.testing.assert_array_equal(record.work, [10, 10])
    assert record.unit == ("env steps", 2.0)
    assert record.planned == 4


def test_a_run_that_says_nothing_of_itself(make_store):
    record = read_record(make_store(np.ones((2, 2))))
    assert (record.title, record.status, record.unit, record.work) == ("made", "new", None, None)
    assert record.spec("rate") == {}


def test_an_element_of_an_array_finds_its_dimension(make_store):
    space = {
        "net.genes": {"kind": "Linear", "low": -1, "high": 1},
        "rate": {"kind": "Log", "low": 1, "high": 2},
    }
    record = read_record(make_store(np.ones((1, 1)), space=space))
    assert record.spec("net.genes.3") == space["net.genes"]
    assert record.spec("rate") == space["rate"]
    assert record.spec("net") == record.spec("other.rate") == {}


def test_the_verdict_is_what_the_data_say(make_store):
    score = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 2.0], [7.0, 6.0, 8.0]])
    rate = np.array([[0.1, 0.1, 0.1], [0.1, 0.2, 0.1], [0.1, 0.4, 0.05]])
    store = make_store(
        score,
        {"rate": rate},
        [(1, 2, 1, True, 0), (2, 0, 1, True, 1)],
        status="finished",
        fields={"rounds": 3},
    )
    assert verdict(read_record(store)) == (
        "Slot 2 won with a score of 8; the median member has 7. In 2 moves, 1 founder of 3 "
        "kept descendants; the winner's line passed through 2 slots. "
        "Along that line rate went from 0.1 to 0.05."
    )


def test_the_verdict_tells_of_a_schedule_that_turns(make_store):
    rate = np.array([[0.01], [0.08], [0.002]])
    store = make_store(np.ones((3, 1)), {"rate": rate}, status="interrupted", fields={"rounds": 9})
    assert verdict(read_record(store)) == (
        "Interrupted after 3 of 9 rounds. The only member has a score of 1. "
        "Along that line rate went from 0.01 by way of 0.08 (round 1) to 0.002."
    )


def test_the_verdict_of_runs_with_little_to_tell(make_store):
    assert (
        verdict(read_record(make_store(np.zeros((0, 1)), name="a"))) == "No round is recorded yet."
    )
    dead = make_store(np.full((2, 2), -np.inf), name="b", status="failed", fields={"rounds": 5})
    assert verdict(read_record(dead)) == (
        "Failed after 2 of 5 rounds. All members are dead: nobody has a finite score."
    )
    still = make_store(np.ones((2, 2)), name="c", status="growing", fields={"rounds": 5})
    assert verdict(read_record(still)) == (
        "Still growing: 2 of 5 rounds so far. Slot 0 leads with a score of 1; "
        "the median member has 1. 2 of 2 tie at 1: which of them is named is chance. "
        "Nobody inherited from anybody."
    )


def as_stored_of_old(space):
    """Return what stores said of a space before it said what is shown."""
    return {
        path: {key: value for key, value in spec.items() if key != "shown"}
        for path, spec in space.describe().items()
    }


GENES = Space(
    {
        "bias": Linear(0.0, 1.0, shape=(2,)),
        "luck": Linear(0.0, 1.0, shape=(2,), shown=False),
        "season": Integer(0, 9),
    }
)


def test_what_the_space_hides_is_no_trait(make_store):
    ones = np.ones((1, 2))
    hypers = dict.fromkeys(["bias.0", "bias.1", "luck.0", "luck.1", "season"], ones)
    record = read_record(make_store(ones, hypers, space=GENES.describe()))
    assert set(record.hypers) == set(hypers)
    assert list(record.traits) == ["bias.0", "bias.1", "season"]


def test_a_run_that_says_nothing_of_it_hides_its_season(make_store):
    ones = np.ones((1, 2))
    hypers = dict.fromkeys(["bias.0", "luck.1", "season"], ones)
    old = read_record(make_store(ones, hypers, space=as_stored_of_old(GENES)))
    assert list(old.traits) == ["bias.0", "luck.1"]


def innate(store, **metrics):
    with store.transaction():
        for name, table in metrics.items():
            for number, row in enumerate(table):
                store.add_metric(name, number, row)
    return read_record(store).innate


def test_scores_at_birth_are_read_by_their_name_alone(make_store):
    score, born = np.ones((2, 2)), np.array([[0.1, 0.2], [0.3, 0.4]])
    store = make_store(score, space=GENES.describe())
    assert innate(store, before=born) is None
    np.testing.assert_array_equal(innate(store, **{BIRTH: born}), born)


def test_an_old_run_has_them_by_their_old_name_and_after_a_resumption_by_both(make_store):
    score, born = np.ones((2, 2)), np.array([[0.1, 0.2], [0.3, 0.4]])
    store = make_store(score, space=as_stored_of_old(GENES))
    np.testing.assert_array_equal(innate(store, before=born[:1])[0], born[0])
    later = np.where([[False], [True]], born, np.nan)
    np.testing.assert_array_equal(innate(store, **{BIRTH: later}), born)
