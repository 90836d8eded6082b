"""Members side by side in one program, as a worker lives them: who is beside whom is no matter."""

from __future__ import annotations

import numpy as np
import pytest

import hosts
from growing_apart import COMPILED, ROUNDS, EachRound, check_whole, make, recorded
from hermits import Hermitage
from ontogeny.core.errors import ConfigError
from ontogeny.runtime.apart.cohort import CohortLiving
from ontogeny.runtime.apart.messages import Order, Setup
from ontogeny.runtime.apart.shipping import shipped
from ontogeny.runtime.apart.worker import learner_of
from ontogeny.runtime.driver import grow
from ontogeny.runtime.executor import Job
from ontogeny.runtime.ray.workers import RayWorkers
from ontogeny.runtime.storage.store import Store


def grown(job: Job, where: Hermitage, folder, *watch: EachRound) -> Store:
    with Store.create(folder) as store:
        assert grow(job, where, store, observers=watch) == "finished"
    return Store(folder)


def test_together_they_live_as_one_by_one(tmp_path):
    """To rounding. The last cohort has rows that nobody is in."""
    alone = grown(make(COMPILED), Hermitage(synchronous=True), tmp_path / "alone")
    abreast = grown(make(COMPILED), Hermitage(synchronous=True, cohort=4), tmp_path / "abreast")
    for name, values in recorded(alone).items():
        np.testing.assert_allclose(recorded(abreast)[name], values, rtol=1e-4, err_msg=name)
    assert abreast.heirs() == alone.heirs()


def test_apart_a_cohort_arrives_together_and_all_is_recorded(tmp_path):
    seen = []
    watch = EachRound(lambda lived: seen.append((lived.number, lived.ready.nonzero()[0].tolist())))
    apart = grown(make(COMPILED), Hermitage(False, cohort=4), tmp_path / "apart", watch)
    check_whole(apart)
    wanted = [(n, slots) for n in range(ROUNDS) for slots in ([0, 1, 2, 3], [4, 5])]
    assert sorted(seen) == wanted


def test_a_round_comes_to_the_same_bits_wherever_its_state_was_and_whoever_is_beside_it(tmp_path):
    job, hypers = make(COMPILED), {"rate": np.float32(0.1)}
    setup = Setup(shipped(job), False, 0, 4, hypers, tmp_path, {}, cohort=3)
    living = CohortLiving(learner_of(setup), setup)

    def order(slot: int, number: int, source: str) -> Order:
        rate = {"rate": np.float32(0.1 * (slot + 1))}
        return Order(1, slot, number, 4 * number, rate, source, f"{slot}-{number}")

    def live(*orders, handed=None):
        came = living.live(orders, handed or [None] * len(orders))
        for one, (_, state) in zip(orders, came, strict=True):
            state.write(tmp_path / one.target)
        return {done.slot: (done, state) for done, state in came}

    def same(one, other) -> None:
        assert one[0]._replace(seconds=0.0) == other[0]._replace(seconds=0.0)
        assert one[1].arrays.keys() == other[1].arrays.keys()
        for name, values in one[1].arrays.items():
            np.testing.assert_array_equal(values, other[1].arrays[name])

    first = live(*(order(slot, 0, "") for slot in range(3)))
    stayed, heir = order(0, 1, "0-0"), order(1, 1, "2-0")
    from_memory = live(stayed, heir, order(2, 1, "2-0"))
    living.forget()
    from_files = live(stayed, heir)
    living.forget()
    handed = live(heir, handed=[first[2][1]])
    for slot in (0, 1):
        same(from_memory[slot], from_files[slot])
    same(from_memory[1], handed[1])
    on_from_memory = live(order(1, 2, "1-1"))
    living.forget()
    same(on_from_memory[1], live(order(1, 2, "1-1"), order(2, 2, ""))[1])


def test_members_of_plain_python_cannot_be_compiled_together():
    with pytest.raises(ConfigError, match="members_per_worker: members of a host learner"):
        RayWorkers(members_per_worker=2).prepare(make(hosts.DESCENT))
    with pytest.raises(ConfigError, match="members_per_worker is 0"):
        RayWorkers(members_per_worker=0)
