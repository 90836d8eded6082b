"""A function's data apart from the function."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from ontogeny.core.closures import opened, traced_once

ONE = jnp.float32(1)
DATA = jnp.arange(50_000, dtype=jnp.float32)


def pick(place, shift):
    return {"row": DATA[place] + shift["by"], "place": place}


def test_an_opened_function_computes_the_same_from_data_that_it_is_given():
    shapes = jnp.int32(0), {"by": jnp.float32(0)}
    function, data = opened(pick, *shapes)
    arguments = jnp.int32(7), {"by": jnp.float32(0.5)}
    compiled = jax.jit(function).lower(data, *shapes).compile()
    assert compiled(data, *arguments) == pick(*arguments)
    twice = [2 * leaf for leaf in data]
    assert compiled(twice, *arguments)["row"] == 14.5


def test_arrays_of_numpy_are_data_too():
    table = np.arange(3.0, dtype=np.float32)
    function, data = opened(lambda place: jnp.asarray(table)[place], jnp.int32(0))
    assert jax.jit(function)(data, jnp.int32(2)) == 2.0
    assert len(data) == 1


def test_its_program_holds_no_copy_of_the_data():
    shapes = jnp.int32(0), {"by": jnp.float32(0)}
    function, data = opened(pick, *shapes)
    (held,) = data
    np.testing.assert_array_equal(held, DATA)
    assert len(jax.jit(function).lower(data, *shapes).as_text()) < 10_000
    assert len(jax.jit(pick).lower(*shapes).as_text()) > DATA.nbytes  # what it is for


def test_a_function_is_traced_once_for_arguments_of_a_kind():
    data, seen = jnp.arange(3, dtype=jnp.float16), []

    def scaled(x, other):
        seen.append(x.shape)
        return {"sum": x * other["by"] + data}

    once = traced_once(scaled)
    one = {"by": jnp.float32(2.0)}
    assert jax.eval_shape(once, jnp.ones(3), one)["sum"].shape == (3,)
    rows = jax.vmap(once, in_axes=(0, None))(jnp.ones((2, 3)), one)["sum"]
    assert rows.tolist() == [[2.0, 3.0, 4.0]] * 2
    nowhere = jax.sharding.PartitionSpec()
    mesh = jax.sharding.Mesh(jax.devices()[:1], ("pop",))  # what JAX itself keeps is of one mesh
    spread = jax.shard_map(once, mesh=mesh, in_specs=nowhere, out_specs=nowhere, check_vma=False)
    assert jax.eval_shape(spread, jnp.ones(3), one)["sum"].shape == (3,)
    assert seen == [(3,)]
    assert once(jnp.ones((2, 1)), one)["sum"].tolist() == [[2.0, 3.0, 4.0]] * 2
    assert seen == [(3,), (2, 1)]
    # a Python number gives way to a smaller type, and an array doesn't
    half = jnp.ones(3, jnp.float16)
    for by in (2.0, jnp.float32(2.0)):
        assert jax.eval_shape(once, half, {"by": by}) == jax.eval_shape(scaled, half, {"by": by})


def test_what_was_traced_once_is_no_call_in_the_program_that_asks_for_it():
    once = traced_once(lambda x: {"sum": jnp.sin(x) + DATA[:3]})
    given = jnp.ones((2, 3))
    whole = jax.make_jaxpr(jax.vmap(once))(given)
    plain = jax.make_jaxpr(jax.vmap(lambda x: {"sum": jnp.sin(x) + DATA[:3]}))(given)
    assert [line.primitive for line in whole.eqns] == [line.primitive for line in plain.eqns]
    assert [const.shape for const in whole.consts] == [DATA.shape]  # data of who asks, as ever


def test_what_is_made_in_a_program_may_be_closed_over_there():
    @jax.jit
    def outer(by):
        twice = 2 * by
        once = traced_once(lambda x: {"sum": x * twice + jnp.sum(DATA[:1]) + ONE})
        assert jax.eval_shape(once, jnp.ones(3))["sum"].shape == (3,)
        return jax.lax.scan(lambda x, _: (once(x)["sum"], None), jnp.ones(3), length=2)[0]

    assert outer(jnp.float32(1.5)).tolist() == [13.0, 13.0, 13.0]


@dataclass
class Scale:
    """A function that is equal to others, so that it has no hash."""

    by: float

    def __call__(self, x):
        return self.by * x


def test_a_function_without_a_hash_is_traced_too():
    assert traced_once(Scale(2.0))(jnp.ones(3)).tolist() == [2.0, 2.0, 2.0]
