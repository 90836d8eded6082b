"""Figures of memories: what is drawn is what was read, and what was measured."""

import jax
import numpy as np
import pytest

from ontogeny.core.errors import DataError
from ontogeny.learners.memory.task import MemoryTask
from ontogeny.recipes.portraits.memories import errors_by_number, errors_by_read, portrait
from ontogeny.recipes.portraits.retrieval import draw_strips, energy_slice
from ontogeny.views.figure import Figure
from ontogeny.worlds.corruptions import occlusion
from ontogeny.worlds.patterns import Patterns
from tiny_memory import tiny_memory


def test_a_grown_memory_is_drawn_on_held_patterns():
    def held(key, n):
        return jax.random.uniform(key, (n, 6, 6))

    task = MemoryTask(
        Patterns("uniform", (6, 6), lambda key, n: held(key, n) * 0, held), occlusion(3), 2
    )
    memory = tiny_memory(2)
    strips, reads, capacity, plane = portrait(task, memory, seed=0, episodes=2)
    assert strips.data["reads"].shape == (2, 3, 6, 6)
    assert strips.data["truth"].min() > 0  # held ones
    assert strips.labels["stages"] == ["query", "read 1", "answer", "truth"]
    assert capacity.labels["n"] == [1, 2, 4]
    assert capacity.labels["numbers"] == ["27 numbers", "36 to 144 numbers"]
    neighbour = capacity.data["nearest neighbour"]
    np.testing.assert_array_equal(neighbour, np.zeros((2, 3)))
    np.testing.assert_allclose(capacity.data["EBMM"][:, 1], reads.data["EBMM"][:, -1], rtol=1e-5)
    # written several times in each place, and written once, are the same
    again = strips.data["reads"][:, -1] - strips.data["truth"]
    np.testing.assert_allclose(np.sum(again**2) / 2, reads.data["EBMM"][0, -1], rtol=1e-4)
    a, b = strips.data["truth"]
    marked = memory.write(np.stack([a, b])).energy(a)
    x, y = (np.abs(plane.data[axis]).argmin() for axis in "xy")
    assert plane.data["energy"][y, x] == pytest.approx(float(marked), abs=0.05)
    for figure in (strips, reads, capacity, plane):
        assert figure.draw(figure).data
    with pytest.raises(DataError, match="lie on a line"):
        energy_slice(memory, a, b, (a + b) / 2)


def strip_of(reads, truth):
    stages = ["query", "answer", "truth"]
    labels = {"names": ["a", "b"], "stages": stages, "dark": ["ink"]}
    return draw_strips(
        Figure("retrieval", "", {"reads": reads, "truth": truth}, labels, draw_strips)
    )


def test_pictures_are_in_rows_and_bits_below_each_other_with_gaps_between():
    reads, truth = np.arange(16.0).reshape(2, 2, 2, 2) / 20, np.ones((2, 2, 2))
    grey = strip_of(reads, truth).data[0].z
    assert grey.shape == (2 + 2 + 2, 2 + 2 + 2 + 2 + 2)
    np.testing.assert_allclose(grey[4:, 4:6], reads[1, 1], atol=1e-3)
    np.testing.assert_array_equal(grey[:2, 8:], truth[0])
    assert np.isnan(grey[2:4]).all()
    bits = strip_of(reads.reshape(2, 2, 4), truth.reshape(2, 4)).data[0].z
    np.testing.assert_allclose(bits[:3], np.stack([*reads[0].reshape(2, 4), np.ones(4)]), atol=1e-3)
    colour = strip_of(np.zeros((2, 2, 2, 2, 3)), np.ones((2, 2, 2, 3))).data[0].z
    assert np.shape(colour) == (6, 10, 3)


def test_lines_are_means_and_every_seed_is_a_dot():
    rows = np.array([[4.0, 1.0, 0.0], [16.0, 3.0, 0.0]])
    figure = errors_by_read({"EBMM": rows}, learned_with=2)
    line, dots = figure.draw(figure).data
    np.testing.assert_array_equal(line.y, [10, 2, 0])
    assert len(dots.y) == 6
    figure = errors_by_number({"EBMM": rows, "Hebb": rows[0]}, [4, 8, 16], {"EBMM": 5, "Hebb": 6})
    line, _, other, _ = (drawn := figure.draw(figure)).data
    np.testing.assert_allclose(np.square(line.y), [10, 2, 0])
    np.testing.assert_allclose(np.square(other.y), rows[0])
    assert (line.name, other.name) == ("EBMM (5 numbers)", "Hebb (6 numbers)")
    ticks = drawn.layout.yaxis
    np.testing.assert_allclose(np.square(ticks.tickvals), list(map(float, ticks.ticktext)))
