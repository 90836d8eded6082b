"""BLEU on tokens is sacrebleu's on the same tokens."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import sacrebleu

from ontogeny.ops.bleu import bleu, counts

TIME, BATCH = 9, 5


@pytest.fixture(scope="module")
def measure():
    """Return BLEU and the counts of tables of tokens and their lengths."""

    @jax.jit
    def both(said, said_length, true, true_length):
        found = jax.jit(jax.vmap(counts))(said, said_length, true, true_length)
        return bleu(found), found

    return lambda *tables: both(*map(jnp.asarray, tables))


def test_the_counts_by_hand(measure):
    said, true = np.zeros((BATCH, TIME), int), np.zeros((BATCH, TIME), int)
    said[0, :7] = [1, 1, 1, 2, 3, 4, 5]
    true[0, :6] = [1, 1, 2, 3, 4, 6]
    lengths = np.eye(BATCH, dtype=int)[0]
    score, found = measure(said, 7 * lengths, true, 6 * lengths)
    # 1 twice, 2, 3, 4; then 11, 12, 23, 34; then 112, 123, 234; then 1123, 1234
    assert found.right[0].tolist() == [5, 4, 3, 2]
    assert found.said[0].tolist() == [7, 6, 5, 4]
    assert not found.right[1:].any()
    assert score == pytest.approx(100 * (5 / 7 * 4 / 6 * 3 / 5 * 2 / 4) ** 0.25, rel=1e-5)


def test_it_is_sacrebleus_on_the_same_tokens(measure):
    rng = np.random.default_rng(0)
    compared = []
    for number in range(60):
        true = rng.integers(0, rng.integers(2, 9), (BATCH, TIME))
        said = rng.integers(0, rng.integers(2, 9), (BATCH, TIME))
        if number % 3:
            said = np.where(rng.random((BATCH, TIME)) < 0.8, true, said)
        said_length = rng.integers(0 if number % 2 else 4, TIME + 1, BATCH)
        true_length = rng.integers(1, TIME + 1, BATCH)
        texts = [
            [" ".join(map(str, row[:length])) for row, length in zip(*table, strict=True)]
            for table in ((said, said_length), (true, true_length))
        ]
        oracle = sacrebleu.corpus_bleu(texts[0], [texts[1]], tokenize="none", force=True).score
        score, _ = measure(said, said_length, true, true_length)
        compared.append((float(score), oracle))
    ours, theirs = np.array(compared).T
    np.testing.assert_allclose(ours, theirs, rtol=1e-4)
    assert (theirs > 50).any()
    assert ((theirs > 0) & (theirs < 10)).any()  # so that the smoothing was needed


def test_nothing_right_and_nothing_long_enough_is_zero(measure):
    tokens, full = np.ones((BATCH, TIME), int), np.full(BATCH, TIME)
    assert measure(tokens, full, 2 * tokens, full)[0] == 0
    assert measure(tokens, full // 3, tokens, full // 3)[0] == 0  # no n-gram of four
    assert measure(tokens, full, tokens, full)[0] == pytest.approx(100)
